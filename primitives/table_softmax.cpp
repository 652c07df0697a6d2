#include "primitives/table_softmax.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "ir/numerics/table_kernels.hpp"
#include "primitives/emission.hpp"
#include "primitives/node_rules.hpp"
#include "primitives/requantize.hpp"
#include "primitives/softmax_groups.hpp"
#include "primitives/softmax_tables.hpp"
#include "primitives/table.hpp"

namespace rtlgen {
namespace {

/// One of the two functions: an index made of a number, and a table of unsigned entries.
struct LookupStage {
  const Quantizer& index;
  const std::vector<std::int64_t>& values;
  int frac;   ///< of the entries
  int width;  ///< of the largest entry
  Interval range;

  /// `name`: exp or inv.
  LookupStage(const Node& node, const std::string& name)
      : index(node.quantizer(name + "_index")),
        values(node.literal(name + "_table").values),
        frac(static_cast<int>(node.integer(name + "_frac"))) {
    const auto [lo, hi] = std::minmax_element(values.begin(), values.end());
    range = {*lo, *hi};
    width = std::max(1, signed_width({0, *hi}) - 1);
  }

  std::int64_t entry(std::int64_t x, int x_frac) const {
    return table_entry(values.data(), values.size(), requantize(x, x_frac, index));
  }
  /// Logic of one: a requantizer, its register, the table (six address bits a LUT6, a multiplexer tree above) and its
  /// register.
  Cost cost(int x_width, int x_frac) const {
    const int bits = index.format.width;
    const double luts = bits <= 6 ? 1 : (1 << (bits - 6)) * 1.2;
    Cost one = requantize_cost(x_width, x_frac, index);
    one += Cost{width * luts, static_cast<double>(bits + width), 0, 0};
    return one;
  }
};

class TableSoftmax final : public Primitive {
 public:
  std::string_view op() const override { return "table_softmax"; }

  TensorType infer(const NodeView& view) const override {
    require_softmax_groups(view);
    require_table(view, "exp");
    require_table(view, "inv");
    const TensorType& x = view.operand(0);
    const Quantizer& output = view.node.quantizer("output");
    const LookupStage exp(view.node, "exp");
    const LookupStage inv(view.node, "inv");
    const Interval range = x.range();
    const SoftmaxGroups softmax(view);
    const Interval exponential{softmax.masked ? 0 : exp.range.lo, exp.range.hi};
    const Interval product{exponential.lo * inv.range.lo, exponential.hi * inv.range.hi};
    require_quantizer(view, exact_type(1, x.frac, {{0, range.hi - range.lo}}), exp.index);
    require_quantizer(view, exact_type(1, exp.frac, {softmax.count * exponential}), inv.index);
    const TensorType exact =
        exact_type(x.tokens, exp.frac + inv.frac, std::vector<Interval>(static_cast<std::size_t>(x.features), product));
    require_quantizer(view, exact, output);
    return requantized_type(exact, output);
  }

  Mantissas evaluate(const NodeView& view, const std::vector<const Mantissas*>& operands) const override {
    return compute(view, operands, nullptr);
  }

  std::vector<InternalTensor> internals(const NodeView& view,
                                        const std::vector<const Mantissas*>& operands) const override {
    Trace trace;
    compute(view, operands, &trace);
    return {{"exp_index", view.node.quantizer("exp_index").format, std::move(trace.differences), view.operand(0).frac},
            {"inv_index", view.node.quantizer("inv_index").format, std::move(trace.exp_sums),
             LookupStage(view.node, "exp").frac}};
  }

  Timing timing(const NodeView& view, const Hardware& hardware) const override {
    const DeviceModel& device = hardware.device;
    return softmax_timing(view, exponential_delay(view, hardware) + 1 +
                                    adder_tree_latency(SoftmaxGroups(view).count, device.levels) + 2 +
                                    device.mul_stages + 1);
  }

  Cost cost(const NodeView& view, const Hardware& hardware) const override {
    const TensorType& x = view.operand(0);
    const LookupStage exp(view.node, "exp");
    const LookupStage inv(view.node, "inv");
    const SoftmaxGroups softmax(view);
    const int count = softmax.count;
    Cost one = max_tree_cost(count, x.width);
    one += static_cast<double>(count) * Cost{x.width + 1.0, x.width + 1.0, 0, 0};
    one += static_cast<double>(count) * exp.cost(x.width + 1, x.frac);
    one += adder_tree_cost(count, exp.width, hardware.device.levels);
    one += inv.cost(exp.width + clog2(count) + 1, exp.frac);
    one += static_cast<double>(count) * multiplier_cost(exp.width + 1, inv.width + 1);
    one += static_cast<double>(count) *
           requantize_cost(exp.width + inv.width + 1, exp.frac + inv.frac, view.node.quantizer("output"));
    return static_cast<double>(hardware.lanes_of(view.node.type) * softmax.groups) * one;
  }

  void emit(const NodeView& view, const Hardware& hardware, Emission& emission) const override {
    const LookupStage exp(view.node, "exp");
    const LookupStage inv(view.node, "inv");
    const TensorType& x = view.operand(0);
    const SoftmaxGroups softmax(view);
    const std::string enable = emit_enable(view, hardware, exponential_delay(view, hardware), "enable", emission);
    for (int unit = 0; unit < hardware.lanes_of(view.node.type) * softmax.groups; ++unit) {
      Instance instance{"table_softmax", emission.local(fmt::format("unit{}", unit)), {}, {}};
      instance.with("COUNT", softmax.count).with("IN_W", x.width);
      with_stage(instance, "EXP", exp, x.frac);
      with_stage(instance, "INV", inv, exp.frac);
      instance.with_quantizer(exp.frac + inv.frac, view.node.quantizer("output"));
      instance.with("MUL_STAGES", hardware.device.mul_stages).with("LEVELS", hardware.device.levels);
      instance.port("clk", "clk").port("enable", enable);
      instance.port("x", slice(emission.input(0), unit, softmax.count * x.width));
      instance.port("y", slice(emission.output(), unit, softmax.count * view.node.type.width));
      emission.instance(instance);
    }
  }

 private:
  /// Mantissas on the way.
  struct Trace {
    std::vector<double> differences;  // largest feature - feature, of real features
    std::vector<double> exp_sums;
  };

  static Mantissas compute(const NodeView& view, const std::vector<const Mantissas*>& operands, Trace* trace) {
    const Mantissas& x = *operands[0];
    const int x_frac = view.operand(0).frac;
    const LookupStage exp(view.node, "exp");
    const LookupStage inv(view.node, "inv");
    const Quantizer& output = view.node.quantizer("output");
    const SoftmaxGroups softmax(view);
    Mantissas y(x.rows(), x.cols());
    std::vector<std::int64_t> exponentials(static_cast<std::size_t>(softmax.count));
    for (Eigen::Index row = 0; row < x.rows(); ++row) {
      const Eigen::Index top = row - row % view.operand(0).tokens;
      for (int group = 0; group < softmax.groups; ++group) {
        const Eigen::Index first = group * softmax.count;
        const auto largest = static_cast<std::int64_t>(x.row(row).segment(first, softmax.count).maxCoeff());
        std::int64_t sum = 0;
        for (Eigen::Index f = 0; f < softmax.count; ++f) {
          std::int64_t& e = exponentials[static_cast<std::size_t>(f)];
          const std::int64_t difference = largest - static_cast<std::int64_t>(x(row, first + f));
          e = softmax.is_real(operands, top, f) ? exp.entry(difference, x_frac) : 0;
          sum += e;
          if (trace != nullptr && softmax.is_real(operands, top, f)) {
            trace->differences.push_back(static_cast<double>(difference));
          }
        }
        if (trace != nullptr) {
          trace->exp_sums.push_back(static_cast<double>(sum));
        }
        const std::int64_t inverse = inv.entry(sum, exp.frac);
        for (Eigen::Index f = 0; f < softmax.count; ++f) {
          y(row, first + f) = static_cast<double>(
              requantize(exponentials[static_cast<std::size_t>(f)] * inverse, exp.frac + inv.frac, output));
        }
      }
    }
    return y;
  }

  /// Clocks from x to the tables' entries for its differences.
  static int exponential_delay(const NodeView& view, const Hardware& hardware) {
    return max_tree_latency(SoftmaxGroups(view).count, hardware.device.levels) + 2;
  }

  /// Throws unless the table of `name` has an entry for each code of its index.
  static void require_table(const NodeView& view, const std::string& name) {
    const int width = view.node.quantizer(name + "_index").format.width;
    require(view, width >= 1 && width <= kMaxTableBits,
            fmt::format("{}_index must have 1 to {} bits", name, kMaxTableBits));
    require_shape(view, name + "_table", {1 << width});
    const auto& values = view.node.literal(name + "_table").values;
    require(view,
            std::all_of(values.begin(), values.end(),
                        [](std::int64_t entry) { return entry >= 0 && entry >> kMaxSoftmaxEntryBits == 0; }),
            fmt::format("an entry of {}_table is not one of 0 to 2^{} - 1", name, kMaxSoftmaxEntryBits));
    const std::int64_t frac = view.node.integer(name + "_frac");
    require(view, frac >= -kMaxFrac && frac <= kMaxFrac, fmt::format("{0}_frac must be -{1} to {1}", name, kMaxFrac));
  }

  static void with_stage(Instance& instance, const std::string& prefix, const LookupStage& stage, int x_frac) {
    const Quantizer& index = stage.index;
    instance.with(prefix + "_SHIFT", x_frac - index.format.frac())
        .with(prefix + "_INDEX_W", index.format.width)
        .with(prefix + "_INDEX_SIGNED", index.format.is_signed ? 1 : 0)
        .with(prefix + "_ROUNDING", static_cast<int>(index.rounding))
        .with(prefix + "_OVERFLOW", static_cast<int>(index.overflow))
        .with(prefix + "_W", stage.width)
        .with(prefix + "_TABLE", verilog_table(stage.values, stage.width));
  }

  static constexpr int kMaxFrac = 64;
};

}  // namespace

std::unique_ptr<Primitive> make_table_softmax() { return std::make_unique<TableSoftmax>(); }

}  // namespace rtlgen
