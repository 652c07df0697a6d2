#include "primitives/device_model.hpp"

#include <algorithm>

#include "rtlgen/device/find_device.hpp"

namespace rtlgen {
namespace {

int ceil_log(int base, int value) {
  int levels = 0;
  for (long reach = 1; reach < value; reach *= base) {
    ++levels;
  }
  return levels;
}

/// The multiplexers F7, F8 behind their LUTs, as docs/timing.md has them.
int wide_mux(const Delays& delays) { return delays.lut * 6 / 10; }

}  // namespace

int DeviceModel::adder(int width) const {
  const int carries = delays.carry_in + delays.carry4 * ((std::max(width, 1) + 3) / 4) + delays.carry_out;
  return delays.net + delays.lut + carries;
}

int DeviceModel::luts(int levels) const { return levels * (delays.net + delays.lut); }

int DeviceModel::gate(int bits) const { return luts(std::max(1, ceil_log(6, bits))); }

int DeviceModel::table(int address) const {
  // A LUT has six inputs, the multiplexers F7 and F8 behind it two more; further LUTs choose from what these give.
  int delay = luts(1) + std::clamp(address - 6, 0, 2) * wide_mux(delays);
  for (int bits = address - 8; bits > 0; bits -= 4) {
    delay += luts(1) + (bits > 2 ? 2 * wide_mux(delays) : 0);
  }
  return delay;
}

int DeviceModel::choice(int count) const { return luts(std::max(1, ceil_log(4, count))); }

int DeviceModel::maximum(int width) const { return adder(width) + luts(1); }

int DeviceModel::leading_zeros(int width) const { return luts(std::max(1, ceil_log(2, width))); }

int DeviceModel::behind_registers(int clocks) const {
  constexpr int kLeastChain = 3;
  return clocks < kLeastChain ? 0 : std::max(0, delays.lutram - delays.clock_to_out);
}

int DeviceModel::adders(int width) const { return std::max(1, budget / adder(width)); }

DeviceModel device_model(const std::string& device, double clock_mhz) {
  DeviceModel model;
  model.delays = find_device(device).delays;
  const Delays& delays = model.delays;
  const auto period = static_cast<int>(1e6 / clock_mhz);
  model.budget = std::max(1, period - delays.clock_to_out - delays.register_net - delays.setup - delays.margin);
  return model;
}

}  // namespace rtlgen
