// scores and mix: products of every token with all tokens of a second tensor.
#include "primitives/bank_product.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "tests/support/graph_builder.hpp"
#include "tests/support/rtl_bench.hpp"

namespace rtlgen::testing {
namespace {

Mantissas plain_product(const NodeView& view, const std::vector<const Mantissas*>& operands) {
  const Mantissas &a = *operands[0], &b = *operands[1];
  const auto& product = *view.node.as<BankProduct>();
  const bool mix = view.node.as<Mix>() != nullptr;
  const int tokens = view.operand(0).tokens;
  const int heads = product.heads;
  const int dim = view.operand(1).features / product.kv_heads;
  Mantissas y = Mantissas::Zero(a.rows(), heads * (mix ? dim : tokens));
  for (Eigen::Index row = 0; row < a.rows(); ++row) {
    const Eigen::Index top = row / tokens * tokens;
    for (int h = 0; h < heads; ++h) {
      const int kv = product.kv_heads == 1 ? 0 : h;
      for (int j = 0; j < tokens; ++j) {
        for (int d = 0; d < dim; ++d) {
          if (mix) {
            y(row, h * dim + d) += a(row, h * tokens + j) * b(top + j, kv * dim + d);
          } else {
            y(row, h * tokens + j) += a(row, h * dim + d) * b(top + j, kv * dim + d);
          }
        }
      }
    }
  }
  return y;
}

template <typename T>
T product(int heads, int kv_heads) {
  T operation;
  operation.heads = heads;
  operation.kv_heads = kv_heads;
  return operation;
}

/// The input's features are cut into both operands, which are brought to formats of their own. Two of three graphs are
/// one product; the others are scores and a mix of them, whose first operand comes in the replay base. Masks are there
/// but none of them looks at one.
Graph random_product(Dice& dice, int index) {
  const CoreShape shape = random_shape(dice, index, 7);
  GraphBuilder builder(shape);
  const int heads = dice.number(1, 3);
  const int kv_heads = dice.percent(40) ? 1 : heads;
  const int dim = dice.number(1, 4);
  const auto scores_product = product<Scores>(heads, kv_heads);
  const auto mix_product = product<Mix>(heads, kv_heads);
  const bool chain = index % 3 == 0;
  const bool mix = !chain && index % 3 == 1;
  const int count = heads * (mix ? shape.tokens : dim);
  const auto x = builder.input(count + kv_heads * dim, random_quantizer(dice, 3, 8, 3));
  builder.with_mask({});
  const auto a = builder.select("a", x, 0, count, random_quantizer(dice, 1, 7, 2));
  const auto b = builder.select("b", x, count, kv_heads * dim, random_quantizer(dice, 1, 7, 3));
  const auto y = mix ? builder.add("y", mix_product, {a, b}) : builder.add("y", scores_product, {a, b});
  return builder.finish(chain ? builder.add("z", mix_product, {y, b}) : y);
}

TEST_CASE("bank_product: the golden models of scores and mix are their definitions", "[bank_product]") {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const Graph graph = random_product(dice, static_cast<int>(seed));
    CHECK(compare_with_plain_model(graph, random_events(dice, graph, 20), plain_product) == "");
  }
}

TEST_CASE("bank_product: RTL equals golden to the bit and clock", "[bank_product][rtl]") {
  for (unsigned seed = 1; seed <= 30; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const Graph graph = random_product(dice, static_cast<int>(seed));
    CHECK(run_bench(graph, random_events(dice, graph, 24), {seed}).verdict() == "ok");
  }
}

TEST_CASE("bank_product: operands that do not fit are refused", "[bank_product]") {
  const auto refusal = [](const auto& operation, int a_features, int b_features) {
    try {
      GraphBuilder builder({3, 1, MaskKind::none, 200});
      const auto x = builder.input(12, signed_quantizer(8, 4));
      const auto a = builder.select("a", x, 0, a_features, signed_quantizer(8, 4));
      const auto b = builder.select("b", x, 0, b_features, signed_quantizer(8, 4));
      builder.add("y", operation, {a, b});
    } catch (const IrError& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  CHECK(refusal(product<Scores>(2, 2), 8, 8) == "accepted");
  CHECK(refusal(product<Scores>(2, 1), 8, 4) == "accepted");
  CHECK(refusal(product<Mix>(2, 2), 6, 8) == "accepted");
  CHECK(refusal(product<Scores>(2, 3), 8, 6) == "node 'y' (scores): kv_heads must be heads or 1");
  CHECK(refusal(product<Scores>(2, 2), 8, 7) == "node 'y' (scores): features must divide into heads");
  CHECK(refusal(product<Scores>(2, 2), 6, 8) ==
        "node 'y' (scores): both operands must have the same features per head");
  CHECK(refusal(product<Mix>(2, 2), 8, 8) == "node 'y' (mix): the first operand must have heads * tokens features");
}

}  // namespace
}  // namespace rtlgen::testing
