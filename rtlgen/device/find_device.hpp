// Devices by name.
#pragma once

#include <string>

#include "rtlgen/device/device.hpp"

namespace rtlgen {

/// The device of that name, with or without package and speed grade: a part of configs/devices/ if it is one, else what
/// is known of all parts whose names begin as this one does, without sizes. Throws std::invalid_argument on other
/// names.
const Device& find_device(const std::string& name);

}  // namespace rtlgen
