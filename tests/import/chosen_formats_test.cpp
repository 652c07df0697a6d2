// Formats that the importer chooses: they are no part of the model, and are marked.
#include "rtlgen/import/chosen_formats.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "rtlgen/files/file_bytes.hpp"
#include "rtlgen/import/default_formats.hpp"
#include "rtlgen/import/write_import.hpp"
#include "tests/support/dice.hpp"
#include "tests/support/imported.hpp"

namespace rtlgen::testing {
namespace {

using Catch::Matchers::Contains;
using Names = std::vector<std::string>;
using Json = nlohmann::ordered_json;

/// An exact dense layer of halves.
ImportedLayer dense(const std::string& name, const std::vector<std::string>& inputs = {}) {
  ImportedLayer made = imported_layer(name, "dense", {{"units", 2}, {"use_bias", false}}, inputs);
  made.arrays["weight"] = {{2, 2}, {1, 3, -5, 2}, true};
  made.arrays["weight_scale"] = {{}, {0.5}, false};
  return made;
}

ImportedLayer norm(const std::string& name, const std::vector<std::string>& inputs = {}) {
  ImportedLayer made = imported_layer(name, "rms_norm", {{"epsilon", 0.5}}, inputs);
  made.arrays["weight"] = {{2}, {1, 1}, false};
  return made;
}

ImportedModel settled(std::vector<ImportedLayer> layers, const std::string& calibration = "") {
  ImportedModel model;
  model.exact = true;
  model.features = 2;
  model.input_format = "fixed<8,4>";
  model.layers = std::move(layers);
  ImportOptions options;
  options.calibration = calibration;
  settle_formats(model, options);
  return model;
}

Names names_of(const ImportedModel& model) {
  Names names;
  for (const ImportedLayer& layer : model.layers) {
    names.push_back(layer.name);
  }
  return names;
}

std::string format_of(const ImportedModel& model, const std::string& name) {
  for (const ImportedLayer& layer : model.layers) {
    if (layer.name == name) {
      return layer.keys.contains("precision") ? layer.keys["precision"].value("activation", "") : "exact";
    }
  }
  return "no layer";
}

TEST_CASE("import: what needs a format gets it in the layer that makes it", "[import]") {
  const ImportedModel model = settled({dense("d"), norm("n")});
  CHECK(names_of(model) == Names{"d", "n"});
  CHECK(format_of(model, "d") == kChosenFormat);
  CHECK(format_of(model, "n") == kChosenFormat);
  CHECK(std::all_of(model.layers.begin(), model.layers.end(), [](const ImportedLayer& layer) { return layer.chosen; }));
  REQUIRE(model.notes.size() == 1);
  CHECK_THAT(model.notes[0], Contains("d fixed<18,8>, n fixed<18,8>; fixed<18,8> without looking at ranges"));
  const ImportedModel calibrated = settled({dense("d"), norm("n")}, "events.npz");
  CHECK(format_of(calibrated, "d") == kCalibratedFormat);
  CHECK(format_of(calibrated, "n") == kCalibratedFormat);
  REQUIRE(calibrated.notes.size() == 1);
  CHECK_THAT(calibrated.notes[0], Contains("d auto<18>, n auto<18>; the events settle those"));
}

TEST_CASE("import: what quantizers read stays exact beside a layer that needs a format", "[import]") {
  const auto quantizer = imported_layer("q", "quantize", {{"format", "fixed<6,3>"}}, {"d"});
  const auto sum = imported_layer("s", "add", Json::object(), {"n", "q"});
  const ImportedModel model = settled({dense("d"), norm("n", {"d"}), quantizer, sum});
  CHECK(names_of(model) == Names{"d", "d_rounded", "n", "q", "s"});
  CHECK(format_of(model, "d") == "exact");
  CHECK(model.layers[1].type == "activation");
  CHECK(model.layers[1].keys.dump() == R"({"function":"linear","precision":{"activation":"fixed<18,8>"}})");
  CHECK(model.layers[2].inputs == Names{"d_rounded"});
  CHECK(model.layers[3].inputs == Names{"d"});
  // A relu in front of the quantizer changes nothing of that; what sums up reads the rounded tensor.
  const auto relu = imported_layer("r", "activation", {{"function", "relu"}}, {"d"});
  const auto behind = imported_layer("q", "quantize", {{"format", "fixed<6,3>"}}, {"r"});
  const auto all = imported_layer("s", "add", Json::object(), {"n", "q"});
  const auto residual = imported_layer("t", "add", Json::object(), {"d", "s"});
  const ImportedModel longer = settled({dense("d"), norm("n", {"d"}), relu, behind, all, residual});
  CHECK(names_of(longer) == Names{"d", "d_rounded", "n", "r", "q", "s", "t"});
  CHECK(longer.layers[3].inputs == Names{"d"});
  CHECK(longer.layers[6].inputs == Names{"d_rounded", "s"});
}

TEST_CASE("import: a concatenation is rounded behind it, as it has no format of its own", "[import]") {
  const auto joined = imported_layer("c", "concat", Json::object(), {"d", "e"});
  ImportedLayer wide = norm("n");
  wide.arrays["weight"] = {{4}, {1, 1, 1, 1}, false};
  const ImportedModel model = settled({dense("d"), dense("e", {"event"}), joined, wide});
  CHECK(names_of(model) == Names{"d", "e", "c", "c_rounded", "n"});
  const TemporaryFolder folder;
  ImportOptions options;
  options.file = "c.onnx";
  options.out = folder.file("out");
  write_import(model, options);
  CHECK_THAT(read_text(options.out + "/model.yaml"),
             Contains("precision: {activation: \"fixed<18,8>\"}}  # format chosen by the importer\n") ||
                 Contains("precision: {activation: fixed<18,8>}}  # format chosen by the importer\n"));
}

TEST_CASE("import: a name that is taken is not given to a rounding", "[import]") {
  const auto quantizer = imported_layer("d_rounded", "quantize", {{"format", "fixed<6,3>"}}, {"d"});
  const auto sum = imported_layer("s", "add", Json::object(), {"n", "d_rounded"});
  CHECK(names_of(settled({dense("d"), norm("n", {"d"}), quantizer, sum})) ==
        Names{"d", "d_rounded_", "n", "d_rounded", "s"});
}

TEST_CASE("import: a chosen rounding is no part of the float model, but of the core", "[import]") {
  const TemporaryFolder folder;
  write_file_bytes(folder.file("model.yaml"),
                   "model: m\ninput: {tokens: 1, features: 1, format: \"fixed<12,4>\"}\n"
                   "precision: {default: {activation: exact}}\nlayers:\n"
                   "  - {name: l, type: activation, function: linear, precision: {activation: \"fixed<6,3>\"}}\n");
  std::vector<double> x;
  NpyArray rounded{{256, 1}, {}, false};
  for (int code = -128; code < 128; ++code) {
    x.push_back(code / 16.0);
    rounded.values.push_back(std::clamp(std::floor(8 * x.back() + 0.5), -32.0, 31.0) / 8);
  }
  write_npy(folder.file("x.npy"), {256, 1}, x);
  CHECK(count_differences(golden_rows(folder.file("model.yaml"), folder.file("x.npy")), rounded) == 0);
  CHECK(count_differences(float_rows(folder.file("model.yaml"), folder.file("x.npy")), {{256, 1}, x, false}) == 0);
}

TEST_CASE("import: float outputs of a model with chosen formats are those of its formula", "[import]") {
  constexpr std::size_t kEvents = 200;
  constexpr unsigned kSeed = 77;
  INFO("seed " << kSeed << " + " << seed_offset());
  Dice dice(kSeed);
  std::vector<double> x;
  NpyArray expected{{kEvents, 2}, {}, false};
  for (std::size_t i = 0; i < kEvents; ++i) {  // far outside of fixed<18,8>
    const double a = 1e4 * dice.normal();
    const double b = 1e4 * dice.normal();
    x.insert(x.end(), {a, b});
    const double p = 0.5 * a + 1.5 * b;
    const double q = -2.5 * a + b;
    const double factor = 1 / std::sqrt((p * p + q * q) / 2 + 0.5);
    expected.values.insert(expected.values.end(), {p * factor, q * factor});
  }
  const TemporaryFolder folder;
  write_npy(folder.file("x.npy"), expected.shape, x);
  for (const bool calibrated : {false, true}) {
    CAPTURE(calibrated);
    ImportedModel model;
    model.exact = true;
    model.features = 2;
    model.layers = {dense("d"), norm("n")};
    ImportOptions options;
    options.file = "m.onnx";
    options.out = folder.file(calibrated ? "with" : "without");
    options.calibration = calibrated ? folder.file("x.npy") : "";
    settle_formats(model, options);
    write_import(model, options);
    CHECK(count_differences(float_rows(options.out + "/model.yaml", folder.file("x.npy")), expected) == 0);
    if (calibrated) {  // the event's format and those behind it hold what occurs
      CHECK(largest_difference(golden_rows(options.out + "/model.yaml", folder.file("x.npy")), expected) < 0.02);
    }
  }
}

}  // namespace
}  // namespace rtlgen::testing
