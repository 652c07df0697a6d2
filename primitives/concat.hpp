// concat: the features of several tensors side by side.
#pragma once

#include <memory>

#include "primitives/primitive.hpp"

namespace rtlgen {

/// All operands' features, brought to the finest binary point. No attributes. RTL: wires, latency 0.
std::unique_ptr<Primitive> make_concat();

}  // namespace rtlgen
