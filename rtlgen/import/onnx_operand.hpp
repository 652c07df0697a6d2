// An operand of a sum over axes that go by letters, as in einsum.
#pragma once

#include <vector>

#include "rtlgen/import/onnx_value.hpp"

namespace rtlgen {

/// An operand, and for each of its axes the letter that an Einsum would give it.
struct OnnxOperand {
  const OnnxValue* value = nullptr;
  std::vector<int> letters;
};

/// The axis that `letter` stands for, or null.
const OnnxAxis* axis_of(const OnnxOperand& operand, int letter);

}  // namespace rtlgen
