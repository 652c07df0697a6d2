// What a primitive is: an operation of the IR with timing, cost and Verilog, under one name.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ir/graph.hpp"
#include "primitives/device_model.hpp"
#include "primitives/pipeline.hpp"
#include "rtlgen/netlist/cost.hpp"

namespace rtlgen {

class Emission;

/// The hardware a node is built for.
struct Hardware {
  DeviceModel device;
  int tokens = 1;  ///< of an event
  int lanes = 1;   ///< tokens of a beat that the unit works on
  int start = 0;   ///< picoseconds of logic behind the last register, at which its operands come

  /// Beats of an event.
  int beats() const { return (tokens + lanes - 1) / lanes; }
  /// Parallel copies of a unit that works on one token of `type`: reduced tensors have one.
  int lanes_of(const TensorType& type) const { return type.tokens > 1 ? lanes : 1; }
  /// Wires of a beat of `type`.
  int beat_bits(const TensorType& type) const { return type.beat_bits(lanes_of(type)); }
};

/// What a unit asks of the stream of an operand.
enum class Ask {
  beside,  ///< beat by beat with its first operand
  before,  ///< all of it: the first operand's beats begin one clock after its last, and have no gaps
};

/// How a unit moves through time. Its result has the beats of its first operand or, where it makes one token of an
/// event's, a single one.
struct Timing {
  int latency = 0;  ///< clocks from a beat of the first operand on the input wires (from the last one, where it
                    ///< makes one token of many) to the result on the output wires: registers in between
  std::vector<Ask> asks = {};  ///< of each operand; those beyond are beside
  int interval = 1;            ///< clocks from a beat to the next that it can take
  int end = 0;                 ///< picoseconds of logic behind the last register, at which the result is there
  bool fits = true;            ///< false: its first step is too long where its operands come, and would fit a clock
                               ///< later, behind a register

  Timing() = default;
  explicit Timing(int latency) : latency(latency) {}
  /// Of wires: the result is there when the operands are.
  static Timing wires(int start);
  /// Of a unit that is all of this pipeline.
  explicit Timing(const Pipeline& pipeline)
      : latency(pipeline.latency()), end(pipeline.end().ps), fits(pipeline.fits()) {}

  Ask ask(std::size_t operand) const { return operand < asks.size() ? asks[operand] : Ask::beside; }
  /// The same of a unit with so many operands, the first of which follows all others.
  Timing behind_others(std::size_t operands) const;
};

/// An operation that is hardware as well. Its attributes are public data members; all else is stateless.
/// `primitives/registry.cpp` lists them.
class Primitive : public Operation {
 public:
  /// Latency of the RTL, from the same formula as the module's header.
  virtual Timing timing(const NodeView& view, const Hardware& hardware) const = 0;
  /// Estimated resources of all lanes.
  virtual Cost cost(const NodeView& view, const Hardware& hardware) const = 0;
  /// Adds the cells (and modules, where they are generated) of this node.
  virtual void emit(const NodeView& view, const Hardware& hardware, Emission& emission) const = 0;
};

/// What all classes of primitives have alike: the name T::kOp, and copies.
template <typename T, typename Base = Primitive>
class PrimitiveOf : public Base {
 public:
  std::string_view op() const override { return T::kOp; }
  std::shared_ptr<Operation> clone() const override { return std::make_shared<T>(static_cast<const T&>(*this)); }
};

/// The hardware side of a node; throws IrError where it has none.
const Primitive& primitive_of(const Node& node);

/// The hardware that a node is built for: a unit works on as many tokens a beat as the node says, else as its first
/// operand comes in. Throws std::invalid_argument on an unknown device.
Hardware hardware_of(const Graph& graph, Graph::NodeId id);

/// ceil(log2(n)) for n >= 1, as Verilog's $clog2.
int clog2(std::int64_t n);
/// ceil(a / b) for a >= 0, b > 0.
int ceil_div(int a, int b);

}  // namespace rtlgen
