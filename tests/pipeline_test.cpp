// Registers of a row of steps: as few and as late as may be, of the fewest bits.
#include "primitives/pipeline.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <tuple>
#include <vector>

#include "tests/support/dice.hpp"

namespace rtlgen::testing {
namespace {

constexpr int kBudget = 1000;

DeviceModel model() {
  DeviceModel device;
  device.budget = kBudget;
  return device;
}

std::vector<Step> random_steps(Dice& dice) {
  std::vector<Step> steps(static_cast<std::size_t>(dice.number(1, 9)));
  for (Step& step : steps) {
    step = {dice.percent(15) ? 0 : dice.number(50, 1100), dice.number(1, 20)};
  }
  return steps;
}

struct Tried {
  Time end;
  long bits = 0;

  bool operator<(const Tried& other) const {
    return std::tie(end.clock, end.ps, bits) < std::tie(other.end.clock, other.end.ps, other.bits);
  }
};

/// The best of all ways to set registers that have logic in front of them, where any fits there.
Tried best_of_all(const std::vector<Step>& steps, int start) {
  Tried best{{1000, 0}, 0};
  const auto logic = std::find_if(steps.begin(), steps.end(), [](const Step& step) { return step.delay > 0; });
  const bool fits = logic == steps.end() || start + std::min(logic->delay, kBudget) <= kBudget;
  const auto idle = static_cast<std::size_t>(logic - steps.begin());  // steps before any logic
  for (unsigned mask = 0; mask < 1U << steps.size(); ++mask) {
    Tried tried{{0, start}, 0};
    bool holds = !fits || (mask & ((2U << idle) - 1)) == 0;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      if ((mask >> i & 1U) != 0) {
        tried = {{tried.end.clock + 1, 0}, tried.bits + steps[i].bits};
      }
      tried.end.ps += std::min(steps[i].delay, kBudget);
      holds = holds && tried.end.ps <= kBudget;
    }
    best = holds && tried < best ? tried : best;
  }
  return best;
}

TEST_CASE("pipeline: no other registers end earlier, or as early with fewer bits", "[pipeline]") {
  for (unsigned seed = 1; seed <= 500; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const std::vector<Step> steps = random_steps(dice);
    const int start = dice.percent(50) ? 0 : dice.number(0, kBudget);
    const auto cut = static_cast<std::ptrdiff_t>(dice.below(static_cast<int>(steps.size())));
    const Pipeline pipeline(model(), {0, start},
                            {{"A", {steps.begin(), steps.begin() + cut}}, {"B", {steps.begin() + cut, steps.end()}}});
    const Tried best = best_of_all(steps, start);
    CHECK(pipeline.end() == best.end);
    CHECK(pipeline.latency() == best.end.clock);
    CHECK(pipeline.register_bits() == best.bits);
    const auto logic = std::find_if(steps.begin(), steps.end(), [](const Step& step) { return step.delay > 0; });
    CHECK(pipeline.fits() == (logic == steps.end() || start + std::min(logic->delay, kBudget) <= kBudget));
  }
}

TEST_CASE("pipeline: each section gets its own bits", "[pipeline]") {
  const Pipeline pipeline(model(), {0, 0}, {{"A", {{600, 1}, {600, 1}}}, {"B", {{300, 1}, {0, 1}, {900, 1}}}});
  Cell cell("m", "i");
  pipeline.set(cell);
  REQUIRE(cell.parameters.size() == 2);
  CHECK(cell.parameters[0] == std::pair<std::string, std::string>{"A", "32'h2"});
  CHECK(cell.parameters[1] == std::pair<std::string, std::string>{"B", "32'h4"});
  CHECK(pipeline.latency() == 2);
  CHECK(pipeline.latency(1) == 1);
  CHECK(pipeline.end() == Time{2, 900});
}

}  // namespace
}  // namespace rtlgen::testing
