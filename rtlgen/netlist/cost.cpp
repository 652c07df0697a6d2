#include "rtlgen/netlist/cost.hpp"

namespace rtlgen {

Cost& Cost::operator+=(const Cost& other) {
  lut += other.lut;
  ff += other.ff;
  dsp += other.dsp;
  bram += other.bram;
  return *this;
}

Cost operator+(Cost a, const Cost& b) { return a += b; }

Cost operator*(double factor, const Cost& cost) {
  return {factor * cost.lut, factor * cost.ff, factor * cost.dsp, factor * cost.bram};
}

}  // namespace rtlgen
