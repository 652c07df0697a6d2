// Affine layers that are one, and those that are none.
#include "rtlgen/import/linear_structure.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "tests/support/dice.hpp"
#include "tests/support/imported.hpp"
#include "tests/support/onnx_graph_builder.hpp"

namespace rtlgen::testing {
namespace {

using Graph = OnnxGraphBuilder;
using Types = std::vector<std::string>;
using Names = std::vector<std::string>;
using Json = nlohmann::ordered_json;

ImportedLayer affine(const std::string& name, std::vector<double> weight, std::vector<double> bias,
                     const std::vector<std::string>& inputs = {}) {
  ImportedLayer made = imported_layer(name, "affine", Json::object(), inputs);
  made.arrays["weight"] = {{weight.size()}, std::move(weight), false};
  made.arrays["bias"] = {{bias.size()}, std::move(bias), false};
  return made;
}

ImportedModel simplified(std::vector<ImportedLayer> layers) {
  ImportedModel model;
  model.layers = std::move(layers);
  simplify_linear_layers(model);
  return model;
}

Names names_of(const ImportedModel& model) {
  Names names;
  for (const ImportedLayer& layer : model.layers) {
    names.push_back(layer.name);
  }
  return names;
}

TEST_CASE("import: affine layers and batch norms in a row become one", "[import]") {
  const ImportedModel model = simplified({imported_layer("d", "dense"), affine("a", {2, -3}, {1, 0.5}),
                                          affine("b", {0.25, 4}, {3, -1}), affine("c", {-1, 2}, {0, 7})});
  REQUIRE(names_of(model) == Names{"d", "c"});
  const ImportedLayer& one = model.layers[1];
  CHECK(one.type == "affine");
  CHECK(one.inputs == Names{"d"});
  for (std::size_t f = 0; f < 2; ++f) {
    for (const double x : {-3.0, 0.0, 1.5}) {
      const double after_a = std::vector<double>{2, -3}[f] * x + std::vector<double>{1, 0.5}[f];
      const double after_b = std::vector<double>{0.25, 4}[f] * after_a + std::vector<double>{3, -1}[f];
      const double expected = std::vector<double>{-1, 2}[f] * after_b + std::vector<double>{0, 7}[f];
      CHECK(one.arrays.at("weight").values[f] * x + one.arrays.at("bias").values[f] == Approx(expected));
    }
  }
  ImportedLayer norm = imported_layer("n", "batch_norm", {{"epsilon", 0.5}});
  norm.arrays["gamma"] = {{1}, {3}, false};
  norm.arrays["beta"] = {{1}, {-2}, false};
  norm.arrays["mean"] = {{1}, {5}, false};
  norm.arrays["variance"] = {{1}, {3.5}, false};
  const ImportedModel folded = simplified({affine("a", {4}, {7}), norm});
  REQUIRE(names_of(folded) == Names{"n"});  // 3 * (4 x + 7 - 5) / 2 - 2
  CHECK(folded.layers[0].inputs == Names{"event"});
  CHECK(folded.layers[0].type == "batch_norm");
  CHECK(folded.layers[0].keys["epsilon"] == 0);
  CHECK(folded.layers[0].arrays.at("gamma").values[0] == Approx(6));
  CHECK(folded.layers[0].arrays.at("beta").values[0] == Approx(1));
}

TEST_CASE("import: what another layer reads, or has a precision of its own, is not merged", "[import]") {
  const auto a = affine("a", {2}, {0}, {"event"});
  const auto b = affine("b", {3}, {0}, {"a"});
  CHECK(names_of(simplified({a, b, imported_layer("s", "add", Json::object(), {"a", "b"})})) == Names{"a", "b", "s"});
  ImportedLayer rounded = a;
  rounded.keys["precision"] = {{"activation", "fixed<8,3>"}};
  CHECK(names_of(simplified({rounded, b})) == Names{"a", "b"});
}

TEST_CASE("import: an affine layer of ones and zeros is none", "[import]") {
  const auto d = imported_layer("d", "dense", Json::object(), {"event"});
  const auto one = affine("i", {1, 0.99999998}, {0, 0}, {"d"});
  const ImportedModel model = simplified({d, one, imported_layer("e", "dense", Json::object(), {"i"})});
  CHECK(names_of(model) == Names{"d", "e"});
  CHECK(model.layers[1].inputs == Names{"d"});
  CHECK(names_of(simplified({d, one})) == Names{"d"});                            // the output is the layer before
  CHECK(names_of(simplified({affine("i", {1}, {0}, {"event"})})) == Names{"i"});  // nothing would be left
  CHECK(names_of(simplified({d, affine("i", {1, 1.00001}, {0, 0}, {"d"})})) == Names{"d", "i"});
  CHECK(names_of(simplified({d, affine("i", {1, 1}, {0, 1e-30}, {"d"})})) == Names{"d", "i"});
  // Two that cancel: 0.1 and its inverse, both as float32.
  const double tenth = 0.1F;
  const double ten = 1 / 0.1F;
  CHECK(names_of(simplified({d, affine("a", {tenth, tenth}, {3, 3}, {"d"}),
                             affine("b", {ten, ten}, {-30, static_cast<float>(-29.9999995)}, {"a"})})) == Names{"d"});
  // The output need not be the last but one.
  const auto side = imported_layer("x", "dense", Json::object(), {"event"});
  const auto sum = imported_layer("s", "add", Json::object(), {"d", "x"});
  CHECK(names_of(simplified({d, side, sum, affine("i", {1}, {0}, {"s"})})) == Names{"d", "x", "s"});
}

/// x as a product of factors in float32, in any order, which together are `factor`.
std::string spelled(Graph& graph, Dice& dice, std::string x, double factor) {
  const int count = dice.number(0, 3);
  for (int i = 0; i <= count; ++i) {
    const double part = i == count ? factor : std::exp2(static_cast<double>(dice.between(-2000, 2000)) / 1000);
    factor /= part;
    const bool divides = dice.percent(50);
    const auto constant = static_cast<double>(static_cast<float>(divides ? 1 / part : part));
    x = graph.add(divides ? "Div" : "Mul", {x, graph.number(constant)});
  }
  return x;
}

TEST_CASE("onnx import: functions spelled with any float32 constants leave nothing behind", "[import]") {
  constexpr unsigned kSeed = 5150;
  INFO("seed " << kSeed << " + " << seed_offset());
  Dice dice(kSeed);
  for (int round = 0; round < 60; ++round) {
    CAPTURE(round);
    {
      Graph graph;  // x * (1 + erf(x / sqrt(2))) / 2
      const std::string error = graph.add("Erf", {spelled(graph, dice, "x", 1 / std::sqrt(2.0))});
      const std::string gate = graph.add("Add", {error, graph.number(1)});
      const std::string whole = dice.percent(50) ? spelled(graph, dice, graph.add("Mul", {"x", gate}), 0.5)
                                                 : graph.add("Mul", {spelled(graph, dice, "x", 0.5), gate});
      const ImportedModel model = graph.model(whole);
      REQUIRE(layer_types(model) == Types{"activation"});
      CHECK(model.layers[0].keys["function"] == "gelu");
    }
    {
      Graph graph;  // x * sigmoid(x)
      const std::string gate = graph.add("Sigmoid", {spelled(graph, dice, "x", 1)});
      const ImportedModel model = graph.model(graph.add("Mul", {spelled(graph, dice, "x", 1), gate}));
      REQUIRE(layer_types(model) == Types{"activation"});
      CHECK(model.layers[0].keys["function"] == "silu");
    }
    {
      Graph graph;  // k x / k + c - c
      const float scale = std::exp2(static_cast<float>(dice.between(-9000, 9000)) / 1000);
      const float shift = std::exp2(static_cast<float>(dice.between(-9000, 9000)) / 1000);
      std::string x = graph.add("Relu", {"x"});
      x = graph.add("Mul", {x, graph.number(scale)});
      x = graph.add("Add", {x, graph.number(shift)});
      x = graph.add("Mul", {x, graph.number(1 / scale)});
      x = graph.add("Sub", {x, graph.number(shift / scale)});
      CHECK(layer_types(graph.model(x)) == Types{"activation"});
    }
  }
}

}  // namespace
}  // namespace rtlgen::testing
