#include "primitives/pipeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <utility>

namespace rtlgen {
namespace {

std::vector<Step> all_steps(const std::vector<Section>& sections, int budget) {
  std::vector<Step> steps;
  for (const Section& section : sections) {
    for (const Step& step : section.steps) {
      steps.push_back({std::min(step.delay, budget), step.bits});
    }
  }
  return steps;
}

/// Registers as late as possible, and where data is then behind the last step.
Time latest_registers(const std::vector<Step>& steps, Time time, int budget, std::vector<bool>& registers) {
  for (const Step& step : steps) {
    registers.push_back(time.ps + step.delay > budget);
    if (registers.back()) {
      time = {time.clock + 1, 0};
    }
    time.ps += step.delay;
  }
  return time;
}

/// Registers as many as there are, the last of them where it is, of the fewest bits. In round r `rows` tells for each
/// step what the first r registers hold if the last of these stands in front of it, and where the one before stands.
class FewestBits {
 public:
  /// `first`: the first register as late as it may be.
  FewestBits(const std::vector<Step>& steps, int start, int budget, std::size_t first)
      : steps_(steps), budget_(budget) {
    sums_.push_back(0);
    for (const Step& step : steps) {
      sums_.push_back(sums_.back() + step.delay);
    }
    std::vector<Row> round(steps.size());
    for (std::size_t s = 0; s < steps.size() && start + sums_[s] <= budget; ++s) {
      // Operands are registered only where no logic fits in front of the first register.
      if (sums_[s] > 0 || sums_[first] == 0) {
        round[s].bits = steps[s].bits;
      }
    }
    rounds_.push_back(std::move(round));
  }

  std::vector<bool> run(std::size_t count, std::size_t last) {
    while (rounds_.size() < count) {
      add_round();
    }
    // In front of steps that take no time it would end as late.
    for (std::size_t s = last; s-- > 0 && sums_[s] == sums_[last];) {
      last = rounds_[count - 1][s].bits < rounds_[count - 1][last].bits ? s : last;
    }
    std::vector<bool> registers(steps_.size(), false);
    for (std::size_t round = count; round > 0; --round) {
      registers[last] = true;
      last = rounds_[round - 1][last].previous;
    }
    return registers;
  }

 private:
  struct Row {
    long bits = std::numeric_limits<long>::max();
    std::size_t previous = 0;
  };

  void add_round() {
    const std::vector<Row>& before = rounds_.back();
    std::vector<Row> round(steps_.size());
    for (std::size_t s = 1; s < steps_.size(); ++s) {
      for (std::size_t p = s; p-- > 0 && sums_[s] - sums_[p] <= budget_;) {
        const bool possible = before[p].bits != std::numeric_limits<long>::max();
        if (possible && before[p].bits + steps_[s].bits < round[s].bits) {
          round[s] = {before[p].bits + steps_[s].bits, p};
        }
      }
    }
    rounds_.push_back(std::move(round));
  }

  const std::vector<Step>& steps_;
  int budget_;
  std::vector<int> sums_;  // delays of all steps before each
  std::vector<std::vector<Row>> rounds_;
};

}  // namespace

Pipeline::Pipeline(const DeviceModel& device, Time start, std::vector<Section> sections)
    : sections_(std::move(sections)), start_(start) {
  const std::vector<Step> steps = all_steps(sections_, device.budget);
  start.ps = std::min(start.ps, device.budget);
  end_ = latest_registers(steps, start, device.budget, registers_);
  const auto last = std::find(registers_.rbegin(), registers_.rend(), true);
  if (last != registers_.rend()) {
    const auto first = std::find(registers_.begin(), registers_.end(), true) - registers_.begin();
    registers_ = FewestBits(steps, start.ps, device.budget, static_cast<std::size_t>(first))
                     .run(static_cast<std::size_t>(std::count(registers_.begin(), registers_.end(), true)),
                          static_cast<std::size_t>(registers_.rend() - last) - 1);
  }
}

bool Pipeline::fits() const {
  std::size_t step = 0;
  for (const Section& section : sections_) {
    for (const Step& own : section.steps) {
      if (registers_[step++] || own.delay > 0) {
        return !registers_[step - 1];
      }
    }
  }
  return true;
}

int Pipeline::latency(std::size_t sections, std::size_t steps) const {
  for (std::size_t i = 0; i < sections; ++i) {
    steps += sections_.at(i).steps.size();
  }
  return static_cast<int>(
      std::count(registers_.begin(), registers_.begin() + static_cast<std::ptrdiff_t>(steps), true));
}

long Pipeline::register_bits() const {
  long bits = 0;
  std::size_t step = 0;
  for (const Section& section : sections_) {
    for (const Step& own : section.steps) {
      bits += registers_[step++] ? own.bits : 0;
    }
  }
  return bits;
}

void Pipeline::set(Cell& cell) const {
  std::size_t step = 0;
  for (const Section& section : sections_) {
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < section.steps.size(); ++i, ++step) {
      bits |= registers_[step] ? std::uint32_t{1} << i : 0;
    }
    if (section.steps.size() > 32) {
      throw std::logic_error("a section of more than 32 steps");
    }
    cell.with(section.parameter, fmt::format("32'h{:x}", bits));
  }
}

Time later(const Time& a, const Time& b) { return a < b ? b : a; }

}  // namespace rtlgen
