// Takes out of attention's keys what all keys of an event have in common.
#pragma once

#include "ir/events.hpp"
#include "rtlgen/model/model.hpp"

namespace rtlgen {

/// A softmax over keys does not see what is added to all of its scores, so a constant vector may be taken from the
/// keys: q.(k - c) = q.k - q.c. Where a dense layer makes keys and nothing else, each feature whose mean on (at most
/// 128 of) the calibration events is more than half of its largest magnitude loses that mean: keys and scores then need
/// fewer whole bits. The model's output stays the same real number.
void centre_keys(Model& model, const Events& calibration);

}  // namespace rtlgen
