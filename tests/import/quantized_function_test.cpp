// Functions between quantizers of imported models: computed exactly, or given a format.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "rtlgen/import/quantized_functions.hpp"
#include "rtlgen/import/write_import.hpp"
#include "tests/support/dice.hpp"
#include "tests/support/imported.hpp"
#include "tests/support/python.hpp"

namespace rtlgen::testing {
namespace {

constexpr std::size_t kEvents = 10000;

/// A model of tests/data/import/functions on seeded events.
void check_exact(const std::string& name, std::size_t features) {
  if (!has_python()) {
    return;
  }
  constexpr unsigned kSeed = 902;
  INFO("seed " << kSeed << " + " << seed_offset());
  Dice dice(kSeed);
  std::vector<double> x(kEvents * features);
  for (double& value : x) {
    value = static_cast<double>(dice.between(-30000, 30000)) * 0x1p-12;
  }
  const TemporaryFolder folder;
  write_npy(folder.file("x.npy"), {kEvents, features}, x);
  const std::string file = import_data("functions/" + name + ".onnx");
  UNSCOPED_INFO(
      run_python(folder, "tests/data/import/qonnx_forward.py", {file, folder.file("x.npy"), folder.file("y.npy")}));
  const std::string description = import_onnx(folder, file, "fixed<24,6>");
  CHECK(count_differences(golden_rows(description, folder.file("x.npy")), read_npy(folder.file("y.npy"))) == 0);
}

TEST_CASE("import: sigmoid, tanh, GELU and SiLU between quantizers are exact", "[import]") {
  check_exact("per_tensor", 6);
}

TEST_CASE("import: functions between quantizers with a scale per channel are exact", "[import]") {
  check_exact("per_channel", 6);
}

TEST_CASE("import: functions of a layer's unquantized sums are exact", "[import]") { check_exact("of_sums", 8); }

TEST_CASE("import: functions can be exact where only quantizers see them, and not all codes are wide", "[import]") {
  using Names = std::set<std::string>;
  const auto function = imported_layer("f", "activation", {{"function", "tanh"}});
  const auto narrow = imported_layer("n", "quantize", {{"signed", true}, {"bits", 8}, {"scale", 0.1}});
  const auto wide = imported_layer("w", "quantize", {{"format", "fixed<16,2>"}});
  const auto dense = imported_layer("d", "dense", {{"units", 3}});
  CHECK(quantized_functions({dense, function, narrow}) == Names{"f"});
  CHECK(quantized_functions(
            {dense, function, imported_layer("a", "affine", nlohmann::ordered_json::object()), narrow}) == Names{"f"});
  CHECK(quantized_functions({narrow, function, wide}) == Names{"f"});
  CHECK(quantized_functions({dense, function, wide}).empty());
  CHECK(quantized_functions({dense, function, dense, narrow}).empty());
  CHECK(quantized_functions({narrow, function}).empty());
  // One of two readers is no quantizer.
  CHECK(quantized_functions(
            {dense, function, narrow, imported_layer("s", "add", nlohmann::ordered_json::object(), {"f", "n"})})
            .empty());
  CHECK(quantized_functions({imported_layer("g", "dense", {{"activation", "gelu"}}), narrow}) == Names{"g"});
  CHECK(quantized_functions({imported_layer("g", "dense", {{"activation", "relu"}}), narrow}).empty());
}

TEST_CASE("import: a relu with a slope between quantizers is exact", "[import]") {
  ImportedModel model;
  model.exact = true;
  model.features = 1;
  model.input_format = "fixed<8,4>";
  model.layers = {imported_layer("leaky", "activation", {{"function", "leaky_relu"}, {"slope", 0.3}}, {"event"}),
                  imported_layer("codes", "quantize", {{"format", "fixed<6,3,rnd_conv,sat>"}})};
  const TemporaryFolder folder;
  ImportOptions options;
  options.file = "leaky.keras";
  options.out = folder.file("out");
  write_import(model, options);
  std::vector<double> x;
  NpyArray expected{{256, 1}, {}, false};
  for (int code = -128; code < 128; ++code) {
    x.push_back(code / 16.0);
    const double y = code < 0 ? 0.3 * x.back() : x.back();
    expected.values.push_back(std::min(std::max(std::nearbyint(8 * y), -32.0), 31.0) / 8);
  }
  write_npy(folder.file("x.npy"), {256, 1}, x);
  CHECK(count_differences(golden_rows(options.out + "/model.yaml", folder.file("x.npy")), expected) == 0);
}

}  // namespace
}  // namespace rtlgen::testing
