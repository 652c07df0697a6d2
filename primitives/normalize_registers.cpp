#include "primitives/normalize_registers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <tuple>
#include <utility>
#include <vector>

#include "primitives/block_costs.hpp"
#include "primitives/block_steps.hpp"
#include "primitives/cmvm/signed_digits.hpp"
#include "primitives/products.hpp"
#include "primitives/requantize.hpp"

namespace rtlgen {

int NormalizeShape::digits() const { return std::max(1, ceil_div(clog2(variance / 2), 2)); }

int NormalizeShape::kept_variance(int left) const { return std::min(variance, index + 2 * ((1 << (2 * left)) - 1)); }

int NormalizeShape::kept_deviation(int left) const {
  return std::min(shifted(), deviation() + (1 << (2 * digits())) - (1 << (2 * left)));
}

int NormalizeShape::kept_digits(int left) const {
  int bits = 0;
  for (int level = 1; level <= left; ++level) {
    bits += 2 * std::min(1 << (2 * (left - level)), ceil_div(variance / 2, 1 << (2 * level)));
  }
  return bits;
}

int NormalizeShape::adders(std::int64_t factor) { return static_cast<int>(canonical_signed_digits(factor).size()) - 1; }

namespace {

std::vector<Step> squares_steps(const DeviceModel& device, const NormalizeShape& shape) {
  std::vector<Step> steps = squares_of(device, shape.features, shape.input).steps;
  steps[0].bits = long{shape.features} * shape.input;
  steps.push_back({shape.square_multiple_adders() * device.adder(shape.variance), shape.squares()});
  return steps;
}

std::vector<Step> sum_steps(const DeviceModel& device, const NormalizeShape& shape) {
  return shape.center ? adder_tree_steps(device, shape.features, shape.input) : std::vector<Step>{};
}

std::vector<Step> mean_steps(const DeviceModel& device, const NormalizeShape& shape) {
  if (!shape.center) {
    return {};
  }
  std::vector<Step> steps = squares_of(device, 1, shape.sum()).steps;
  steps[0].bits = shape.sum();
  const int adder = device.adder(shape.variance);
  return in_a_row(std::move(steps), {{shape.multiple_adders() * adder, 2L * shape.sum()}, {adder, shape.variance}});
}

std::vector<Step> variance_steps(const DeviceModel& device, const NormalizeShape& shape) {
  const bool adds = shape.center || shape.adds_epsilon;
  // A digit is seen from six bits: three pairs, or two halves each of three groups.
  return {{adds ? device.adder(shape.variance) : 0, long{shape.center ? 2 : 1} * shape.variance},
          {device.luts(shape.digits() > 1 ? 2 : 1), shape.variance}};
}

std::vector<Step> shift_steps(const DeviceModel& device, const NormalizeShape& shape) {
  std::vector<Step> steps;
  for (int left = shape.digits(); left > 0; --left) {
    steps.push_back({device.choice(4), shape.kept_variance(left) + shape.kept_digits(left) +
                                           long{shape.features} * shape.kept_deviation(left)});
  }
  return steps;
}

std::vector<Step> result_steps(const DeviceModel& device, const NormalizeShape& shape) {
  const long shifted = long{shape.features} * shape.shifted();
  std::vector<Step> scaling =
      side_by_side(shape.features, products_of(device, 1, shape.shifted(), shape.root + 1).steps);
  scaling[0].bits = shifted + shape.root;
  std::vector<Step> steps = in_a_row({{device.table(shape.index), shape.index + shifted}}, scaling);
  return in_a_row(std::move(steps),
                  requantize_steps(device, shape.product(), shape.frac, shape.output, false, shape.features));
}

Pipeline shift_and_result(const DeviceModel& device, Time start, const NormalizeShape& shape) {
  return {device,
          start,
          {{"SHIFT_REGISTERS", shift_steps(device, shape)}, {"RESULT_REGISTERS", result_steps(device, shape)}}};
}

}  // namespace

NormalizeRegisters::NormalizeRegisters(const DeviceModel& device, int start, const NormalizeShape& shape)
    : shape_(shape),
      squares_(device, {0, start}, {{"SQUARE_REGISTERS", squares_steps(device, shape)}}),
      sum_(device, {0, start}, {{"SUM_REGISTERS", sum_steps(device, shape)}}),
      mean_(device, sum_.end(), {{"MEAN_REGISTERS", mean_steps(device, shape)}}),
      variance_(device, shape.center ? later(squares_.end(), mean_.end()) : squares_.end(),
                {{"VARIANCE_REGISTERS", variance_steps(device, shape)}}),
      rest_(shift_and_result(device, variance_.end(), shape)) {
  // A register in front of the shift gives the deviations all of the clock.
  const auto needed = [&] { return Time{rest_.start().clock, rest_.fits() ? rest_.start().ps : device.budget}; };
  deviations_ = best_deviations(device, needed());
  if (deviations_.ps > needed().ps) {
    rest_ = shift_and_result(device, {rest_.start().clock, deviations_.ps}, shape);
    deviations_ = best_deviations(device, needed());
  }
}

NormalizeRegisters::Deviations NormalizeRegisters::formed(const DeviceModel& device, Deviations way) const {
  const auto pass = [&](int delay) {
    way.ps += std::min(delay, device.budget);
    way.fits = way.fits && way.ps <= device.budget;
  };
  way.ps = way.clock == 0 ? sum_.start().ps : device.behind_registers(way.clock);
  if (shape_.center) {
    pass(shape_.multiple_adders() * device.adder(shape_.sum()));
    const Time sum = sum_.end();
    const int waits = way.subtraction() - sum.clock;
    way.ps = std::max(way.waits_for_sum ? 0 : way.ps, waits == 0 ? sum.ps : device.behind_registers(waits));
    way.fits = way.fits && sum.clock <= way.subtraction();
    pass(device.adder(shape_.deviation()));
  }
  way.ps = way.waits_for_place ? 0 : std::min(way.ps, device.budget);
  return way;
}

Cost NormalizeRegisters::cost(const Deviations& way) const {
  const int features = shape_.features;
  Cost cost = delay_line_cost(features * shape_.input, way.clock);
  if (shape_.center) {
    cost += delay_line_cost(shape_.sum(), std::max(0, way.subtraction() - sum_.end().clock));
  }
  cost.ff += way.waits_for_sum ? features * shape_.sum() : 0;
  cost.ff += way.waits_for_place ? features * shape_.deviation() : 0;
  return cost;
}

NormalizeRegisters::Deviations NormalizeRegisters::best_deviations(const DeviceModel& device, Time place) const {
  std::vector<Deviations> ways;
  for (const bool sum : {false, true}) {
    for (const bool shift : {false, true}) {
      Deviations way;
      way.clock = place.clock - (sum ? 1 : 0) - (shift ? 1 : 0);
      way.waits_for_sum = sum;
      way.waits_for_place = shift;
      if (way.clock >= 0 && (shape_.center || !(sum || shift))) {
        ways.push_back(formed(device, way));
      }
    }
  }
  const auto rank = [&](const Deviations& way) {
    const Cost own = cost(way);
    return std::make_tuple(!way.fits, way.ps > place.ps ? way.ps : 0, own.lut + own.ff);
  };
  return *std::min_element(ways.begin(), ways.end(),
                           [&](const Deviations& a, const Deviations& b) { return rank(a) < rank(b); });
}

Timing NormalizeRegisters::timing() const {
  Timing timing(rest_);
  timing.latency = rest_.end().clock;
  // The sum of one value is that value, and its square the first step.
  timing.fits = squares_.fits() && sum_.fits() && (shape_.features > 1 || mean_.fits());
  return timing;
}

Cost NormalizeRegisters::cost() const {
  const int parts = variance_.start().clock;
  Cost total = squares_.cost() + sum_.cost() + mean_.cost() + variance_.cost() + rest_.cost() + cost(deviations_);
  total += delay_line_cost(shape_.variance, parts - squares_.end().clock);
  total += delay_line_cost(shape_.center ? shape_.variance : 0, parts - mean_.end().clock);
  return total;
}

void NormalizeRegisters::set(const DeviceModel& device, Cell& cell) const {
  cell.with("SQUARE_LUT_STEPS", squares_of(device, shape_.features, shape_.input).lut_steps);
  cell.with("MEAN_LUT_STEPS", shape_.center ? squares_of(device, 1, shape_.sum()).lut_steps : 0);
  cell.with("RESULT_LUT_STEPS", products_of(device, 1, shape_.shifted(), shape_.root + 1).lut_steps);
  for (const Pipeline* const branch : {&squares_, &sum_, &mean_, &variance_, &rest_}) {
    branch->set(cell);
  }
  const int bits = (deviations_.waits_for_sum ? 2 : 0) | (deviations_.waits_for_place ? 4 : 0);
  cell.with("E_REGISTERS", fmt::format("32'h{:x}", bits));
}

}  // namespace rtlgen
