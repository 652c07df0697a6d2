// token_quantize: constants and number formats that differ from token to token.
#pragma once

#include <optional>
#include <vector>

#include "ir/numerics/format_array.hpp"
#include "primitives/primitive.hpp"

namespace rtlgen {

/// y_tf = requantize(relu?(x_tf + bias_tf), Q_tf) for token t and feature f. RTL: a generated module of requantize,
/// token_constant and token_requantize.
class TokenQuantize final : public PrimitiveOf<TokenQuantize> {
 public:
  static constexpr std::string_view kOp = "token_quantize";
  std::optional<Literal> bias;  ///< [tokens, features]
  int bias_frac = 0;            ///< its fraction bits
  bool relu = false;
  FormatArray output;  ///< formats of [tokens, features] where they differ; no limits

  Traits traits() const override { return {false, true, false}; }
  const Quantizer* output_quantizer() const override { return &output.quantizer; }
  void visit(AttributeVisitor& visitor) override;
  TensorType infer(const NodeView& view) const override;
  Mantissas evaluate(const NodeView& view, const std::vector<const Mantissas*>& operands) const override;
  Timing timing(const NodeView& view, const Hardware& hardware) const override;
  Cost cost(const NodeView& view, const Hardware& hardware) const override;
  void emit(const NodeView& view, const Hardware& hardware, Emission& emission) const override;
};

}  // namespace rtlgen
