// The integer dataflow IR: a Boost.Graph DAG of operations on fixed-point tensors. docs/ir.md defines every operation.
#pragma once

#include <boost/graph/adjacency_list.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ir/ir_error.hpp"
#include "ir/numerics/format.hpp"
#include "ir/operation.hpp"
#include "ir/tensor_type.hpp"

namespace rtlgen {

/// The real numbers that a tensor's mantissas stand for, feature by feature: scale * (m * 2^-frac) + offset.
struct TensorScale {
  std::vector<double> scale;   ///< empty: 1
  std::vector<double> offset;  ///< empty: 0

  bool operator==(const TensorScale& other) const { return scale == other.scale && offset == other.offset; }
};

/// One operation and the tensor it makes; both go by `name`.
struct Node {
  std::string name;
  std::shared_ptr<const Operation> operation;  ///< shared by copies of the graph: to change it is to replace it
  TensorType type;
  TensorScale scale;  ///< what the mantissas stand for; no operation reads it
  int lanes = 0;      ///< tokens a beat of the unit; 0: as its first operand comes

  std::string_view op() const { return operation->op(); }
  /// The operation where it is a T, else null.
  template <typename T>
  const T* as() const {
    return dynamic_cast<const T*>(operation.get());
  }
  /// Changes attributes.
  template <typename T>
  void set(T changed) {
    operation = std::make_shared<const T>(std::move(changed));
  }
};

/// The format of a node's tensor: of its quantizer where it has one, otherwise the narrowest that holds its range.
Format tensor_format(const Node& node);

/// An edge from producer to consumer: which operand it is.
struct Operand {
  int index = 0;
};

/// What the hardware is to be, carried along with the operations.
/// LUTs that a DSP block is worth: about as many as a device has for each of its DSP blocks.
constexpr double kUsualDspLuts = 140;

struct Target {
  double clock_mhz = 200;
  std::string device = "xcvu13p";
  int lanes = 1;                    ///< tokens per beat of the event
  double dsp_luts = kUsualDspLuts;  ///< a DSP block stands where it saves more LUTs than that
};

/// The graph of one model.
class Graph {
 public:
  using Dag = boost::adjacency_list<boost::vecS, boost::vecS, boost::bidirectionalS, Node, Operand>;
  using NodeId = Dag::vertex_descriptor;

  std::string name;
  Target target;

  /// Adds a node behind its operands and returns its id; its type is still to be inferred.
  NodeId add(Node node, const std::vector<NodeId>& operands);
  const Node& node(NodeId id) const { return dag_[id]; }
  Node& node(NodeId id) { return dag_[id]; }
  std::size_t size() const { return boost::num_vertices(dag_); }
  /// Producers, in operand order.
  std::vector<NodeId> operands(NodeId id) const;
  /// Consumers, each once, by id.
  std::vector<NodeId> users(NodeId id) const;
  /// Producers before consumers, otherwise by id; throws IrError on a cycle.
  std::vector<NodeId> topological_order() const;

  /// Whoever reads `id`, outputs among them, reads `other` from now on.
  void replace(NodeId id, NodeId other);
  /// Removes a node that nobody reads; ids above it fall by one. Throws IrError where somebody does.
  void erase(NodeId id);

  /// Id by name; throws IrError where there is none.
  NodeId find(const std::string& node_name) const;
  /// Whether there is a node of that name.
  bool contains(const std::string& node_name) const;

  /// Nodes whose values come with the events, by id.
  std::vector<NodeId> inputs() const;
  /// Nodes whose tensors leave the core, in the order of its ports. Each goes by the name of its node.
  const std::vector<NodeId>& outputs() const { return outputs_; }
  void set_outputs(std::vector<NodeId> ids) { outputs_ = std::move(ids); }
  /// The one output of a graph that has one; throws IrError where it has none or several.
  NodeId output() const;

 private:
  Dag dag_;
  std::vector<NodeId> outputs_;
};

/// Types of a node's operands, as its operation sees them.
NodeView view_of(const Graph& graph, Graph::NodeId id);

/// The node that is the event; throws IrError where there is none.
const Node& input_node(const Graph& graph);
/// Whether events of the graph have a mask.
bool is_masked(const Graph& graph);

}  // namespace rtlgen
