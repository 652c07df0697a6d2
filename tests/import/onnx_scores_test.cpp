// Attention whose tensors have quantizers, biases or functions of their own, taken apart into layers.
#include <catch2/catch.hpp>
#include <cmath>

#include "tests/support/onnx_graph_builder.hpp"

namespace rtlgen::testing {
namespace {

using Graph = OnnxGraphBuilder;
using Types = std::vector<std::string>;
using Catch::Matchers::Contains;

/// The event times its transpose, both rounded.
std::string quantized_scores(Graph& graph) {
  const std::string query = graph.quant("x", 0.3, 4);
  const std::string key = graph.quant("x", 0.7, 5);
  return graph.add("MatMul", {query, graph.transpose(key, {0, 2, 1})});
}

std::string softmax(Graph& graph, const std::string& x) { return graph.add("Softmax", {x}, {{"axis", -1}}); }

TEST_CASE("onnx scores: quantizers of queries, keys, scores and weights become layers", "[import]") {
  Graph graph;
  const std::string scaled = graph.add("Mul", {quantized_scores(graph), graph.number(0.5)});
  const std::string weights = graph.quant(softmax(graph, graph.quant(scaled, 0.25, 6)), 1.0 / 255, 8);
  const ImportedModel model = graph.model(graph.add("MatMul", {weights, graph.quant("x", 0.2, 6)}));
  REQUIRE(layer_types(model) ==
          Types{"quantize", "quantize", "scores", "affine", "quantize", "softmax", "quantize", "quantize", "mix"});
  CHECK(model.layers[2].inputs == Types{model.layers[0].name, model.layers[1].name});
  CHECK(model.layers[2].keys["heads"] == 1);
  CHECK(model.layers[3].arrays.at("weight").values == std::vector<double>(4, 0.5));
  CHECK(model.layers[5].keys["precision"]["activation"] == "ufixed<18,1>");
  CHECK(model.layers[8].inputs == Types{model.layers[6].name, model.layers[7].name});
  CHECK_THAT(notes_of(model), Contains("softmax") && Contains("close"));
}

TEST_CASE("onnx scores: heads are runs of features, whatever the order of axes", "[import]") {
  Graph graph({{1, ""}, {4, ""}, {6, ""}});
  const auto heads = [&](const std::string& x) {
    return graph.add("Reshape", {x, graph.constant({4}, {0, 4, 3, 2})});  // [1, tokens, heads, elements]
  };
  const std::string query = heads(graph.quant("x", 0.3, 4));
  const std::string value = heads(graph.quant("x", 0.5, 4));
  SECTION("heads before elements") {
    const std::string keys = graph.transpose(query, {0, 2, 3, 1});
    const std::string scores = graph.add("MatMul", {graph.transpose(query, {0, 2, 1, 3}), keys});
    const std::string weights = graph.quant(graph.add("Relu", {scores}), 0.25, 6);
    const std::string mixed = graph.add("MatMul", {weights, graph.transpose(value, {0, 2, 1, 3})});
    const std::string joined =
        graph.add("Reshape", {graph.transpose(mixed, {0, 2, 1, 3}), graph.constant({3}, {1, 4, 6})});
    const ImportedModel model = graph.model(joined);
    REQUIRE(layer_types(model) == Types{"quantize", "quantize", "scores", "activation", "quantize", "mix"});
    CHECK(model.layers[2].keys["heads"] == 3);
    CHECK(model.layers[5].keys["heads"] == 3);
    CHECK_THAT(notes_of(model), !Contains("softmax"));  // nothing is only close
  }
  SECTION("elements before heads: the features are reordered") {
    const std::string keys = graph.transpose(query, {0, 3, 2, 1});  // two heads of three elements
    const std::string scores = graph.add("MatMul", {graph.transpose(query, {0, 3, 1, 2}), keys});
    const std::string weights = softmax(graph, graph.quant(scores, 0.25, 6));
    const std::string mixed = graph.add("MatMul", {weights, graph.transpose(value, {0, 3, 1, 2})});
    const ImportedModel model = graph.model(graph.transpose(mixed, {0, 2, 1, 3}));
    REQUIRE(layer_types(model) ==
            Types{"quantize", "quantize", "dense", "scores", "quantize", "softmax", "dense", "mix"});
    CHECK(model.layers[2].arrays.at("weight").values == std::vector<double>{1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0,
                                                                            0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0,
                                                                            0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1});
    CHECK(model.layers[5].keys["groups"] == 2);
  }
}

TEST_CASE("onnx scores: keys and values that all heads share", "[import]") {
  Graph graph({{1, ""}, {4, ""}, {6, ""}});
  const std::string query = graph.transpose(
      graph.add("Reshape", {graph.quant("x", 0.3, 4), graph.constant({4}, {0, 4, 3, 2})}), {0, 2, 1, 3});
  const std::string wide = graph.constant({6, 2}, std::vector<double>(12, 1));
  const std::string shared = graph.along("Unsqueeze", graph.quant(graph.add("MatMul", {"x", wide}), 0.5, 6), 1);
  const std::string scores = graph.add("MatMul", {query, graph.transpose(shared, {0, 1, 3, 2})});
  const std::string weights = graph.quant(softmax(graph, scores), 1.0 / 255, 8);
  const ImportedModel model = graph.model(graph.transpose(graph.add("MatMul", {weights, shared}), {0, 2, 1, 3}));
  REQUIRE(layer_types(model) == Types{"quantize", "dense", "quantize", "scores", "softmax", "quantize", "mix"});
  for (const std::size_t at : {3, 6}) {
    CHECK(model.layers[at].keys["heads"] == 3);
    CHECK(model.layers[at].keys["kv_heads"] == 1);
  }
}

TEST_CASE("onnx scores: masks before and behind quantizers", "[import]") {
  Graph graph;
  graph.add_mask();
  const std::string keys = graph.along("Unsqueeze", "mask", 1);
  const std::string filled = graph.add("Where", {keys, graph.number(-INFINITY), graph.number(0)});
  const std::string scores = quantized_scores(graph);
  const auto mix = [&](const std::string& weights) {
    return graph.add("MatMul", {graph.quant(weights, 1.0 / 255, 8), graph.quant("x", 0.2, 6)});
  };
  const auto masked_softmax = [](const ImportedModel& model) {
    for (const ImportedLayer& layer : model.layers) {
      if (layer.type == "softmax") {
        return layer.keys.contains("masked");
      }
    }
    return false;
  };
  SECTION("behind the quantizer of scores") {
    const std::string sum = graph.add("Add", {graph.quant(scores, 0.25, 6), filled});
    const ImportedModel model = graph.model(mix(softmax(graph, sum)));
    CHECK(model.mask == MaskKind::valid);
    CHECK(masked_softmax(model));
    CHECK_THAT(notes_of(model), Contains("set for padding"));
  }
  SECTION("before it: its lowest code is what the file has there") {
    const std::string sum = graph.quant(graph.add("Add", {scores, filled}), 0.25, 6);
    const ImportedModel model = graph.model(mix(softmax(graph, sum)));
    CHECK(masked_softmax(model));
    CHECK_THAT(model.notes.front(), Contains("padding keys weigh nothing"));
  }
  SECTION("by Where") {
    const std::string chosen = graph.add("Where", {keys, graph.number(-1e9), graph.quant(scores, 0.25, 6)});
    CHECK(masked_softmax(graph.model(mix(softmax(graph, chosen)))));
  }
  SECTION("not at all, where another layer has one") {
    const std::string y = mix(softmax(graph, graph.quant(scores, 0.25, 6)));
    const std::string column = graph.along("Unsqueeze", "mask", 2);
    const std::string sum = graph.along("ReduceSum", graph.add("Mul", {y, column}), 1, false);
    CHECK_THAT(graph.error(sum), Contains("attends to padding tokens"));
  }
  SECTION("without a softmax") {
    const std::string sum = graph.add("Relu", {graph.add("Add", {scores, filled})});
    CHECK_THAT(graph.error(mix(sum)), Contains("go through no softmax"));
  }
  SECTION("along the queries") {
    const std::string queries = graph.along("Unsqueeze", "mask", 2);
    const std::string other = graph.add("Where", {queries, graph.number(-INFINITY), graph.number(0)});
    const std::string sum = graph.add("Add", {graph.quant(scores, 0.25, 6), other});
    CHECK_THAT(graph.error(mix(softmax(graph, sum))), Contains("along the keys"));
  }
}

TEST_CASE("onnx scores: a bias between tokens, and functions of queries, without any quantizer", "[import]") {
  Graph graph;
  SECTION("a relative bias") {
    const std::string scores = graph.add("MatMul", {"x", graph.transpose("x", {0, 2, 1})});
    std::vector<double> bias(16);
    for (std::size_t i = 0; i < bias.size(); ++i) {
      bias[i] = static_cast<double>(i);
    }
    const std::string sum = graph.add("Add", {scores, graph.constant({4, 4}, bias)});
    const ImportedModel model = graph.model(graph.add("MatMul", {softmax(graph, sum), "x"}));
    REQUIRE(layer_types(model) == Types{"scores", "affine", "softmax", "mix"});
    CHECK(model.layers[1].arrays.at("bias").values == bias);
  }
  SECTION("a function of the queries") {
    const std::string query = graph.add("Relu", {"x"});
    const std::string scores = graph.add("MatMul", {query, graph.transpose("x", {0, 2, 1})});
    const ImportedModel model = graph.model(graph.add("MatMul", {softmax(graph, scores), "x"}));
    CHECK(layer_types(model) == Types{"activation", "scores", "softmax", "mix"});
  }
  SECTION("a sum over other tokens") {
    const std::string wide = graph.constant({2, 5}, std::vector<double>(10, 1));
    const std::string weights = graph.quant(graph.add("MatMul", {"x", wide}), 0.5, 4);
    CHECK_THAT(graph.error(graph.add("MatMul", {weights, "x"})), Contains("do not fit"));
  }
}

}  // namespace
}  // namespace rtlgen::testing
