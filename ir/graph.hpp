// The integer dataflow IR: a Boost.Graph DAG of operations on fixed-point tensors. docs/ir.md defines every operation.
#pragma once

#include <boost/graph/adjacency_list.hpp>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "ir/model.hpp"
#include "ir/numerics/format.hpp"
#include "ir/numerics/literal.hpp"
#include "ir/tensor_type.hpp"

namespace rtlgen {

/// What an operation needs beside its operands.
using Attribute = std::variant<std::int64_t, std::string, Quantizer, Literal>;
using Attributes = std::map<std::string, Attribute>;

/// The IR is not what docs/ir.md says it must be: names the node. A defect of rtlgen or of a hand-written IR file.
class IrError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// One operation and the tensor it makes; both go by `name`.
struct Node {
  std::string name;
  std::string op;
  Attributes attributes;
  TensorType type;

  bool has(const std::string& key) const { return attributes.count(key) > 0; }
  /// The attribute of that name and kind; throws IrError where it is missing or of another kind.
  std::int64_t integer(const std::string& key) const;
  const std::string& text(const std::string& key) const;
  const Quantizer& quantizer(const std::string& key) const;
  const Literal& literal(const std::string& key) const;
};

/// The format of a node's tensor: of its quantizer where it has one, otherwise the narrowest that holds its range.
Format tensor_format(const Node& node);

/// An edge from producer to consumer: which operand it is.
struct Operand {
  int index = 0;
};

/// What the hardware is to be, carried along with the operations.
struct Target {
  double clock_mhz = 200;
  std::string device = "xcvu13p";
  int lanes = 1;  ///< tokens per beat
};

/// The real numbers that a tensor's mantissas stand for, feature by feature: scale * (m * 2^-frac) + offset.
struct TensorScale {
  std::vector<double> scale;   ///< empty: 1
  std::vector<double> offset;  ///< empty: 0
};

/// The graph of one model.
class Graph {
 public:
  using Dag = boost::adjacency_list<boost::vecS, boost::vecS, boost::bidirectionalS, Node, Operand>;
  using NodeId = Dag::vertex_descriptor;

  std::string name;
  int tokens = 1;
  MaskKind mask = MaskKind::none;
  Target target;
  std::map<std::string, TensorScale> scales;  ///< by node; nodes that are not here stand for m * 2^-frac

  /// All but the nodes and the output.
  Graph without_nodes() const;
  /// Adds a node behind its operands and returns its id.
  NodeId add(Node node, const std::vector<NodeId>& operands);
  const Node& node(NodeId id) const { return dag_[id]; }
  Node& node(NodeId id) { return dag_[id]; }
  /// Producers, in operand order.
  std::vector<NodeId> operands(NodeId id) const;
  std::size_t size() const { return boost::num_vertices(dag_); }
  /// Producers before consumers, otherwise by id; throws IrError on a cycle.
  std::vector<NodeId> topological_order() const;
  /// Id by name; throws IrError where there is none.
  NodeId find(const std::string& node_name) const;
  /// Whether there is a node of that name.
  bool contains(const std::string& node_name) const;
  /// The node whose tensor leaves the core.
  NodeId output() const { return output_; }
  void set_output(NodeId id) { output_ = id; }
  /// What the mantissas of a node stand for.
  TensorScale scale_of(NodeId id) const;

 private:
  Dag dag_;
  NodeId output_ = 0;
};

}  // namespace rtlgen
