// dense: multiplication of every token by a constant matrix, with bias, relu and requantization.
#pragma once

#include <memory>

#include "primitives/primitive.hpp"

namespace rtlgen {

/// y = requantize(relu?(W x + b)). Attributes: weight literal [out, in], bias literal [out] at the accumulator's
/// fraction, weight_frac integer, relu 0|1, output quantizer. The RTL is a generated netlist of shifted additions.
std::unique_ptr<Primitive> make_dense();

/// Exact type of W x + b before relu and requantization; shared with beat_dense.
TensorType accumulator_type(const Literal& weight, const Literal& bias, int weight_frac, const TensorType& input);

}  // namespace rtlgen
