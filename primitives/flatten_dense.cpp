#include "primitives/flatten_dense.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "primitives/block_costs.hpp"
#include "primitives/block_steps.hpp"
#include "primitives/dense.hpp"
#include "primitives/emission.hpp"
#include "primitives/node_rules.hpp"
#include "primitives/products.hpp"
#include "primitives/requantize.hpp"

namespace rtlgen {
namespace {

TensorType sum_type(const FlattenDense& dense, const NodeView& view) {
  TensorType sum = accumulator_type(dense.weight, dense.bias, dense.weight_frac, view.operand(0));
  sum.tokens = 1;
  // The accumulator also holds every partial sum.
  for (Interval& interval : sum.intervals) {
    interval = hull(interval, Interval{0, 0});
  }
  return sum;
}

int weight_width(const FlattenDense& dense) {
  const auto& values = dense.weight.values;
  const auto [lo, hi] = std::minmax_element(values.begin(), values.end());
  return signed_width({*lo, *hi});
}

/// Bits that hold every partial sum of every output, whatever the order.
int accumulator_width(const FlattenDense& dense, const NodeView& view) {
  const Literal& weight = dense.weight;
  const TensorType& x = view.operand(0);
  const Interval range = hull(x.range(), Interval{0, 0});
  Interval widest{0, 0};
  const auto inputs = static_cast<std::size_t>(weight.shape[1]);
  for (std::size_t o = 0; o < static_cast<std::size_t>(weight.shape[0]); ++o) {
    Interval sum = hull(Interval{dense.bias.values[o], dense.bias.values[o]}, Interval{0, 0});
    for (std::size_t i = 0; i < inputs; ++i) {
      sum = sum + hull(weight.values[o * inputs + i] * range, Interval{0, 0});
    }
    widest = hull(widest, sum);
  }
  return signed_width(widest);
}

/// The ROM: for each beat the weights of the tokens in it, element o * inputs + i; lanes beyond the last token weigh
/// nothing.
Module rom_module(const FlattenDense& dense, const std::string& name, int inputs, int beats, int beat_width) {
  const Literal& weight = dense.weight;
  const int outputs = weight.shape[0];
  const int columns = weight.shape[1];
  const int width = weight_width(dense);
  std::string text = "  always @* begin\n    case (beat)\n";
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
  Module module{
      name, fmt::format("{}: weights of {} outputs x {} inputs for each of {} beats, signed {} bits. Combinational. "
                        "Generated.",
                        name, outputs, inputs, beats, width)};
  module.ports = {{PortKind::input, "beat", beat_width}, {PortKind::output_reg, "weights", outputs * inputs * width}};
  module.body.text(text + "    endcase\n  end\n");
  return module;
}

/// Bits of the ROM that differ: no more than there are functions of the beat's number; registers of equal bits are one.
double weight_bits(const FlattenDense& dense, int inputs, int beats) {
  return std::min<double>(double{1} * dense.weight.shape[0] * inputs * weight_width(dense), std::ldexp(1.0, beats));
}

/// When the weights of a beat are there: whether it is the first one is seen from the control wires.
int weights_known(const DeviceModel& device, int beats) {
  return beats > 1 ? device.luts(1) + device.table(clog2(beats)) : 0;
}

/// Registers up to the accumulators, and behind them.
struct Registers {
  Pipeline sums;
  Pipeline results;
  bool fits;

  Cost cost() const { return sums.cost() + results.cost(); }
};

Registers registers_of(const FlattenDense& dense, const NodeView& view, const Hardware& hardware) {
  const DeviceModel& device = hardware.device;
  const TensorType& x = view.operand(0);
  const int lanes = hardware.lanes_of(x);
  const int inputs = lanes * x.features;
  const int outputs = view.node.type.features;
  const int beats = ceil_div(x.tokens, lanes);
  const int accumulator = accumulator_width(dense, view);
  const int product = x.width + weight_width(dense);
  std::vector<Step> sums = side_by_side(outputs, products_of(device, inputs, x.width, weight_width(dense)).steps);
  sums[0].bits = long{inputs} * x.width + std::lround(weight_bits(dense, inputs, beats));
  sums.push_back({device.adder(accumulator), long{outputs} * (product + clog2(inputs))});
  // The products may have to wait for the weights behind a register, though not for x.
  const int known = weights_known(device, beats);
  Pipeline up_to_sums(device, {0, std::max(hardware.start, known)}, {{"SUM_REGISTERS", std::move(sums)}});
  Pipeline behind(device, {up_to_sums.end().clock + 1, 0},
                  {{"RESULT_REGISTERS", requantize_steps(device, accumulator, sum_type(dense, view).frac, dense.output,
                                                         dense.relu, outputs)}});
  const bool fits = hardware.start <= known || up_to_sums.fits();
  return {std::move(up_to_sums), std::move(behind), fits};
}

}  // namespace

void FlattenDense::visit(AttributeVisitor& visitor) {
  visitor("weight", weight);
  visitor("bias", bias);
  visitor("weight_frac", weight_frac);
  visitor("relu", relu);
  visitor("output", output);
}

TensorType FlattenDense::infer(const NodeView& view) const {
  require_operands(view, 1);
  require(view, weight.shape.size() == 2, "literal 'weight' must be [out, tokens * features]");
  require_shape(view, "weight", weight, {weight.shape[0], view.operand(0).tokens * view.operand(0).features});
  require_shape(view, "bias", bias, {weight.shape[0]});
  const TensorType sum = sum_type(*this, view);
  require_exact(view, sum);
  require(view, accumulator_width(*this, view) <= kMaxTensorWidth,
          "the accumulator is too wide; choose narrower formats");
  require_quantizer(view, sum, output);
  return requantized_type(sum, output, relu);
}

Mantissas FlattenDense::evaluate(const NodeView& view, const std::vector<const Mantissas*>& operands) const {
  // A row-major [events * tokens, features] matrix is [events, tokens * features] without moving anything.
  Mantissas y = weighted_sums(weight, bias, *operands[0]);
  requantize(y, sum_type(*this, view).frac, output, relu);
  return y;
}

Timing FlattenDense::timing(const NodeView& view, const Hardware& hardware) const {
  const Registers registers = registers_of(*this, view, hardware);
  Timing timing(registers.results);
  timing.latency = registers.results.end().clock;
  timing.fits = registers.fits;
  return timing;
}

Cost FlattenDense::cost(const NodeView& view, const Hardware& hardware) const {
  const TensorType& x = view.operand(0);
  const int lanes = hardware.lanes_of(x);
  const int inputs = lanes * x.features;
  const int beats = ceil_div(x.tokens, lanes);
  const int accumulator = accumulator_width(*this, view);
  Cost one = products_of(hardware.device, inputs, x.width, weight_width(*this)).cost;
  one += requantize_cost(accumulator, sum_type(*this, view).frac, output, relu);
  one += Cost{static_cast<double>(accumulator), static_cast<double>(accumulator), 0, 0};
  Cost cost = static_cast<double>(view.node.type.features) * one + registers_of(*this, view, hardware).cost();
  cost += weight_bits(*this, inputs, beats) * table_cost(clog2(beats), 1);
  cost.ff += clog2(beats);
  return cost;
}

void FlattenDense::emit(const NodeView& view, const Hardware& hardware, Emission& emission) const {
  const TensorType& x = view.operand(0);
  const int inputs = hardware.lanes_of(x) * x.features;
  const int outputs = view.node.type.features;
  const int beats = ceil_div(x.tokens, hardware.lanes_of(x));
  const int beat_width = std::max(1, clog2(beats));
  const std::string rom = emission.module_name("weights");
  emission.add_module(rom_module(*this, rom, inputs, beats, beat_width));
  const Expression beat = emission.net("beat", beat_width);
  const Expression weights = emission.net("weights", outputs * inputs * weight_width(*this));
  emission.cell(rom, "rom").port("beat", beat).port("weights", weights);
  Cell& cell = emission.cell("beat_dense", "unit");
  cell.with("BEATS", beats).with("INPUTS", inputs).with("OUTPUTS", outputs).with("X_W", x.width);
  cell.with("W_W", weight_width(*this)).with("ACC_W", accumulator_width(*this, view));
  cell.with("BIAS", verilog_table(bias.values, accumulator_width(*this, view)));
  cell.with_quantizer(sum_type(*this, view).frac, output).with("RELU", relu ? 1 : 0);
  cell.with("LUT_STEPS", products_of(hardware.device, inputs, x.width, weight_width(*this)).lut_steps);
  const Registers registers = registers_of(*this, view, hardware);
  registers.sums.set(cell);
  registers.results.set(cell);
  const ControlWires& control = emission.control(0);
  cell.port("clk").port("in_valid", control.valid).port("in_first", control.first);
  cell.port("in_last", control.last).port("x", emission.input(0)).port("beat", beat);
  cell.port("weights", weights).port("y", emission.output());
}

}  // namespace rtlgen
