// All primitives by name.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "ir/operation.hpp"

namespace rtlgen {

/// A new operation of that name with any attributes; null where there is none.
std::shared_ptr<Operation> make_operation(std::string_view op);
/// All operations, in the order of docs/ir.md.
std::vector<std::string_view> primitive_ops();

}  // namespace rtlgen
