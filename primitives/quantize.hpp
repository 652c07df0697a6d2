// quantize: another number format, and relu.
#pragma once

#include <memory>

#include "primitives/primitive.hpp"

namespace rtlgen {

/// y = requantize(relu?(x)). Attributes: relu 0|1, output quantizer. RTL: vector_requantize, latency 1.
std::unique_ptr<Primitive> make_quantize();

}  // namespace rtlgen
