// Dense nodes that read the same tensor, as one node and slices of it.
#include "primitives/merge_dense.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

#include "ir/verify.hpp"
#include "primitives/concat.hpp"
#include "primitives/dense.hpp"
#include "primitives/solve_dense.hpp"
#include "tests/support/graph_builder.hpp"
#include "tests/support/plain_dense.hpp"
#include "tests/support/rtl_bench.hpp"

namespace rtlgen::testing {
namespace {

std::size_t count(const Graph& graph, const std::string& op) {
  std::size_t found = 0;
  for (Graph::NodeId id = 0; id < graph.size(); ++id) {
    found += graph.node(id).op() == op ? 1 : 0;
  }
  return found;
}

/// Two to four dense nodes of one tensor, of any formats but the same modes, side by side.
Graph random_siblings(Dice& dice, int index) {
  CoreShape shape = random_shape(dice, index, 3);
  shape.mask = MaskKind::none;
  GraphBuilder builder(shape);
  const int inputs = dice.number(2, 6);
  const auto x = builder.input(inputs, random_quantizer(dice, 2, 8, 4));
  const int frac = builder.graph().node(x).type.frac;
  const Dense first = random_dense(dice, inputs, frac);
  std::vector<Graph::NodeId> siblings;
  for (int i = 0; i < dice.number(2, 4); ++i) {
    Dense dense = i == 0 ? first : random_dense(dice, inputs, frac);
    dense.relu = first.relu;
    dense.output.quantizer.rounding = first.output.quantizer.rounding;
    dense.output.quantizer.overflow = first.output.quantizer.overflow;
    siblings.push_back(builder.add("block.y" + std::to_string(i), std::move(dense), {x}));
  }
  return builder.finish(builder.add("y", Concat(), siblings));
}

/// The graph as it is built: merged, with adders.
Graph merged(const Graph& graph) {
  Graph bare = graph;
  for (Graph::NodeId id = 0; id < bare.size(); ++id) {
    if (const auto* const solved = bare.node(id).as<Dense>()) {
      Dense dense = *solved;
      dense.adders.reset();
      dense.sums.reset();
      bare.node(id).set(std::move(dense));
    }
  }
  Graph result = merge_dense(bare, SolutionCache());
  solve_dense(result, Effort::fast, SolutionCache());
  verify(result);
  return result;
}

TEST_CASE("merge dense: all tensors keep their names, types and values", "[dense][slow]") {
  int merges = 0;
  for (unsigned seed = 1; seed <= 150; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const Graph graph = random_siblings(dice, static_cast<int>(seed));
    const Graph together = merged(graph);
    merges += count(together, "slice") > 0 ? 1 : 0;
    const IntegerEvents events = random_events(dice, graph, 30);
    const std::vector<Mantissas> before = golden_tensors(graph, events);
    const std::vector<Mantissas> after = golden_tensors(together, events);
    for (Graph::NodeId id = 0; id < graph.size(); ++id) {
      const Graph::NodeId other = together.find(graph.node(id).name);
      CAPTURE(graph.node(id).name);
      CHECK(after[other] == before[id]);
      CHECK(together.node(other).type.width == graph.node(id).type.width);
      CHECK(together.node(other).type.frac == graph.node(id).type.frac);
      CHECK(together.node(other).type.intervals == graph.node(id).type.intervals);
      CHECK(tensor_format(together.node(other)) == tensor_format(graph.node(id)));
    }
  }
  CHECK(merges > 30);
}

TEST_CASE("merge dense: RTL equals golden to the bit and clock", "[dense][rtl]") {
  int merges = 0;
  for (unsigned seed = 1; seed <= 24 || merges < 6; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const Graph graph = merged(random_siblings(dice, static_cast<int>(seed)));
    if (count(graph, "slice") == 0) {
      continue;
    }
    ++merges;
    CHECK(run_bench(graph, random_events(dice, graph, 30), {seed}).verdict() == "ok");
  }
}

/// A dense node of small weights; every output is 3 x_0 + 5 x_1 + something.
Dense dense_of(std::int64_t last, const Quantizer& output, bool relu = false) {
  Dense dense;
  dense.weight = {{2, 3}, {3, 5, last, 6, 10, last + 2}};
  dense.bias = {{2}, {0, 1}};
  dense.relu = relu;
  dense.output = output;
  return dense;
}

TEST_CASE("merge dense: what differs in relu, modes or operand stays apart", "[dense]") {
  const Quantizer output = signed_quantizer(8, 0);
  const auto slices = [&](const Quantizer& other, bool relu, bool same_operand) {
    GraphBuilder builder({1, 1, MaskKind::none, 50});
    const auto x = builder.input(3, signed_quantizer(6, 0));
    const auto z = same_operand ? x : builder.quantize("z", x, signed_quantizer(6, 0));
    const auto a = builder.add("a", dense_of(7, output), {x});
    const auto b = builder.add("b", dense_of(-9, other, relu), {z});
    const Graph graph = merged(builder.finish(builder.add("y", Concat(), {a, b})));
    return count(graph, "slice");
  };
  CHECK(slices(output, false, true) == 2);
  CHECK(slices(signed_quantizer(9, 1), false, true) == 2);
  CHECK(slices(output, true, true) == 0);
  CHECK(slices(output, false, false) == 0);
  CHECK(slices(signed_quantizer(8, 0, Rounding::trn), false, true) == 0);
  CHECK(slices(signed_quantizer(8, 0, Rounding::rnd, Overflow::wrap), false, true) == 0);
  // No format holds both.
  CHECK(slices(signed_quantizer(8, 42), false, true) == 0);
}

TEST_CASE("merge dense: one that is much faster than its siblings stays apart", "[dense]") {
  GraphBuilder builder({1, 1, MaskKind::none, 2000});
  const auto x = builder.input(3, signed_quantizer(6, 0));
  Dense quick = dense_of(0, signed_quantizer(8, 0));
  quick.weight = {{2, 3}, {1, 0, 0, 0, 1, 0}};
  const auto a = builder.add("a", dense_of(10923, signed_quantizer(24, 0)), {x});
  const auto b = builder.add("b", quick, {x});
  CHECK(count(merged(builder.finish(builder.add("y", Concat(), {a, b}))), "slice") == 0);
}

}  // namespace
}  // namespace rtlgen::testing
