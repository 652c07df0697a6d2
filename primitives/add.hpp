// add: the residual connection.
#pragma once

#include <memory>

#include "primitives/primitive.hpp"

namespace rtlgen {

/// y = requantize(relu?(a + b)), binary points aligned first. Attributes: relu 0|1, output quantizer. RTL: token_add,
/// latency 1.
std::unique_ptr<Primitive> make_add();

}  // namespace rtlgen
