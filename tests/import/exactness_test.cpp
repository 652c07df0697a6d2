// Imported quantized models compute what their files say, to the last bit.
#include <catch2/catch.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "rtlgen/files/npy.hpp"
#include "rtlgen/files/npz.hpp"
#include "tests/support/dice.hpp"
#include "tests/support/imported.hpp"
#include "tests/support/python.hpp"
#include "tests/support/skipped.hpp"

namespace rtlgen::testing {
namespace {

constexpr std::size_t kEvents = 10000;

/// A quantized model of tests/data/import/onnx and events for it.
struct QuantizedModel {
  std::string name;
  std::size_t features;
  std::string input;           ///< the event's format, empty where the file has one
  std::int64_t low;            ///< range of the event's numbers, in steps
  std::int64_t high;           ///< range of the event's numbers, in steps
  double step;                 ///< what the numbers are multiples of
  bool off_grid = false;       ///< every second event has numbers between the steps
  std::size_t transposed = 0;  ///< the file's input has its axes the other way round: so many features, then tokens
};

/// Writes seeded events [kEvents, features].
std::string write_events(const TemporaryFolder& folder, const QuantizedModel& model) {
  constexpr unsigned kSeed = 421;
  INFO("seed " << kSeed << " + " << seed_offset());
  Dice dice(kSeed);
  std::vector<double> x(kEvents * model.features);
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = static_cast<double>(dice.between(model.low, model.high)) * model.step;
    if (model.off_grid && i / model.features % 2 == 1) {
      x[i] += static_cast<double>(dice.below(1 << 20)) * model.step * 0x1p-20;
    }
  }
  write_npy(folder.file("x.npy"), {kEvents, model.features}, x);
  return folder.file("x.npy");
}

/// What the file says of the events.
NpyArray forward(const TemporaryFolder& folder, const std::string& file, const std::string& events) {
  const std::string log =
      run_python(folder, "tests/data/import/qonnx_forward.py", {file, events, folder.file("y.npy")});
  UNSCOPED_INFO(log);
  return read_npy(folder.file("y.npy"));
}

/// The events for rtlgen, which wants [tokens, features].
std::string tokens_first(const TemporaryFolder& folder, const QuantizedModel& model, const std::string& events) {
  if (model.transposed == 0) {
    return events;
  }
  const NpyArray x = read_npy(events);
  const std::size_t tokens = model.features / model.transposed;
  std::vector<double> turned(x.values.size());
  for (std::size_t i = 0; i < x.values.size(); ++i) {
    const std::size_t place = i % model.features;
    turned[i - place + place % tokens * model.transposed + place / tokens] = x.values[i];
  }
  write_npy(folder.file("turned.npy"), x.shape, turned);
  return folder.file("turned.npy");
}

void check_exact(const QuantizedModel& model) {
  if (!has_python()) {
    return;
  }
  const TemporaryFolder folder;
  const std::string file = import_data("onnx/" + model.name + ".onnx");
  const std::string events = write_events(folder, model);
  const NpyArray expected = forward(folder, file, events);
  const std::string description = import_onnx(folder, file, model.input);
  INFO(read_text(description));
  CHECK(count_differences(golden_rows(description, tokens_first(folder, model, events)), expected) == 0);
}

/// Where a softmax is computed with tables: how far the worst output may be off, and all on average.
struct Distance {
  double worst = 0;
  double mean = 0;
};

void check_close(const TemporaryFolder& folder, const QuantizedModel& model, const std::string& events,
                 const Distance& most) {
  const std::string file = import_data("onnx/" + model.name + ".onnx");
  const NpyArray expected = forward(folder, file, events);
  const std::string description = import_onnx(folder, file, model.input);
  INFO(read_text(description));
  const RowMatrix rows = golden_rows(description, events);
  CHECK(largest_difference(rows, expected) <= most.worst);
  const Eigen::Map<const RowMatrix> reference(expected.values.data(), rows.rows(), rows.cols());
  CHECK((rows - reference).cwiseAbs().mean() <= most.mean);
}

TEST_CASE("import: a jet tagger with power-of-two scales is exact, on the grid of its input and between", "[import]") {
  check_exact({"qonnx_jet_tagger", 16, "", -200, 200, 0x1p-3, true});
}

TEST_CASE("import: arbitrary scales, batch norms and activations of 2, 4 and 8 bits are exact", "[import]") {
  check_exact({"qonnx_bits_mlp", 60, "ufixed<1,1>", 0, 1, 1});
}

TEST_CASE("import: a network of one-bit weights and activations is exact", "[import]") {
  check_exact({"qonnx_binary_mlp", 64, "ufixed<8,0>", 0, 255, 0x1p-8});
}

TEST_CASE("import: QuantizeLinear and DequantizeLinear with zero points are exact", "[import]") {
  check_exact({"qdq_mlp", 12, "fixed<12,6>", -700, 700, 0x1p-6});
}

TEST_CASE("import: every rounding mode of QONNX is exact, ties as well", "[import]") {
  check_exact({"qonnx_roundings", 8, "", -300, 300, 0x1p-4, true});
}

TEST_CASE("import: quantizers with zero points side by side are exact", "[import]") {
  check_exact({"qonnx_zero_points", 6, "", -150, 150, 0x1p-5, true});
}

TEST_CASE("import: sums of tensors of equal scale are exact", "[import]") {
  check_exact({"qonnx_residual", 12, "fixed<12,5>", -1500, 1500, 0x1p-7});
}

TEST_CASE("import: an autoencoder with per-channel weight scales is exact", "[import]") {
  check_exact({"qonnx_autoencoder", 16, "", -150, 150, 0x1p-4, true});
}

TEST_CASE("import: activations with a scale per channel are exact", "[import]") {
  check_exact({"qonnx_channel_scales", 10, "fixed<12,4>", -1000, 1000, 0x1p-8});
}

TEST_CASE("import: clipped activations are exact", "[import]") {
  check_exact({"qonnx_clipped", 10, "", -150, 150, 0x1p-4, true});
}

TEST_CASE("import: Trunc of version 1 is exact", "[import]") {
  check_exact({"qonnx_trunc_v1", 8, "", -150, 150, 0x1p-3, true});
}

TEST_CASE("import: Trunc of version 2 is exact", "[import]") {
  check_exact({"qonnx_trunc_v2", 8, "", -150, 150, 0x1p-3, true});
}

TEST_CASE("import: a network of two-bit pixels and weights with its scales spelled out is exact", "[import]") {
  check_exact({"qonnx_tfc", 784, "ufixed<8,0>", 0, 255, 0x1p-8});
}

TEST_CASE("import: keyword spotting of three bits, with scales as Div and Mul, is exact", "[import]") {
  check_exact({"qonnx_keyword_spotting", 70, "fixed<12,9>", -1200, 1200, 0x1p-3});
}

TEST_CASE("import: a tagger as qonnx converts it from QKeras is exact", "[import]") {
  check_exact({"qonnx_qkeras_jets", 16, "", -20000, 20000, 0x1p-8, true});
}

TEST_CASE("import: QuantizeLinear, Clip and DequantizeLinear are exact", "[import]") {
  check_exact({"qcdq_mlp", 12, "", -160, 160, 0x1p-3, true});
}

TEST_CASE("import: QuantizeLinear with scales and odd zero points of channels is exact", "[import]") {
  check_exact({"qdq_channels", 10, "fixed<14,6>", -4000, 4000, 0x1p-8});
}

TEST_CASE("import: Trunc behind the mean of all tokens is exact", "[import]") {
  check_exact({"qonnx_trunc_pool", 24, "", -40, 40, 0x1p-3, true});
}

TEST_CASE("import: positional constants between quantizers are exact", "[import]") {
  check_exact({"qonnx_positions", 18, "", -40, 40, 0x1p-3, true, 3});
}

TEST_CASE("import: quantized attention without a softmax is exact", "[import]") {
  check_exact({"qonnx_relu_attention", 30, "", -40, 40, 0x1p-3, true});
  check_exact({"qonnx_linear_attention", 48, "", -20, 20, 0x1p-2, true});
}

TEST_CASE("import: quantized attention of brevitas is close, as its softmax is float", "[import]") {
  if (!has_python()) {
    return;
  }
  const TemporaryFolder folder;
  const QuantizedModel model{"qonnx_quant_mha", 56, "", -130, 130, 0x1p-4, false};
  check_close(folder, model, write_events(folder, model), {0.06, 0.02});
}

TEST_CASE("import: quantized attention with a mask is close, and padding tokens do not matter", "[import]") {
  if (!has_python()) {
    return;
  }
  constexpr std::size_t kMaskedEvents = 2000;
  constexpr std::size_t kTokens = 6;
  constexpr std::size_t kFeatures = 5;
  constexpr unsigned kSeed = 99;
  INFO("seed " << kSeed << " + " << seed_offset());
  Dice dice(kSeed);
  std::vector<double> x(kMaskedEvents * kTokens * kFeatures);
  for (double& value : x) {
    value = static_cast<double>(dice.between(-40, 40)) * 0x1p-3;
  }
  std::vector<double> mask(kMaskedEvents * kTokens);
  for (std::size_t i = 0; i < mask.size(); ++i) {
    mask[i] = i % kTokens == 0 ? 1 : dice.below(2);  // the first token is real
  }
  const TemporaryFolder folder;
  const std::string events = folder.file("x.npz");
  write_npz(events, {{"x", npy_bytes({kMaskedEvents, kTokens, kFeatures}, x)},
                     {"mask", npy_bytes({kMaskedEvents, kTokens}, mask)},
                     {"valid", npy_bytes({kMaskedEvents, kTokens}, mask)}});
  check_close(folder, {"qonnx_masked_attention", kTokens * kFeatures, "", -40, 40, 0x1p-3, false}, events, {0.5, 0.05});
}

TEST_CASE("import: the comparison sees one wrong number among all", "[import]") {
  NpyArray expected{{2, 2}, {0.5, -1.25, 3, 0}, false};
  RowMatrix rows(2, 2);
  rows << 0.5, -1.25, 3, 0;
  CHECK(count_differences(rows, expected) == 0);
  expected.values[3] = 0x1p-20;
  CHECK(count_differences(rows, expected) == 1);
  rows(1, 1) = NAN;
  CHECK(count_differences(rows, expected) == 1);
}

TEST_CASE("import: the public intrusion detector decides as its reference", "[import]") {
  if (!has_shared_model("files/qonnx_unsw_w2a2.onnx")) {
    return;
  }
  const TemporaryFolder folder;
  const NpzFile vectors(shared_model("qonnx_unsw_w2a2_vectors.npz"));
  const NpyArray x = vectors.read("x");
  write_npy(folder.file("x.npy"), x.shape, x.values);
  const std::string description = import_onnx(folder, shared_model("files/qonnx_unsw_w2a2.onnx"), "fixed<2,2>");
  CHECK(count_differences(golden_rows(description, folder.file("x.npy")), vectors.read("y_float64")) == 0);
}

/// A float model as torch or a converter from Keras writes it.
void check_float(const std::string& name, std::vector<std::size_t> shape) {
  if (!has_python()) {
    return;
  }
  constexpr unsigned kSeed = 77;
  INFO("seed " << kSeed << " + " << seed_offset());
  Dice dice(kSeed);
  std::vector<double> x(shape[0] * shape[1] * shape[2]);
  for (double& value : x) {
    value = dice.normal();
  }
  const TemporaryFolder folder;
  write_npy(folder.file("x.npy"), shape, x);
  const NpyArray expected = forward(folder, import_data(name), folder.file("x.npy"));
  const std::string description = import_onnx(folder, import_data(name), "");
  INFO(read_text(description));
  // Constants such as 1/sqrt(key_dim) are float32 in the file.
  CHECK(largest_difference(float_rows(description, folder.file("x.npy")), expected) < 1e-6);
}

TEST_CASE("import: a transformer of Keras with Einsum is the same in floating point", "[import]") {
  check_float("onnx/keras_transformer.onnx", {100, 8, 6});
}

TEST_CASE("import: layer norms, GELU and functions that are spelled out are the same in floating point", "[import]") {
  check_float("onnx/spelled_norm.onnx", {100, 8, 6});
}

TEST_CASE("import: transformers of torch are the same in floating point", "[import]") {
  for (const char* name :
       {"post_relu_11", "pre_gelu_13", "post_gelu_17", "tokens_first_pre_relu_17", "tokens_first_post_relu_13",
        "open_batch_post_relu_13", "written_13", "written_shared_15", "written_steps_15"}) {
    DYNAMIC_SECTION(name) { check_float("torch/" + std::string(name) + ".onnx", {100, 8, 6}); }
  }
}

TEST_CASE("import: an attention of torch alone is the same in floating point", "[import]") {
  for (const char* name : {"attention_11", "attention_13"}) {
    DYNAMIC_SECTION(name) { check_float("torch/" + std::string(name) + ".onnx", {100, 8, 16}); }
  }
}

}  // namespace
}  // namespace rtlgen::testing
