// A file of devices that share their delays.
#pragma once

#include <string>
#include <vector>

#include "rtlgen/device/device.hpp"

namespace rtlgen {

/// What stands in a file of configs/devices/.
struct DeviceFile {
  std::vector<Device> parts;     ///< with their sizes
  std::vector<Device> prefixes;  ///< beginnings of names of parts that are not listed; without sizes
};

/// Reads the text of a device file:
///
///     family: xcup               # what Yosys is told: xcup, xcu or xc7
///     prefixes: [xcvu, xcku]     # may be absent
///     delays: {clock_to_out: 100, ...}  # ps, every member of Delays
///     parts:                     # each with all sizes
///       xcvu3p: {lut: 394080, ff: 788160, dsp: 2280, bram: 720, uram: 320, slrs: 1}
///
/// All numbers are whole and positive, `uram` may be 0. Throws std::invalid_argument that begins with
/// `name:line:column` on anything else: keys that are missing, unknown or twice there.
DeviceFile parse_device_file(const std::string& text, const std::string& name);

}  // namespace rtlgen
