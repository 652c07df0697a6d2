// input and mask: the streams that come from outside.
#pragma once

#include <memory>

#include "primitives/primitive.hpp"

namespace rtlgen {

/// The event's tokens. Attributes: tokens, features integers, format quantizer (how real numbers become mantissas
/// outside the core).
std::unique_ptr<Primitive> make_input();

/// One bit a token: 1 real, 0 padding. Attributes: tokens integer, kind text: `valid` (a bit a token from outside) or
/// `count` (a number of tokens an event from outside; module count_mask, latency 1).
std::unique_ptr<Primitive> make_mask();

}  // namespace rtlgen
