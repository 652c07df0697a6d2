// Broken graphs are refused, and the message names the node.
#include <catch2/catch.hpp>
#include <functional>
#include <string>

#include "ir/source_error.hpp"
#include "ir/text.hpp"
#include "ir/verify.hpp"
#include "tests/support/graph_builder.hpp"

namespace rtlgen::testing {
namespace {

/// event -> bent (relu) -> wide, and pooled over the tokens.
Graph small_graph() {
  GraphBuilder builder({3, 1, MaskKind::none, 200});
  const auto x = builder.input(2, signed_quantizer(6, 2));
  const auto bent = builder.quantize("bent", x, signed_quantizer(5, 2), true);
  const auto sum =
      builder.add("sum", "add", {{"relu", std::int64_t{0}}, {"output", signed_quantizer(7, 2)}}, {bent, x});
  return builder.finish(
      builder.add("pooled", "pool", {{"mode", std::string("max")}, {"output", signed_quantizer(6, 1)}}, {sum}));
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

/// The error of the small graph's text with the first `from` replaced.
std::string text_error(const std::string& from, const std::string& to) {
  std::string text = to_text(small_graph());
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  text.replace(at, from.size(), to);
  try {
    from_text(text, "core.yaml");
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
  CHECK_THAT(verify_error([](Graph& g) { g.node(g.find("bent")).op = "quantise"; }), Contains("quantise"));
  CHECK_THAT(verify_error([](Graph& g) { g.node(g.find("sum")).attributes.erase("output"); }),
             Contains("'sum'") && Contains("'output'") && Contains("missing"));
  CHECK_THAT(verify_error([](Graph& g) { g.node(g.find("sum")).attributes["relu"] = std::string("yes"); }),
             Contains("'sum'") && Contains("'relu'") && Contains("integer"));
  CHECK_THAT(verify_error([](Graph& g) { g.node(g.find("sum")).name = "bent"; }), Contains("'bent'"));
  CHECK_THAT(verify_error([](Graph& g) { g.node(g.find("pooled")).attributes["mode"] = std::string("median"); }),
             Contains("'pooled'") && Contains("mode"));
  CHECK_THAT(verify_error([](Graph& g) { g.set_output(g.find("sum")); }), Contains("used by no one"));
  CHECK_THAT(verify_error([](Graph& g) {
               const Node sum = g.node(g.find("sum"));
               Node odd = sum;
               odd.name = "odd";
               g.set_output(g.add(odd, {g.find("pooled"), g.find("event")}));
             }),
             Contains("'odd'") && Contains("same shape"));
  CHECK_THAT(verify_error([](Graph& g) {
               Node narrow = g.node(g.find("sum"));
               narrow.name = "one_operand";
               g.set_output(g.add(narrow, {g.find("pooled")}));
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
  CHECK_THAT(text_error("mask: none", "mask: some"), Contains("core.yaml:") && Contains("some"));
  CHECK_THAT(text_error("mode: max", "mood: max"), Contains("'pooled'") && Contains("'mode'"));
  CHECK_THAT(text_error("fixed<7,5,rnd,sat>", "fixed<99,5>"), Contains("core.yaml:"));
  CHECK_THAT(text_error("nodes:", "knots:"), Contains("'nodes'"));
  CHECK_THAT(text_error("output: pooled", "output: pool"), Contains("'pool'"));
}

}  // namespace
}  // namespace rtlgen::testing
