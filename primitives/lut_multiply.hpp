// Products, squares and dot products in LUTs: what rtl_lib/lut_multiply.v, lut_square.v and lut_dot_product.v take, by
// the structure of rtl_lib/row_heap.v.
#pragma once

#include <vector>

#include "primitives/pipeline.hpp"
#include "rtlgen/device/device.hpp"

namespace rtlgen {

/// An operand's format: bits, and whether it is signed.
struct LutOperand {
  int width = 8;
  bool is_signed = true;
};

/// Sum of `count` products a_i * b_i, or of squares a_i^2, where `b` is not looked at.
struct LutProducts {
  int count = 1;
  LutOperand a;
  LutOperand b;
  bool square = false;
};

/// An implementation with a number of steps: parameter STEPS of the modules.
struct LutPlan {
  int luts = 0;  ///< of all sizes, as Yosys maps them
  std::vector<Step> steps;
};

/// Fewest steps: every pair of rows has an adder of its own.
int least_lut_steps(const LutProducts& products);
/// Most steps that are of use: all rows enter one chain of adders, with the fewest LUTs.
int most_lut_steps(const LutProducts& products);
/// What the module takes with `steps` steps. Throws std::invalid_argument if there are fewer than the least or more
/// than the most steps, where a width or the count is below 1, or the result has more than 60 bits.
LutPlan lut_plan(const LutProducts& products, int steps, const Delays& delays);

}  // namespace rtlgen
