// Models with constants and formats that differ from token to token.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "ir/events.hpp"
#include "ir/golden.hpp"
#include "primitives/dense.hpp"
#include "rtlgen/deliver/compile_model.hpp"
#include "rtlgen/deliver/emit_core.hpp"
#include "rtlgen/files/file_bytes.hpp"
#include "rtlgen/files/npz.hpp"
#include "rtlgen/frontend/event_file.hpp"
#include "rtlgen/model/float_reference.hpp"
#include "tests/support/exact_models.hpp"
#include "tests/support/graph_builder.hpp"
#include "tests/support/rtl_bench.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/tools.hpp"

namespace rtlgen::testing {
namespace {

using Shape = std::vector<std::size_t>;

/// A model's files.
class Workspace {
 public:
  void reals(const std::string& name, const Shape& shape, const std::vector<double>& values) {
    arrays_[name] = npy_bytes(shape, values);
  }
  void random_reals(Dice& dice, const std::string& name, const Shape& shape, double scale = 1) {
    std::vector<double> values(size(shape));
    for (double& value : values) {
      value = dice.normal() * scale;
    }
    reals(name, shape, values);
  }
  /// Whole numbers from `low` to `high` times `unit`.
  void random_multiples(Dice& dice, const std::string& name, const Shape& shape, int low, int high, double unit = 1) {
    std::vector<double> values(size(shape));
    for (double& value : values) {
      value = dice.number(low, high) * unit;
    }
    reals(name, shape, values);
  }
  /// The arrays of a quantize layer with formats per token.
  void formats(Dice& dice, const std::string& name, const Shape& shape) {
    std::vector<double> width(size(shape));
    std::vector<double> integer(size(shape));
    for (std::size_t i = 0; i < width.size(); ++i) {
      width[i] = dice.percent(15) ? 0 : dice.number(1, 8);
      integer[i] = dice.number(0, 5);
    }
    reals(name + ".width", shape, width);
    reals(name + ".integer", shape, integer);
    if (dice.percent(50)) {
      random_multiples(dice, name + ".signed", shape, 0, 1);
    }
  }
  CompiledModel compile(const std::string& layers, int tokens, int features, const std::string& more) {
    yaml_ = "model: m\ninput: {tokens: " + std::to_string(tokens) + ", features: " + std::to_string(features) + more +
            "weights: weights.npz\nlayers:\n" + layers;
    write_file_bytes(folder_.file("model.yaml"), yaml_);
    write_npz(folder_.file("weights.npz"), arrays_);
    return compile_model(folder_.file("model.yaml"), {});
  }
  /// What the compiler says, without the file's name.
  std::string error(const std::string& layers, int tokens, int features, const std::string& more) {
    try {
      compile(layers, tokens, features, more);
    } catch (const SourceError& error) {
      const std::string text = error.what();
      return text.substr(text.find("error: ") + 7);
    }
    return "";
  }

  const std::string& yaml() const { return yaml_; }
  std::string file(const std::string& name) const { return folder_.file(name); }

 private:
  static std::size_t size(const Shape& shape) {
    std::size_t result = 1;
    for (const std::size_t extent : shape) {
      result *= extent;
    }
    return result;
  }

  TemporaryFolder folder_;
  std::string yaml_;
  std::map<std::string, std::string> arrays_;
};

constexpr const char* kExact = ", format: \"fixed<7,3,trn,wrap>\"}\nprecision: {default: {activation: exact}}\n";

std::string name_of(int number) { return std::string(1, static_cast<char>('a' + number)); }

/// Layers one behind another, all exact, of which the last is a quantize layer.
CompiledModel random_exact_model(Dice& dice, Workspace& space) {
  const int tokens = dice.number(2, 7);
  int width = dice.number(1, 4);
  const int inputs = width;
  const auto rows = static_cast<std::size_t>(tokens);
  std::string layers;
  const int count = dice.number(1, 5);
  for (int i = 0; i < count; ++i) {
    const std::string name = name_of(i);
    const auto features = static_cast<std::size_t>(width);
    const int kind = i + 1 == count ? 3 : dice.number(0, 4);
    std::string keys;
    if (kind == 0) {
      const int units = dice.number(1, 4);
      const auto out = static_cast<std::size_t>(units);
      space.random_multiples(dice, name + ".weight", {out, features}, -3, 3, 0.5);
      space.random_multiples(dice, name + ".bias", {out}, -5, 5, 0.25);
      keys = "type: dense, units: " + std::to_string(units) + (dice.percent(50) ? ", activation: relu" : "") +
             ", precision: {weight: \"fixed<4,3>\"}";
      width = units;
    } else if (kind == 1) {
      space.random_multiples(dice, name + ".weight", {features}, 1, 3, dice.percent(50) ? 1 : 0.5);
      space.random_multiples(dice, name + ".bias", {rows, features}, -9, 9, 0.125);
      keys = "type: affine";
    } else if (kind == 2) {
      keys = dice.percent(50) ? "type: activation, function: relu"
                              : "type: activation, function: clip, low: -1.5, high: 2";
    } else if (kind == 3) {
      space.formats(dice, name, {rows, features});
      keys = "type: quantize, formats: per_token, rounding: " +
             dice.pick(std::vector<std::string>{"trn", "rnd", "rnd_conv", "ceil", "rnd_inf"}) +
             ", overflow: " + dice.pick(std::vector<std::string>{"wrap", "sat", "sat_sym"});
    } else {
      keys = "type: quantize, format: \"fixed<6,3,rnd_conv,sat>\"";
    }
    layers += "  - {name: " + name + ", " + keys + "}\n";
  }
  return space.compile(
      layers, tokens, inputs,
      kExact + std::string("hardware: {tokens_per_beat: ") + std::to_string(dice.number(1, tokens)) + "}\n");
}

TEST_CASE("tokens: exact models are their formulas, golden and RTL", "[tokens][rtl]") {
  for (unsigned seed = 1; seed <= 150; ++seed) {
    INFO("seed " << seed << " + " << seed_offset());
    Dice dice(seed);
    Workspace space;
    const CompiledModel compiled = random_exact_model(dice, space);
    INFO(space.yaml());
    const IntegerEvents events = random_events(dice, compiled.graph, 40);
    CHECK(largest_error(compiled.model, compiled.graph, events) == 0);
    if (seed <= 25) {
      CHECK(run_bench(compiled.graph, slice_events(compiled.graph, events, 0, 12), {seed}).verdict() == "ok");
    }
  }
}

TEST_CASE("tokens: no tool has anything to say about the Verilog", "[tokens][lint]") {
  for (unsigned seed = 1; seed <= 8; ++seed) {
    INFO("seed " << seed << " + " << seed_offset());
    Dice dice(seed);
    Workspace space;
    const CompiledModel compiled = random_exact_model(dice, space);
    INFO(space.yaml());
    const TemporaryFolder folder;
    std::vector<std::string> verilator = {"verilator", "--lint-only", "-Wall", "--top-module", "m"};
    std::vector<std::string> iverilog = {"iverilog", "-Wall", "-g2005", "-t", "null", "-s", "m"};
    std::string script = "read_verilog";
    for (const auto& [name, text] : emit_core(compiled.graph, compiled.schedule)) {
      write_file_bytes(folder.file(name + ".v"), text);
      verilator.push_back(name + ".v");
      iverilog.push_back(name + ".v");
      script += " " + name + ".v";
    }
    CHECK(complaints(folder, verilator) == "");
    CHECK(complaints(folder, iverilog) == "");
    CHECK(complaints(folder, {"yosys", "-q", "-p", script + "; hierarchy -check -top m; proc; check -assert"}) == "");
  }
}

TEST_CASE("tokens: positional constants in a model of calibrated formats, masked, golden and RTL", "[tokens][rtl]") {
  for (int index = 0; index < 6; ++index) {
    const unsigned seed = 100 + static_cast<unsigned>(index);
    INFO("seed " << seed << " + " << seed_offset());
    Dice dice(seed);
    Workspace space;
    space.random_reals(dice, "embed.weight", {6, 3});
    space.random_reals(dice, "embed.bias", {6});
    space.reals("position.weight", {6}, {1, 1, 1, 1, 1, index % 2 == 0 ? 1 : 0.3});
    space.random_reals(dice, "position.bias", {5, 6});
    for (const char* const part : {"q", "k", "v"}) {
      space.random_reals(dice, std::string("attend.w") + part, {2, 3, 6}, 0.5);
      space.random_reals(dice, std::string("attend.b") + part, {2, 3}, 0.5);
    }
    space.random_reals(dice, "attend.wo", {6, 2, 3}, 0.5);
    space.random_reals(dice, "attend.bo", {6}, 0.5);
    space.random_reals(dice, "after.bias", {5, 6});
    space.reals("after.weight", {6}, std::vector<double>(6, 1.0));
    std::vector<double> x(50 * 5 * 3);
    for (double& value : x) {
      value = dice.number(-64, 63) / 16.0;
    }
    write_npz(space.file("calibration.npz"),
              {{"x", npy_bytes({50, 5, 3}, x)}, {"count", npy_bytes({50}, std::vector<std::int64_t>(50, 4))}});
    const CompiledModel compiled = space.compile(
        "  - {name: embed, type: dense, units: 6}\n  - {name: position, type: affine}\n"
        "  - {name: attend, type: multi_head_attention, heads: 2, key_dim: 3}\n  - {add: [position, attend]}\n"
        "  - {name: after, type: affine}\n  - {name: pool, type: pool, mode: mean}\n",
        5, 3,
        ", format: \"fixed<7,3>\", mask: count}\ncalibration: calibration.npz\n"
        "precision: {default: {activation: auto<14>, weight: auto<12>}}\nhardware: {tokens_per_beat: " +
            std::to_string(1 + index % 3) + "}\n");
    const IntegerEvents events = random_events(dice, compiled.graph, 40);
    CHECK(run_bench(compiled.graph, events, {seed}).verdict() == "ok");
    const Graph::NodeId position = compiled.graph.find("position");
    CHECK(compiled.graph.node(position).op() == "token_quantize");
    // In the range that the formats were made for, attention apart.
    const Events known = load_events(space.file("calibration.npz"), compiled.model, std::nullopt);
    const Mantissas found = golden_tensors(compiled.graph, quantize_events(compiled.graph, known))[position];
    const auto layer = std::find_if(compiled.model.layers.begin(), compiled.model.layers.end(),
                                    [](const Layer& candidate) { return candidate.name == "position"; });
    const RowMatrix expected =
        evaluate_float(compiled.model, known)[static_cast<std::size_t>(layer - compiled.model.layers.begin())];
    const RowMatrix real = to_real(found, compiled.graph.node(position).type.frac, {});
    CHECK((real - expected).cwiseAbs().maxCoeff() < 0.02);
  }
}

TEST_CASE("tokens: the order of tokens matters to constants, and only to them", "[tokens]") {
  Workspace space;
  space.reals("a.weight", {1}, {1});
  space.reals("a.bias", {3, 1}, {0.5, 1.25, -2});
  const CompiledModel compiled = space.compile("  - {name: a, type: affine}\n", 3, 1, kExact);
  IntegerEvents events;
  events.count = 1;
  events.x = Mantissas::Constant(3, 1, 16);  // 1 in the event's format
  const Mantissas y = golden_output(compiled.graph, events);
  const TensorType& type = compiled.graph.node(compiled.graph.output()).type;
  REQUIRE(type.frac == 4);
  CHECK(y(0, 0) == 24);
  CHECK(y(1, 0) == 36);
  CHECK(y(2, 0) == -16);
}

TEST_CASE("tokens: what all tokens agree on is said once", "[tokens]") {
  Workspace space;
  space.reals("a.weight", {2}, {1, 1});
  space.reals("a.bias", {3, 2}, {0.5, 1, 0.5, 1, 0.5, 1});
  space.reals("b.width", {3, 2}, {4, 5, 4, 5, 4, 5});
  space.reals("b.integer", {3, 2}, {2, 2, 2, 2, 2, 2});
  const CompiledModel compiled =
      space.compile("  - {name: a, type: affine}\n  - {name: b, type: quantize, formats: per_token}\n", 3, 2, kExact);
  for (Graph::NodeId id = 0; id < compiled.graph.size(); ++id) {
    CHECK(compiled.graph.node(id).op() != "token_quantize");
  }
}

TEST_CASE("tokens: constants and a quantizer behind them are one operation", "[tokens]") {
  Workspace space;
  Dice dice(9);
  space.reals("a.weight", {2}, {1, 1});
  space.reals("a.bias", {2, 2}, {0.5, 1, 0.25, 2});
  space.formats(dice, "b", {2, 2});
  const CompiledModel compiled =
      space.compile("  - {name: a, type: affine}\n  - {name: b, type: quantize, formats: per_token}\n", 2, 2, kExact);
  CHECK(compiled.graph.size() == 2);
}

TEST_CASE("tokens: a feature without bits has no weights before it", "[tokens]") {
  Workspace space;
  space.reals("a.weight", {2, 2}, {3, 5, 6, 7});
  space.reals("a.bias", {2}, {1, 1});
  space.reals("b.width", {2}, {0, 5});
  space.reals("b.integer", {2}, {0, 3});
  const CompiledModel compiled = space.compile(
      "  - {name: a, type: dense, units: 2}\n  - {name: b, type: quantize, formats: per_feature}\n", 2, 2, kExact);
  const auto* const dense = compiled.graph.node(compiled.graph.output()).as<Dense>();
  REQUIRE(dense != nullptr);
  const std::vector<std::int64_t>& weight = dense->weight.values;
  REQUIRE(weight.size() == 4);
  CHECK(weight[0] == 0);
  CHECK(weight[1] == 0);
  CHECK(weight[2] != 0);
}

TEST_CASE("tokens: arrays of a wrong shape and constants that are no binary fractions are refused", "[tokens]") {
  const auto affine = [](const Shape& shape, const std::vector<double>& values) {
    Workspace space;
    space.reals("a.weight", {2}, {1, 1});
    space.reals("a.bias", shape, values);
    return space.error("  - {name: a, type: affine}\n", 2, 2, kExact);
  };
  CHECK(affine({2, 2}, {1, 2, 3, 4}).empty());
  CHECK(affine({2, 2}, {1, 0.1, 3, 4}) ==
        "'a' adds constants that are no whole multiples of a power of two with at most 48 bits; expected rounded "
        "constants, or a format of the layer's own");
  CHECK(affine({2, 2}, {1, 0x1p-40, 3, 0x1p20}).find("with at most 48 bits") != std::string::npos);
  CHECK(affine({3, 2}, {1, 2, 3, 4, 5, 6}).find("has shape [3,2], expected [2,2]") != std::string::npos);
  CHECK(affine({4}, {1, 2, 3, 4}).find("has shape [4], expected [2]") != std::string::npos);
  const auto quantize = [](const std::string& form, const std::vector<double>& width) {
    Workspace space;
    space.reals("a.width", {2, 2}, width);
    space.reals("a.integer", {2, 2}, {1, 2, 3, 4});
    return space.error("  - {name: a, type: quantize, formats: " + form + "}\n", 2, 2, kExact);
  };
  CHECK(quantize("per_token", {5, 6, 7, 8}).empty());
  CHECK(quantize("per_feature", {5, 6, 7, 8}).find("has shape [2,2], expected [2]") != std::string::npos);
  CHECK(quantize("per_token", {5, 6, 7, 49}).find("'width' must be whole numbers from 0 to 48") != std::string::npos);
  CHECK(quantize("per_tokens", {5, 6, 7, 8}).find("per_token") != std::string::npos);
  Workspace space;
  space.reals("b.weight", {2}, {1, 1});
  space.reals("b.bias", {2, 2}, {1, 2, 3, 4});
  CHECK(space.error("  - {name: a, type: quantize, signed: true, bits: 4, scale: 0.29, rounding: trn}\n  - {name: b, "
                    "type: affine}\n",
                    2, 2, kExact) ==
        "'b.sum' needs values in powers of two; expected a quantize layer with 'format' before it");
}

}  // namespace
}  // namespace rtlgen::testing
