#include "rtlgen/lowering/exact_function.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "primitives/step_table.hpp"
#include "primitives/table.hpp"
#include "rtlgen/lowering/exact_node.hpp"
#include "rtlgen/lowering/exact_sums.hpp"

namespace rtlgen {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr std::int64_t kMostScanned = std::int64_t{1} << 22;  // numbers of a function that rises and falls
constexpr std::int64_t kMostScannedInAll = std::int64_t{1} << 26;
constexpr std::int64_t kMostEntries = std::int64_t{1} << 18;  // of the tables of all features

std::size_t at(Index index) { return static_cast<std::size_t>(index); }

int exponent_of(double scale) { return std::ilogb(scale); }

/// A code that holds from a mantissa on, up to the next step's.
struct Step {
  std::int64_t first = 0;
  std::int64_t code = 0;
};

/// The codes of one feature.
class CodeFunction {
 public:
  CodeFunction(const ExactTensor& tensor, const UniformQuantizer& quantizer, Index feature)
      : tensor_(tensor), quantizer_(quantizer), feature_(feature) {}

  std::int64_t operator()(std::int64_t mantissa) const {
    return quantizer_.code(feature_, tensor_.at(feature_, mantissa));
  }

  bool is_monotonic() const {
    return !quantizer_.wraps && std::all_of(tensor_.steps.begin(), tensor_.steps.end(),
                                            [](const PointwiseStep& step) { return step.monotonic; });
  }

  /// All that the feature's codes depend on, beside the functions: equal for features of equal codes.
  std::vector<double> key() const {
    const std::size_t f = at(feature_);
    std::vector<double> numbers = {tensor_.factor[feature_],
                                   tensor_.offset[feature_],
                                   tensor_.low[feature_],
                                   tensor_.high[feature_],
                                   quantizer_.scale[feature_],
                                   quantizer_.shift[feature_],
                                   static_cast<double>(quantizer_.low[f]),
                                   static_cast<double>(quantizer_.high[f])};
    for (const PointwiseStep& step : tensor_.steps) {
      if (step.scale.size() > 0) {
        numbers.push_back(step.scale[feature_]);
        numbers.push_back(step.shift[feature_]);
      }
    }
    return numbers;
  }

 private:
  const ExactTensor& tensor_;
  const UniformQuantizer& quantizer_;
  Index feature_;
};

/// Where a rising or falling function changes between lo and hi, hi included.
void bisect(const CodeFunction& function, Step low, Step high, std::vector<Step>& steps) {
  if (low.code == high.code) {
    return;
  }
  if (high.first - low.first == 1) {
    steps.push_back(high);
    return;
  }
  const std::int64_t middle = low.first + (high.first - low.first) / 2;
  const Step between{middle, function(middle)};
  bisect(function, low, between, steps);
  bisect(function, between, high, steps);
}

/// All codes of mantissas in `range`, from the lowest on.
std::vector<Step> steps_of(const CodeFunction& function, const Interval& range) {
  std::vector<Step> steps = {{range.lo, function(range.lo)}};
  if (function.is_monotonic()) {
    bisect(function, steps.front(), {range.hi, function(range.hi)}, steps);
    return steps;
  }
  for (std::int64_t mantissa = range.lo + 1; mantissa <= range.hi; ++mantissa) {
    const std::int64_t code = function(mantissa);
    if (code != steps.back().code) {
      steps.push_back({mantissa, code});
    }
  }
  return steps;
}

/// How codes become mantissas of one format: code << shift of its feature.
struct CodePlaces {
  std::vector<int> shifts;
  Quantizer output;
  VectorXd factor;  ///< real value of a mantissa's unit, feature by feature
};

CodePlaces places_of(const UniformQuantizer& quantizer) {
  CodePlaces places;
  const Index features = quantizer.features();
  int least = exponent_of(quantizer.scale[0]);
  for (Index f = 1; f < features; ++f) {
    least = std::min(least, exponent_of(quantizer.scale[f]));
  }
  Interval range;
  places.factor = VectorXd(features);
  for (Index f = 0; f < features; ++f) {
    const int shift = exponent_of(quantizer.scale[f]) - least;
    places.shifts.push_back(shift);
    places.factor[f] = std::ldexp(quantizer.scale[f], -shift);
    for (const std::int64_t code : {quantizer.low[at(f)], quantizer.high[at(f)]}) {
      if (shift + signed_width({std::min(code, std::int64_t{0}), std::max(code, std::int64_t{0})}) > kMaxFormatWidth) {
        throw IrError("the scales of the features are too far apart, expected at most 48 bits in all");
      }
      range = hull(range, {code * (std::int64_t{1} << shift), code * (std::int64_t{1} << shift)});
    }
  }
  const bool is_signed = range.lo < 0;
  const int width = std::max(1, signed_width(range) - (is_signed ? 0 : 1));
  places.output = {Format{is_signed, width, width + least}, Rounding::trn, Overflow::wrap};
  return places;
}

/// A function's rows: one for all features, or one a feature.
using Rows = std::vector<std::vector<Step>>;

Rows rows_of(const ExactTensor& tensor, const UniformQuantizer& quantizer, const Interval& range) {
  std::map<std::vector<double>, std::vector<Step>> known;
  Rows rows;
  std::int64_t scanned = 0;
  for (Index f = 0; f < tensor.features(); ++f) {
    const CodeFunction function(tensor, quantizer, f);
    const auto [entry, is_new] = known.try_emplace(function.key());
    if (is_new) {
      if (!function.is_monotonic()) {
        scanned += range.hi - range.lo + 1;
        if (range.hi - range.lo >= kMostScanned || scanned > kMostScannedInAll) {
          throw IrError(
              fmt::format("the function rises and falls over {} numbers, expected at most {}: a quantize "
                          "layer in front of it",
                          range.hi - range.lo + 1, kMostScanned));
        }
      }
      entry->second = steps_of(function, range);
    }
    rows.push_back(entry->second);
  }
  if (known.size() == 1) {
    rows.resize(1);
  }
  return rows;
}

/// How a table is addressed.
struct Address {
  int width = 0;
  bool is_signed = false;
};

Address address_of(const TensorType& type) {
  const bool is_signed = type.range().lo < 0 || type.width == 1;
  return {type.width - (is_signed ? 0 : 1), is_signed};
}

/// Codes for every address; beyond the range those at its ends.
Literal table_values(const Rows& rows, const CodePlaces& places, const Interval& range, const Address& address) {
  const std::int64_t size = std::int64_t{1} << address.width;
  Literal values{{static_cast<int>(size)}, {}};
  if (rows.size() > 1) {
    values.shape.insert(values.shape.begin(), static_cast<int>(rows.size()));
  }
  for (std::size_t row = 0; row < rows.size(); ++row) {
    for (std::int64_t entry = 0; entry < size; ++entry) {
      const std::int64_t mantissa =
          std::clamp(address.is_signed && entry >= size / 2 ? entry - size : entry, range.lo, range.hi);
      const auto step = std::upper_bound(rows[row].begin(), rows[row].end(), mantissa,
                                         [](std::int64_t x, const Step& candidate) { return x < candidate.first; });
      values.values.push_back(std::prev(step)->code * (std::int64_t{1} << places.shifts[row]));
    }
  }
  return values;
}

Table table_of(const Rows& rows, const CodePlaces& places, const TensorType& type) {
  const Address address = address_of(type);
  Table table;
  table.index_width = address.width;
  table.index_signed = address.is_signed;
  table.values = table_values(rows, places, type.range(), address);
  table.output = places.output;
  return table;
}

/// Thresholds and the values between them; rows with fewer repeat their last one.
StepTable step_table_of(const Rows& rows, const CodePlaces& places, const TensorType& type) {
  std::size_t count = 1;
  for (const std::vector<Step>& steps : rows) {
    count = std::max(count, steps.size() - 1);
  }
  if (count > static_cast<std::size_t>(kMaxThresholds)) {
    throw IrError(
        fmt::format("the function has {} steps over numbers of {} bits, expected at most {}: fewer bits in the "
                    "quantizer behind it, or a quantizer of at most {} bits in front of it",
                    count, type.width, kMaxThresholds, kMaxTableBits));
  }
  const int size = static_cast<int>(count);
  StepTable table;
  table.thresholds.shape = {static_cast<int>(rows.size()), size};
  table.values.shape = {static_cast<int>(rows.size()), size + 1};
  table.output = places.output;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const std::vector<Step>& steps = rows[row];
    const std::int64_t unit = std::int64_t{1} << places.shifts[row];
    table.values.values.push_back(steps.front().code * unit);
    for (std::size_t i = 1; i <= count; ++i) {
      const Step& step = steps[std::min(i, steps.size() - 1)];
      table.thresholds.values.push_back(i < steps.size() ? step.first : type.range().hi);
      table.values.values.push_back(step.code * unit);
    }
  }
  return table;
}

}  // namespace

bool is_monotonic(const std::string& function) {
  static const std::set<std::string> kMonotonic = {"relu", "sigmoid", "tanh",     "leaky_relu",
                                                   "elu",  "selu",    "softplus", "softsign"};
  return kMonotonic.count(function) != 0;
}

ExactTensor quantize_function(Graph& graph, const ExactTensor& tensor, const UniformQuantizer& quantizer,
                              const std::string& name) {
  const ExactTensor source = separate_sums(graph, tensor, name + ".sum");
  const TensorType& type = graph.node(source.node).type;
  const CodePlaces places = places_of(quantizer);
  const Rows rows = rows_of(source, quantizer, type.range());
  const int address_width = address_of(type).width;
  const bool is_narrow =
      address_width <= kMaxTableBits && static_cast<std::int64_t>(rows.size()) << address_width <= kMostEntries;
  const Graph::NodeId node = is_narrow ? append_node(graph, name, table_of(rows, places, type), {source.node})
                                       : append_node(graph, name, step_table_of(rows, places, type), {source.node});
  return tensor_of_node(node, places.factor, -(quantizer.zero_point.array() * quantizer.scale.array()));
}

}  // namespace rtlgen
