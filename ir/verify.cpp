#include "ir/verify.hpp"

#include <set>
#include <string>

#include "primitives/primitive.hpp"

namespace rtlgen {
namespace {

bool same(const TensorType& a, const TensorType& b) {
  return a.tokens == b.tokens && a.features == b.features && a.frac == b.frac && a.width == b.width &&
         a.intervals == b.intervals;
}

}  // namespace

void infer_types(Graph& graph) {
  for (const Graph::NodeId id : graph.topological_order()) {
    graph.node(id).type = primitive(graph.node(id).op).infer(view_of(graph, id));
  }
}

void require_width(const Node& node) {
  if (node.type.width > kMaxTensorWidth) {
    throw IrError("node '" + node.name + "' (" + node.op + "): elements are wider than " +
                  std::to_string(kMaxTensorWidth) + " bits");
  }
}

void verify(const Graph& graph) {
  std::set<std::string> names;
  std::set<Graph::NodeId> used{graph.output()};
  int inputs = 0;
  int masks = 0;
  for (const Graph::NodeId id : graph.topological_order()) {
    const Node& node = graph.node(id);
    if (!names.insert(node.name).second) {
      throw IrError("two nodes are called '" + node.name + "'");
    }
    if (!same(node.type, primitive(node.op).infer(view_of(graph, id)))) {
      throw IrError("node '" + node.name + "' (" + node.op + "): its type is not what its operands give");
    }
    require_width(node);
    inputs += node.op == "input" ? 1 : 0;
    if (node.op == "mask") {  // masks of models that never look at them are legal
      ++masks;
      used.insert(id);
    }
    for (const Graph::NodeId operand : graph.operands(id)) {
      used.insert(operand);
    }
  }
  if (inputs != 1 || masks > 1) {
    throw IrError("a graph has one input and at most one mask");
  }
  for (Graph::NodeId id = 0; id < graph.size(); ++id) {
    if (used.count(id) == 0) {
      throw IrError("node '" + graph.node(id).name + "' (" + graph.node(id).op + "): its tensor is used by no one");
    }
  }
}

}  // namespace rtlgen
