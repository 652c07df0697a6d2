// Products with constants (dense and affine layers) whose results are rounded to the layer's format.
#pragma once

#include <utility>

#include "primitives/quantize.hpp"
#include "rtlgen/lowering/lowering_context.hpp"
#include "rtlgen/lowering/quantize_weights.hpp"

namespace rtlgen {

/// A signed format of `bits` bits with one whole bit more than `quantizer`'s.
inline Quantizer widened(const Quantizer& quantizer, int bits) {
  const Format& format = quantizer.format;
  return {Format{true, bits, format.integer + (format.is_signed ? 1 : 2)}, Rounding::rnd, Overflow::sat};
}

/// Adds a product (Dense, FlattenDense, Elementwise) that has its weight, with that bias; where the layer has an
/// accumulator format, the relu is in a node behind the sum.
template <typename T>
ExactTensor append_rounded_product(LoweringContext& context, const Layer& layer, T operation,
                                   const Eigen::VectorXd& bias, bool relu) {
  const Graph::NodeId x = context.operand(layer);
  const int frac = context.type(x).frac + operation.weight_frac;
  operation.bias = vector_literal(quantize_bias(bias, context.precision().bias(layer), frac));
  const Quantizer output = context.output(layer);
  const auto accumulator = context.precision().accumulator(layer);
  if (!accumulator) {
    operation.relu = relu;
    operation.output = output;
    return context.append(layer.name, std::move(operation), {x});
  }
  // The float tensor is behind the relu; twice its range stands for what is before it.
  operation.output = accumulator->automatic ? widened(output, accumulator->bits) : accumulator->quantizer;
  const Graph::NodeId sum = context.append(layer.name + ".accumulator", std::move(operation), {x}).node;
  return context.append(layer.name, Quantize(output, relu), {sum});
}

}  // namespace rtlgen
