// What import writes is what `check` takes; else the message names the layer of the file, and nothing is written.
#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <limits>
#include <map>
#include <vector>

#include "ir/source_error.hpp"
#include "rtlgen/import/onnx_layout.hpp"
#include "rtlgen/import/write_import.hpp"
#include "tests/support/imported.hpp"
#include "tests/support/onnx_graph_builder.hpp"

namespace rtlgen::testing {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using Graph = OnnxGraphBuilder;
using Json = nlohmann::ordered_json;

/// A dense layer of two features, and `layer` behind it.
ImportedModel with_layer(ImportedLayer layer) {
  ImportedModel model;
  model.features = 2;
  model.input_format = "fixed<8,4>";
  ImportedLayer dense = imported_layer("d", "dense", {{"units", 2}, {"use_bias", false}});
  dense.arrays["weight"] = {{2, 2}, {1, 2, 3, 4}, false};
  dense.origin = "layer 'first' (Dense)";
  layer.origin = "layer 'second' (Odd)";
  model.layers = {std::move(dense), std::move(layer)};
  return model;
}

/// What is said of a model that is not written.
std::string refusal(const ImportedModel& model) {
  const TemporaryFolder folder;
  ImportOptions options;
  options.file = "some.model";
  options.out = folder.file("out");
  std::string said = "nothing";
  try {
    write_import(model, options);
  } catch (const SourceError& error) {
    said = error.what();
  }
  CHECK(std::filesystem::is_empty(folder.path()));
  return said;
}

TEST_CASE("import: what cannot be read, or not be built, is said of the layer in the file", "[import]") {
  CHECK_THAT(refusal(with_layer(imported_layer("f", "activation", {{"function", "nonsense"}}))),
             StartsWith("some.model: error: layer 'second' (Odd): 'function' must be one of"));
  // It can be read, but it has no integers.
  ImportedLayer norm = imported_layer("n", "rms_norm", {{"epsilon", 0.5}, {"precision", {{"activation", "exact"}}}});
  norm.arrays["weight"] = {{2}, {1, 1}, false};
  CHECK_THAT(refusal(with_layer(norm)),
             StartsWith("some.model: error: layer 'second' (Odd): ") && Contains("'n.normalized' cannot be exact"));
  ImportedLayer broken = imported_layer("a", "affine");
  broken.arrays["weight"] = {{2}, {1, std::numeric_limits<double>::quiet_NaN()}, false};
  broken.arrays["bias"] = {{2}, {0, 0}, false};
  CHECK_THAT(refusal(with_layer(broken)), StartsWith("some.model: error: layer 'second' (Odd): ") &&
                                              Contains("'a.weight'") && Contains("is not finite at element 1"));
  CHECK_THAT(refusal(with_layer(imported_layer("f", "activation",
                                               {{"function", "relu"}, {"precision", {{"activation", "auto<8>"}}}}))),
             StartsWith("some.model: error: ") && Contains("needs sample events"));
}

TEST_CASE("import: events that do not fit are named by the user's path", "[import]") {
  const TemporaryFolder folder;
  write_npy(folder.file("events.npy"), {4, 3}, std::vector<double>(12, 0.5));
  ImportOptions options;
  options.file = "some.model";
  options.out = folder.file("out");
  options.calibration = folder.file("events.npy");
  try {
    write_import(with_layer(imported_layer("f", "activation", {{"function", "relu"}})), options);
    FAIL("it was written");
  } catch (const SourceError& error) {
    CHECK_THAT(error.what(), StartsWith(folder.file("events.npy")) && Contains("error: ") && !Contains("out.tmp"));
  }
  CHECK_FALSE(std::filesystem::exists(options.out));
}

TEST_CASE("onnx import: every array of every node is finite, or the node is named", "[import]") {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  constexpr double kInfinite = std::numeric_limits<double>::infinity();
  for (const double odd : {kNan, kInfinite, -kInfinite}) {
    CAPTURE(odd);
    for (std::size_t bad = 0; bad < 2; ++bad) {  // Gemm: weight, bias
      Graph graph({{1, ""}, {2, ""}});
      const std::string weight = graph.constant({2, 1}, {1, bad == 0 ? odd : 2.5});
      const std::string bias = graph.constant({1}, {bad == 1 ? odd : 2});
      CHECK_THAT(graph.error(graph.add("Gemm", {"x", weight, bias})),
                 Contains("node 'n0' (Gemm): ") && Contains("is not finite"));
    }
    for (std::size_t bad = 1; bad < 5; ++bad) {
      Graph graph({{1, ""}, {2, ""}});
      std::vector<std::string> inputs = {"x"};
      for (std::size_t i = 1; i < 5; ++i) {
        inputs.push_back(graph.constant({2}, {1, i == bad ? odd : 2}));
      }
      CHECK_THAT(graph.error(graph.add("BatchNormalization", inputs)),
                 Contains("node 'n0' (BatchNormalization): ") && Contains("is not finite"));
    }
    for (std::size_t bad = 1; bad < 3; ++bad) {
      Graph graph({{1, ""}, {2, ""}});
      const std::string scale = graph.constant({2}, {1, bad == 1 ? odd : 2});
      const std::string bias = graph.constant({2}, {1, bad == 2 ? odd : 2});
      CHECK_THAT(graph.error(graph.add("LayerNormalization", {"x", scale, bias})),
                 Contains("node 'n0' (LayerNormalization): ") && Contains("is not finite"));
    }
    for (const char* op : {"Add", "Sub", "Mul", "Div"}) {
      Graph graph({{1, ""}, {2, ""}});
      const bool zero = std::string(op) == "Div" && std::isinf(odd);  // x / infinity is 0
      if (!zero) {
        CHECK_THAT(graph.error(graph.add(op, {"x", graph.constant({2}, {1, odd})})),
                   Contains(std::string("node 'n0' (") + op + "): ") && Contains("finite"));
      }
    }
  }
  Graph graph({{1, ""}, {2, ""}});
  const std::string slope = graph.add("LeakyRelu", {"x"});
  graph.last().attributes["alpha"].number = kNan;
  CHECK_THAT(graph.error(slope), Contains("node 'n0' (LeakyRelu): ") && Contains("is not finite"));
}

TEST_CASE("onnx import: a convolution is called one", "[import]") {
  for (const char* op : {"Conv", "ConvTranspose", "ConvInteger", "QLinearConv"}) {
    Graph graph;
    const std::string weight = graph.constant({2, 2, 1}, {1, 2, 3, 4});
    CHECK_THAT(graph.error(graph.add(op, {"x", weight})),
               Contains(std::string("node 'n0' (") + op + "): is a convolution, which is not supported; nearest"));
  }
}

TEST_CASE("onnx import: axes of the same sizes are told apart by what they count", "[import]") {
  Graph graph({{1, ""}, {4, ""}, {4, ""}});
  const std::string flat = graph.add("Flatten", {"x"});
  std::vector<double> weight(16 * 16);
  for (std::size_t i = 0; i < 16; ++i) {
    weight[i * 17] = 2;
  }
  const std::string dense = graph.add("MatMul", {flat, graph.constant({16, 16}, weight)});
  CHECK_THAT(graph.error(graph.add("Add", {flat, dense})), Contains("[1,4 tokens x 4 features] and [1,16 features]"));
}

TEST_CASE("onnx layouts: two that differ have different texts", "[import]") {
  const std::vector<OnnxAtomKind> kinds = {OnnxAtomKind::batch, OnnxAtomKind::token, OnnxAtomKind::feature,
                                           OnnxAtomKind::head,  OnnxAtomKind::left,  OnnxAtomKind::right,
                                           OnnxAtomKind::repeat};
  std::vector<OnnxLayout> layouts = {{}, {{}}, {{}, {}}};
  for (const OnnxAtomKind kind : kinds) {
    for (const std::int64_t stride : {1, 2, 8}) {
      const OnnxAtom four = {kind, 4, stride};
      layouts.push_back({{four}});
      layouts.push_back({{}, {four}});
      layouts.push_back({{four}, {}});
      layouts.push_back({{{OnnxAtomKind::token, 4, 16}, four}});
      layouts.push_back({{{OnnxAtomKind::token, 4, 16}}, {four}});
    }
  }
  std::map<std::string, std::size_t> texts;
  for (std::size_t i = 0; i < layouts.size(); ++i) {
    const auto [known, is_new] = texts.emplace(layout_text(layouts[i]), i);
    INFO(known->first << ": " << known->second << " and " << i);
    CHECK(is_new);
  }
  CHECK(layout_text({{}, {{OnnxAtomKind::token, 5, 1}}, {{OnnxAtomKind::feature, 3, 1}}}) == "[1,5 tokens,3 features]");
}

}  // namespace
}  // namespace rtlgen::testing
