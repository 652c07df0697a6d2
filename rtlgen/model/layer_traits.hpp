// What the rooms ask of a layer without asking which one it is.
#pragma once

#include <string>

#include "rtlgen/model/layer.hpp"

namespace rtlgen {

/// Whether integers can stand for a layer's result, before it gets a format, without any rounding.
enum class Exactness {
  never,        ///< it is rounded to the layer's format
  where_asked,  ///< `precision: {activation: exact}`, or operands whose scales are no powers of two
  always        ///< whatever is said of it
};
Exactness exactness(const Layer& layer);

/// The same of a pool: the mean of so many tokens as are real divides by another number in each event.
bool is_exact_pool(PoolMode mode, bool masked);

/// Whether the function does no more than limit numbers: relu and linear, and clip by that name.
bool only_limits(const std::string& function);

/// Whether a relu follows the sum.
bool has_relu(const Layer& layer);

/// Whether its tensor comes with the event.
bool comes_with_event(const Layer& layer);

/// Whether saturation is what the layer is for.
bool is_limiter(const Layer& layer);

/// Whether events settle an automatic activation format of the layer: it rounds to one, and to numbers whose size is
/// not known without them.
bool rounds_to_events(const Layer& layer);

/// Whether a factor or offset of each feature can go into the layer's weights.
bool takes_factors(const Layer& layer);

}  // namespace rtlgen
