#include "primitives/device_capacity.hpp"

#include "rtlgen/device/find_device.hpp"

namespace rtlgen {

std::optional<Cost> device_capacity(const std::string& device) {
  const Device& found = find_device(device);
  if (!found.sizes_known()) {
    return std::nullopt;
  }
  return Cost{static_cast<double>(found.lut), static_cast<double>(found.ff), static_cast<double>(found.dsp),
              static_cast<double>(found.bram)};
}

}  // namespace rtlgen
