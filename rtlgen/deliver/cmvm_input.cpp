#include "rtlgen/deliver/cmvm_input.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>

#include "ir/numerics/format.hpp"
#include "ir/source_error.hpp"
#include "primitives/cmvm/value_bits.hpp"
#include "rtlgen/files/npy.hpp"

namespace rtlgen {
namespace {

/// Whole numbers of a two-dimensional array, |value| <= bound.
std::vector<std::int64_t> whole_numbers(const NpyArray& array, const std::string& path, std::int64_t bound,
                                        const std::string& expected) {
  std::vector<std::int64_t> values;
  values.reserve(array.values.size());
  for (std::size_t i = 0; i < array.values.size(); ++i) {
    const double value = array.values[i];
    // In this order: what is not a number compares with nothing.
    if (!(std::abs(value) <= static_cast<double>(bound)) || value != std::floor(value)) {
      const std::size_t columns = array.shape[1];
      throw SourceError({path}, "element [" + std::to_string(i / columns) + "," + std::to_string(i % columns) +
                                    "] is " + fmt::format("{}", value) + ", expected " + expected);
    }
    values.push_back(static_cast<std::int64_t>(value));
  }
  return values;
}

VectorFormat format_of_all(const std::string& text, int inputs) {
  std::string problem;
  const std::optional<FormatSpec> spec = parse_format(text, problem);
  if (spec && spec->automatic) {
    problem = "'" + text + "' needs calibration, expected fixed<W,I> or ufixed<W,I>";
  }
  if (!problem.empty()) {
    throw SourceError({"--input"}, problem);
  }
  const Format& format = spec->quantizer.format;
  const Interval interval{spec->quantizer.lowest(), format.max()};
  return {format.is_signed, format.width, format.frac(),
          std::vector<Interval>(static_cast<std::size_t>(inputs), interval)};
}

VectorFormat format_of_each(const std::string& path, int inputs) {
  const NpyArray array = read_npy(path);
  if (array.shape != std::vector<std::size_t>{static_cast<std::size_t>(inputs), 2}) {
    throw SourceError({path}, "has shape " + shape_text(array.shape) + ", expected [" + std::to_string(inputs) +
                                  ",2]: the smallest and the largest value of each row's input");
  }
  const std::int64_t bound = (std::int64_t{1} << (kMaxFormatWidth - 1)) - 1;
  const std::vector<std::int64_t> ends =
      whole_numbers(array, path, bound, "a whole number below 2^" + std::to_string(kMaxFormatWidth - 1));
  VectorFormat format{false, 1, 0, {}};
  for (int i = 0; i < inputs; ++i) {
    const std::size_t first = 2 * static_cast<std::size_t>(i);
    const Interval interval{ends[first], ends[first + 1]};
    if (interval.lo > interval.hi) {
      throw SourceError({path}, "row " + std::to_string(i) + " is " + std::to_string(interval.lo) + " to " +
                                    std::to_string(interval.hi) + ", expected the smaller value first");
    }
    format.is_signed = format.is_signed || interval.lo < 0;
    format.intervals.push_back(interval);
  }
  for (const Interval& interval : format.intervals) {
    format.width = std::max(format.width, format.is_signed ? signed_width(interval) : carried_bits(interval));
  }
  return format;
}

}  // namespace

IntegerMatrix read_matrix(const std::string& path) {
  const NpyArray array = read_npy(path);
  const std::string limit = std::to_string(kMaxMatrixSize);
  if (array.shape.size() != 2) {
    throw SourceError({path}, "has shape " + shape_text(array.shape) + ", expected a matrix [inputs,outputs]");
  }
  for (const std::size_t size : array.shape) {
    if (size < 1 || size > static_cast<std::size_t>(kMaxMatrixSize) || array.values.size() > kMaxMatrixWeights) {
      throw SourceError({path}, "has shape " + shape_text(array.shape) + ", expected 1 to " + limit +
                                    " rows (inputs) and 1 to " + limit + " columns (outputs), at most " +
                                    std::to_string(kMaxMatrixWeights) + " weights");
    }
  }
  const std::int64_t bound = (std::int64_t{1} << kMaxWeightBits) - 1;
  const std::string expected = fmt::format("a whole number from -{0} to {0}", bound);
  return {static_cast<int>(array.shape[0]), static_cast<int>(array.shape[1]),
          whole_numbers(array, path, bound, expected)};
}

VectorFormat read_vector_format(const std::string& text, int inputs) {
  const std::string_view suffix = ".npy";
  const bool is_file = text.size() >= suffix.size() && text.substr(text.size() - suffix.size()) == suffix;
  return is_file ? format_of_each(text, inputs) : format_of_all(text, inputs);
}

}  // namespace rtlgen
