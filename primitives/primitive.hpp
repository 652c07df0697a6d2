// What a primitive is: an operation of the IR with timing, cost and Verilog, under one name.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ir/graph.hpp"
#include "primitives/device_model.hpp"

namespace rtlgen {

class Emission;

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
Cost operator+(Cost a, const Cost& b);
Cost operator*(double factor, const Cost& cost);

/// An operation that is hardware as well. Its attributes are public data members; all else is stateless.
/// `primitives/registry.cpp` lists them.
class Primitive : public Operation {
 public:
  /// Latency of the RTL, from the same formula as the module's header.
  virtual Timing timing(const NodeView& view, const Hardware& hardware) const = 0;
  /// Estimated resources.
  virtual Cost cost(const NodeView& view, const Hardware& hardware) const = 0;
  /// Writes the instances (and modules, where they are generated) of this node.
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

/// The hardware that a graph asks for. Throws std::invalid_argument on an unknown device.
Hardware hardware_of(const Graph& graph);

/// ceil(log2(n)) for n >= 1, as Verilog's $clog2.
int clog2(std::int64_t n);
/// ceil(a / b) for a >= 0, b > 0.
int ceil_div(int a, int b);

}  // namespace rtlgen
