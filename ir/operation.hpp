// What an operation of the IR is: attributes, rules and integer meaning.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ir/attribute_visitor.hpp"
#include "ir/row_matrix.hpp"
#include "ir/tensor_type.hpp"

namespace rtlgen {

struct Node;

/// A node with the types of its operands: all that an operation may look at.
struct NodeView {
  const Node& node;
  std::vector<const TensorType*> operands;

  /// Type of operand `index`; throws IrError where the node has fewer.
  const TensorType& operand(std::size_t index) const;
};

/// Numbers inside an operation that have a format of their own: scores, sums of exponentials.
struct InternalTensor {
  std::string name;               ///< within the node: score, exp_sum
  Format format;                  ///< what holds them
  std::vector<double> mantissas;  ///< before they are rounded and limited to it, in no special order
  int frac = 0;                   ///< fraction bits of the mantissas
};

/// Where a tensor's values come from.
enum class Origin {
  operands,  ///< what evaluate() makes of them
  event,     ///< the event's tokens
  mask,      ///< which of them are real
};

/// What holds for an operation whatever its attributes are.
struct Traits {
  bool exact = false;        ///< its result is not rounded
  bool elementwise = false;  ///< a result depends on the operands' elements of the same token and feature only
  bool shape = false;        ///< only moves elements: no arithmetic, no logic
};

/// One operation with its attributes. The one class of an operation has them as data members, so that nobody asks for
/// them by name but the text form.
class Operation {
 public:
  virtual ~Operation() = default;

  /// The operation's name in the IR.
  virtual std::string_view op() const = 0;
  virtual Traits traits() const { return {}; }
  virtual Origin origin() const { return Origin::operands; }
  /// What the result is rounded to, or its format at least; null where it follows from the operands.
  virtual const Quantizer* output_quantizer() const { return nullptr; }
  /// Shows all attributes.
  virtual void visit(AttributeVisitor& visitor) = 0;
  virtual std::shared_ptr<Operation> clone() const = 0;

  /// Checks attributes and operand types, and returns the type of the result. Throws IrError.
  virtual TensorType infer(const NodeView& view) const = 0;
  /// The golden model: the exact integer meaning, on any number of events.
  virtual Mantissas evaluate(const NodeView& view, const std::vector<const Mantissas*>& operands) const = 0;
  /// What evaluate() computes on the way, without what its mask leaves out; nothing where the result alone has a
  /// format.
  virtual std::vector<InternalTensor> internals(const NodeView& /*view*/,
                                                const std::vector<const Mantissas*>& /*operands*/) const {
    return {};
  }

 protected:
  Operation() = default;
  Operation(const Operation&) = default;
  Operation& operator=(const Operation&) = default;
  Operation(Operation&&) = default;
  Operation& operator=(Operation&&) = default;
};

}  // namespace rtlgen
