#include "primitives/products.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "primitives/block_costs.hpp"
#include "primitives/block_steps.hpp"
#include "primitives/lut_multiply.hpp"

namespace rtlgen {
namespace {

/// Results of LUTs have no more bits.
constexpr int kMaxLutResult = 60;
/// Worth of a DSP block where there are to be none.
constexpr double kNoDspBlocks = 1e4;

Products of_dsp_blocks(const DeviceModel& device, int count, int a_width, int b_width) {
  const long product = a_width + b_width;
  const long operands = product * count;
  const std::vector<Step> multiply{{device.delays.net + device.delays.dsp_multiply, operands},
                                   {device.delays.dsp_add, operands}};
  return {0, in_a_row(multiply, adder_tree_steps(device, count, a_width + b_width)),
          static_cast<double>(count) * dsp_cost(a_width, b_width) + adder_tree_cost(count, a_width + b_width)};
}

Products of_luts(const DeviceModel& device, const LutProducts& shape) {
  Products products;
  products.lut_steps = least_lut_steps(shape);
  LutPlan plan = lut_plan(shape, products.lut_steps, device.delays);
  products.steps = std::move(plan.steps);
  products.cost = {static_cast<double>(plan.luts), 0, 0, 0};
  return products;
}

bool fits_clock(const DeviceModel& device, const Products& products) {
  return std::all_of(products.steps.begin(), products.steps.end(),
                     [&](const Step& step) { return step.delay <= device.budget; });
}

Products cheaper(const DeviceModel& device, Products blocks, const LutProducts& shape, int result) {
  if (result > kMaxLutResult) {
    return blocks;
  }
  Products luts = of_luts(device, shape);
  if (!fits_clock(device, luts) && fits_clock(device, blocks) && device.dsp_luts < kNoDspBlocks) {
    return blocks;
  }
  return luts.cost.lut <= blocks.cost.lut + device.dsp_luts * blocks.cost.dsp ? luts : blocks;
}

}  // namespace

Products products_of(const DeviceModel& device, int count, int a_width, int b_width) {
  return cheaper(device, of_dsp_blocks(device, count, a_width, b_width),
                 {count, {a_width, true}, {b_width, true}, false}, a_width + b_width + clog2(count));
}

Products squares_of(const DeviceModel& device, int count, int width) {
  return cheaper(device, of_dsp_blocks(device, count, width, width), {count, {width, true}, {width, true}, true},
                 2 * width + clog2(count));
}

}  // namespace rtlgen
