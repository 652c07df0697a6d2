#include "rtlgen/import/onnx_operand.hpp"

#include <algorithm>

namespace rtlgen {

const OnnxAxis* axis_of(const OnnxOperand& operand, int letter) {
  const auto found = std::find(operand.letters.begin(), operand.letters.end(), letter);
  return found == operand.letters.end()
             ? nullptr
             : &operand.value->layout[static_cast<std::size_t>(found - operand.letters.begin())];
}

}  // namespace rtlgen
