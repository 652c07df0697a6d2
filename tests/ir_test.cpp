// Graphs, their text form, and the verifier: what is broken is refused, and the message names the node.
#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ir/source_error.hpp"
#include "ir/text.hpp"
#include "ir/verify.hpp"
#include "primitives/add.hpp"
#include "primitives/dense.hpp"
#include "primitives/pool.hpp"
#include "primitives/quantize.hpp"
#include "primitives/registry.hpp"
#include "primitives/sources.hpp"
#include "tests/support/graph_builder.hpp"

namespace rtlgen::testing {
namespace {

/// event -> bent (relu) -> wide, and pooled over the tokens.
Graph small_graph() {
  GraphBuilder builder({3, 1, MaskKind::none, 200});
  const auto x = builder.input(2, signed_quantizer(6, 2));
  const auto bent = builder.quantize("bent", x, signed_quantizer(5, 2), true);
  const auto sum = builder.add("sum", Add(signed_quantizer(7, 2)), {bent, x});
  Pool pool;
  pool.mode = PoolMode::max;
  pool.output = signed_quantizer(6, 1);
  return builder.finish(builder.add("pooled", pool, {sum}));
}

Node node_of(const std::string& name, std::shared_ptr<const Operation> operation) {
  return Node{name, std::move(operation), {}, {}};
}

std::string verify_error(const std::function<void(Graph&)>& breaks) {
  Graph graph = small_graph();
  breaks(graph);
  try {
    verify(graph);
  } catch (const IrError& error) {
    return error.what();
  }
  return "no error";
}

/// The error of a graph's text with the first `from` replaced.
std::string text_error(const std::string& from, const std::string& to, const Graph& graph = small_graph()) {
  std::string text = to_text(graph);
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  text.replace(at, from.size(), to);
  try {
    from_text(text, make_operation, "core.yaml");
  } catch (const SourceError& error) {
    return error.what();
  }
  return "no error";
}

TEST_CASE("IR verifier: broken graphs are refused with the node's name", "[ir]") {
  using Catch::Matchers::Contains;
  CHECK(verify_error([](Graph&) {}) == "no error");
  CHECK_THAT(verify_error([](Graph& g) { g.node(g.find("bent")).type.width = 9; }),
             Contains("'bent'") && Contains("type"));
  CHECK_THAT(verify_error([](Graph& g) { g.node(g.find("bent")).type.intervals[1].hi = 3; }), Contains("'bent'"));
  CHECK_THAT(verify_error([](Graph& g) { g.node(g.find("sum")).set(Add(signed_quantizer(7, 2), true)); }),
             Contains("'sum'") && Contains("type"));
  CHECK_THAT(verify_error([](Graph& g) { g.node(g.find("sum")).set(Add(signed_quantizer(7, 60))); }),
             Contains("'sum'") && Contains("bits apart"));
  CHECK_THAT(verify_error([](Graph& g) { g.node(g.find("sum")).name = "bent"; }), Contains("'bent'"));
  CHECK_THAT(verify_error([](Graph& g) {
               g.node(g.find("sum")).scale.scale = {0.5, 0.25, 1};
             }),
             Contains("'sum'") && Contains("scale"));
  CHECK_THAT(verify_error([](Graph& g) { g.node(g.find("sum")).scale.offset = {0.5}; }),
             Contains("'sum'") && Contains("scale"));
  CHECK_THAT(verify_error([](Graph& g) { g.set_outputs({}); }), Contains("no output"));
  CHECK_THAT(verify_error([](Graph& g) { g.set_outputs({g.find("sum")}); }),
             Contains("'pooled'") && Contains("used by no one"));
  CHECK_THAT(verify_error([](Graph& g) {
               const Node sum = g.node(g.find("sum"));
               Node odd = sum;
               odd.name = "odd";
               g.set_outputs({g.add(odd, {g.find("pooled"), g.find("event")})});
             }),
             Contains("'odd'") && Contains("same shape"));
  CHECK_THAT(verify_error([](Graph& g) {
               Node narrow = g.node(g.find("sum"));
               narrow.name = "one_operand";
               g.set_outputs({g.add(narrow, {g.find("pooled")})});
             }),
             Contains("'one_operand'") && Contains("1 operands, expected 2"));
}

TEST_CASE("IR text: broken texts are refused with file, line and name", "[ir]") {
  using Catch::Matchers::Contains;
  CHECK(text_error("model", "model") == "no error");
  CHECK_THAT(text_error("[bent, event]", "[bent, pooled]"), Contains("core.yaml:") && Contains("'pooled'"));
  CHECK_THAT(text_error("[bent, event]", "[bent, sum]"), Contains("core.yaml:") && Contains("'sum'"));
  CHECK_THAT(text_error("name: bent", "name: event"), Contains("core.yaml:") && Contains("'event'"));
  CHECK_THAT(text_error("op: add", "op: plus"), Contains("core.yaml") && Contains("plus"));
  CHECK_THAT(text_error("mode: max", "mood: max"),
             Contains("core.yaml:") && Contains("'pooled'") && Contains("'mode'") && Contains("missing"));
  CHECK_THAT(text_error("mode: max", "mode: median"),
             Contains("'pooled'") && Contains("mode must be mean, sum or max"));
  CHECK_THAT(text_error("mode: max", "mode: max\n      width: 3"), Contains("'pooled'") && Contains("'width'"));
  CHECK_THAT(text_error("relu: 0", "relu: no"), Contains("'sum'") && Contains("'relu'") && Contains("integer"));
  CHECK_THAT(text_error("output: fixed<7,5,rnd,sat>", "output: 7"),
             Contains("'sum'") && Contains("'output'") && Contains("quantizer"));
  CHECK_THAT(text_error("fixed<7,5,rnd,sat>", "fixed<99,5>"), Contains("core.yaml:"));
  CHECK_THAT(text_error("nodes:", "knots:"), Contains("'nodes'"));
  CHECK_THAT(text_error("outputs: [pooled]", "outputs: [pool]"), Contains("'pool'"));
  CHECK_THAT(text_error("outputs: [pooled]", "outputs: []"), Contains("no output"));
}

TEST_CASE("IR text: a literal has as many values as its shape says", "[ir]") {
  GraphBuilder builder({1, 1, MaskKind::none, 200});
  const auto x = builder.input(2, signed_quantizer(6, 2));
  const Graph graph = builder.finish(builder.select("y", x, 0, 2, signed_quantizer(6, 2)));
  for (const char* shape : {"[2, 3]", "[2]", "[-2, -2]", "[0, 4]", "[65536, 65536, 65536, 65536, 65536, 65536]"}) {
    CHECK_THAT(text_error("shape: [2, 2]", std::string("shape: ") + shape, graph),
               Catch::Contains("core.yaml:") && Catch::Contains("as many values"));
  }
}

TEST_CASE("IR text: a mask is valid or count", "[ir]") {
  using Catch::Matchers::Contains;
  const auto pooled = [](MaskKind mask) {
    GraphBuilder builder({3, 1, mask, 200});
    const auto x = builder.input(1, signed_quantizer(6, 2));
    Pool pool;
    pool.output = signed_quantizer(6, 1);
    return builder.finish(builder.add("pooled", pool, builder.with_mask({x})));
  };
  for (const MaskKind kind : {MaskKind::none, MaskKind::count, MaskKind::valid}) {
    const Graph graph = from_text(to_text(pooled(kind)), make_operation);
    CHECK(mask_kind(graph) == kind);
    CHECK(is_masked(graph) == (kind != MaskKind::none));
  }
  CHECK_THAT(text_error("kind: count", "kind: some", pooled(MaskKind::count)),
             Contains("core.yaml:") && Contains("'mask'") && Contains("kind must be valid or count"));
  CHECK_THAT(text_error("kind: count", "kind: none", pooled(MaskKind::count)), Contains("kind must be valid or count"));
}

TEST_CASE("IR text: attributes that may be absent come back as they were", "[ir]") {
  GraphBuilder builder({1, 1, MaskKind::none, 200});
  const auto x = builder.input(2, signed_quantizer(6, 2));
  Dense dense;
  dense.weight = {{2, 2}, {1, 2, 3, 4}};
  dense.bias = {{2}, {0, 1}};
  dense.relu = true;
  dense.output = signed_quantizer(8, 2);
  dense.output.shape = {2};
  dense.output.formats = {Format{false, 4, 2}, Format{true, 0, 0}};
  dense.output.limits = {{1, 6}, {-3, 5}};
  const Graph graph = builder.finish(builder.add("y", dense, {x}));
  const Graph again = from_text(to_text(graph), make_operation);
  const Dense& read = *again.node(again.find("y")).as<Dense>();
  CHECK(read.weight == dense.weight);
  CHECK(read.bias == dense.bias);
  CHECK(read.relu);
  CHECK(read.output.quantizer == dense.output.quantizer);
  CHECK(read.output.shape == dense.output.shape);
  CHECK(read.output.formats == dense.output.formats);
  CHECK(read.output.limits == dense.output.limits);
  REQUIRE(read.adders.has_value());
  CHECK(*read.adders == *graph.node(graph.find("y")).as<Dense>()->adders);
  CHECK(to_text(again) == to_text(graph));

  Graph bare = graph;
  bare.node(bare.find("y")).set(Dense(dense));  // without its adders
  const Graph bare_again = from_text(to_text(bare), make_operation);
  CHECK_FALSE(bare_again.node(bare_again.find("y")).as<Dense>()->adders.has_value());
}

TEST_CASE("IR text: scales of tensors come back to the bit", "[ir]") {
  Graph graph = small_graph();
  graph.node(graph.find("sum")).scale = {{0.1, 1.0 / 3}, {}};
  graph.node(graph.find("pooled")).scale = {{0x1.23456789abcdep-7, 3}, {-0.7, 1e-30}};
  const std::string text = to_text(graph);
  const Graph again = from_text(text, make_operation);
  for (const char* const name : {"event", "bent", "sum", "pooled"}) {
    CAPTURE(name);
    CHECK(again.node(again.find(name)).scale == graph.node(graph.find(name)).scale);
  }
  CHECK(to_text(again) == text);
}

TEST_CASE("IR graph: users are consumers, each once", "[ir]") {
  Graph graph = small_graph();
  const auto event = graph.find("event");
  const auto bent = graph.find("bent");
  const auto sum = graph.find("sum");
  using Ids = std::vector<Graph::NodeId>;
  CHECK(graph.users(event) == Ids{bent, sum});
  CHECK(graph.users(graph.find("pooled")).empty());
  const auto twice = graph.add(node_of("twice", std::make_shared<const Add>(signed_quantizer(7, 2))), {bent, bent});
  CHECK(graph.users(bent) == Ids{sum, twice});
}

TEST_CASE("IR graph: whoever reads a node reads its replacement", "[ir]") {
  Graph graph = small_graph();
  const auto event = graph.find("event");
  const auto bent = graph.find("bent");
  const auto sum = graph.find("sum");
  const auto other = graph.add(node_of("other", std::make_shared<const Quantize>(signed_quantizer(5, 2))), {event});
  const auto twice = graph.add(node_of("twice", std::make_shared<const Add>(signed_quantizer(7, 2))), {bent, bent});
  graph.set_outputs({graph.find("pooled"), bent, twice});
  graph.replace(bent, other);
  using Ids = std::vector<Graph::NodeId>;
  CHECK(graph.operands(sum) == Ids{other, event});  // as the first operand still
  CHECK(graph.operands(twice) == Ids{other, other});
  CHECK(graph.operands(bent) == Ids{event});
  CHECK(graph.users(bent).empty());
  CHECK(graph.users(other) == Ids{sum, twice});
  CHECK(graph.outputs() == Ids{graph.find("pooled"), other, twice});
}

TEST_CASE("IR graph: only what nobody reads is erased", "[ir]") {
  using Catch::Matchers::Contains;
  Graph graph = small_graph();
  const auto bent = graph.find("bent");
  CHECK_THROWS_WITH(graph.erase(bent), Contains("'bent'") && Contains("still read"));
  CHECK_THROWS_AS(graph.erase(graph.output()), IrError);
  CHECK(graph.size() == 4);
  graph.replace(bent, graph.find("event"));
  graph.erase(bent);
  CHECK(graph.size() == 3);
  CHECK_FALSE(graph.contains("bent"));
  using Ids = std::vector<Graph::NodeId>;
  const auto event = graph.find("event");
  const auto sum = graph.find("sum");
  CHECK(graph.operands(sum) == Ids{event, event});
  CHECK(graph.operands(graph.find("pooled")) == Ids{sum});
  CHECK(graph.output() == graph.find("pooled"));
  CHECK(graph.users(event) == Ids{sum});
  infer_types(graph);
  verify(graph);
}

}  // namespace
}  // namespace rtlgen::testing
