#include <cmath>

#include "primitives/dense.hpp"
#include "primitives/flatten_dense.hpp"
#include "rtlgen/lowering/exact_sums.hpp"
#include "rtlgen/lowering/layer_lowering.hpp"
#include "rtlgen/lowering/rounded_product.hpp"

namespace rtlgen {
namespace {

/// Weights that have no step of their own are rounded to a format, whose step is that of all rows.
ExactTensor exact_dense(LoweringContext& context, const Layer& layer, const DenseLayer& dense) {
  Eigen::VectorXd step = dense.weight_step;
  RowMatrix weight = dense.weight;
  if (step.size() == 0) {
    const QuantizedArray quantized = quantize_weights(weight, context.precision().weight(layer));
    step = Eigen::VectorXd::Constant(weight.rows(), std::ldexp(1.0, -quantized.frac));
    weight = quantized.reals().reshaped<Eigen::RowMajor>(weight.rows(), weight.cols());
  }
  const Product product = dense.flatten ? Product::flatten : Product::dense;
  ExactTensor tensor = exact_product(context.graph(), context.input_node(layer), product, weight, step, dense.bias);
  warn_if_rounded(tensor, layer.name);
  return tensor;
}

/// T: Dense or FlattenDense.
template <typename T>
ExactTensor rounded_dense(LoweringContext& context, const Layer& layer, const DenseLayer& dense) {
  const QuantizedArray weight = quantize_weights(dense.weight, context.precision().weight(layer));
  T operation;
  operation.weight = {{static_cast<int>(dense.weight.rows()), static_cast<int>(dense.weight.cols())}, weight.mantissas};
  operation.weight_frac = weight.frac;
  return append_rounded_product(context, layer, std::move(operation), dense.bias, dense.relu);
}

/// The sums as they are: their format is that of the addition behind them.
ExactTensor open_dense(LoweringContext& context, const Layer& layer, const DenseLayer& dense) {
  const QuantizedArray weight = quantize_weights(dense.weight, context.precision().weight(layer));
  const Graph::NodeId x = context.operand(layer);
  Dense operation;
  operation.weight = {{static_cast<int>(dense.weight.rows()), static_cast<int>(dense.weight.cols())}, weight.mantissas};
  operation.weight_frac = weight.frac;
  const int frac = context.type(x).frac + weight.frac;
  operation.bias = vector_literal(quantize_bias(dense.bias, context.precision().bias(layer), frac));
  const Graph::NodeId id = append_product(context.graph(), layer.name, std::move(operation), x);
  return tensor_of_node(id, context.type(id));
}

}  // namespace

ExactTensor lower(LoweringContext& context, const Layer& layer, const DenseLayer& what) {
  if (context.is_exact(layer)) {
    return context.finish(layer, exact_dense(context, layer, what));
  }
  if (what.open && !what.flatten && context.is_read_once(layer) && !context.precision().accumulator(layer)) {
    return open_dense(context, layer, what);
  }
  return what.flatten ? rounded_dense<FlattenDense>(context, layer, what) : rounded_dense<Dense>(context, layer, what);
}

}  // namespace rtlgen
