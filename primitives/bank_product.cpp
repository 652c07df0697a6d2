#include "primitives/bank_product.hpp"

#include <vector>

#include "primitives/emission.hpp"
#include "primitives/node_rules.hpp"
#include "primitives/softmax_tables.hpp"

namespace rtlgen {
namespace {

/// Sizes that follow from attributes and operand types.
struct Sizes {
  int tokens;
  int heads;
  int kv_heads;
  int dim;      ///< elements of a token of b in a head
  int count;    ///< terms of a sum
  int results;  ///< sums of a token in a head
};

Interval product(const Interval& a, const Interval& b) { return hull(a.lo * b, a.hi * b); }

/// `over_tokens`: sums are over the tokens of b, else over the elements of one.
class BankProduct final : public Primitive {
 public:
  explicit BankProduct(bool over_tokens) : over_tokens_(over_tokens) {}

  std::string_view op() const override { return over_tokens_ ? "mix" : "scores"; }

  TensorType infer(const NodeView& view) const override {
    require_operands(view, 2);
    const std::int64_t heads = view.node.integer("heads");
    const std::int64_t kv_heads = view.node.integer("kv_heads");
    require(view, heads >= 1 && (kv_heads == heads || kv_heads == 1), "kv_heads must be heads or 1");
    const TensorType& a = view.operand(0);
    const TensorType& b = view.operand(1);
    require(view, a.tokens == b.tokens, "both operands must have the same tokens");
    require(view, b.features % kv_heads == 0, "features must divide into heads");
    const Sizes sizes = sizes_of(view);
    require(view, a.features == sizes.heads * sizes.count,
            over_tokens_ ? "the first operand must have heads * tokens features"
                         : "both operands must have the same features per head");
    std::vector<Interval> intervals;
    for (int head = 0; head < sizes.heads; ++head) {
      for (int result = 0; result < sizes.results; ++result) {
        Interval sum;
        for (int i = 0; i < sizes.count; ++i) {
          const int other = over_tokens_ ? result : i;
          sum = sum + product(a.intervals[at(head * sizes.count + i)],
                              b.intervals[at(bank_head(sizes, head) * sizes.dim + other)]);
        }
        intervals.push_back(sum);
      }
    }
    TensorType type = exact_type(a.tokens, a.frac + b.frac, std::move(intervals));
    require_exact(view, type);
    return type;
  }

  Mantissas evaluate(const NodeView& view, const std::vector<const Mantissas*>& operands) const override {
    const Sizes sizes = sizes_of(view);
    const Eigen::Index tokens = sizes.tokens;
    Mantissas y(operands[0]->rows(), view.node.type.features);
    for (Eigen::Index top = 0; top < y.rows(); top += tokens) {
      for (int head = 0; head < sizes.heads; ++head) {
        const auto a = operands[0]->block(top, head * sizes.count, tokens, sizes.count);
        const auto b = operands[1]->block(top, bank_head(sizes, head) * sizes.dim, tokens, sizes.dim);
        auto result = y.block(top, head * sizes.results, tokens, sizes.results);
        if (over_tokens_) {
          result.noalias() = a * b;
        } else {
          result.noalias() = a * b.transpose();
        }
      }
    }
    return y;
  }

  Timing timing(const NodeView& view, const Hardware& hardware) const override {
    return {Timing::Kind::attention,
            hardware.device.mul_stages + adder_tree_latency(sizes_of(view).count, hardware.device.levels)};
  }

  Cost cost(const NodeView& view, const Hardware& hardware) const override {
    const Sizes sizes = sizes_of(view);
    const TensorType& a = view.operand(0);
    const TensorType& b = view.operand(1);
    Cost sum = static_cast<double>(sizes.count) * multiplier_cost(a.width, b.width);
    sum += adder_tree_cost(sizes.count, a.width + b.width, hardware.device.levels);
    Cost cost = static_cast<double>(hardware.lanes_of(a) * sizes.heads * sizes.results) * sum;
    cost.ff += 2.0 * sizes.tokens * b.features * b.width;
    return cost;
  }

  void emit(const NodeView& view, const Hardware& hardware, Emission& emission) const override {
    const Sizes sizes = sizes_of(view);
    Instance instance{"bank_product", emission.local("unit"), {}, {}};
    instance.with("TOKENS", sizes.tokens).with("LANES", hardware.lanes_of(view.operand(0)));
    instance.with("HEADS", sizes.heads).with("BANK_HEADS", sizes.kv_heads).with("DIM", sizes.dim);
    instance.with("OVER_TOKENS", over_tokens_ ? 1 : 0);
    instance.with("A_W", view.operand(0).width).with("B_W", view.operand(1).width).with("Y_W", view.node.type.width);
    instance.with("MUL_STAGES", hardware.device.mul_stages).with("LEVELS", hardware.device.levels);
    instance.port("clk", "clk").port("b_valid", emission.control(1).valid).port("b_last", emission.control(1).last);
    instance.port("b", emission.input(1)).port("a", emission.input(0)).port("y", emission.output());
    emission.instance(instance);
  }

 private:
  static std::size_t at(int index) { return static_cast<std::size_t>(index); }
  static int bank_head(const Sizes& sizes, int head) { return sizes.kv_heads == 1 ? 0 : head; }

  Sizes sizes_of(const NodeView& view) const {
    Sizes sizes{};
    sizes.tokens = view.operand(1).tokens;
    sizes.heads = static_cast<int>(view.node.integer("heads"));
    sizes.kv_heads = static_cast<int>(view.node.integer("kv_heads"));
    sizes.dim = view.operand(1).features / sizes.kv_heads;
    sizes.count = over_tokens_ ? sizes.tokens : sizes.dim;
    sizes.results = over_tokens_ ? sizes.dim : sizes.tokens;
    return sizes;
  }

  bool over_tokens_;
};

}  // namespace

std::unique_ptr<Primitive> make_scores() { return std::make_unique<BankProduct>(false); }
std::unique_ptr<Primitive> make_mix() { return std::make_unique<BankProduct>(true); }

}  // namespace rtlgen
