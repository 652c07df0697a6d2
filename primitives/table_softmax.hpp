// table_softmax: softmax over the features of a token, both of its functions by literal tables.
#pragma once

#include <vector>

#include "primitives/primitive.hpp"

namespace rtlgen {

/// Most bits of an entry of its tables.
constexpr int kMaxSoftmaxEntryBits = 24;

/// One of the two functions: a number is made a code, which in two's complement or unsigned is the address of a table
/// of unsigned entries.
struct LookupStage {
  Quantizer index;
  Literal table;  ///< [2^width of the index]
  int frac = 0;   ///< fraction bits of its entries
};

/// Of each group of features: e_f = exp_table[requantize(max x - x_f)]; r = inv_table[requantize(sum e)];
/// y_f = requantize(e_f * r). Groups, and a mask as second operand, are as SoftmaxGroups says; e is 0 for padding
/// tokens, which count for the maximum. RTL: table_softmax, one a lane and group.
class TableSoftmax final : public PrimitiveOf<TableSoftmax> {
 public:
  static constexpr std::string_view kOp = "table_softmax";
  LookupStage exp;  ///< attributes exp_index, exp_table, exp_frac
  LookupStage inv;  ///< attributes inv_index, inv_table, inv_frac
  int groups = 1;   ///< of features
  Quantizer output;

  const Quantizer* output_quantizer() const override { return &output; }
  void visit(AttributeVisitor& visitor) override;
  TensorType infer(const NodeView& view) const override;
  Mantissas evaluate(const NodeView& view, const std::vector<const Mantissas*>& operands) const override;
  std::vector<InternalTensor> internals(const NodeView& view,
                                        const std::vector<const Mantissas*>& operands) const override;
  Timing timing(const NodeView& view, const Hardware& hardware) const override;
  Cost cost(const NodeView& view, const Hardware& hardware) const override;
  void emit(const NodeView& view, const Hardware& hardware, Emission& emission) const override;
};

}  // namespace rtlgen
