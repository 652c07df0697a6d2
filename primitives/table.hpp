// table: any function of one number, as a literal table.
#pragma once

#include <optional>
#include <vector>

#include "primitives/primitive.hpp"

namespace rtlgen {

/// Widest address of a table.
constexpr int kMaxTableBits = 12;

/// y_f = values[the low bits of x_f], elementwise. RTL: a generated ROM module for each table.
class Table final : public PrimitiveOf<Table> {
 public:
  static constexpr std::string_view kOp = "table";
  int index_width = 1;           ///< bits of x that address the table
  bool index_signed = true;      ///< x is in two's complement; else unsigned
  std::optional<int> index_low;  ///< the address is the highest bits of x and, below them, its so many lowest ones;
                                 ///< those between are not looked at
  Literal values;                ///< [2^index_width] in order of the unsigned address, or [features, 2^index_width]
  Quantizer output;              ///< its format only

  Traits traits() const override { return {false, true, false}; }
  const Quantizer* output_quantizer() const override { return &output; }
  void visit(AttributeVisitor& visitor) override;
  TensorType infer(const NodeView& view) const override;
  Mantissas evaluate(const NodeView& view, const std::vector<const Mantissas*>& operands) const override;
  Timing timing(const NodeView& view, const Hardware& hardware) const override;
  Cost cost(const NodeView& view, const Hardware& hardware) const override;
  void emit(const NodeView& view, const Hardware& hardware, Emission& emission) const override;
};

}  // namespace rtlgen
