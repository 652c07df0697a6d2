// normalize: layer norm (or RMS norm) over the features of a token, without scale and offset.
#pragma once

#include <cstdint>
#include <vector>

#include "primitives/primitive.hpp"

namespace rtlgen {

/// Widest V, the scaled variance plus epsilon, in bits.
constexpr int kMaxVarianceWidth = 60;
/// Bits of V for an operand: an even number. `epsilon` in units of V.
int normalize_variance_width(const TensorType& x, bool center, std::int64_t epsilon);

/// With d features: e_i = d x_i - sum x (center) or x_i; V = sum e_i^2 + epsilon, all exact. V is brought to [1, 4) by
/// an even shift of 2z, its top bits address rsqrt_table, and y_i = requantize((e_i << z) * R). RTL: normalize, one a
/// lane.
class Normalize final : public PrimitiveOf<Normalize> {
 public:
  static constexpr std::string_view kOp = "normalize";
  bool center = true;        ///< layer norm; else RMS norm
  std::int64_t epsilon = 0;  ///< in units of V
  Literal rsqrt_table;       ///< R: [2^i], unsigned
  int rsqrt_width = 1;       ///< bits of R
  int rsqrt_scale = 0;       ///< fraction bits of R
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

/// Table and scale of R ~ sqrt(d / m) for m in [1, 4) addressed by its `index` top bits (the first quarter is never
/// used).
struct RsqrtTable {
  Literal table;
  int width = 0;
  int scale = 0;
};
RsqrtTable make_rsqrt_table(int features, int index, int width);

}  // namespace rtlgen
