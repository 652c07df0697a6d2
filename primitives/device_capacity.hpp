// How much of each resource a device has.
#pragma once

#include <optional>
#include <string>

#include "primitives/primitive.hpp"

namespace rtlgen {

/// What a part has; nothing where only its family is known. `device` is its name, with or without package and speed
/// grade; `bram` counts blocks of 36 kbit. Throws as find_device() does.
std::optional<Cost> device_capacity(const std::string& device);

}  // namespace rtlgen
