// ONNX graphs, built here as plain data, to layers: layouts, recognition, quantizers, masks, and what is refused.
#include <catch2/catch.hpp>
#include <cmath>

#include "rtlgen/import/onnx_folding.hpp"
#include "rtlgen/import/onnx_layers.hpp"
#include "tests/support/onnx_graph_builder.hpp"

namespace rtlgen {
namespace {

using testing::layer_types;
using testing::notes_of;
using Graph = testing::OnnxGraphBuilder;
using Types = std::vector<std::string>;
using Catch::Matchers::Contains;

constexpr OnnxAtomKind kToken = OnnxAtomKind::token;
constexpr OnnxAtomKind kFeature = OnnxAtomKind::feature;

TEST_CASE("onnx layouts: reshapes split and join axes, and refuse to cut through them", "[import]") {
  const OnnxLayout layout = {{}, {{kToken, 4, 1}}, {{kFeature, 6, 1}}};
  const auto heads = reshape_layout(layout, {4, 2, 3});
  REQUIRE(heads);
  CHECK(layout_shape(*heads) == OnnxShape{4, 2, 3});
  CHECK((*heads)[1][0].stride == 3);
  CHECK((*heads)[2][0].stride == 1);
  const auto back = reshape_layout(*heads, {1, 4, 6});
  REQUIRE(back);
  CHECK((*back)[2].size() == 1);  // one run again
  const auto joined = reshape_layout(layout, {24});
  REQUIRE(joined);
  CHECK((*joined)[0].size() == 2);
  CHECK_FALSE(reshape_layout(layout, {6, 4}));
  CHECK_FALSE(reshape_layout(layout, {4, 5}));
}

TEST_CASE("onnx folding: ranges of Slice, for all signs of start, end and step", "[import]") {
  constexpr std::int64_t kSize = 5;
  for (std::int64_t start = -7; start <= 7; ++start) {
    for (std::int64_t end = -7; end <= 7; ++end) {
      const OnnxRange up = slice_range(start, end, 2, kSize);
      std::vector<std::int64_t> expected;
      const std::int64_t first = std::min(std::max<std::int64_t>(start < 0 ? start + kSize : start, 0), kSize);
      const std::int64_t last = std::min(std::max<std::int64_t>(end < 0 ? end + kSize : end, 0), kSize);
      for (std::int64_t i = first; i < last; i += 2) {
        expected.push_back(i);
      }
      INFO(start << " " << end);
      CHECK(up.count == static_cast<std::int64_t>(expected.size()));
      CHECK((expected.empty() || up.first == expected[0]));
    }
  }
  const OnnxRange down = slice_range(-1, -100, -1, kSize);
  CHECK(down.first == 4);
  CHECK(down.count == 5);
}

TEST_CASE("onnx import: a layer norm spelled out is one layer", "[import]") {
  Graph graph;
  const std::string mean = graph.along("ReduceMean", "x", -1);
  const std::string centered = graph.add("Sub", {"x", mean});
  const std::string square = graph.add("Pow", {centered, graph.number(2)});
  const std::string sum = graph.add("Add", {graph.along("ReduceMean", square, -1), graph.number(0.25)});
  const std::string quotient = graph.add("Div", {centered, graph.add("Sqrt", {sum})});
  const std::string scaled = graph.add("Mul", {quotient, graph.constant({2}, {3, 4})});
  const ImportedModel model = graph.model(graph.add("Add", {scaled, graph.constant({2}, {5, 6})}));
  REQUIRE(layer_types(model) == Types{"layer_norm"});
  CHECK(model.layers[0].keys["epsilon"] == 0.25);
  CHECK(model.layers[0].arrays.at("weight").values == std::vector<double>{3, 4});
  CHECK(model.layers[0].arrays.at("bias").values == std::vector<double>{5, 6});
  CHECK_THAT(graph.error(centered), Contains("node 'n1' (Sub)") && Contains("nearest supported form"));
}

TEST_CASE("onnx import: GELU and SiLU in any order of their factors", "[import]") {
  Graph graph;
  const double root = std::sqrt(2.0);
  SECTION("as PyTorch writes it") {
    const std::string error = graph.add("Erf", {graph.add("Div", {"x", graph.number(root)})});
    const std::string gate = graph.add("Add", {error, graph.number(1)});
    const ImportedModel model = graph.model(graph.add("Mul", {graph.add("Mul", {"x", gate}), graph.number(0.5)}));
    REQUIRE(layer_types(model) == Types{"activation"});
    CHECK(model.layers[0].keys["function"] == "gelu");
  }
  SECTION("with the half inside") {
    const std::string error = graph.add("Erf", {graph.add("Mul", {"x", graph.number(1 / root)})});
    const std::string gate = graph.add("Add", {graph.number(0.5), graph.add("Mul", {error, graph.number(0.5)})});
    CHECK(layer_types(graph.model(graph.add("Mul", {gate, "x"}))) == Types{"activation"});
  }
  SECTION("another offset is no GELU") {
    const std::string error = graph.add("Erf", {graph.add("Mul", {"x", graph.number(1 / root)})});
    const std::string gate = graph.add("Add", {error, graph.number(2)});
    CHECK_THAT(graph.error(graph.add("Mul", {gate, "x"})), Contains("both depend on the event"));
  }
  SECTION("SiLU with a slope") {
    const std::string gate = graph.add("Sigmoid", {graph.add("Mul", {"x", graph.number(2)})});
    const ImportedModel model = graph.model(graph.add("Mul", {"x", gate}));
    REQUIRE(layer_types(model) == Types{"affine", "activation", "affine"});
    CHECK(model.layers[1].keys["function"] == "silu");
    CHECK(model.layers[2].arrays.at("weight").values == std::vector<double>{0.5, 0.5});
  }
}

TEST_CASE("onnx import: GELU by tanh in the ways it is written", "[import]") {
  Graph graph;
  const double root = std::sqrt(2 / std::acos(-1.0));
  const auto gelu = [&](const std::string& argument) {
    const std::string gate = graph.add("Add", {graph.add("Tanh", {argument}), graph.number(1)});
    return graph.add("Mul", {graph.add("Mul", {"x", graph.number(0.5)}), gate});
  };
  const auto check = [&](const std::string& argument) {
    const ImportedModel model = graph.model(gelu(argument));
    REQUIRE(layer_types(model) == Types{"activation"});
    CHECK(model.layers[0].keys["function"] == "gelu_tanh");
  };
  const auto sum = [&](const std::string& cube, double factor) {
    const std::string scaled = graph.add("Mul", {cube, graph.number(factor)});
    return graph.add("Mul", {graph.add("Add", {"x", scaled}), graph.number(root)});
  };
  const std::string square = graph.add("Mul", {"x", "x"});
  check(sum(graph.add("Pow", {"x", graph.number(3)}), 0.044715));
  check(sum(graph.add("Mul", {square, "x"}), 0.044715));
  // x * sqrt(2 / pi) * (1 + 0.044715 * x * x)
  const std::string inner = graph.add("Mul", {graph.add("Mul", {"x", graph.number(0.044715)}), "x"});
  const std::string factor = graph.add("Add", {graph.number(1), inner});
  check(graph.add("Mul", {graph.add("Mul", {"x", graph.number(root)}), factor}));
  CHECK_THAT(graph.error(gelu(sum(graph.add("Pow", {"x", graph.number(3)}), 0.05))),
             Contains("both depend on the event"));
}

TEST_CASE("onnx import: functions of single numbers", "[import]") {
  Graph graph;
  const auto layer = [&](const std::string& output) { return graph.model(output).layers.back(); };
  CHECK(layer(graph.add("LeakyRelu", {"x"})).keys["slope"] == 0.01);
  CHECK(layer(graph.add("PRelu", {"x", graph.constant({2, 1}, {0.25, 0.25})})).keys["slope"] == 0.25);
  CHECK_THAT(graph.error(graph.add("PRelu", {"x", graph.constant({2}, {0.25, 0.5})})),
             Contains("a slope for each channel"));
  const std::map<std::string, std::string> functions = {{"Elu", "elu"},
                                                        {"Selu", "selu"},
                                                        {"Softplus", "softplus"},
                                                        {"Softsign", "softsign"},
                                                        {"HardSwish", "hard_swish"}};
  for (const auto& [op, function] : functions) {
    CHECK(layer(graph.add(op, {"x"})).keys["function"] == function);
  }
  graph.add("Elu", {"x"});
  graph.last().attributes["alpha"].number = 0.5;
  CHECK_THAT(graph.error(graph.last().outputs[0]), Contains("parameters of its own"));
  const ImportedModel hard = graph.model(graph.add("HardSigmoid", {"x"}));
  REQUIRE(layer_types(hard) == Types{"affine", "activation"});
  CHECK(hard.layers[0].arrays.at("weight").values == std::vector<double>{0.2, 0.2});
  CHECK(hard.layers[1].keys["high"] == 1);
  const std::string size = graph.add("Add", {graph.add("Abs", {"x"}), graph.number(1)});
  CHECK(layer(graph.add("Div", {"x", size})).keys["function"] == "softsign");
  // As it was before opset 14: x * clip(x + 3, 0, 6) / 6.
  const std::string clip =
      graph.add("Clip", {graph.add("Add", {"x", graph.number(3)}), graph.number(0), graph.number(6)});
  const std::string swish = graph.add("Div", {graph.add("Mul", {"x", clip}), graph.number(6)});
  CHECK(layer(swish).keys["function"] == "hard_swish");
}

TEST_CASE("onnx import: a layer norm as a gain and an offset for each token", "[import]") {
  Graph graph;
  const std::string mean = graph.along("ReduceMean", "x", -1);
  const std::string centered = graph.add("Sub", {"x", mean});
  const std::string variance = graph.along("ReduceMean", graph.add("Mul", {centered, centered}), -1);
  const std::string root = graph.add("Sqrt", {graph.add("Add", {variance, graph.number(0.25)})});
  const std::string gain = graph.add("Mul", {graph.add("Reciprocal", {root}), graph.constant({2}, {3, 4})});
  const std::string moved = graph.add("Sub", {graph.constant({2}, {5, 6}), graph.add("Mul", {mean, gain})});
  const std::string product = graph.add("Mul", {"x", gain});
  const ImportedModel model = graph.model(graph.add("Add", {product, moved}));
  REQUIRE(layer_types(model) == Types{"layer_norm"});
  CHECK(model.layers[0].keys["epsilon"] == 0.25);
  CHECK(model.layers[0].arrays.at("weight").values == std::vector<double>{3, 4});
  CHECK(model.layers[0].arrays.at("bias").values == std::vector<double>{5, 6});
  CHECK_THAT(graph.error(product), Contains("is no part of a layer norm"));
}

TEST_CASE("onnx import: constants that differ between tokens are added", "[import]") {
  Graph graph;
  const std::string list = graph.constant({1, 4, 2}, {0, 1, 2, 3, 4, 5, 6, 7});
  const ImportedModel model = graph.model(graph.add("Sub", {list, "x"}));
  REQUIRE(layer_types(model) == Types{"affine", "affine"});
  CHECK(model.layers[0].arrays.at("weight").values == std::vector<double>{-1, -1});
  const ImportedArray& bias = model.layers[1].arrays.at("bias");
  CHECK(bias.shape == std::vector<std::size_t>{4, 2});
  CHECK(bias.values == std::vector<double>{0, 1, 2, 3, 4, 5, 6, 7});
  // In the order of the tensor, wherever its axes are.
  const std::string turned = graph.transpose("x", {0, 2, 1});
  const std::string sum = graph.add("Add", {turned, graph.constant({2, 4}, {0, 1, 2, 3, 4, 5, 6, 7})});
  CHECK(graph.model(sum).layers[0].arrays.at("bias").values == std::vector<double>{0, 4, 1, 5, 2, 6, 3, 7});
}

TEST_CASE("onnx import: outputs side by side, or the first", "[import]") {
  Graph graph;
  const std::string a = graph.add("Relu", {"x"});
  const std::string b = graph.add("MatMul", {a, graph.constant({2, 3}, {1, 2, 3, 4, 5, 6})});
  const ImportedModel both = graph.model({a, b});
  CHECK(layer_types(both) == Types{"activation", "dense", "concat"});
  CHECK_THAT(notes_of(both), Contains("'n1_out' from feature 2"));
  const std::string pooled = graph.along("ReduceMax", a, 1, false);
  CHECK(layer_types(graph.model({b, pooled})) == Types{"activation", "dense"});
  const ImportedModel first = graph.model({a, graph.add("Conv", {"x", graph.constant({1, 1, 1}, {1})})});
  CHECK(layer_types(first) == Types{"activation"});
  CHECK_THAT(notes_of(first), Contains("only the first of 2 outputs"));
}

TEST_CASE("onnx import: which axis of the event is which", "[import]") {
  const auto dense = [](Graph& graph, const std::string& x, std::int64_t inputs) {
    return graph.add("MatMul",
                     {x, graph.constant({inputs, 1}, std::vector<double>(static_cast<std::size_t>(inputs), 1))});
  };
  SECTION("a large fixed batch that shapes depend on") {
    Graph graph({{512, ""}, {4, ""}, {6, ""}});
    const std::string flat = graph.add("Reshape", {"x", graph.constant({2}, {512, 24})});
    const ImportedModel model = graph.model(dense(graph, flat, 24));
    CHECK(model.tokens == 4);
    CHECK(layer_types(model) == Types{"flatten", "dense"});
  }
  SECTION("two axes are a batch of vectors, unless --tokens says otherwise") {
    Graph graph({{16, ""}, {3, ""}});
    const std::string y = dense(graph, "x", 3);
    CHECK(graph.model(y).tokens == 1);
    CHECK(graph.model({y}, 16).tokens == 16);
    CHECK(graph.model({y}, 8).tokens == 1);
  }
  SECTION("channels first: features, then tokens") {
    Graph graph({{1, ""}, {3, ""}, {16, ""}});
    const ImportedModel model = graph.model(dense(graph, graph.transpose("x", {0, 2, 1}), 3));
    CHECK(model.tokens == 16);
    CHECK(model.features == 3);
    CHECK_THAT(notes_of(model), Contains("tokens are the last axis"));
  }
}

TEST_CASE("onnx import: selected and reordered features become columns of the next weights", "[import]") {
  Graph graph({{1, ""}, {4, ""}});
  graph.add("Slice", {"x", graph.constant({1}, {3}), graph.constant({1}, {-9}), graph.constant({1}, {1}),
                      graph.constant({1}, {-2})});
  const std::string picked = graph.last().outputs[0];  // features 3 and 1
  const ImportedModel model = graph.model(graph.add("MatMul", {picked, graph.constant({2, 1}, {5, 7})}));
  REQUIRE(layer_types(model) == Types{"dense"});
  CHECK(model.layers[0].arrays.at("weight").values == std::vector<double>{0, 7, 0, 5});
}

TEST_CASE("onnx import: a flatten joins tokens and features in the order of the file", "[import]") {
  Graph graph({{1, ""}, {2, ""}, {3, ""}});
  graph.add("Transpose", {graph.add("Relu", {"x"})});
  graph.last().attributes["perm"].wholes = {0, 2, 1};
  const std::string flat = graph.add("Flatten", {graph.last().outputs[0]});
  const ImportedModel model = graph.model(graph.add("MatMul", {flat, graph.constant({6, 1}, {0, 1, 2, 3, 4, 5})}));
  REQUIRE(layer_types(model) == Types{"activation", "flatten", "dense"});
  CHECK(model.layers[2].arrays.at("weight").values == std::vector<double>{0, 2, 4, 1, 3, 5});
}

TEST_CASE("onnx import: quantizers of tensors", "[import]") {
  Graph graph({{1, ""}, {2, ""}});
  const auto quant = [&](double scale, double bits, const std::map<std::string, std::int64_t>& wholes,
                         const std::string& mode) {
    const std::string bias = graph.add("Add", {"x", graph.number(1)});  // not a format of the event
    const std::string made =
        graph.add("Quant", {bias, graph.number(scale), graph.number(0), graph.number(bits)}, wholes);
    graph.last().attributes["rounding_mode"].text = mode;
    const ImportedModel model = graph.model(made);
    REQUIRE(layer_types(model) == Types{"affine", "quantize"});
    CHECK(model.exact);
    return model.layers[1].keys;
  };
  CHECK(quant(0.25, 6, {}, "ROUND")["format"] == "fixed<6,4,rnd_conv,sat>");
  CHECK(quant(4, 6, {{"signed", 0}}, "FLOOR")["format"] == "ufixed<6,8,trn,sat>");
  CHECK(quant(0.25, 6, {{"narrow", 1}}, "HALF_UP")["format"] == "fixed<6,4,rnd_inf,sat_sym>");
  CHECK(quant(1, 3, {}, "half_down")["format"] == "fixed<3,3,rnd_zero,sat>");
  CHECK(quant(1, 3, {}, "ROUND_TO_ZERO")["format"] == "fixed<3,3,trn_zero,sat>");
  const auto keys = quant(0.3, 4, {{"signed", 0}, {"narrow", 1}}, "UP");
  CHECK(keys["bits"] == 4);
  CHECK(keys["scale"] == 0.3);
  CHECK(keys["signed"] == false);
  CHECK(keys["narrow"] == true);
  CHECK(keys["rounding"] == "away");
  CHECK(quant(2, 1, {}, "ROUND")["bipolar"] == true);
}

TEST_CASE("onnx import: the first quantizer is the format of the event", "[import]") {
  Graph graph({{1, ""}, {2, ""}});
  const std::string event = graph.add("Quant", {"x", graph.number(0.5), graph.number(0), graph.number(8)});
  const ImportedModel model = graph.model(graph.add("MatMul", {event, graph.constant({2, 1}, {1, 3})}));
  CHECK(model.input_format == "fixed<8,7,rnd_conv,sat>");
  CHECK_FALSE(model.input_chosen);
  REQUIRE(layer_types(model) == Types{"quantize", "dense"});  // the float model has it, too
  CHECK(model.layers[1].arrays.at("weight").integral);        // exact although nothing quantized them
}

TEST_CASE("onnx import: weights are integers times a scale of each output", "[import]") {
  Graph graph({{1, ""}, {2, ""}});
  const std::string float_weight = graph.constant({2, 2}, {0.9, -0.7, 2.6, 100});
  const auto dense = [&](const std::string& scale) {
    const std::string weight =
        graph.add("Quant", {float_weight, scale, graph.number(0), graph.number(4)}, {{"narrow", 1}});
    return graph.add("MatMul", {"x", weight});
  };
  SECTION("one scale an output") {
    const ImportedModel model = graph.model(dense(graph.constant({1, 2}, {0.3, 0.7})));
    REQUIRE(layer_types(model) == Types{"dense"});
    const ImportedArray& weight = model.layers[0].arrays.at("weight");
    CHECK(weight.integral);
    CHECK(weight.values == std::vector<double>{3, 7, -1, 7});
    CHECK(model.layers[0].arrays.at("weight_scale").values == std::vector<double>{0.3, 0.7});
  }
  SECTION("scales of inputs that are multiples of one another") {
    const ImportedModel model = graph.model(dense(graph.constant({2, 1}, {0.25, 0.5})));
    CHECK(model.layers[0].arrays.at("weight").values == std::vector<double>{4, 10, -3, 14});
    CHECK(model.layers[0].arrays.at("weight_scale").values == std::vector<double>{0.25});
  }
  SECTION("other scales of inputs") {
    CHECK_THAT(graph.error(dense(graph.constant({2, 1}, {0.3, 0.7}))),
               Contains("(MatMul): has weights whose scales differ within an output"));
  }
}

TEST_CASE("onnx import: QuantizeLinear adds its zero point after rounding", "[import]") {
  Graph graph({{1, ""}, {2, ""}});
  const auto model = [&](double zero, int bits, bool is_signed) {
    const std::string scale = graph.number(0.5);
    const std::string zero_point = graph.whole({}, {zero}, bits, is_signed);
    const std::string moved = graph.add("Add", {"x", graph.number(1)});
    const std::string codes = graph.add("QuantizeLinear", {moved, scale, zero_point});
    return graph.model(graph.add("DequantizeLinear", {codes, scale, zero_point})).layers.back().keys;
  };
  CHECK(model(0, 8, true)["format"] == "fixed<8,7,rnd_conv,sat>");
  CHECK(model(128, 8, false)["format"] == "fixed<8,7,rnd_conv,sat>");
  const auto odd = model(3, 8, false);
  CHECK(odd["bits"] == 9);
  CHECK(odd["low"] == -3);
  CHECK(odd["high"] == 252);
  CHECK_FALSE(odd.contains("zero_point"));
}

TEST_CASE("onnx import: Clip behind QuantizeLinear leaves fewer bits", "[import]") {
  Graph graph({{1, ""}, {2, ""}});
  const auto model = [&](double low, double high) {
    const std::string scale = graph.number(0.5);
    const std::string zero = graph.whole({}, {0}, 8, true);
    const std::string codes = graph.add("QuantizeLinear", {graph.add("Add", {"x", graph.number(1)}), scale, zero});
    const std::string few =
        graph.add("Clip", {codes, graph.whole({}, {low}, 8, true), graph.whole({}, {high}, 8, true)});
    return graph.add("DequantizeLinear", {few, scale, zero});
  };
  CHECK(graph.model(model(-8, 7)).layers.back().keys["format"] == "fixed<4,3,rnd_conv,sat>");
  CHECK(graph.model(model(-7, 7)).layers.back().keys["format"] == "fixed<4,3,rnd_conv,sat_sym>");
  CHECK(graph.model(model(0, 15)).layers.back().keys["format"] == "ufixed<4,3,rnd_conv,sat>");
  CHECK(graph.model(model(-5, 7)).layers.back().keys["low"] == -5);
  CHECK_THAT(graph.error(model(3, 3)), Contains("less than two integers"));
}

/// Scores of the event with itself, of one head.
std::string attention(Graph& graph, const std::string& scores) {
  return graph.add("MatMul", {graph.add("Softmax", {scores}, {{"axis", -1}}), "x"});
}

std::string self_scores(Graph& graph) {
  graph.add("Transpose", {"x"});
  graph.last().attributes["perm"].wholes = {0, 2, 1};
  return graph.add("MatMul", {"x", graph.last().outputs[0]});
}

TEST_CASE("onnx import: attention without projections, and its scale", "[import]") {
  Graph graph;
  const ImportedModel model = graph.model(attention(graph, graph.add("Mul", {self_scores(graph), graph.number(3)})));
  REQUIRE(layer_types(model) == Types{"multi_head_attention"});
  const ImportedLayer& layer = model.layers[0];
  const double factor = 3 * std::sqrt(2.0);  // the layer divides by sqrt(2)
  CHECK(layer.arrays.at("wq").values == std::vector<double>{factor, 0, 0, factor});
  CHECK(layer.arrays.at("wk").values == std::vector<double>{1, 0, 0, 1});
  CHECK(layer.arrays.at("wo").shape == std::vector<std::size_t>{2, 1, 2});
  CHECK(model.mask == MaskKind::none);
}

TEST_CASE("onnx import: masks of either polarity, and pools of real tokens", "[import]") {
  Graph graph;
  graph.add_mask();
  const std::string scores = self_scores(graph);
  const std::string keys = graph.along("Unsqueeze", "mask", 1);
  SECTION("set for padding") {
    const std::string filled = graph.add("Where", {keys, graph.number(-INFINITY), graph.number(0)});
    const ImportedModel model = graph.model(attention(graph, graph.add("Add", {scores, filled})));
    CHECK(model.mask == MaskKind::valid);
    CHECK_THAT(notes_of(model), Contains("set for padding"));
  }
  SECTION("set for real tokens, then a mean over them") {
    const std::string padding = graph.add("Sub", {graph.number(1), keys});
    const std::string filled = graph.add("Mul", {padding, graph.number(-1e9)});
    const std::string y = attention(graph, graph.add("Add", {scores, filled}));
    const std::string column = graph.along("Unsqueeze", "mask", 2);
    const std::string sum = graph.along("ReduceSum", graph.add("Mul", {y, column}), 1, false);
    const std::string count = graph.along("ReduceSum", column, 1, false);
    const ImportedModel model = graph.model(graph.add("Div", {sum, count}));
    CHECK_THAT(notes_of(model), Contains("set for real"));
    REQUIRE(layer_types(model) == Types{"multi_head_attention", "pool"});
    CHECK(model.layers[1].keys["mode"] == "mean");
    CHECK_THAT(graph.error(graph.along("ReduceMean", y, 1, false)), Contains("takes padding tokens in"));
  }
  SECTION("along the queries") {
    const std::string queries = graph.along("Unsqueeze", "mask", 2);
    const std::string filled = graph.add("Where", {queries, graph.number(-INFINITY), graph.number(0)});
    CHECK_THAT(graph.error(attention(graph, graph.add("Add", {scores, filled}))), Contains("masks queries"));
  }
  SECTION("a causal mask") {
    std::vector<double> causal(16, 0);
    causal[1] = -INFINITY;
    CHECK_THAT(graph.error(attention(graph, graph.add("Add", {scores, graph.constant({4, 4}, causal)}))),
               Contains("such as a causal (triangular) one"));
  }
}

TEST_CASE("onnx import: what has no counterpart is refused with the nearest form", "[import]") {
  Graph graph;
  const std::string start = "test.onnx: error: node 'n0' (";
  CHECK_THAT(
      graph.error(graph.add("Conv", {"x", graph.constant({1, 1, 1}, {1})})),
      Contains(start + "Conv): is a convolution, which is not supported; nearest supported form: a dense layer"));
  CHECK_THAT(graph.error(graph.add("Mul", {"x", graph.constant({4, 2}, {0, 1, 2, 3, 4, 5, 6, 7})})),
             Contains("differs between tokens"));
  CHECK_THAT(graph.error(graph.add("Add", {"x", graph.add("ConstantOfShape", {graph.constant({2}, {1e6, 1e6})})})),
             Contains("too large"));
  CHECK_THAT(graph.error(graph.add("Reshape", {"x", graph.constant({2}, {3, 3})})), Contains("cannot make [3,3]"));
  CHECK_THAT(graph.error(graph.add("MatMul", {"x", graph.constant({3, 1}, {1, 2, 3})})), Contains("do not fit"));
  CHECK_THAT(graph.error(graph.add("Softmax", {"x"}, {{"axis", 1}})), Contains("is not over all features"));
}

TEST_CASE("onnx import: names of layers are those of docs/yaml.md", "[import]") {
  CHECK(layer_name("/e/layers.0/self_attn/MatMul_1") == "e.layers.0.self_attn.MatMul_1");
  CHECK(layer_name("onnx::MatMul_3") == "onnx__MatMul_3");
  CHECK(layer_name("12") == "layer12");
  CHECK(layer_name("./").empty());
  CHECK(layer_name(std::string(100, 'a')).size() == 48);
}

}  // namespace
}  // namespace rtlgen
