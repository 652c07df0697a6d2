#include <cmath>

#include "ir/numerics/rounding.hpp"
#include "primitives/elementwise.hpp"
#include "rtlgen/lowering/layer_lowering.hpp"
#include "rtlgen/lowering/rounded_product.hpp"

namespace rtlgen {
namespace {

/// With constants of tokens; where the result is rounded, so are factors and constants.
ExactTensor exact_token_affine(LoweringContext& context, const Layer& layer, const AffineLayer& affine) {
  const PrecisionRules& precision = context.precision();
  Eigen::VectorXd factor = affine.factor;
  RowMatrix constants = affine.token_bias.rowwise() + affine.bias.transpose();
  if (!precision.activation(layer).exact) {
    factor = quantize_weights(factor, precision.weight(layer)).reals();
    const Quantizer format = bias_quantizer(constants.reshaped(), precision.bias(layer));
    constants = constants.unaryExpr([&](double value) {
      return std::ldexp(static_cast<double>(quantize_real(value, format)), -format.format.frac());
    });
  }
  ExactTensor tensor = context.input_node(layer);
  tensor.transform(factor, Eigen::VectorXd::Zero(factor.size()));
  tensor.token_offset = constants;
  return tensor;
}

ExactTensor exact_affine(LoweringContext& context, const Layer& layer, const AffineLayer& affine) {
  if (affine.token_bias.size() > 0) {
    return exact_token_affine(context, layer, affine);
  }
  ExactTensor tensor = context.input(layer);
  tensor.transform(affine.factor, affine.bias);
  return tensor;
}

ExactTensor rounded_affine(LoweringContext& context, const Layer& layer, const AffineLayer& affine) {
  // A row a feature: each has a step of its own.
  const QuantizedArray factors = quantize_weights(affine.factor, context.precision().weight(layer));
  Elementwise operation;
  operation.factor = vector_literal(factors.mantissas);
  operation.weight_frac = factors.frac;
  return append_rounded_product(context, layer, std::move(operation), affine.bias, false);
}

}  // namespace

ExactTensor lower(LoweringContext& context, const Layer& layer, const AffineLayer& what) {
  return context.is_exact(layer) ? context.finish(layer, exact_affine(context, layer, what))
                                 : rounded_affine(context, layer, what);
}

}  // namespace rtlgen
