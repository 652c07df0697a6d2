#include "ir/graph.hpp"

#include <algorithm>
#include <functional>
#include <queue>
#include <utility>

namespace rtlgen {

const TensorType& NodeView::operand(std::size_t index) const {
  if (index >= operands.size()) {
    throw IrError("node '" + node.name + "' (" + std::string(node.op()) + "): operand " + std::to_string(index) +
                  " is missing");
  }
  return *operands[index];
}

NodeView view_of(const Graph& graph, Graph::NodeId id) {
  NodeView view{graph.node(id), {}};
  for (const Graph::NodeId operand : graph.operands(id)) {
    view.operands.push_back(&graph.node(operand).type);
  }
  return view;
}

const Node& input_node(const Graph& graph) {
  for (const Graph::NodeId id : graph.inputs()) {
    if (graph.node(id).operation->origin() == Origin::event) {
      return graph.node(id);
    }
  }
  throw IrError("the graph has no input");
}

bool is_masked(const Graph& graph) {
  const std::vector<Graph::NodeId> inputs = graph.inputs();
  return std::any_of(inputs.begin(), inputs.end(),
                     [&](Graph::NodeId id) { return graph.node(id).operation->origin() == Origin::mask; });
}

Format tensor_format(const Node& node) {
  if (const Quantizer* const quantizer = node.operation->output_quantizer()) {
    return quantizer->format;
  }
  // Nothing but zeros needs a bit all the same: that of the sign.
  const bool is_signed = node.type.range().lo < 0 || (node.type.width == 1 && node.type.range().hi == 0);
  const int width = std::max(1, node.type.width - (is_signed ? 0 : 1));
  return Format{is_signed, width, width - node.type.frac};
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

std::vector<Graph::NodeId> Graph::users(NodeId id) const {
  std::vector<NodeId> consumers;
  const auto [begin, end] = boost::out_edges(id, dag_);
  for (auto edge = begin; edge != end; ++edge) {
    consumers.push_back(boost::target(*edge, dag_));
  }
  std::sort(consumers.begin(), consumers.end());
  consumers.erase(std::unique(consumers.begin(), consumers.end()), consumers.end());
  return consumers;
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

void Graph::replace(NodeId id, NodeId other) {
  std::vector<std::pair<NodeId, Operand>> reads;
  const auto [begin, end] = boost::out_edges(id, dag_);
  for (auto edge = begin; edge != end; ++edge) {
    reads.emplace_back(boost::target(*edge, dag_), dag_[*edge]);
  }
  boost::clear_out_edges(id, dag_);
  for (const auto& [reader, operand] : reads) {
    boost::add_edge(other, reader, operand, dag_);
  }
  std::replace(outputs_.begin(), outputs_.end(), id, other);
}

void Graph::erase(NodeId id) {
  if (boost::out_degree(id, dag_) > 0 || std::count(outputs_.begin(), outputs_.end(), id) > 0) {
    throw IrError("node '" + dag_[id].name + "' is still read");
  }
  boost::clear_in_edges(id, dag_);
  boost::remove_vertex(id, dag_);
  for (NodeId& output : outputs_) {
    output -= output > id ? 1 : 0;
  }
}

bool Graph::contains(const std::string& node_name) const {
  const auto [begin, end] = boost::vertices(dag_);
  return std::any_of(begin, end, [&](NodeId id) { return dag_[id].name == node_name; });
}

Graph::NodeId Graph::find(const std::string& node_name) const {
  const auto [begin, end] = boost::vertices(dag_);
  const auto found = std::find_if(begin, end, [&](NodeId id) { return dag_[id].name == node_name; });
  if (found == end) {
    throw IrError("there is no node '" + node_name + "'");
  }
  return *found;
}

std::vector<Graph::NodeId> Graph::inputs() const {
  std::vector<NodeId> found;
  for (NodeId id = 0; id < size(); ++id) {
    if (dag_[id].operation->origin() != Origin::operands) {
      found.push_back(id);
    }
  }
  return found;
}

Graph::NodeId Graph::output() const {
  if (outputs_.size() != 1) {
    throw IrError("the graph has " + std::to_string(outputs_.size()) + " outputs, expected one");
  }
  return outputs_.front();
}

}  // namespace rtlgen
