#include "rtlgen/lowering/function_lowering.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "ir/numerics/rounding.hpp"
#include "primitives/add.hpp"
#include "primitives/elementwise.hpp"
#include "primitives/quantize.hpp"
#include "primitives/table.hpp"
#include "rtlgen/lowering/exact_node.hpp"
#include "rtlgen/lowering/function_tables.hpp"
#include "rtlgen/model/activation_functions.hpp"
#include "rtlgen/model/calibrate.hpp"

namespace rtlgen {
namespace {

using NodeId = Graph::NodeId;

constexpr int kGuardBits = 3;      // of entries that are added before they are rounded
constexpr double kFine = 0x1p-13;  // what tables may be off, for functions that bend where results are about 1
constexpr double kFineSteps = 2;   // the same in steps of the format, where these are larger
constexpr double kCoarse = 32;     // times that is worth a warning

/// y = above * x for x > 0, below * x for x < 0.
struct TwoLines {
  double below = 0;
  double above = 1;
};

class FunctionLowering {
 public:
  FunctionLowering(Graph& graph, NodeId x, const FunctionSpec& spec, std::string name)
      : graph_(graph), x_(x), spec_(spec), name_(std::move(name)), format_(tensor_format(graph.node(x))) {
    const TensorType& type = graph.node(x).type;
    const Interval range = type.range();
    domain_ = {std::ldexp(static_cast<double>(range.lo), -type.frac),
               std::ldexp(static_cast<double>(range.hi), -type.frac), type.frac};
    step_ = std::ldexp(1.0, -spec.output.format.frac());
    if (spec.seen) {
      const double unit = std::ldexp(1.0, -spec.seen->frac());
      domain_.low = std::max(domain_.low, static_cast<double>(spec.seen->min()) * unit);
      domain_.high = std::max(domain_.low, std::min(domain_.high, static_cast<double>(spec.seen->max()) * unit));
    }
  }

  LoweredFunction run() {
    if (spec_.function == "linear") {
      return {two_lines({1, 1}), 0, false};
    }
    if (spec_.function == "relu" || spec_.function == "leaky_relu") {
      return {two_lines({spec_.function == "relu" ? 0 : spec_.slope, 1}), 0, false};
    }
    if (spec_.table_bits > kMaxTableBits) {
      throw IrError("'table_bits' of '" + name_ + "' is " + std::to_string(spec_.table_bits) + ", expected at most " +
                    std::to_string(kMaxTableBits) + " for the table of a function");
    }
    if (format_.width <= spec_.table_bits) {
      return {table_of_all(), 0, false};
    }
    return approximate();
  }

 private:
  double function(double x) const { return activation_function(spec_.function, x, spec_.slope); }

  /// A result as the format's ends leave it.
  double limited(double y) const {
    const Quantizer& output = spec_.output;
    return output.overflow == Overflow::wrap ? y
                                             : std::clamp(y, static_cast<double>(output.lowest()) * step_,
                                                          static_cast<double>(output.format.max()) * step_);
  }

  NodeId quantize(const std::string& name, NodeId x, const Quantizer& output, bool relu) {
    return append_node(graph_, name, Quantize(output, relu), {x});
  }

  NodeId add(const std::string& name, NodeId a, NodeId b, const Quantizer& output) {
    return append_node(graph_, name, Add(output), {a, b});
  }

  NodeId exact_add(const std::string& name, NodeId a, NodeId b) {
    return append_exact(graph_, name, Add(), {a, b}, std::max(graph_.node(a).type.frac, graph_.node(b).type.frac));
  }

  // --- Lines ---

  /// The factor with as few fraction bits as change no result by more than an eighth of a step.
  int factor_bits(double factor, double largest) const {
    const int most = kMaxTensorWidth - 4 - graph_.node(x_).type.width - std::max(0, integer_bits(std::abs(factor)));
    int bits = 0;
    while (bits < most && std::abs(std::round(std::ldexp(factor, bits)) - std::ldexp(factor, bits)) * largest * 8 >
                              std::ldexp(step_, bits)) {
      ++bits;
    }
    return bits;
  }

  /// factor * x on one side of 0, and 0 on the other.
  NodeId half_line(const std::string& name, double factor, int bits, bool above) {
    const TensorType& type = graph_.node(x_).type;
    if (factor == 1 && above) {
      const int width = std::max(1, signed_width({0, std::max<std::int64_t>(0, type.range().hi)}) - 1);
      return quantize(name, x_, {Format{false, width, width - type.frac}, Rounding::trn, Overflow::sat}, true);
    }
    const auto features = static_cast<std::size_t>(type.features);
    const std::int64_t mantissa = std::llround(std::ldexp(factor, bits));
    Elementwise product;
    product.factor = vector_literal(std::vector<std::int64_t>(features, mantissa));
    product.bias = vector_literal(std::vector<std::int64_t>(features));
    product.weight_frac = bits;
    for (const Interval& interval : type.intervals) {
      const std::int64_t end =
          mantissa * (above ? std::max<std::int64_t>(0, interval.hi) : std::min<std::int64_t>(0, interval.lo));
      product.output.limits.push_back({std::min<std::int64_t>(0, end), std::max<std::int64_t>(0, end)});
    }
    return append_product(graph_, name, std::move(product), x_);
  }

  NodeId two_lines(const TwoLines& lines) {
    if (lines.above == 1 && (lines.below == 1 || lines.below == 0 || domain_.low >= 0)) {
      return quantize(name_, x_, spec_.output, lines.below == 0);
    }
    const double lowest = std::abs(std::min(0.0, domain_.low));
    const NodeId above = half_line(name_ + ".above", lines.above, factor_bits(lines.above, domain_.high), true);
    const NodeId below = half_line(name_ + ".below", lines.below, factor_bits(lines.below, lowest), false);
    return add(name_, above, below, spec_.output);
  }

  // --- Tables ---

  /// `index_low` as that of Table.
  NodeId append_table(const std::string& name, NodeId x, const std::vector<std::int64_t>& values,
                      const Quantizer& output, bool index_signed, std::optional<int> index_low = std::nullopt) {
    Table table;
    table.index_width = clog2(static_cast<std::int64_t>(values.size()));
    table.index_signed = index_signed;
    table.index_low = index_low;
    table.values = vector_literal(values);
    table.output = output;
    return append_node(graph_, name, std::move(table), {x});
  }

  NodeId table_of_all() {
    std::vector<std::int64_t> values;
    for (std::int64_t address = 0; address < std::int64_t{1} << format_.width; ++address) {
      const std::int64_t mantissa = overflow(address, Quantizer{format_, Rounding::trn, Overflow::wrap});
      values.push_back(
          quantize_real(function(std::ldexp(static_cast<double>(mantissa), -format_.frac())), spec_.output));
    }
    return append_table(name_, x_, values, spec_.output, format_.is_signed);
  }

  /// A way to compute the function.
  struct Way {
    bool has_line = false;
    FunctionTables tables;
  };

  LoweredFunction approximate() {
    line_ = asymptote(spec_.function);
    line_bits_ = factor_bits(line_, domain_.high);
    line_ = std::ldexp(std::round(std::ldexp(line_, line_bits_)), -line_bits_);
    const double fine = std::max(kFineSteps * step_, kFine);
    Way best;
    bool found = false;
    for (const bool two : {false, true}) {
      for (const bool has_line : {false, true}) {
        if ((has_line && line_ == 0) || (found && best.tables.error <= fine)) {
          continue;
        }
        Way way{has_line, two ? two_tables(target(has_line), domain_, spec_.table_bits)
                              : one_table(target(has_line), domain_, spec_.table_bits)};
        if (!found || way.tables.error < best.tables.error) {
          best = std::move(way);
          found = true;
        }
      }
    }
    return {build(best), best.tables.error, best.tables.error > kCoarse * fine};
  }

  double line(bool has_line, double x) const { return has_line ? line_ * std::max(x, 0.0) : 0; }

  TableTarget target(bool has_line) const {
    return {[this, has_line](double x) { return function(x) - line(has_line, x); },
            [this, has_line](double x, double value) {
              return std::abs(limited(function(x)) - limited(line(has_line, x) + value));
            }};
  }

  NodeId build(const Way& way) {
    const FunctionTables& tables = way.tables;
    const bool is_same = tables.index == format_;
    const NodeId index =
        is_same ? x_ : quantize(name_ + ".index", x_, {tables.index, Rounding::rnd, Overflow::sat}, false);
    if (tables.fine.empty() && !way.has_line) {
      std::vector<std::int64_t> values;
      for (const double value : tables.coarse) {
        values.push_back(quantize_real(value, spec_.output));
      }
      return append_table(name_, index, by_address(std::move(values), tables.index.is_signed), spec_.output,
                          tables.index.is_signed);
    }
    NodeId node = 0;
    if (tables.fine.empty()) {
      node = real_table(name_ + ".table", index, tables, tables.coarse, std::nullopt);
    } else {
      const NodeId coarse = real_table(name_ + ".coarse", index, tables, tables.coarse, 0);
      const NodeId fine = real_table(name_ + ".fine", index, tables, tables.fine, tables.low_bits);
      if (!way.has_line) {
        return add(name_, coarse, fine, spec_.output);
      }
      node = exact_add(name_ + ".table", coarse, fine);
    }
    return add(name_, half_line(name_ + ".line", line_, line_bits_, true), node, spec_.output);
  }

  /// A table whose entries have guard bits behind the result's.
  NodeId real_table(const std::string& name, NodeId index, const FunctionTables& tables,
                    const std::vector<double>& entries, std::optional<int> index_low) {
    double largest = 0;
    for (const double entry : entries) {
      largest = std::max(largest, std::abs(entry));
    }
    const int whole = std::max(integer_bits(largest), -spec_.output.format.frac());
    const int frac = std::min(spec_.output.format.frac() + kGuardBits, kMaxFormatWidth - 2 - whole);
    std::vector<std::int64_t> values;
    Interval range;
    for (const double entry : entries) {
      values.push_back(std::llround(std::ldexp(entry, frac)));
      range = hull(range, {values.back(), values.back()});
    }
    return append_table(name, index, by_address(std::move(values), tables.index.is_signed),
                        exact_quantizer(signed_width(range), frac), tables.index.is_signed, index_low);
  }

  /// Entries from the smallest code on in the order of addresses, where the negative ones come last.
  static std::vector<std::int64_t> by_address(std::vector<std::int64_t> values, bool is_signed) {
    if (is_signed) {
      std::rotate(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
    }
    return values;
  }

  Graph& graph_;
  NodeId x_;
  const FunctionSpec& spec_;
  std::string name_;
  Format format_;
  Domain domain_;
  double step_ = 1;
  double line_ = 0;
  int line_bits_ = 0;
};

}  // namespace

LoweredFunction lower_function(Graph& graph, NodeId x, const FunctionSpec& spec, const std::string& name) {
  return FunctionLowering(graph, x, spec, name).run();
}

}  // namespace rtlgen
