// How sums of products of tensors are made: of DSP blocks or of LUTs.
#pragma once

#include <vector>

#include "primitives/pipeline.hpp"
#include "rtlgen/netlist/cost.hpp"

namespace rtlgen {

/// A sum of products: twin of rtl_lib/dot_product.v, of rtl_lib/multiply.v for one product, or of rtl_lib/lut_square.v.
struct Products {
  int lut_steps = 0;        ///< RTL parameter LUT_STEPS; 0: DSP blocks
  std::vector<Step> steps;  ///< of one sum, with the operands in front of the first
  Cost cost;                ///< of one sum, without registers
};

/// A sum of `count` products of signed numbers: of DSP blocks where these save as many LUTs as they are worth
/// (DeviceModel::dsp_luts), or a step of LUTs would be too long for the clock, else of LUTs in as few steps as there
/// can be.
Products products_of(const DeviceModel& device, int count, int a_width, int b_width);
/// The same for a sum of `count` squares.
Products squares_of(const DeviceModel& device, int count, int width);

}  // namespace rtlgen
