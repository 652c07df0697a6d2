// ONNX graphs, built here as plain data, to layers: layouts, recognition, quantizers, masks, and what is refused.
#include <catch2/catch.hpp>
#include <cmath>

#include "rtlgen/import/onnx_folding.hpp"
#include "rtlgen/import/onnx_layers.hpp"

namespace rtlgen {
namespace {

OnnxTensorPtr tensor(const OnnxShape& shape, const std::vector<double>& values) {
  auto made = std::make_shared<OnnxTensor>();
  made->shape = shape;
  made->values = values;
  return made;
}

/// A graph with nodes in the order in which they are added; tensors go by name.
class Graph {
 public:
  explicit Graph(const std::vector<OnnxDim>& event = {{1, ""}, {4, ""}, {2, ""}}) {
    graph_.file = "test.onnx";
    graph_.opset = 17;
    graph_.inputs.push_back({"x", event});
  }

  void add_mask() { graph_.inputs.push_back({"mask", {{1, ""}, {4, ""}}}); }

  std::string constant(const OnnxShape& shape, const std::vector<double>& values) {
    const std::string name = "c" + std::to_string(graph_.initializers.size());
    graph_.initializers[name] = tensor(shape, values);
    return name;
  }
  std::string number(double value) { return constant({}, {value}); }

  std::string whole(const OnnxShape& shape, const std::vector<double>& values, int bits, bool is_signed) {
    const std::string name = constant(shape, values);
    OnnxTensor made = *graph_.initializers[name];
    made.kind = OnnxKind::integer;
    made.bits = bits;
    made.is_signed = is_signed;
    graph_.initializers[name] = std::make_shared<const OnnxTensor>(made);
    return name;
  }

  std::string add(const std::string& op, const std::vector<std::string>& inputs,
                  const std::map<std::string, std::int64_t>& wholes = {}) {
    OnnxNode node;
    node.op = op;
    node.name = "n" + std::to_string(graph_.nodes.size());
    node.inputs = inputs;
    node.outputs = {node.name + "_out"};
    for (const auto& [key, value] : wholes) {
      node.attributes[key].whole = value;
    }
    graph_.nodes.push_back(node);
    return node.outputs[0];
  }

  OnnxNode& last() { return graph_.nodes.back(); }

  /// ReduceMean, ReduceMax, ReduceSum or Unsqueeze along one axis.
  std::string along(const std::string& op, const std::string& x, std::int64_t axis, bool keep = true) {
    std::string made = add(op, {x}, {{"keepdims", keep ? 1 : 0}});
    last().attributes["axes"].wholes = {axis};
    return made;
  }

  ImportedModel model(const std::string& output) {
    graph_.outputs = {output};
    ImportOptions options;
    options.file = graph_.file;
    const OnnxReading reading = event_readings(graph_, false).front();
    return make_layers(interpret_onnx(graph_, reading, std::nullopt), graph_, options);
  }

  /// What is said where there is no counterpart.
  std::string error(const std::string& output) {
    try {
      model(output);
    } catch (const SourceError& error) {
      return error.what();
    }
    return "no error";
  }

 private:
  OnnxGraph graph_;
};

std::vector<std::string> types(const ImportedModel& model) {
  std::vector<std::string> list;
  for (const ImportedLayer& layer : model.layers) {
    list.push_back(layer.type);
  }
  return list;
}

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
  REQUIRE(types(model) == Types{"layer_norm"});
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
    REQUIRE(types(model) == Types{"activation"});
    CHECK(model.layers[0].keys["function"] == "gelu");
  }
  SECTION("with the half inside") {
    const std::string error = graph.add("Erf", {graph.add("Mul", {"x", graph.number(1 / root)})});
    const std::string gate = graph.add("Add", {graph.number(0.5), graph.add("Mul", {error, graph.number(0.5)})});
    CHECK(types(graph.model(graph.add("Mul", {gate, "x"}))) == Types{"activation"});
  }
  SECTION("another offset is no GELU") {
    const std::string error = graph.add("Erf", {graph.add("Mul", {"x", graph.number(1 / root)})});
    const std::string gate = graph.add("Add", {error, graph.number(2)});
    CHECK_THAT(graph.error(graph.add("Mul", {gate, "x"})), Contains("both depend on the event"));
  }
  SECTION("SiLU with a slope") {
    const std::string gate = graph.add("Sigmoid", {graph.add("Mul", {"x", graph.number(2)})});
    const ImportedModel model = graph.model(graph.add("Mul", {"x", gate}));
    REQUIRE(types(model) == Types{"affine", "activation", "affine"});
    CHECK(model.layers[1].keys["function"] == "silu");
    CHECK(model.layers[2].arrays.at("weight").values == std::vector<double>{0.5, 0.5});
  }
}

TEST_CASE("onnx import: selected and reordered features become columns of the next weights", "[import]") {
  Graph graph({{1, ""}, {4, ""}});
  graph.add("Slice", {"x", graph.constant({1}, {3}), graph.constant({1}, {-9}), graph.constant({1}, {1}),
                      graph.constant({1}, {-2})});
  const std::string picked = graph.last().outputs[0];  // features 3 and 1
  const ImportedModel model = graph.model(graph.add("MatMul", {picked, graph.constant({2, 1}, {5, 7})}));
  REQUIRE(types(model) == Types{"dense"});
  CHECK(model.layers[0].arrays.at("weight").values == std::vector<double>{0, 7, 0, 5});
}

TEST_CASE("onnx import: a flatten joins tokens and features in the order of the file", "[import]") {
  Graph graph({{1, ""}, {2, ""}, {3, ""}});
  graph.add("Transpose", {"x"});
  graph.last().attributes["perm"].wholes = {0, 2, 1};
  const std::string flat = graph.add("Flatten", {graph.last().outputs[0]});
  const ImportedModel model = graph.model(graph.add("MatMul", {flat, graph.constant({6, 1}, {0, 1, 2, 3, 4, 5})}));
  REQUIRE(types(model) == Types{"flatten", "dense"});
  CHECK(model.layers[1].arrays.at("weight").values == std::vector<double>{0, 2, 4, 1, 3, 5});
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
    REQUIRE(types(model) == Types{"affine", "quantize"});
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
  REQUIRE(types(model) == Types{"dense"});
  CHECK(model.layers[0].arrays.at("weight").integral);  // exact although nothing quantized them
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
    REQUIRE(types(model) == Types{"dense"});
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
  REQUIRE(types(model) == Types{"multi_head_attention"});
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
    CHECK_THAT(model.notes.back(), Contains("set for padding"));
  }
  SECTION("set for real tokens, then a mean over them") {
    const std::string padding = graph.add("Sub", {graph.number(1), keys});
    const std::string filled = graph.add("Mul", {padding, graph.number(-1e9)});
    const std::string y = attention(graph, graph.add("Add", {scores, filled}));
    const std::string column = graph.along("Unsqueeze", "mask", 2);
    const std::string sum = graph.along("ReduceSum", graph.add("Mul", {y, column}), 1, false);
    const std::string count = graph.along("ReduceSum", column, 1, false);
    const ImportedModel model = graph.model(graph.add("Div", {sum, count}));
    CHECK_THAT(model.notes.back(), Contains("set for real"));
    REQUIRE(types(model) == Types{"multi_head_attention", "pool"});
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
               Contains("a causal mask or a bias"));
  }
}

TEST_CASE("onnx import: what has no counterpart is refused with the nearest form", "[import]") {
  Graph graph;
  const std::string start = "test.onnx: error: node 'n0' (";
  CHECK_THAT(graph.error(graph.add("Conv", {"x", graph.constant({1, 1, 1}, {1})})),
             Contains(start + "Conv): has no counterpart; nearest supported form: a dense layer"));
  CHECK_THAT(graph.error(graph.add("Add", {"x", graph.constant({4, 2}, {0, 1, 2, 3, 4, 5, 6, 7})})),
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
  CHECK(layer_name("./") == "");
  CHECK(layer_name(std::string(100, 'a')).size() == 48);
}

}  // namespace
}  // namespace rtlgen
