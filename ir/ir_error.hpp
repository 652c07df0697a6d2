// A defect of the integer IR.
#pragma once

#include <stdexcept>

namespace rtlgen {

/// The IR is not what docs/ir.md says it must be: names the node. A defect of rtlgen or of a hand-written IR file.
class IrError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace rtlgen
