#include "rtlgen/lowering/whole_product.hpp"

#include <utility>

#include "primitives/dense.hpp"
#include "primitives/elementwise.hpp"
#include "primitives/flatten_dense.hpp"
#include "rtlgen/lowering/exact_node.hpp"

namespace rtlgen {
namespace {

template <typename T>
Literal& weight_of(T& operation) {
  return operation.weight;
}
Literal& weight_of(Elementwise& operation) { return operation.factor; }

/// The operation without its output, for a node with `frac` fraction bits.
template <typename T>
T operation_of(const WholeProduct& product, int frac) {
  T operation;
  weight_of(operation) = product.weight;
  operation.bias = product.bias;
  operation.weight_frac = product.frac - frac;
  return operation;
}

template <typename T>
Graph::NodeId append_sums_of(Graph& graph, const std::string& name, const WholeProduct& product, Graph::NodeId x) {
  return append_product(graph, name, operation_of<T>(product, graph.node(x).type.frac), x);
}

template <typename T>
Graph::NodeId append_rounded_of(Graph& graph, const std::string& name, const WholeProduct& product,
                                const FormatArray& output, bool relu, Graph::NodeId x) {
  T operation = operation_of<T>(product, graph.node(x).type.frac);
  operation.relu = relu;
  operation.output = output;
  return append_node(graph, name, std::move(operation), {x});
}

}  // namespace

WholeProduct multiplied_product(const ExactTensor& tensor, const std::vector<std::int64_t>& multipliers,
                                const std::vector<std::int64_t>& bias, int frac) {
  WholeProduct product{tensor.product, vector_literal(multipliers), vector_literal(bias), frac};
  if (tensor.product == Product::none) {
    return product;
  }
  product.weight = tensor.weight;
  std::vector<std::int64_t>& weights = product.weight.values;
  const std::size_t columns = weights.size() / multipliers.size();
  for (std::size_t i = 0; i < weights.size(); ++i) {
    weights[i] = whole_number(static_cast<double>(weights[i]) * static_cast<double>(multipliers[i / columns]));
  }
  return product;
}

Graph::NodeId append_sums(Graph& graph, const std::string& name, const WholeProduct& product, Graph::NodeId x) {
  switch (product.product) {
    case Product::dense:
      return append_sums_of<Dense>(graph, name, product, x);
    case Product::flatten:
      return append_sums_of<FlattenDense>(graph, name, product, x);
    case Product::none:
      break;
  }
  return append_sums_of<Elementwise>(graph, name, product, x);
}

Graph::NodeId append_rounded(Graph& graph, const std::string& name, const WholeProduct& product,
                             const FormatArray& output, bool relu, Graph::NodeId x) {
  return product.product == Product::dense ? append_rounded_of<Dense>(graph, name, product, output, relu, x)
                                           : append_rounded_of<Elementwise>(graph, name, product, output, relu, x);
}

}  // namespace rtlgen
