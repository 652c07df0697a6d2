#include "primitives/device_model.hpp"

#include <algorithm>

#include "rtlgen/device/find_device.hpp"

namespace rtlgen {
namespace {

struct LevelTimes {
  double level_ns;     // a 20-bit adder and a short route
  double overhead_ns;  // clock-to-output, setup, skew
};

// Rounded from data-sheet switching figures with about one half of the time for routing.
constexpr LevelTimes kUltraScale = {0.85, 0.60};
constexpr LevelTimes kSeries7 = {1.50, 0.90};

}  // namespace

DeviceModel device_model(const std::string& device, double clock_mhz) {
  const LevelTimes& times = find_device(device).family == "xc7" ? kSeries7 : kUltraScale;
  const double period_ns = 1000.0 / clock_mhz;
  const auto levels = static_cast<int>((period_ns - times.overhead_ns) / times.level_ns);
  DeviceModel model;
  model.levels = std::clamp(levels, 1, 8);
  // A multiplier without its middle register is worth about four levels, with one register at the output.
  model.mul_stages = levels >= 4 ? 1 : (levels >= 2 ? 2 : 3);
  model.table_stages = levels >= 5 ? 1 : 2;
  return model;
}

}  // namespace rtlgen
