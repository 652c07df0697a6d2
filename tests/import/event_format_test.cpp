// The format of the event: what quantizers tell apart is kept, and what is chosen is said.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "rtlgen/deliver/compile_model.hpp"
#include "rtlgen/files/file_bytes.hpp"
#include "rtlgen/import/chosen_formats.hpp"
#include "rtlgen/import/keras_activation.hpp"
#include "rtlgen/import/write_import.hpp"
#include "tests/support/dice.hpp"
#include "tests/support/imported.hpp"

namespace rtlgen::testing {
namespace {

using Catch::Matchers::Contains;
using Json = nlohmann::ordered_json;

/// A quantizer without a format: its numbers, and what it does to x by its definition.
struct Quantizing {
  double scale;
  int bits;
  bool is_signed = true;
  double zero_point = 0;

  double low() const { return is_signed ? -std::exp2(bits - 1) : 0; }
  double high() const { return is_signed ? std::exp2(bits - 1) - 1 : std::exp2(bits) - 1; }
  double operator()(double x) const {
    return scale * (std::clamp(std::nearbyint(x / scale + zero_point), low(), high()) - zero_point);
  }
  /// How far x / scale is from a rounding boundary, in steps.
  double margin(double x) const {
    const double steps = x / scale + zero_point;
    return std::abs(steps - std::floor(steps) - 0.5);
  }
  Json keys() const {
    Json made = {{"signed", is_signed}, {"bits", bits}, {"scale", scale}};
    if (zero_point != 0) {
      made["zero_point"] = static_cast<int>(zero_point);
    }
    return made;
  }
};

ImportedModel model_of(std::vector<ImportedLayer> layers, int features = 2, int tokens = 1) {
  ImportedModel model;
  model.exact = true;
  model.features = features;
  model.tokens = tokens;
  model.layers = std::move(layers);
  return model;
}

ImportedModel settled(ImportedModel model, const ImportOptions& options = {}) {
  settle_formats(model, options);
  return model;
}

ImportOptions calibrated() {
  ImportOptions options;
  options.calibration = "events.npz";
  return options;
}

TEST_CASE("import: a first quantizer of any scale sees the event in its range and its steps", "[import]") {
  constexpr std::size_t kEvents = 3000;
  constexpr unsigned kSeed = 1207;
  INFO("seed " << kSeed << " + " << seed_offset());
  Dice dice(kSeed);
  for (const Quantizing& quantizer :
       {Quantizing{7.3, 8}, Quantizing{1.3e-4, 8}, Quantizing{0.37, 4, false}, Quantizing{91.7, 12},
        Quantizing{0.011, 8, false, 131}, Quantizing{3e-7, 11}, Quantizing{2.5e5, 6, true, -7}}) {
    CAPTURE(quantizer.scale, quantizer.bits, quantizer.is_signed, quantizer.zero_point);
    const TemporaryFolder folder;
    ImportOptions options;
    options.file = "q.onnx";
    options.out = folder.file("out");
    const ImportedModel model =
        settled(model_of({imported_layer("q", "quantize", quantizer.keys(), {"event"})}), options);
    write_import(model, options);
    std::vector<double> x;
    NpyArray expected{{kEvents, 2}, {}, false};
    while (x.size() < 2 * kEvents) {  // up to half as far again as the codes reach
      const double reach = quantizer.scale * std::exp2(quantizer.bits) * 1.5;
      const double value = reach * static_cast<double>(dice.between(-(1 << 30), 1 << 30)) * 0x1p-30;
      if (quantizer.margin(value) > 0x1p-10) {
        x.push_back(value);
        expected.values.push_back(quantizer(value));
      }
    }
    write_npy(folder.file("x.npy"), expected.shape, x);
    const RowMatrix rows = golden_rows(options.out + "/model.yaml", folder.file("x.npy"));
    REQUIRE(rows.size() == static_cast<Eigen::Index>(expected.values.size()));
    double largest = 0;
    for (std::size_t i = 0; i < expected.values.size(); ++i) {
      largest = std::max(largest, std::abs(rows.data()[i] - expected.values[i]) / quantizer.scale);
    }
    CHECK(largest < 1e-9);
    CHECK(model.input_chosen);
    REQUIRE(!model.notes.empty());
    CHECK_THAT(model.notes[0],
               Contains(model.input_format) && Contains("quantizer 'q'") && Contains("may go the other"));
    const std::string text = read_text(options.out + "/model.yaml");
    CHECK_THAT(text,
               Contains("format: \"" + model.input_format + "\", mask: none}  # format chosen by the importer\n"));
  }
}

TEST_CASE("import: a first quantizer of QKeras of any scale sees the event in its range", "[import]") {
  // The step is alpha * 2^(integer - bits + 1), and the lowest code is left out.
  constexpr double kStep = 7.3;
  std::vector<ImportedLayer> layers = activation_layers("quantized_linear(8,7,alpha=7.3)", 2);
  REQUIRE(layers.size() == 1);
  layers[0].name = "q";
  const TemporaryFolder folder;
  ImportOptions options;
  options.file = "q.h5";
  options.out = folder.file("out");
  write_import(settled(model_of(layers), options), options);
  std::vector<double> x;
  NpyArray expected{{1000, 2}, {}, false};
  for (int i = -2000; x.size() < 2000; ++i) {
    const double value = 0.877 * i;
    if (Quantizing{kStep, 8}.margin(value) > 0x1p-10) {
      x.push_back(value);
      expected.values.push_back(kStep * std::clamp(std::nearbyint(value / kStep), -127.0, 127.0));
    }
  }
  write_npy(folder.file("x.npy"), expected.shape, x);
  CHECK(count_differences(golden_rows(options.out + "/model.yaml", folder.file("x.npy")), expected) == 0);
}

TEST_CASE("import: a quantizer of the event's own format is part of the model and costs nothing", "[import]") {
  const auto write = [](const TemporaryFolder& folder, const std::string& format, const std::string& quantizer) {
    write_file_bytes(folder.file("model.yaml"), "model: m\ninput: {tokens: 1, features: 1, format: \"" + format +
                                                    "\"}\nprecision: {default: {activation: exact}}\nlayers:\n"
                                                    "  - {name: q, type: quantize, format: \"" +
                                                    quantizer +
                                                    "\"}\n  - {name: r, type: activation, function: relu}\n"
                                                    "  - {name: s, type: quantize, format: \"fixed<7,4>\"}\n");
    const Graph graph = compile_model(folder.file("model.yaml"), {}).graph;
    std::vector<std::string> names;
    for (Graph::NodeId id = 0; id < graph.size(); ++id) {
      names.push_back(graph.node(id).name);
    }
    return names;
  };
  using Names = std::vector<std::string>;
  const TemporaryFolder folder;
  CHECK(write(folder, "fixed<8,4>", "fixed<8,4>") == Names{"event", "s"});
  CHECK(write(folder, "fixed<8,4>", "fixed<10,5>") == Names{"event", "s"});  // holds all numbers of the event
  CHECK(write(folder, "ufixed<7,3>", "fixed<8,4>") == Names{"event", "s"});
  CHECK(write(folder, "fixed<8,4>", "fixed<8,5>") == Names{"event", "q", "s"});              // rounds
  CHECK(write(folder, "fixed<8,4>", "fixed<7,3>") == Names{"event", "q", "s"});              // saturates
  CHECK(write(folder, "fixed<8,4>", "fixed<8,4,rnd,sat_sym>") == Names{"event", "q", "s"});  // leaves -8 out
  CHECK(write(folder, "fixed<8,4>", "ufixed<8,4>") == Names{"event", "q", "s"});
}

TEST_CASE("import: the event's format holds what quantizers see behind maps of single features", "[import]") {
  const Json codes = {{"signed", true}, {"bits", 4}, {"scale", 3.0}};  // -24 to 21
  ImportedLayer map = imported_layer("a", "affine", Json::object(), {"event"});
  map.arrays["weight"] = {{2}, {0.25, -2}, false};
  map.arrays["bias"] = {{2}, {0, 5}, false};
  const auto format = [](std::vector<ImportedLayer> layers) {
    return settled(model_of(std::move(layers))).input_format;
  };
  // (y - 0) / 0.25 = -96 to 84, steps 12; (y - 5) / -2 = -8 to 14.5, steps 1.5: 2^0 and ten bits more
  CHECK(format({map, imported_layer("q", "quantize", codes)}) == "fixed<18,8>");
  CHECK(format({imported_layer("q", "quantize", codes)}) == "fixed<15,6>");  // steps of 2^1, ten bits more
  CHECK(format({imported_layer("r", "activation", {{"function", "relu"}}), imported_layer("q", "quantize", codes)}) ==
        "fixed<15,6>");
  CHECK(format({imported_layer("f", "flatten"), imported_layer("q", "quantize", codes)}) == "fixed<15,6>");
  CHECK(format({imported_layer("q", "quantize", {{"signed", false}, {"bits", 3}, {"scale", 3.0}})}) == "ufixed<14,5>");
  // Scales that are far apart: 48 bits at most.
  ImportedLayer wide = imported_layer("q", "quantize", {{"signed", true}, {"bits", 32}});
  wide.arrays["scale"] = {{2}, {1e-6, 1.0}, false};
  CHECK(format({wide}) == "fixed<48,32>");
}

TEST_CASE("import: quantizers of one format are the event's, of several are held", "[import]") {
  const auto two = [](const char* first, const char* second) {
    return model_of({imported_layer("a", "quantize", {{"format", first}}, {"event"}),
                     imported_layer("b", "quantize", {{"format", second}}, {"event"}),
                     imported_layer("s", "add", Json::object(), {"a", "b"})});
  };
  const ImportedModel same = settled(two("fixed<8,3,rnd_conv,sat>", "fixed<8,3,rnd_conv,sat>"));
  CHECK(same.input_format == "fixed<8,3,rnd_conv,sat>");
  CHECK_FALSE(same.input_chosen);
  CHECK(same.notes.empty());
  const ImportedModel held = settled(two("fixed<8,3,rnd_conv,sat>", "fixed<10,9,rnd_conv,sat>"));
  CHECK(held.input_format == "fixed<24,9>");  // of 2^-5, ten bits more
  CHECK(held.input_chosen);
}

TEST_CASE("import: an event without quantizer follows events, or a note names it", "[import]") {
  const auto dense = imported_layer("d", "dense", {{"units", 2}});
  const ImportedModel blind = settled(model_of({dense}));
  CHECK(blind.input_format == "fixed<18,8>");
  CHECK(blind.input_chosen);
  REQUIRE(blind.notes.size() == 1);
  CHECK_THAT(blind.notes[0], Contains("the event's format fixed<18,8>") && Contains("without looking at ranges"));
  const ImportedModel seen = settled(model_of({dense}), calibrated());
  CHECK(seen.input_format == "auto<18>");
  CHECK(seen.input_chosen);
  REQUIRE(seen.notes.size() == 1);
  CHECK_THAT(seen.notes[0], Contains("the event's format auto<18>"));
  ImportedModel real = model_of({dense});
  real.exact = false;
  CHECK(settled(real, calibrated()).input_format == "auto<16>");
  ImportOptions given;
  given.input = "fixed<9,4>";
  CHECK(settled(model_of({dense}), given).notes.empty());
}

TEST_CASE("import: an event with and without quantizer follows events, else the quantizer", "[import]") {
  const auto mixed =
      model_of({imported_layer("q", "quantize", {{"signed", true}, {"bits", 4}, {"scale", 3.0}}, {"event"}),
                imported_layer("s", "add", Json::object(), {"event", "q"})});
  CHECK(settled(mixed, calibrated()).input_format == "auto<18>");
  const ImportedModel blind = settled(mixed);
  CHECK(blind.input_format == "fixed<15,6>");
  REQUIRE(!blind.notes.empty());
  CHECK_THAT(blind.notes[0], Contains("other layers read the event without a quantizer"));
}

TEST_CASE("import: a note counts the numbers that frameworks round otherwise in float32", "[import]") {
  struct Case {
    float scale;
    int zero_point;
  };
  for (const Case& given : {Case{0.1F, 0}, Case{0.1F, 3}, Case{0.7F, 0}, Case{0.25F, 0}, Case{0.3712345F, 0}}) {
    CAPTURE(given.scale, given.zero_point);
    const Quantizing quantizer{given.scale, 8, true, static_cast<double>(given.zero_point)};
    int expected = 0;
    for (int code = -512; code < 512; ++code) {  // fixed<10,8>
      const float x = static_cast<float>(code) / 4;
      const float steps = x / given.scale + static_cast<float>(given.zero_point);
      const float single = std::clamp(std::nearbyint(steps), -128.0F, 127.0F);
      const double exact = std::clamp(
          std::nearbyint(static_cast<double>(x) / static_cast<double>(given.scale) + given.zero_point), -128.0, 127.0);
      expected += static_cast<double>(single) == exact ? 0 : 1;
    }
    ImportOptions options;
    options.input = "fixed<10,8>";
    const ImportedModel model =
        settled(model_of({imported_layer("q", "quantize", quantizer.keys(), {"event"})}), options);
    CHECK((expected > 0) == (model.notes.size() == 1));
    if (!model.notes.empty()) {
      CHECK_THAT(model.notes[0],
                 Catch::StartsWith(std::to_string(expected) + " numbers of the event's format fixed<10,8>"));
    }
  }
}

}  // namespace
}  // namespace rtlgen::testing
