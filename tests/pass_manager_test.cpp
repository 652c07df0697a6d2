// Passes run in order, and none leaves behind what the rules forbid.
#include "ir/pass_manager.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "primitives/quantize.hpp"
#include "tests/support/graph_builder.hpp"

namespace rtlgen::testing {
namespace {

const Quantizer kFormat = signed_quantizer(6, 2);

Graph small_graph() {
  GraphBuilder builder({2, 1, MaskKind::none, 200});
  return builder.finish(builder.quantize("y", builder.input(2, kFormat), kFormat));
}

Graph without_type(Graph graph) {
  graph.node(graph.output()).type.width += 1;
  return graph;
}

TEST_CASE("passes: the observer sees the graph before the first and after each", "[passes]") {
  std::vector<std::string> seen;
  const auto observer = [&](const std::string& pass, const Graph& graph) {
    seen.push_back(pass + " " + std::to_string(graph.size()));
  };
  const Pass append{
      "append", [](Graph graph) {
        const Graph::NodeId last = graph.output();
        const Graph::NodeId id = graph.add(Node{"z", std::make_shared<const Quantize>(kFormat), {}, {}}, {last});
        graph.node(id).type = graph.node(id).operation->infer(view_of(graph, id));
        graph.set_outputs({id});
        return graph;
      }};
  const Graph result =
      run_passes(small_graph(), "start", {append, {"nothing", [](Graph graph) { return graph; }}}, observer);
  CHECK(result.size() == 3);
  CHECK(seen == std::vector<std::string>{"start 2", "append 3", "nothing 3"});
}

TEST_CASE("passes: a pass that breaks a rule is named, also the last", "[passes]") {
  const Pass good{"good", [](Graph graph) { return graph; }};
  CHECK_THROWS_WITH(run_passes(small_graph(), "start", {good, {"bad", without_type}}, {}),
                    Catch::Contains("behind pass 'bad': node 'y'"));
  CHECK_THROWS_WITH(run_passes(without_type(small_graph()), "start", {good}, {}),
                    Catch::Contains("behind pass 'start'"));
}

}  // namespace
}  // namespace rtlgen::testing
