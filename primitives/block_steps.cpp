#include "primitives/block_steps.hpp"

#include <algorithm>

namespace rtlgen {

std::vector<Step> adder_tree_steps(const DeviceModel& device, int count, int width) {
  std::vector<Step> steps;
  for (int left = count; left > 1; left = (left + 1) / 2, ++width) {
    steps.push_back({device.adder(width + 1), long{left} * width});
  }
  return steps;
}

std::vector<Step> max_tree_steps(const DeviceModel& device, int count, int width) {
  std::vector<Step> steps;
  for (int left = count; left > 1; left = (left + 1) / 2) {
    steps.push_back({device.maximum(width), long{left} * width});
  }
  return steps;
}

std::vector<Step> max_difference_steps(const DeviceModel& device, int count, int width, bool masked) {
  const long bits = long{count} * width;
  // The choice behind the last comparison may take a LUT level more, since it is looked at for all differences.
  const std::vector<Step> difference{{device.luts(1) + device.adder(width + 1), width}};
  return in_a_row({{device.luts(masked ? 1 : 0), bits}},
                  beside_waiting(bits, in_a_row(max_tree_steps(device, count, width), difference)));
}

std::vector<Step> in_a_row(std::vector<Step> steps, const std::vector<Step>& more) {
  steps.insert(steps.end(), more.begin(), more.end());
  return steps;
}

std::vector<Step> side_by_side(long count, std::vector<Step> steps) {
  for (Step& step : steps) {
    step.bits *= count;
  }
  return steps;
}

std::vector<Step> of_operands(long bits, std::vector<Step> steps) {
  steps.front().bits = bits;
  return steps;
}

std::vector<Step> beside_waiting(long bits, std::vector<Step> steps) {
  steps.front().bits = std::max(bits, steps.front().bits);
  for (std::size_t step = 1; step < steps.size(); ++step) {
    steps[step].bits += bits;
  }
  return steps;
}

}  // namespace rtlgen
