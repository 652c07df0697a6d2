#include "primitives/device_model.hpp"

#include <algorithm>
#include <stdexcept>

namespace rtlgen {
namespace {

struct Family {
  const char* prefix;
  double level_ns;     // a 20-bit adder and a short route
  double overhead_ns;  // clock-to-output, setup, skew
};

// Rounded from data-sheet switching figures with about one half of the time for routing.
constexpr Family kFamilies[] = {
    {"xcvu", 0.85, 0.60}, {"xcku", 0.85, 0.60}, {"xczu", 0.85, 0.60}, {"xck", 0.85, 0.60}, {"xc7", 1.50, 0.90},
};

}  // namespace

DeviceModel device_model(const std::string& device, double clock_mhz) {
  const auto* family = std::find_if(std::begin(kFamilies), std::end(kFamilies),
                                    [&](const Family& known) { return device.rfind(known.prefix, 0) == 0; });
  if (family == std::end(kFamilies)) {
    throw std::invalid_argument("unknown device '" + device +
                                "', expected a name that starts with xcvu, xcku, xczu, xck or xc7");
  }
  const double period_ns = 1000.0 / clock_mhz;
  const auto levels = static_cast<int>((period_ns - family->overhead_ns) / family->level_ns);
  DeviceModel model;
  model.levels = std::clamp(levels, 1, 8);
  // A multiplier without its middle register is worth about four levels, with one register at the output.
  model.mul_stages = levels >= 4 ? 1 : (levels >= 2 ? 2 : 3);
  model.table_stages = levels >= 5 ? 1 : 2;
  return model;
}

}  // namespace rtlgen
