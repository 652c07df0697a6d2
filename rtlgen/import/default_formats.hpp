// Formats of tensors whose ranges nobody has told.
#pragma once

namespace rtlgen {

/// What a tensor gets whose range nobody has looked at, and what it gets with calibration events.
constexpr const char* kChosenFormat = "fixed<18,8>";
constexpr const char* kCalibratedFormat = "auto<18>";

}  // namespace rtlgen
