// argmax: which feature of a token is the largest.
#pragma once

#include <memory>

#include "primitives/primitive.hpp"

namespace rtlgen {

/// y = index of the first largest feature, as an unsigned whole number. No attributes. RTL: argmax, one a lane.
std::unique_ptr<Primitive> make_argmax();

}  // namespace rtlgen
