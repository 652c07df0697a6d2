#include "ir/graph.hpp"

#include <algorithm>
#include <functional>
#include <queue>
#include <utility>

namespace rtlgen {
namespace {

template <typename T>
const T& typed(const Node& node, const std::string& key, const char* kind) {
  const auto found = node.attributes.find(key);
  if (found == node.attributes.end()) {
    throw IrError("node '" + node.name + "' (" + node.op + "): attribute '" + key + "' is missing");
  }
  const T* value = std::get_if<T>(&found->second);
  if (value == nullptr) {
    throw IrError("node '" + node.name + "' (" + node.op + "): attribute '" + key + "' must be " + kind);
  }
  return *value;
}

}  // namespace

std::int64_t Node::integer(const std::string& key) const { return typed<std::int64_t>(*this, key, "an integer"); }
const std::string& Node::text(const std::string& key) const { return typed<std::string>(*this, key, "a text"); }
const Quantizer& Node::quantizer(const std::string& key) const { return typed<Quantizer>(*this, key, "a quantizer"); }
const Literal& Node::literal(const std::string& key) const { return typed<Literal>(*this, key, "a literal"); }

Format tensor_format(const Node& node) {
  for (const char* key : {"output", "format"}) {
    if (node.has(key)) {
      return node.quantizer(key).format;
    }
  }
  // Nothing but zeros needs a bit all the same: that of the sign.
  const bool is_signed = node.type.range().lo < 0 || (node.type.width == 1 && node.type.range().hi == 0);
  const int width = std::max(1, node.type.width - (is_signed ? 0 : 1));
  return Format{is_signed, width, width - node.type.frac};
}

Graph Graph::without_nodes() const {
  Graph result = *this;
  result.dag_.clear();
  result.output_ = 0;
  return result;
}

Graph::NodeId Graph::add(Node node, const std::vector<NodeId>& operands) {
  const NodeId id = boost::add_vertex(dag_);
  dag_[id] = std::move(node);
  int index = 0;
  for (const NodeId operand : operands) {
    boost::add_edge(operand, id, Operand{index++}, dag_);
  }
  return id;
}

std::vector<Graph::NodeId> Graph::operands(NodeId id) const {
  std::vector<NodeId> producers(boost::in_degree(id, dag_));
  const auto [begin, end] = boost::in_edges(id, dag_);
  for (auto edge = begin; edge != end; ++edge) {
    producers.at(static_cast<std::size_t>(dag_[*edge].index)) = boost::source(*edge, dag_);
  }
  return producers;
}

std::vector<Graph::NodeId> Graph::topological_order() const {
  std::vector<std::size_t> missing(size());
  std::priority_queue<NodeId, std::vector<NodeId>, std::greater<>> ready;
  for (NodeId id = 0; id < size(); ++id) {
    missing[id] = boost::in_degree(id, dag_);
    if (missing[id] == 0) {
      ready.push(id);
    }
  }
  std::vector<NodeId> order;
  while (!ready.empty()) {
    const NodeId id = ready.top();
    ready.pop();
    order.push_back(id);
    const auto [begin, end] = boost::out_edges(id, dag_);
    for (auto edge = begin; edge != end; ++edge) {
      if (--missing[boost::target(*edge, dag_)] == 0) {
        ready.push(boost::target(*edge, dag_));
      }
    }
  }
  if (order.size() != size()) {
    throw IrError("the graph has a cycle");
  }
  return order;
}

bool Graph::contains(const std::string& node_name) const {
  const auto [begin, end] = boost::vertices(dag_);
  return std::any_of(begin, end, [&](NodeId id) { return dag_[id].name == node_name; });
}

TensorScale Graph::scale_of(NodeId id) const {
  const auto found = scales.find(dag_[id].name);
  return found == scales.end() ? TensorScale() : found->second;
}

Graph::NodeId Graph::find(const std::string& node_name) const {
  const auto [begin, end] = boost::vertices(dag_);
  const auto found = std::find_if(begin, end, [&](NodeId id) { return dag_[id].name == node_name; });
  if (found == end) {
    throw IrError("there is no node '" + node_name + "'");
  }
  return *found;
}

}  // namespace rtlgen
