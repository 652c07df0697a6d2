#include "primitives/bank_product.hpp"

#include <utility>
#include <vector>

#include "primitives/block_costs.hpp"
#include "primitives/block_steps.hpp"
#include "primitives/emission.hpp"
#include "primitives/node_rules.hpp"
#include "primitives/products.hpp"

namespace rtlgen {
namespace {

/// Sizes that follow from attributes and operand types.
struct Sizes {
  int tokens;
  int dim;      ///< elements of a token of b in a head
  int count;    ///< terms of a sum
  int results;  ///< sums of a token in a head
};

Sizes sizes_of(const BankProduct& product, bool over_tokens, const NodeView& view) {
  const int tokens = view.operand(1).tokens;
  const int dim = view.operand(1).features / product.kv_heads;
  return {tokens, dim, over_tokens ? tokens : dim, over_tokens ? dim : tokens};
}

std::size_t at(int index) { return static_cast<std::size_t>(index); }

/// The head of b that goes with one of a.
int bank_head(const BankProduct& product, int head) { return product.kv_heads == 1 ? 0 : head; }

Interval interval_product(const Interval& a, const Interval& b) { return hull(a.lo * b, a.hi * b); }

Pipeline pipeline_of(const BankProduct& product, const Sizes& sizes, const NodeView& view, const Hardware& hardware) {
  const TensorType& a = view.operand(0);
  const TensorType& b = view.operand(1);
  const long sums = long{hardware.lanes_of(a)} * product.heads * sizes.results;
  const long operands = hardware.beat_bits(a) + long{sizes.tokens} * b.features * b.width;
  const std::vector<Step> one = products_of(hardware.device, sizes.count, a.width, b.width).steps;
  return {hardware.device, {0, hardware.start}, {{"REGISTERS", of_operands(operands, side_by_side(sums, one))}}};
}

}  // namespace

void BankProduct::visit(AttributeVisitor& visitor) {
  visitor("heads", heads);
  visitor("kv_heads", kv_heads);
}

TensorType BankProduct::infer(const NodeView& view) const {
  require_operands(view, 2);
  require(view, heads >= 1 && (kv_heads == heads || kv_heads == 1), "kv_heads must be heads or 1");
  const TensorType& a = view.operand(0);
  const TensorType& b = view.operand(1);
  require(view, a.tokens == b.tokens, "both operands must have the same tokens");
  require(view, b.features % kv_heads == 0, "features must divide into heads");
  const Sizes sizes = sizes_of(*this, over_tokens(), view);
  require(view, a.features == std::int64_t{heads} * sizes.count,
          over_tokens() ? "the first operand must have heads * tokens features"
                        : "both operands must have the same features per head");
  std::vector<Interval> intervals;
  for (int head = 0; head < heads; ++head) {
    for (int result = 0; result < sizes.results; ++result) {
      Interval sum;
      for (int i = 0; i < sizes.count; ++i) {
        const int other = over_tokens() ? result : i;
        sum = sum + interval_product(a.intervals[at(head * sizes.count + i)],
                                     b.intervals[at(bank_head(*this, head) * sizes.dim + other)]);
      }
      intervals.push_back(sum);
    }
  }
  TensorType type = exact_type(a.tokens, a.frac + b.frac, std::move(intervals));
  require_exact(view, type);
  return type;
}

Mantissas BankProduct::evaluate(const NodeView& view, const std::vector<const Mantissas*>& operands) const {
  const Sizes sizes = sizes_of(*this, over_tokens(), view);
  const Eigen::Index tokens = sizes.tokens;
  Mantissas y(operands[0]->rows(), view.node.type.features);
  for (Eigen::Index top = 0; top < y.rows(); top += tokens) {
    for (int head = 0; head < heads; ++head) {
      const auto a = operands[0]->block(top, head * sizes.count, tokens, sizes.count);
      const auto b = operands[1]->block(top, bank_head(*this, head) * sizes.dim, tokens, sizes.dim);
      auto result = y.block(top, head * sizes.results, tokens, sizes.results);
      if (over_tokens()) {
        result.noalias() = a * b;
      } else {
        result.noalias() = a * b.transpose();
      }
    }
  }
  return y;
}

Timing BankProduct::timing(const NodeView& view, const Hardware& hardware) const {
  return Timing(pipeline_of(*this, sizes_of(*this, over_tokens(), view), view, hardware)).behind_others(2);
}

Cost BankProduct::cost(const NodeView& view, const Hardware& hardware) const {
  const Sizes sizes = sizes_of(*this, over_tokens(), view);
  const TensorType& a = view.operand(0);
  const TensorType& b = view.operand(1);
  const Cost sum = products_of(hardware.device, sizes.count, a.width, b.width).cost;
  Cost cost = static_cast<double>(hardware.lanes_of(a) * heads * sizes.results) * sum;
  cost += token_bank_cost(sizes.tokens, hardware.lanes, b.features * b.width);
  return cost + pipeline_of(*this, sizes, view, hardware).cost();
}

void BankProduct::emit(const NodeView& view, const Hardware& hardware, Emission& emission) const {
  const Sizes sizes = sizes_of(*this, over_tokens(), view);
  Cell& cell = emission.cell("bank_product", "unit");
  cell.with("TOKENS", sizes.tokens).with("LANES", hardware.lanes_of(view.operand(0)));
  cell.with("HEADS", heads).with("BANK_HEADS", kv_heads).with("DIM", sizes.dim);
  cell.with("OVER_TOKENS", over_tokens() ? 1 : 0);
  cell.with("A_W", view.operand(0).width).with("B_W", view.operand(1).width).with("Y_W", view.node.type.width);
  cell.with("LUT_STEPS",
            products_of(hardware.device, sizes.count, view.operand(0).width, view.operand(1).width).lut_steps);
  pipeline_of(*this, sizes, view, hardware).set(cell);
  cell.port("clk").port("b_valid", emission.control(1).valid).port("b_last", emission.control(1).last);
  cell.port("b", emission.input(1)).port("a", emission.input(0)).port("y", emission.output());
}

}  // namespace rtlgen
