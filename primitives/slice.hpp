// IR operation slice: some of a tensor's features.
#pragma once

#include <memory>

#include "primitives/primitive.hpp"

namespace rtlgen {

/// The primitive `slice` (docs/ir.md).
std::unique_ptr<Primitive> make_slice();

}  // namespace rtlgen
