// pool: the tokens of an event into one.
#pragma once

#include <optional>
#include <vector>

#include "ir/pool_mode.hpp"
#include "primitives/primitive.hpp"

namespace rtlgen {

/// Operands x and, for masked events, the mask. Over the c real tokens: mean: requantize(sum * scales[c]); sum:
/// requantize(sum); max: requantize(max), 0 where c = 0. RTL: pool.
class Pool final : public PrimitiveOf<Pool> {
 public:
  static constexpr std::string_view kOp = "pool";
  PoolMode mode = PoolMode::sum;
  Literal scales;       ///< mean only: [tokens + 1], with scale_width - 1 fraction bits
  int scale_width = 1;  ///< mean only
  Quantizer output;

  const Quantizer* output_quantizer() const override { return &output; }
  void visit(AttributeVisitor& visitor) override;
  TensorType infer(const NodeView& view) const override;
  Mantissas evaluate(const NodeView& view, const std::vector<const Mantissas*>& operands) const override;
  Timing timing(const NodeView& view, const Hardware& hardware) const override;
  Cost cost(const NodeView& view, const Hardware& hardware) const override;
  void emit(const NodeView& view, const Hardware& hardware, Emission& emission) const override;
};

/// scales[c] = 1/c rounded to width - 1 fraction bits; scales[0] = 0.
Literal make_mean_scales(int tokens, int width);

}  // namespace rtlgen
