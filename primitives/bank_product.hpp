// scores and mix: products of every token with all tokens of a second tensor, the two halves of attention.
#pragma once

#include <vector>

#include "primitives/primitive.hpp"

namespace rtlgen {

/// What both have alike. The exact result has the width that its range needs. RTL: bank_product.
class BankProduct : public Primitive {
 public:
  int heads = 1;     ///< of a
  int kv_heads = 1;  ///< of b: heads, or 1: shared by all

  Traits traits() const override { return {true, false, false}; }
  void visit(AttributeVisitor& visitor) override;
  TensorType infer(const NodeView& view) const override;
  Mantissas evaluate(const NodeView& view, const std::vector<const Mantissas*>& operands) const override;
  Timing timing(const NodeView& view, const Hardware& hardware) const override;
  Cost cost(const NodeView& view, const Hardware& hardware) const override;
  void emit(const NodeView& view, const Hardware& hardware, Emission& emission) const override;

 protected:
  /// Whether sums are over the tokens of b, else over the elements of one.
  virtual bool over_tokens() const = 0;
};

/// Operands a [N, heads * dim] and b [N, kv_heads * dim]: y_i[h * N + j] = sum_d a_i[h, d] b_j[h, d].
class Scores final : public PrimitiveOf<Scores, BankProduct> {
 public:
  static constexpr std::string_view kOp = "scores";

 protected:
  bool over_tokens() const override { return false; }
};

/// Operands a [N, heads * N] and b [N, kv_heads * dim]: y_i[h * dim + d] = sum_j a_i[h, j] b_j[h, d].
class Mix final : public PrimitiveOf<Mix, BankProduct> {
 public:
  static constexpr std::string_view kOp = "mix";

 protected:
  bool over_tokens() const override { return true; }
};

}  // namespace rtlgen
