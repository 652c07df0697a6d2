// Sums that become part of the matrix product in front of them.
#include "primitives/absorb_sums.hpp"

#include <catch2/catch.hpp>
#include <utility>

#include "primitives/add.hpp"
#include "primitives/dense.hpp"
#include "primitives/elementwise.hpp"
#include "primitives/quantize.hpp"
#include "tests/support/graph_builder.hpp"
#include "tests/support/plain_dense.hpp"

namespace rtlgen::testing {
namespace {

std::size_t count(const Graph& graph, std::string_view op) {
  std::size_t found = 0;
  for (Graph::NodeId id = 0; id < graph.size(); ++id) {
    found += graph.node(id).op() == op ? 1 : 0;
  }
  return found;
}

/// A dense node without adders whose result is its sums.
Dense open_dense(Dice& dice, int inputs, int outputs, int frac) {
  Dense dense;
  dense.weight_frac = dice.number(0, 5);
  dense.weight = random_literal(dice, {outputs, inputs}, dice.number(2, 7));
  dense.bias = random_literal(dice, {outputs}, 9);
  dense.output = signed_quantizer(30, frac + dense.weight_frac, Rounding::trn, Overflow::wrap);
  return dense;
}

Graph without_adders(Graph graph) {
  for (Graph::NodeId id = 0; id < graph.size(); ++id) {
    if (const auto* const product = graph.node(id).as<Dense>()) {
      Dense dense = *product;
      dense.adders.reset();
      dense.sums.reset();
      graph.node(id).set(std::move(dense));
    }
  }
  return graph;
}

/// x, a product of it, another tensor, their sum; `behind`: what stands behind the sum.
struct Residual {
  Graph graph;
  IntegerEvents events;
};

Residual random_residual(unsigned seed, int behind, int product_users = 1) {
  Dice dice(seed);
  CoreShape shape = random_shape(dice, static_cast<int>(seed), 3);
  shape.mask = MaskKind::none;
  GraphBuilder builder(shape);
  const int features = dice.number(1, 4);
  const auto x = builder.input(features, random_quantizer(dice, 2, 8, 3));
  const int frac = builder.graph().node(x).type.frac;
  const auto product = builder.add("product", open_dense(dice, features, features, frac), {x});
  const auto other = builder.quantize("other", x, random_quantizer(dice, 3, 9, frac + dice.number(-2, 4)));
  const bool first = dice.percent(50);
  Add add(random_quantizer(dice, 2, 8, 3), behind == 0 && dice.percent(50));
  if (behind != 0) {
    const int sum_frac = std::max(builder.graph().node(product).type.frac, builder.graph().node(other).type.frac);
    add.output = signed_quantizer(34, sum_frac, Rounding::trn, Overflow::wrap);
  }
  auto end = builder.add(
      "sum", add, first ? std::vector<Graph::NodeId>{product, other} : std::vector<Graph::NodeId>{other, product});
  if (behind == 1) {
    end = builder.quantize("end", end, random_quantizer(dice, 2, 8, 3), dice.percent(50));
  } else if (behind == 2) {
    Elementwise element;
    element.weight_frac = 3;
    element.factor = {{features}, std::vector<std::int64_t>(static_cast<std::size_t>(features), 8)};
    element.bias = {{features}, std::vector<std::int64_t>(static_cast<std::size_t>(features), 16)};
    element.output = random_quantizer(dice, 2, 8, 3);
    end = builder.add("end", element, {end});
  }
  if (product_users > 1) {
    end = builder.add("more", Add(signed_quantizer(40, 6)), {end, product});
  }
  Residual residual{without_adders(builder.finish(end)), {}};
  residual.events = random_events(dice, residual.graph, 30);
  return residual;
}

TEST_CASE("absorb_sums: a residual is part of the product, and no value changes", "[absorb_sums]") {
  for (unsigned seed = 1; seed <= 150; ++seed) {
    CAPTURE(seed);
    for (const int behind : {0, 1, 2}) {
      CAPTURE(behind);
      const Residual residual = random_residual(seed, behind);
      const Graph graph = absorb_sums(residual.graph);
      CHECK(count(graph, "add") == 0);
      CHECK(count(graph, "elementwise") == 0);
      CHECK(count(graph, "dense") == 1);
      CHECK(golden_output(graph, residual.events) == golden_output(residual.graph, residual.events));
      CHECK(graph.node(graph.output()).name == residual.graph.node(residual.graph.output()).name);
      CHECK(graph.node(graph.output()).type.intervals == residual.graph.node(residual.graph.output()).type.intervals);
    }
  }
}

TEST_CASE("absorb_sums: a product that others read, or that is rounded, stays", "[absorb_sums]") {
  const Residual shared = random_residual(1, 0, 2);
  CHECK(count(absorb_sums(shared.graph), "add") == count(shared.graph, "add"));
  Residual rounded = random_residual(2, 0);
  Node& product = rounded.graph.node(rounded.graph.find("product"));
  Dense dense = *product.as<Dense>();
  dense.output = signed_quantizer(30, product.type.frac - 1);
  product.set(std::move(dense));
  product.type = product.operation->infer(view_of(rounded.graph, rounded.graph.find("product")));
  CHECK(count(absorb_sums(rounded.graph), "add") == 1);
}

}  // namespace
}  // namespace rtlgen::testing
