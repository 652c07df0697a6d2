#include "primitives/flatten_dense.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "primitives/dense.hpp"
#include "primitives/emission.hpp"
#include "primitives/node_rules.hpp"
#include "primitives/requantize.hpp"
#include "primitives/softmax_tables.hpp"

namespace rtlgen {
namespace {

TensorType sum_type(const NodeView& view) {
  TensorType sum = accumulator_type(view.node.literal("weight"), view.node.literal("bias"),
                                    static_cast<int>(view.node.integer("weight_frac")), view.operand(0));
  sum.tokens = 1;
  // The accumulator also holds every partial sum.
  for (Interval& interval : sum.intervals) {
    interval = hull(interval, Interval{0, 0});
  }
  return sum;
}

int weight_width(const NodeView& view) {
  const auto& values = view.node.literal("weight").values;
  const auto [lo, hi] = std::minmax_element(values.begin(), values.end());
  return signed_width({*lo, *hi});
}

/// Bits that hold every partial sum of every output, whatever the order.
int accumulator_width(const NodeView& view) {
  const Literal& weight = view.node.literal("weight");
  const TensorType& x = view.operand(0);
  const Interval range = hull(x.range(), Interval{0, 0});
  Interval widest{0, 0};
  const auto inputs = static_cast<std::size_t>(weight.shape[1]);
  for (std::size_t o = 0; o < static_cast<std::size_t>(weight.shape[0]); ++o) {
    Interval sum =
        hull(Interval{view.node.literal("bias").values[o], view.node.literal("bias").values[o]}, Interval{0, 0});
    for (std::size_t i = 0; i < inputs; ++i) {
      sum = sum + hull(weight.values[o * inputs + i] * range, Interval{0, 0});
    }
    widest = hull(widest, sum);
  }
  return signed_width(widest);
}

class FlattenDense final : public Primitive {
 public:
  std::string_view op() const override { return "flatten_dense"; }

  TensorType infer(const NodeView& view) const override {
    require_operands(view, 1);
    const Literal& weight = view.node.literal("weight");
    require(view, weight.shape.size() == 2, "literal 'weight' must be [out, tokens * features]");
    require_shape(view, "weight", {weight.shape[0], view.operand(0).tokens * view.operand(0).features});
    require_shape(view, "bias", {weight.shape[0]});
    const TensorType sum = sum_type(view);
    require_exact(view, sum);
    require(view, accumulator_width(view) <= kMaxTensorWidth, "the accumulator is too wide; choose narrower formats");
    require_quantizer(view, sum, view.node.quantizer("output"));
    return requantized_type(sum, view.node.quantizer("output"), view.node.integer("relu") != 0);
  }

  Mantissas evaluate(const NodeView& view, const std::vector<const Mantissas*>& operands) const override {
    // A row-major [events * tokens, features] matrix is [events, tokens * features] without moving anything.
    const Literal& weight = view.node.literal("weight");
    using Matrix = Eigen::Matrix<std::int64_t, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    const RowMatrix w = Eigen::Map<const Matrix>(weight.values.data(), weight.shape[0], weight.shape[1]).cast<double>();
    const Eigen::RowVectorXd b =
        Eigen::Map<const Matrix>(view.node.literal("bias").values.data(), 1, weight.shape[0]).cast<double>();
    const Eigen::Index events = operands[0]->rows() / view.operand(0).tokens;
    const Eigen::Map<const RowMatrix> x(operands[0]->data(), events, weight.shape[1]);
    Mantissas y;
    y.noalias() = x * w.transpose();
    y.rowwise() += b;
    requantize(y, sum_type(view).frac, view.node.quantizer("output"), view.node.integer("relu") != 0);
    return y;
  }

  Timing timing(const NodeView& view, const Hardware& hardware) const override {
    const int inputs = hardware.lanes_of(view.operand(0)) * view.operand(0).features;
    return {Timing::Kind::reduction,
            1 + hardware.device.mul_stages + adder_tree_latency(inputs, hardware.device.levels) + 1 + 1};
  }

  Cost cost(const NodeView& view, const Hardware& hardware) const override {
    const TensorType& x = view.operand(0);
    const int inputs = hardware.lanes_of(x) * x.features;
    const int accumulator = accumulator_width(view);
    Cost output = static_cast<double>(inputs) * multiplier_cost(x.width, weight_width(view));
    output += adder_tree_cost(inputs, x.width + weight_width(view), hardware.device.levels);
    output += requantize_cost(accumulator, sum_type(view).frac, view.node.quantizer("output"));
    output.lut += accumulator + inputs * weight_width(view) * ceil_div(hardware.beats(), 64);
    output.ff += accumulator + view.node.type.width;
    return static_cast<double>(view.node.type.features) * output;
  }

  void emit(const NodeView& view, const Hardware& hardware, Emission& emission) const override {
    const TensorType& x = view.operand(0);
    const int inputs = hardware.lanes_of(x) * x.features;
    const int outputs = view.node.type.features;
    const int beats = ceil_div(x.tokens, hardware.lanes_of(x));
    const int beat_width = std::max(1, clog2(beats));
    const int word = outputs * inputs * weight_width(view);
    const std::string rom = emission.module_name("weights");
    emission.add_module(rom, rom_module(view, rom, inputs, beats, beat_width));
    emission.line(fmt::format("wire [{}:0] {};", beat_width - 1, emission.local("beat")));
    emission.line(fmt::format("wire [{}:0] {};", word - 1, emission.local("weights")));
    Instance memory{rom, emission.local("rom"), {}, {}};
    memory.port("beat", emission.local("beat")).port("weights", emission.local("weights"));
    emission.instance(memory);
    Instance instance{"beat_dense", emission.local("unit"), {}, {}};
    instance.with("BEATS", beats).with("INPUTS", inputs).with("OUTPUTS", outputs).with("X_W", x.width);
    instance.with("W_W", weight_width(view)).with("ACC_W", accumulator_width(view));
    instance.with("BIAS", verilog_table(view.node.literal("bias").values, accumulator_width(view)));
    instance.with_quantizer(sum_type(view).frac, view.node.quantizer("output")).with("RELU", view.node.integer("relu"));
    instance.with("MUL_STAGES", hardware.device.mul_stages).with("LEVELS", hardware.device.levels);
    const ControlWires& control = emission.control(0);
    instance.port("clk", "clk").port("in_valid", control.valid).port("in_first", control.first);
    instance.port("in_last", control.last).port("x", emission.input(0)).port("beat", emission.local("beat"));
    instance.port("weights", emission.local("weights")).port("y", emission.output());
    emission.instance(instance);
  }

 private:
  /// The ROM: for each beat the weights of the tokens in it, element o * inputs + i; lanes beyond the last token weigh
  /// nothing.
  static std::string rom_module(const NodeView& view, const std::string& name, int inputs, int beats, int beat_width) {
    const Literal& weight = view.node.literal("weight");
    const int outputs = weight.shape[0];
    const int columns = weight.shape[1];
    const int width = weight_width(view);
    std::string text = fmt::format(
        "// {0}: weights of {1} outputs x {2} inputs for each of {3} beats, signed {4} bits. Combinational. "
        "Generated.\n"
        "`resetall\n`timescale 1ns / 1ps\n`default_nettype none\n\n"
        "module {0} (\n  input  wire [{5}:0] beat,\n  output reg  [{6}:0] weights\n);\n\n"
        "  always @* begin\n    case (beat)\n",
        name, outputs, inputs, beats, width, beat_width - 1, outputs * inputs * width - 1);
    for (int beat = 0; beat < beats; ++beat) {
      std::vector<std::int64_t> word;
      for (int o = 0; o < outputs; ++o) {
        for (int i = 0; i < inputs; ++i) {
          const int column = beat * inputs + i;
          word.push_back(column < columns
                             ? weight.values[static_cast<std::size_t>(o) * static_cast<std::size_t>(columns) +
                                             static_cast<std::size_t>(column)]
                             : 0);
        }
      }
      const std::string label = beat + 1 < beats ? fmt::format("{}'d{}", beat_width, beat) : "default";
      text += fmt::format("      {}: weights = {};\n", label, verilog_table(word, width));
    }
    return text + "    endcase\n  end\n\nendmodule\n\n`resetall\n";
  }
};

}  // namespace

std::unique_ptr<Primitive> make_flatten_dense() { return std::make_unique<FlattenDense>(); }

}  // namespace rtlgen
