#include "primitives/round_in_bias.hpp"

#include <utility>

#include "primitives/dense.hpp"
#include "primitives/element_formats.hpp"
#include "primitives/elementwise.hpp"

namespace rtlgen {
namespace {

/// The product with half of each result's last place in its bias.
template <typename T>
void round_in_bias(Graph& graph, Graph::NodeId id) {
  const auto* const found = graph.node(id).as<T>();
  if (found == nullptr || found->adders || found->output.quantizer.rounding != Rounding::rnd) {
    return;
  }
  const NodeView view = view_of(graph, id);
  T product = *found;
  const int frac = product.sum_frac(view);
  for (std::size_t o = 0; o < product.bias.values.size(); ++o) {
    const ElementFormat element = product.output.element(o);
    const int dropped = element.pruned ? 0 : frac - element.quantizer.format.frac();
    product.bias.values[o] += dropped > 0 ? std::int64_t{1} << (dropped - 1) : 0;
  }
  product.output.quantizer.rounding = Rounding::trn;
  Node node = graph.node(id);
  node.set(std::move(product));
  try {
    const TensorType type = node.operation->infer({node, view.operands});
    if (type.intervals == node.type.intervals) {
      graph.node(id) = std::move(node);
    }
  } catch (const IrError&) {
    // The larger constant is too large for something: the rounding stays where it is.
  }
}

}  // namespace

Graph round_in_bias(const Graph& graph) {
  Graph result = graph;
  for (Graph::NodeId id = 0; id < result.size(); ++id) {
    round_in_bias<Dense>(result, id);
    round_in_bias<Elementwise>(result, id);
  }
  return result;
}

}  // namespace rtlgen
