// What a primitive is: integer meaning, timing, cost and Verilog of one IR operation, under one name.
#pragma once

#include <Eigen/Dense>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ir/graph.hpp"
#include "primitives/device_model.hpp"

namespace rtlgen {

class Emission;

/// Mantissas of a batch of events: [events * tokens, features], whole numbers below 2^51 in magnitude.
using Mantissas = RowMatrix;

/// A node with the types of its operands: all that a primitive may look at.
struct NodeView {
  const Node& node;
  std::vector<const TensorType*> operands;

  /// Type of operand `index`; throws IrError where the node has fewer.
  const TensorType& operand(std::size_t index) const;
};

/// The hardware a node is built for.
struct Hardware {
  DeviceModel device;
  int tokens = 1;  ///< of an event
  int lanes = 1;   ///< tokens per beat

  /// Beats of an event.
  int beats() const { return (tokens + lanes - 1) / lanes; }
  /// Parallel copies of a unit that works on one token of `type`: reduced tensors have one.
  int lanes_of(const TensorType& type) const { return type.tokens > 1 ? lanes : 1; }
  /// Wires of a beat of `type`.
  int beat_bits(const TensorType& type) const { return lanes_of(type) * type.features * type.width; }
};

/// How a unit moves through time. `latency` counts clocks from a beat on the input wires to the result on the output
/// wires.
struct Timing {
  enum class Kind {
    source,     ///< makes a stream out of the core's inputs
    tokenwise,  ///< a beat in, a beat out
    reduction,  ///< the event's beats in, one beat out, `latency` after the last
    attention,  ///< operand 0 is replayed against the whole event of the other operands; latency counts from operand 0
  };
  Kind kind = Kind::tokenwise;
  int latency = 0;
};

/// Estimated resources of all lanes of a node.
struct Cost {
  double lut = 0;
  double ff = 0;
  double dsp = 0;
  double bram = 0;

  Cost& operator+=(const Cost& other);
};
Cost operator*(double factor, const Cost& cost);

/// Numbers inside an operation that have a format of their own: scores, sums of exponentials.
struct InternalTensor {
  std::string name;               ///< within the node: score, exp_sum
  Format format;                  ///< what holds them
  std::vector<double> mantissas;  ///< before they are rounded and limited to it, in no special order
  int frac = 0;                   ///< fraction bits of the mantissas
};

/// One IR operation. Implementations are stateless; `primitives/registry.cpp` lists them.
class Primitive {
 public:
  virtual ~Primitive() = default;

  /// The operation's name in the IR.
  virtual std::string_view op() const = 0;
  /// Checks attributes and operand types, and returns the type of the result. Throws IrError.
  virtual TensorType infer(const NodeView& view) const = 0;
  /// The golden model: the exact integer meaning, on any number of events.
  virtual Mantissas evaluate(const NodeView& view, const std::vector<const Mantissas*>& operands) const = 0;
  /// What evaluate() computes on the way, without what its mask leaves out; nothing where the result alone
  /// has a format.
  virtual std::vector<InternalTensor> internals(const NodeView& /*view*/,
                                                const std::vector<const Mantissas*>& /*operands*/) const {
    return {};
  }
  /// Latency of the RTL, from the same formula as the module's header.
  virtual Timing timing(const NodeView& view, const Hardware& hardware) const = 0;
  /// Estimated resources.
  virtual Cost cost(const NodeView& view, const Hardware& hardware) const = 0;
  /// Writes the instances (and modules, where they are generated) of this node.
  virtual void emit(const NodeView& view, const Hardware& hardware, Emission& emission) const = 0;
};

/// The primitive of an operation; throws IrError where there is none.
const Primitive& primitive(std::string_view op);
/// All operations, in the order of docs/ir.md.
std::vector<std::string_view> primitive_ops();

/// Types of a node's operands, as its primitive sees them.
NodeView view_of(const Graph& graph, Graph::NodeId id);
/// The hardware that a graph asks for. Throws std::invalid_argument on an unknown device.
Hardware hardware_of(const Graph& graph);

/// ceil(log2(n)) for n >= 1, as Verilog's $clog2.
int clog2(std::int64_t n);
/// ceil(a / b) for a >= 0, b > 0.
int ceil_div(int a, int b);

}  // namespace rtlgen
