// Checks that several primitives share; each throws IrError with the node's name.
#pragma once

#include <string>

#include "primitives/primitive.hpp"

namespace rtlgen {

/// Throws IrError "node 'x' (op): message".
[[noreturn]] void fail(const NodeView& view, const std::string& message);
/// Throws unless `condition`.
void require(const NodeView& view, bool condition, const std::string& message);
/// Throws unless the node has that many operands.
void require_operands(const NodeView& view, std::size_t count);
/// Throws unless the literal, the attribute of that name, has that shape.
void require_shape(const NodeView& view, const char* attribute, const Literal& literal, const std::vector<int>& shape);
/// Throws unless every mantissa of the exact type fits the golden model's doubles.
void require_exact(const NodeView& view, const TensorType& type);
/// Throws unless the binary points are near enough and nothing overflows on the way from `frac` to the quantizer's
/// format.
void require_quantizer(const NodeView& view, const TensorType& exact, const Quantizer& quantizer);
/// Throws unless the operand is a mask of the event: one feature of 0 or 1, as many tokens as operand 0.
void require_mask(const NodeView& view, std::size_t index);

}  // namespace rtlgen
