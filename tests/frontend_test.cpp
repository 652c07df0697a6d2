// The YAML frontend and the float reference.
#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <functional>
#include <map>
#include <random>

#include "rtlgen/files/file_bytes.hpp"
#include "rtlgen/files/npz.hpp"
#include "rtlgen/frontend/event_file.hpp"
#include "rtlgen/frontend/yaml_frontend.hpp"
#include "rtlgen/model/float_reference.hpp"
#include "tests/support/skipped.hpp"
#include "tests/support/temporary_folder.hpp"

namespace rtlgen {
namespace {

using Shape = std::vector<std::size_t>;

using testing::has_shared_model;
using testing::shared_model;
using testing::source_folder;

/// A folder with a model in it; goes away with the test.
class Workspace {
 public:
  std::string file(const std::string& name) const { return folder_.file(name); }

  /// Adds an array of reproducible random numbers to weights.npz.
  Workspace& array(const std::string& name, const Shape& shape, double offset = 0) {
    std::size_t size = 1;
    for (const std::size_t dimension : shape) {
      size *= dimension;
    }
    std::normal_distribution<double> normal(0, 0.5);
    std::vector<double> values(size);
    for (double& value : values) {
      value = normal(random_) + offset;
    }
    return put(name, shape, values);
  }
  Workspace& put(const std::string& name, const Shape& shape, const std::vector<double>& values) {
    arrays_[name] = npy_bytes(shape, values);
    return *this;
  }
  Workspace& attention(const std::string& name, std::size_t heads, std::size_t dim, std::size_t width) {
    for (const char* const part : {"q", "k", "v"}) {
      array(name + ".w" + part, {heads, dim, width});
      array(name + ".b" + part, {heads, dim});
    }
    return array(name + ".wo", {width, heads, dim}).array(name + ".bo", {width});
  }

  Model load(const std::string& yaml, const std::vector<std::string>& overrides = {}) const {
    write_file_bytes(file("model.yaml"), yaml);
    write_npz(file("weights.npz"), arrays_);
    return load_model(file("model.yaml"), overrides);
  }

  /// The error of a description without the folder's name.
  std::string error(const std::string& yaml, const std::vector<std::string>& overrides = {}) const {
    try {
      load(yaml, overrides);
    } catch (const SourceError& problem) {
      std::string text = problem.what();
      const std::string folder = folder_.path().string() + "/";
      for (std::size_t at = text.find(folder); at != std::string::npos; at = text.find(folder)) {
        text.erase(at, folder.size());
      }
      return text;
    }
    return "no error";
  }

 private:
  testing::TemporaryFolder folder_;
  std::map<std::string, std::string> arrays_;
  std::mt19937 random_{7};
};

/// A description with fixed formats (no events are needed); `layers` begin in line 11.
std::string description(const std::string& layers, const std::string& mask = "none", int tokens = 4, int features = 3) {
  return "model: toy\n"
         "input:\n"
         "  tokens: " +
         std::to_string(tokens) +
         "\n"
         "  features: " +
         std::to_string(features) +
         "\n"
         "  format: fixed<16,6>\n"
         "  mask: " +
         mask +
         "\n"
         "weights: weights.npz\n"
         "precision:\n"
         "  default: {activation: \"fixed<16,6>\", score: \"fixed<16,6>\"}\n"
         "layers:\n" +
         layers;
}

Events random_events(const Model& model, std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  Events events;
  events.count = count;
  events.tokens = model.tokens;
  events.features = model.features;
  const std::size_t rows = count * static_cast<std::size_t>(model.tokens);
  events.x =
      RowMatrix(static_cast<Eigen::Index>(rows), model.features).unaryExpr([&](double) { return normal(random); });
  if (model.mask != MaskKind::none) {
    events.mask.resize(rows);
    for (std::size_t row = 0; row < rows; ++row) {
      const bool first = row % static_cast<std::size_t>(model.tokens) == 0;
      events.mask[row] = first || random() % 2 == 0 ? 1 : 0;
    }
  }
  return events;
}

RowMatrix output(const Model& model, const Events& events) { return evaluate_float(model, events).back(); }

double distance(const RowMatrix& a, const RowMatrix& b) {
  REQUIRE(a.rows() == b.rows());
  REQUIRE(a.cols() == b.cols());
  return (a - b).cwiseAbs().maxCoeff();
}

std::vector<std::string> names(const Model& model) {
  std::vector<std::string> result;
  for (const Layer& layer : model.layers) {
    result.push_back(layer.name);
  }
  return result;
}

const Layer& find(const Model& model, const std::string& name) {
  for (const Layer& layer : model.layers) {
    if (layer.name == name) {
      return layer;
    }
  }
  throw std::runtime_error("no layer " + name);
}

constexpr const char* kDense = "  - {name: d, type: dense, units: 2}\n";

TEST_CASE("format: text forms", "[frontend]") {
  std::string problem;
  const auto text = [&](const char* given) {
    const std::optional<FormatSpec> spec = parse_format(given, problem);
    return !spec ? problem : (spec->automatic ? std::to_string(spec->bits) + " of " : "") + to_string(spec->quantizer);
  };
  CHECK(text("fixed<8,3>") == "fixed<8,3,rnd,sat>");
  CHECK(text(" ufixed< 8 , -3 , rnd_conv , sat_sym > ") == "ufixed<8,-3,rnd_conv,sat_sym>");
  CHECK(text("fixed<8,64,trn,wrap>") == "fixed<8,64,trn,wrap>");
  CHECK(parse_format("auto<12,trn>", problem)->bits == 12);
  CHECK(parse_format("auto<12,trn>", problem)->quantizer.rounding == Rounding::trn);
  CHECK(text("fixed<0,3>") == "the width of 'fixed<0,3>' must be a whole number from 1 to 48");
  CHECK(text("fixed<8,65>") == "the integer bits of 'fixed<8,65>' must be a whole number from -64 to 64");
  CHECK(text("fixed<8,3,up>") ==
        "unknown rounding 'up': trn, rnd, rnd_conv, ceil, trn_zero, away, rnd_zero, rnd_inf or rnd_min_inf");
  CHECK(text("fixed<8,3,trn,clip>") == "unknown overflow 'clip': wrap, sat or sat_sym");
  CHECK(text("auto<8") == "'auto<8' is not a format: fixed<W,I>, ufixed<W,I> or auto<bits>");
  CHECK(text("") == "'' is not a format: fixed<W,I>, ufixed<W,I> or auto<bits>");
  CHECK(text("auto<>") == "the width of 'auto<>' must be a whole number from 1 to 48");
}

TEST_CASE("frontend: errors of the model part", "[frontend]") {
  Workspace w;
  w.array("d.weight", {2, 3}).array("d.bias", {2});
  REQUIRE(w.error(description(kDense)) == "no error");
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string text = description(kDense);
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    return w.error(text.replace(at, from.size(), to));
  };
  CHECK(changed("model: toy", "model: module") ==
        "model.yaml:1:8: error: 'model' must not be the Verilog keyword 'module'");
  CHECK(changed("model: toy", "model: 3d") ==
        "model.yaml:1:8: error: 'model' must be a Verilog identifier of at most 64 characters, not '3d'");
  CHECK(changed("model: toy", "modle: toy") ==
        "model.yaml:1:1: error: unknown key 'modle' in the model; did you mean 'model'? (known keys: model, input, "
        "weights, calibration, test, classes, precision, hardware, layers)");
  CHECK(changed("model: toy\n", "") == "model.yaml:1:1: error: missing key 'model' in the model");
  CHECK(changed("tokens: 4", "tokens: 1025") ==
        "model.yaml:3:11: error: 'tokens' must be a whole number from 1 to 1024, not '1025'");
  CHECK(changed("tokens: 4", "tokens: \"4\"") ==
        "model.yaml:3:11: error: 'tokens' must be a whole number from 1 to 1024, not the text '4'");
  CHECK(changed("tokens: 4", "tokens: [4]") ==
        "model.yaml:3:11: error: 'tokens' must be a whole number from 1 to 1024, not a list");
  CHECK(changed("  features: 3\n", "  features: 3\n  features: 3\n") ==
        "model.yaml:5:3: error: duplicate key 'features' (first given in line 4)");
  CHECK(changed("mask: none", "mask: valdi") ==
        "model.yaml:6:9: error: 'mask' must be one of none, count, valid, not 'valdi'; did you mean 'valid'?");
  CHECK(changed("format: fixed<16,6>", "format: fixed<16>") ==
        "model.yaml:5:11: error: 'format': 'fixed<16>' must have two numbers and at most a rounding and an overflow "
        "mode");
  CHECK(changed("format: fixed<16,6>", "format: fixed<99,6>") ==
        "model.yaml:5:11: error: 'format': the width of 'fixed<99,6>' must be a whole number from 1 to 48");
  CHECK(changed("format: fixed<16,6>", "format: auto<8>") ==
        "model.yaml:5:11: error: an auto format needs sample events: give 'calibration'");
  CHECK(changed("activation: \"fixed<16,6>\"", "activation: fixed<16,6>") ==
        "model.yaml:9:34: error: a format with a comma must stand in quotes inside {...}: \"fixed<8,3>\"");
  CHECK(changed("activation: \"fixed<16,6>\", ", "") ==
        "model.yaml:11:5: error: the activation format of 'd' is auto, which needs sample events: give 'calibration' "
        "or a format");
  CHECK(changed("activation: \"fixed<16,6>\"", "exp_bits: 1") ==
        "model.yaml:9:23: error: 'exp_bits' must be a whole number from 2 to 32, not '1'");
  CHECK(changed("weights: weights.npz", "weights: none.npz") ==
        "model.yaml:7:10: error: cannot read 'none.npz': no such file");
  CHECK(changed("weights: weights.npz", "weights: .") == "model.yaml:7:10: error: cannot read '.': it is a folder");
  CHECK(changed("weights: weights.npz", "weights: model.yaml").rfind("model.yaml: error: not a .npz file: ", 0) == 0);
  CHECK(changed("weights: weights.npz\n", "") ==
        "model.yaml:10:5: error: array 'd.weight' [2,3] is needed, but the model names no 'weights'");
  CHECK(changed("weights: weights.npz", "weights: weights.npz\ncalibration: no.npz") ==
        "model.yaml:8:14: error: cannot read 'no.npz': no such file");
  CHECK(changed("weights: weights.npz", "weights: weights.npz\nclasses: [a, b, c]") ==
        "model.yaml:8:10: error: 'classes' has 3 names, the output 'd' has 2 features");
  CHECK(changed("weights: weights.npz", "weights: weights.npz\nhardware: {clock_mhz: 0.5}") ==
        "model.yaml:8:23: error: 'clock_mhz' must be a number from 1 to 2000, not '0.5'");
  CHECK(changed("weights: weights.npz", "weights: weights.npz\nhardware: {tokens_per_beat: 5}") ==
        "model.yaml:8:29: error: 'tokens_per_beat' must be a whole number from 1 to 4, not '5'");
  CHECK(changed("  default:", "  layers: {\"e*\": {weight: auto<8>}}\n  default:") ==
        "model.yaml:9:12: error: 'e*' matches no layer");
}

TEST_CASE("frontend: errors of layers", "[frontend]") {
  Workspace w;
  w.array("d.weight", {2, 3}).array("d.bias", {2}).array("e.weight", {3, 2}).array("e.bias", {3});
  const auto error = [&](const std::string& layers) { return w.error(description(layers)); };
  CHECK(error("  - {name: d, type: dens, units: 2}\n") ==
        "model.yaml:11:21: error: unknown layer type 'dens'; did you mean 'dense'? (known types: dense, activation, "
        "multi_head_attention, layer_norm, rms_norm, batch_norm, feed_forward, pool, flatten, softmax, argmax, "
        "affine, quantize, transformer_block)");
  CHECK(error("  - {name: d, type: dense, unit: 2}\n") ==
        "model.yaml:11:28: error: unknown key 'unit' in layer 'd'; did you mean 'units'? (known keys: name, type, "
        "input, precision, units, activation, use_bias)");
  CHECK(error("  - {name: d, type: dense}\n") == "model.yaml:11:5: error: missing key 'units' in layer 'd'");
  CHECK(error("  - {type: dense, units: 2}\n") == "model.yaml:11:5: error: missing key 'name' in a layer");
  CHECK(error("  - {name: d, units: 2}\n") == "model.yaml:11:5: error: missing key 'type' in layer 'd'");
  CHECK(error("  - dense\n") ==
        "model.yaml:11:5: error: a layer must be a map with 'name' and 'type', or 'add', 'concat', 'scores' or 'mix', "
        "not 'dense'");
  CHECK(error("  - {name: d, type: dense, units: 5000}\n") ==
        "model.yaml:11:35: error: 'units' must be a whole number from 1 to 4096, not '5000'");
  CHECK(
      error("  - {name: d, type: dense, units: 2, activation: swish}\n") ==
      "model.yaml:11:50: error: 'activation' must be one of none, softmax, relu, gelu, gelu_tanh, sigmoid, tanh, silu, "
      "elu, selu, softplus, softsign, hard_swish, not "
      "'swish'");
  CHECK(error("  - {name: d, type: dense, units: 2, use_bias: 1}\n") ==
        "model.yaml:11:48: error: 'use_bias' must be true or false, not '1'");
  CHECK(error("  - {name: event, type: dense, units: 2}\n") == "model.yaml:11:12: error: the name 'event' is reserved");
  CHECK(error("  - {name: a b, type: dense, units: 2}\n") ==
        "model.yaml:11:12: error: 'name' must be words of letters, digits and '_' joined by '.', not 'a b'");
  CHECK(error("  - {name: d, type: add}\n") ==
        "model.yaml:11:21: error: an add layer is written `add: [a, b]`, without a type");
  CHECK(error(std::string(kDense) + kDense) == "model.yaml:12:12: error: two layers have the name 'd'");
  CHECK(error("  - {name: e, type: dense, units: 3, input: dd}\n") ==
        "model.yaml:11:45: error: there is no layer 'dd'");
  CHECK(error("  - {name: d, type: dense, units: 2, input: evnt}\n") ==
        "model.yaml:11:45: error: there is no layer 'evnt'; did you mean 'event'?");
  CHECK(error("  - {name: d, type: dense, units: 2}\n  - {name: e, type: dense, units: 3}\n"
              "  - {add: [e, event, d]}\n") ==
        "model.yaml:13:22: error: cannot add 'd' [4,2] to 'e' [4,3]: shapes must be equal");
  CHECK(error("  - {add: [event]}\n") == "model.yaml:11:11: error: 'add' needs two or more layers");
  CHECK(error("  - {name: d, type: dense, units: 2, input: e}\n  - {name: e, type: dense, units: 3}\n") ==
        "model.yaml:11:5: error: layers feed themselves: 'd' -> 'e' -> 'd'");
  CHECK(error("  - {name: d, type: dense, units: 2, input: d}\n") ==
        "model.yaml:11:5: error: layers feed themselves: 'd' -> 'd'");
  CHECK(error("  - {name: d, type: dense, units: 2}\n  - {name: p, type: pool, mode: sum, input: event}\n") ==
        "model.yaml:11:5: error: dead layer: nothing uses 'd' on the way to the output 'p'");
  CHECK(error("  - {name: f, type: flatten}\n  - {name: p, type: softmax}\n") ==
        "model.yaml:11:5: error: flatten 'f' must be followed by a dense layer");
  CHECK(error("  - {name: f, type: flatten}\n") ==
        "model.yaml:11:5: error: flatten 'f' must be followed by a dense layer");
  CHECK(error("  - {name: f, type: flatten}\n  - {name: d, type: dense, units: 2}\n") ==
        "model.yaml:12:5: error: array 'd.weight' in weights.npz has shape [2,3], expected [2,12]");
  CHECK(error("  - {name: g, type: dense, units: 2}\n") ==
        "model.yaml:11:5: error: missing array 'g.weight' in weights.npz, expected shape [2,3]");
  CHECK(error("  - {name: a, type: multi_head_attention, heads: 2}\n") ==
        "model.yaml:11:5: error: layer 'a': 3 features do not divide into 2 heads; give 'key_dim'");
  CHECK(error("  - {name: d, type: dense, units: 2, precision: {weight: fixde<8>}}\n") ==
        "model.yaml:11:58: error: 'weight': 'fixde<8>' is not a format: fixed<W,I>, ufixed<W,I> or auto<bits>");
  CHECK(w.error("model: toy\ninput: {tokens: 1, features: 3}\nlayers: []\n") ==
        "model.yaml:3:9: error: 'layers' is empty");
  w.put("d.bias", {2}, {0, std::nan("")});
  CHECK(error(kDense) == "model.yaml:11:5: error: array 'd.bias' in weights.npz is not finite at element 1");
  w.array("a_b.weight", {2, 3}).array("a_b.bias", {2}).array("a.b.weight", {2, 2}).array("a.b.bias", {2});
  CHECK(error("  - {name: a_b, type: dense, units: 2}\n  - {name: a.b, type: dense, units: 2}\n") ==
        "model.yaml:12:5: error: the names 'a_b' and 'a.b' are the same but for '.' and '_'");
}

TEST_CASE("frontend: documents that are no models", "[frontend]") {
  const Workspace w;
  CHECK(w.error("") == "model.yaml:1:1: error: the document is empty");
  CHECK(w.error("[1, 2") == "model.yaml:1:1: error: YAML syntax: end of sequence flow not found");
  CHECK(w.error("a: b: c\n") == "model.yaml:1:5: error: YAML syntax: illegal map value");
  CHECK(w.error("just text\n") ==
        "model.yaml:1:1: error: the model must be a map of model, input, weights, calibration, test, classes, "
        "precision, hardware, layers, not 'just text'");
  CHECK(w.error("model: \xff\xfe\n") == "model.yaml:1:8: error: not a text file in UTF-8");
  CHECK(w.error(std::string("model: a\0b\n", 11)) == "model.yaml:1:9: error: not a text file in UTF-8");
  CHECK(w.error("a: &x [*x]\n") == "model.yaml:1:8: error: an alias may not stand inside the value it refers to");
  CHECK(w.error(std::string(100000, '[')) == "model.yaml:1:33: error: the document is nested too deeply");
  CHECK(w.error(std::string(100000, '{')) != "no error");
  CHECK(w.error("? [a]\n: b\n") == "model.yaml:1:3: error: a key must be plain text");
  CHECK(w.error("a: 1\n---\nb: 1\n") == "model.yaml:3:1: error: only one document is expected");
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) {
      bomb += (j == 0 ? "" : ", ") + before;
    }
    bomb += "]\n";
  }
  CHECK(w.error(bomb).find("error: the document has too many values") != std::string::npos);
  CHECK_THROWS_AS(load_model(w.file("none.yaml"), {}), SourceError);
  CHECK_THROWS_AS(load_model(w.file(""), {}), SourceError);
  CHECK_THROWS_AS(load_model("/dev/zero", {}), SourceError);
}

TEST_CASE("frontend: only layers that round to a format of unknown size want one or events", "[frontend]") {
  Workspace w;
  w.array("d.weight", {2, 3}).array("d.bias", {2});
  const auto error = [&](const std::string& layers, const std::string& precision = "{weight: auto<8>}") {
    return w.error(
        "model: toy\ninput: {tokens: 2, features: 3, format: \"fixed<8,3>\"}\nweights: weights.npz\n"
        "precision: {default: " +
        precision + "}\nlayers:\n" + layers);
  };
  const std::string quantize = "  - {name: q, type: quantize, format: \"fixed<5,2>\"}\n";
  CHECK(error(quantize) == "no error");
  CHECK(error(quantize + "  - {name: a, type: argmax}\n") == "no error");
  const std::string dense = "  - {name: d, type: dense, units: 2, precision: {activation: \"fixed<8,3>\"}}\n";
  CHECK(error(dense + "  - {name: p, type: softmax}\n") == "no error");
  CHECK(error(quantize, "{activation: auto<8>}") == "no error");  // there is nothing to settle
  CHECK(error(dense + "  - {name: p, type: softmax}\n", "{activation: auto<8>}") == "no error");
  CHECK(error("  - {name: d, type: dense, units: 2, precision: {activation: \"fixed<8,3>\", accumulator: "
              "auto<20>}}\n") == "no error");
  CHECK(error("  - {name: d, type: dense, units: 2}\n", "{activation: auto<8>}") ==
        "model.yaml:4:35: error: an auto format needs sample events: give 'calibration'");
  const std::string wants = " is auto, which needs sample events: give 'calibration' or a format";
  CHECK(error(quantize + "  - {name: c, concat: [q, event]}\n") ==
        "model.yaml:7:5: error: the activation format of 'c'" + wants);
  CHECK(error("  - {name: c, type: activation, function: clip, low: 0, high: 1}\n") ==
        "model.yaml:6:5: error: the activation format of 'c'" + wants);
}

TEST_CASE("frontend: --set", "[frontend]") {
  Workspace w;
  w.array("d.weight", {2, 3}).array("d.bias", {2}).array("e.1.weight", {3, 2}).array("e.1.bias", {3});
  const std::string yaml = description(std::string(kDense) + "  - {name: e.1, type: dense, units: 3}\n");
  const Model model = w.load(yaml, {"hardware.clock_mhz=320.5", "layers.e.1.activation=relu", "layers.0.use_bias=false",
                                    "precision.layers.e.*.weight=fixed<7,2>", "input={tokens: 5, features: 3}",
                                    "input.format=ufixed<9,4,trn,wrap>", "layers.d.precision.bias=auto<9>"});
  CHECK(model.clock_mhz == 320.5);
  CHECK(model.tokens == 5);
  CHECK(find(model, "e.1").as<DenseLayer>()->relu);
  CHECK(find(model, "d").as<DenseLayer>()->bias.isZero());
  CHECK(to_string(find(model, "e.1").precision.weight->quantizer) == "fixed<7,2,rnd,sat>");
  CHECK(to_string(model.input_format.quantizer) == "ufixed<9,4,trn,wrap>");
  CHECK(find(model, "d").precision.bias->bits == 9);
  CHECK(w.error(yaml, {"precision.default.activation="}).find("activation format of 'd' is auto") != std::string::npos);

  CHECK(w.error(yaml, {"hardware.clock=3"}) ==
        "--set hardware.clock=3: error: unknown key 'clock' in 'hardware' (known keys: clock_mhz, device, "
        "tokens_per_beat, effort, ternary_adders, dsp)");
  CHECK(w.error(yaml, {"layers.d.units=many"}) ==
        "--set layers.d.units=many: error: 'units' must be a whole number from 1 to 4096, not 'many'");
  CHECK(w.error(yaml, {"layers.dd.units=2"}) ==
        "--set layers.dd.units=2: error: 'layers' has no element 'dd'; did you mean 'd'? (it has 2 elements: d, e.1)");
  CHECK(w.error(yaml, {"layers.7.units=2"}) ==
        "--set layers.7.units=2: error: 'layers' has no element '7' (it has 2 elements: d, e.1)");
  CHECK(w.error(yaml, {"model.name=2"}) == "--set model.name=2: error: 'model' is 'toy', it has no keys");
  CHECK(w.error(yaml, {"model"}) == "--set model: error: expected path=value");
  CHECK(w.error(yaml, {"input..tokens=2"}) == "--set input..tokens=2: error: the path has an empty word");
  CHECK(w.error(yaml, {"input.=2"}) == "--set input.=2: error: the path has an empty word");
  CHECK(w.error(yaml, {"model=[1"}) == "--set model=[1: error: the value is not valid YAML");
  CHECK(w.error(yaml, {"model=a\nb: 1"}) == "--set model=a b: 1: error: the value is not valid YAML");
  CHECK(w.error(yaml, {"test="}) == "--set test=: error: there is no key 'test' to remove");
  CHECK(w.error(yaml, {"weights=no/such.npz"}) ==
        "--set weights=no/such.npz: error: cannot read 'no/such.npz': no such file");
}

TEST_CASE("frontend: elementary layers of a block", "[frontend]") {
  Workspace w;
  for (const char* const block : {"b0", "b1", "b"}) {
    const std::string name = block;
    w.attention(name + ".attn", 2, 2, 4);
    for (const char* const norm : {".norm1", ".norm2"}) {
      w.array(name + norm + ".weight", {4}, 1).array(name + norm + ".bias", {4});
    }
    w.array(name + ".ffn.w1", {8, 4}).array(name + ".ffn.b1", {8}).array(name + ".ffn.w2", {4, 8});
    w.array(name + ".ffn.b2", {4});
  }
  const std::string block = "  - {name: b, type: transformer_block, heads: 2, hidden: 8, norm: ";
  const Model post = w.load(description(block + "post}\n", "count", 4, 4));
  CHECK(names(post) == std::vector<std::string>{"event", "mask", "b.attn.q", "b.attn.k", "b.attn.v", "b.attn.heads",
                                                "b.attn", "b.add1", "b.norm1.normalized", "b.norm1", "b.ffn.hidden",
                                                "b.ffn", "b.add2", "b.norm2.normalized", "b.norm2"});
  CHECK(find(post, "b.attn.heads").inputs == std::vector<std::size_t>{2, 3, 4, 1});
  CHECK(find(post, "b.attn.heads").as<AttentionLayer>()->row_max == true);
  const Model pre = w.load(description(block + "pre, row_max: false}\n", "none", 4, 4));
  CHECK(names(pre) == std::vector<std::string>{"event", "b.norm1.normalized", "b.norm1", "b.attn.q", "b.attn.k",
                                               "b.attn.v", "b.attn.heads", "b.attn", "b.add1", "b.norm2.normalized",
                                               "b.norm2", "b.ffn.hidden", "b.ffn", "b.add2"});
  CHECK(find(pre, "b.attn.heads").as<AttentionLayer>()->row_max == false);
  CHECK(find(pre, "b.add1").inputs == std::vector<std::size_t>{0, 7});
  const Model none =
      w.load(description(block + "none, repeat: 2, activation: gelu}\n  - {add: [b0, b]}\n", "none", 4, 4));
  CHECK(names(none) == std::vector<std::string>{"event",         "b0.attn.q",
                                                "b0.attn.k",     "b0.attn.v",
                                                "b0.attn.heads", "b0.attn",
                                                "b0.add1",       "b0.ffn.hidden.linear",
                                                "b0.ffn.hidden", "b0.ffn",
                                                "b0.add2",       "b1.attn.q",
                                                "b1.attn.k",     "b1.attn.v",
                                                "b1.attn.heads", "b1.attn",
                                                "b1.add1",       "b1.ffn.hidden.linear",
                                                "b1.ffn.hidden", "b1.ffn",
                                                "b1.add2",       "add1"});
  CHECK(none.layers.back().inputs == std::vector<std::size_t>{10, 20});
}

TEST_CASE("frontend: batch norm, softmax and sorting", "[frontend]") {
  Workspace w;
  w.array("d.weight", {2, 3}).array("d.bias", {2}).array("n.gamma", {2}).array("n.beta", {2}).array("n.mean", {2});
  w.array("n.variance", {2}, 3);
  const std::string norm = "  - {name: n, type: batch_norm}\n";
  const Model folded = w.load(description(kDense + norm));
  CHECK(names(folded) == std::vector<std::string>{"event", "d"});
  const Model kept =
      w.load(description("  - {name: d, type: dense, units: 2, precision: {activation: \"fixed<9,3>\"}}\n" + norm));
  CHECK(names(kept) == std::vector<std::string>{"event", "d", "n"});
  const Events events = random_events(folded, 20, 3);
  CHECK(distance(output(folded, events), output(kept, events)) < 1e-14);

  // Softmax: into the dense; not where another layer uses the dense, or after relu.
  const Model direct = w.load(description("  - {name: d, type: dense, units: 2, activation: softmax}\n"));
  CHECK(names(direct) == std::vector<std::string>{"event", "d.linear", "d"});
  const Model behind = w.load(description(std::string(kDense) + "  - {name: s, type: softmax}\n"));
  CHECK(names(behind) == std::vector<std::string>{"event", "d", "s"});
  const Model shared = w.load(description(std::string(kDense) + "  - {name: s, type: softmax}\n  - {add: [s, d]}\n"));
  CHECK(names(shared) == std::vector<std::string>{"event", "d", "s.scaled", "s", "add1"});
  const RowMatrix logits = evaluate_float(shared, events)[1];
  const RowMatrix powers = logits.array().exp();
  const Eigen::VectorXd sums = powers.rowwise().sum();
  const RowMatrix expected = powers.array().colwise() / sums.array();
  CHECK(distance(output(direct, events), expected) < 1e-14);
  CHECK(distance(output(behind, events), expected) < 1e-14);
  CHECK(distance(evaluate_float(shared, events)[3], expected) < 1e-14);

  // A layer may stand before its input.
  const Model sorted =
      w.load(description("  - {name: s, type: softmax, input: d}\n"
                         "  - {name: d, type: dense, units: 2, input: event}\n"
                         "  - {name: m, type: argmax, input: s}\n"));
  CHECK(names(sorted) == std::vector<std::string>{"event", "d", "s", "m"});
  CHECK(sorted.layers.back().features == 1);
}

TEST_CASE("frontend: precision of layers", "[frontend]") {
  Workspace w;
  w.attention("a", 2, 8, 3);
  const std::string layers =
      "  - {name: a, type: multi_head_attention, heads: 2, key_dim: 8, precision: {weight: auto<9>}}\n";
  CHECK(names(w.load(description(layers))) == std::vector<std::string>{"event", "a.q", "a.heads", "a"});
  const std::vector<std::string> all = {"event", "a.q", "a.k", "a.v", "a.heads", "a"};
  CHECK(names(w.load(description(layers), {"layers.a.projection=separate"})) == all);
  CHECK(names(w.load(description(layers), {"precision.layers.*.k.weight=auto<5>"})) == all);
  const Model model =
      w.load(description(layers), {"precision.layers.a.*.weight=auto<5>", "precision.layers.a.q.weight=auto<7>"});
  CHECK(find(model, "a").precision.weight->bits == 9);
  CHECK(find(model, "a.q").precision.weight->bits == 7);
  CHECK(find(model, "a.k").precision.weight->bits == 9);
}

TEST_CASE("frontend: merged projections equal separate ones", "[frontend]") {
  for (const std::string mask : {"none", "valid"}) {
    Workspace w;
    w.attention("a", 3, 8, 4);
    const std::string layer = "  - {name: a, type: multi_head_attention, heads: 3, key_dim: 8, projection: ";
    const Model merged = w.load(description(layer + "merged}\n", mask, 5, 4));
    const Model separate = w.load(description(layer + "separate}\n", mask, 5, 4));
    CHECK(find(merged, "a.heads").as<AttentionLayer>()->kv_heads == 1);
    CHECK(find(separate, "a.heads").as<AttentionLayer>()->kv_heads == 3);
    CHECK(find(merged, "a.q").as<DenseLayer>()->weight.rows() == 12);
    const Events events = random_events(merged, 30, 11);
    const RowMatrix a = output(merged, events);
    CHECK(distance(a, output(separate, events)) < 1e-11);
    CHECK(a.cwiseAbs().maxCoeff() > 0.1);
  }
}

TEST_CASE("float reference: layers against their definitions", "[frontend]") {
  Workspace w;
  w.array("n.weight", {3}, 1).array("n.bias", {3});
  const Model norm = w.load(description("  - {name: n, type: layer_norm, epsilon: 0.01}\n"));
  const Events events = random_events(norm, 6, 5);
  const std::vector<RowMatrix> tensors = evaluate_float(norm, events);
  const Eigen::RowVectorXd x = events.x.row(7);
  const double mean = x.mean();
  const double variance = (x.array() - mean).square().mean();
  CHECK(tensors[1](7, 2) == Approx((x(2) - mean) / std::sqrt(variance + 0.01)).epsilon(1e-13));
  const auto& affine = *find(norm, "n").as<AffineLayer>();
  CHECK(tensors[2](7, 2) == Approx(tensors[1](7, 2) * affine.factor(2) + affine.bias(2)).epsilon(1e-13));
  const Model rms = w.load(description("  - {name: n, type: rms_norm}\n"));
  CHECK(evaluate_float(rms, events)[1](7, 1) ==
        Approx(x(1) / std::sqrt(x.array().square().mean() + 1e-5)).epsilon(1e-13));

  const std::map<std::string, std::function<double(double)>> functions = {
      {"relu", [](double v) { return std::max(v, 0.0); }},
      {"gelu", [](double v) { return 0.5 * v * (1 + std::erf(v / std::sqrt(2.0))); }},
      {"sigmoid", [](double v) { return 1 / (1 + std::exp(-v)); }},
      {"tanh", [](double v) { return std::tanh(v); }},
      {"silu", [](double v) { return v / (1 + std::exp(-v)); }},
      {"gelu_tanh",
       [](double v) { return v / 2 * (1 + std::tanh(std::sqrt(2 / std::acos(-1.0)) * (v + 0.044715 * v * v * v))); }},
      {"elu", [](double v) { return v < 0 ? std::exp(v) - 1 : v; }},
      {"selu", [](double v) { return 1.0507009873554805 * (v < 0 ? 1.6732632423543772 * (std::exp(v) - 1) : v); }},
      {"softplus", [](double v) { return std::log(1 + std::exp(v)); }},
      {"softsign", [](double v) { return v / (1 + std::abs(v)); }},
      {"hard_swish", [](double v) { return v < -3  ? 0
                                           : v > 3 ? v
                                                   : v * (v + 3) / 6; }},
      {"leaky_relu, slope: 0.125", [](double v) { return v < 0 ? v / 8 : v; }},
  };
  for (const auto& [name, function] : functions) {
    const Model model = w.load(description("  - {name: f, type: activation, function: " + name + "}\n"));
    CHECK(distance(output(model, events), events.x.unaryExpr(function)) < 1e-14);
  }

  Events masked = events;
  masked.mask.assign(24, 0);
  masked.mask[1] = masked.mask[3] = 1;
  const auto pooled = [&](const std::string& mode) {
    return output(w.load(description("  - {name: p, type: pool, mode: " + mode + "}\n", "valid")), masked);
  };
  CHECK(pooled("sum")(0, 0) == Approx(events.x(1, 0) + events.x(3, 0)));
  CHECK(pooled("mean")(0, 0) == Approx((events.x(1, 0) + events.x(3, 0)) / 2));
  CHECK(pooled("max")(0, 0) == std::max(events.x(1, 0), events.x(3, 0)));
  CHECK(pooled("max").bottomRows(5).isZero());

  w.attention("a", 1, 3, 3);
  const Model attention = w.load(description("  - {name: a, type: multi_head_attention, heads: 1}\n", "valid"));
  const std::vector<RowMatrix> parts = evaluate_float(attention, masked);
  const RowMatrix &q = parts[2], &k = parts[3], &v = parts[4], &heads = parts[5];
  const double first = std::exp2(q.row(0).dot(k.row(1)));
  const double second = std::exp2(q.row(0).dot(k.row(3)));
  CHECK(heads(0, 2) == Approx((first * v(1, 2) + second * v(3, 2)) / (first + second)).epsilon(1e-13));
  CHECK(heads.bottomRows(20).isZero());
}

TEST_CASE("frontend: the shipped models", "[frontend]") {
  for (const char* const name : {"btag", "encreg", "jet_tagger"}) {
    INFO(name);
    const Model model = load_model(source_folder() + "/configs/" + name + "/model.yaml", {});
    CHECK(model.name == name);
    for (const std::string& file : {model.calibration_file, model.test_file}) {
      const Events events = load_events(file, model, 32);
      CHECK(events.count == 32);
      CHECK(output(model, events).allFinite());
    }
  }
  const Model jets = load_model(source_folder() + "/configs/jet_tagger/model.yaml", {});
  const Events events = load_events(jets.test_file, jets, std::nullopt);
  const RowMatrix logits = output(jets, events);
  int right = 0;
  for (std::size_t i = 0; i < events.count; ++i) {
    Eigen::Index best = 0;
    logits.row(static_cast<Eigen::Index>(i)).maxCoeff(&best);
    right += best == events.classes[i] ? 1 : 0;
  }
  CHECK(static_cast<double>(right) / static_cast<double>(events.count) > 0.5);
  const Model encreg = load_model(source_folder() + "/configs/encreg/model.yaml", {"layers.block.repeat=2"});
  CHECK(encreg.layers.size() == 2 + 1 + 2 * 13 + 1);
}

/// The array of a file as [rows, columns] with the last dimension as columns.
RowMatrix load_matrix(const std::string& path, const std::string& name) {
  const NpyArray array = NpzFile(path).read(name);
  const auto columns = static_cast<Eigen::Index>(array.shape.back());
  return Eigen::Map<const RowMatrix>(array.values.data(), static_cast<Eigen::Index>(array.values.size()) / columns,
                                     columns);
}

TEST_CASE("float reference: the public b-tagger", "[frontend]") {
  if (!has_shared_model("hls4ml_btag_float_vectors.npz")) {
    return;
  }
  const std::string vectors = shared_model("hls4ml_btag_float_vectors.npz");
  for (const char* const projection : {"merged", "separate"}) {
    std::vector<std::string> overrides = {"weights=" + shared_model("hls4ml_btag_float.npz")};
    for (const char* const block : {"block0", "block1", "block2"}) {
      overrides.push_back(std::string("layers.") + block + ".attn.projection=" + projection);
    }
    const Model model = load_model(source_folder() + "/configs/btag/model.yaml", overrides);
    const Events events = load_events(vectors, model, std::nullopt);
    CHECK(events.count == 1024);
    CHECK(distance(output(model, events), load_matrix(vectors, "y_latent_float64")) < 1e-9);
  }
}

TEST_CASE("float reference: the public track regressor", "[frontend][slow]") {
  if (!has_shared_model("trackformers_lin3_vectors.npz")) {
    return;
  }
  const std::string vectors = shared_model("trackformers_lin3_vectors.npz");
  const std::string path = source_folder() + "/configs/encreg/model.yaml";
  const std::string weights = "weights=" + shared_model("trackformers_lin3.npz");
  const Model full = load_model(path, {weights, "input.mask=none", "input.arrays.x=x_fixed"});
  CHECK(distance(output(full, load_events(vectors, full, std::nullopt)), load_matrix(vectors, "y_fixed_float64")) <
        1e-9);

  const Model padded = load_model(path, {weights});
  const Events events = load_events(vectors, padded, 300);
  CHECK(events.targets.rows() == 300 * 27);
  const RowMatrix y = output(padded, events);
  const RowMatrix expected = load_matrix(vectors, "y_float64");
  double worst = 0;
  for (Eigen::Index row = 0; row < y.rows(); ++row) {
    if (events.mask[static_cast<std::size_t>(row)] != 0) {
      worst = std::max(worst, (y.row(row) - expected.row(row)).cwiseAbs().maxCoeff());
    }
  }
  CHECK(worst < 1e-9);
}

}  // namespace
}  // namespace rtlgen
