#include "ir/verify.hpp"

#include <algorithm>
#include <set>
#include <string>

namespace rtlgen {
namespace {

bool same(const TensorType& a, const TensorType& b) {
  return a.tokens == b.tokens && a.features == b.features && a.frac == b.frac && a.width == b.width &&
         a.intervals == b.intervals;
}

std::string label(const Node& node) { return "node '" + node.name + "' (" + std::string(node.op()) + "): "; }

void require_scale(const Node& node) {
  const auto features = static_cast<std::size_t>(node.type.features);
  for (const std::vector<double>* const list : {&node.scale.scale, &node.scale.offset}) {
    if (!list->empty() && list->size() != features) {
      throw IrError(label(node) + "its scale is not one of its features");
    }
  }
}

/// What an operation says of itself must hold for the node.
void require_traits(const Graph& graph, Graph::NodeId id) {
  const Node& node = graph.node(id);
  const Traits traits = node.operation->traits();
  if (traits.exact && node.operation->output_quantizer() != nullptr) {
    throw IrError(label(node) + "is exact, but rounds its result");
  }
  for (const TensorType* const operand : view_of(graph, id).operands) {
    if (traits.elementwise && (operand->tokens != node.type.tokens || operand->features != node.type.features)) {
      throw IrError(label(node) + "is elementwise, but has another shape than its operand");
    }
  }
}

}  // namespace

void infer_types(Graph& graph) {
  for (const Graph::NodeId id : graph.topological_order()) {
    graph.node(id).type = graph.node(id).operation->infer(view_of(graph, id));
  }
}

void require_width(const Node& node) {
  if (node.type.width > kMaxTensorWidth) {
    throw IrError(label(node) + "elements are wider than " + std::to_string(kMaxTensorWidth) + " bits");
  }
}

void verify(const Graph& graph) {
  std::set<std::string> names;
  int events = 0;
  int masks = 0;
  if (graph.outputs().empty()) {
    throw IrError("the graph has no output");
  }
  for (const Graph::NodeId id : graph.topological_order()) {
    const Node& node = graph.node(id);
    if (!names.insert(node.name).second) {
      throw IrError("two nodes are called '" + node.name + "'");
    }
    if (!same(node.type, node.operation->infer(view_of(graph, id)))) {
      throw IrError(label(node) + "its type is not what its operands give");
    }
    require_width(node);
    require_scale(node);
    require_traits(graph, id);
    const Origin origin = node.operation->origin();
    events += origin == Origin::event ? 1 : 0;
    masks += origin == Origin::mask ? 1 : 0;
    // Masks of models that never look at them are legal.
    const bool used = origin == Origin::mask || !graph.users(id).empty() ||
                      std::count(graph.outputs().begin(), graph.outputs().end(), id) > 0;
    if (!used) {
      throw IrError(label(node) + "its tensor is used by no one");
    }
  }
  if (events != 1 || masks > 1) {
    throw IrError("a graph has one input and at most one mask");
  }
}

}  // namespace rtlgen
