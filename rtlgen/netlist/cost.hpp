// What hardware takes of a device.
#pragma once

namespace rtlgen {

/// Estimated resources of a cell, a node or a core.
struct Cost {
  double lut = 0;
  double ff = 0;
  double dsp = 0;
  double bram = 0;

  Cost& operator+=(const Cost& other);
};
Cost operator+(Cost a, const Cost& b);
Cost operator*(double factor, const Cost& cost);

}  // namespace rtlgen
