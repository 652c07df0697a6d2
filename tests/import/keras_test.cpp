// The import of Keras models: what they compute, and what is said of models that have no counterpart.
#include <fmt/format.h>
#include <zip.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <random>

#include "ir/source_error.hpp"
#include "rtlgen/cli/commands.hpp"
#include "rtlgen/files/file_bytes.hpp"
#include "rtlgen/files/npy.hpp"
#include "rtlgen/files/npz.hpp"
#include "rtlgen/frontend/event_file.hpp"
#include "rtlgen/frontend/yaml_frontend.hpp"
#include "rtlgen/import/keras_activation.hpp"
#include "rtlgen/import/keras_graph.hpp"
#include "rtlgen/import/keras_problem.hpp"
#include "rtlgen/import/qkeras_quantizer.hpp"
#include "rtlgen/import/read_keras.hpp"
#include "rtlgen/import/write_import.hpp"
#include "rtlgen/model/float_reference.hpp"
#include "tests/support/imported.hpp"
#include "tests/support/skipped.hpp"
#include "tests/support/temporary_folder.hpp"

namespace rtlgen {
namespace {

using testing::has_shared_model;
using testing::shared_model;
using testing::TemporaryFolder;

std::string fixture(const std::string& name) { return testing::source_folder() + "/tests/data/import/keras/" + name; }

ImportOptions options_of(const std::string& file, const std::string& out = "") {
  ImportOptions options;
  options.file = file;
  options.out = out;
  return options;
}

/// The largest difference between what the imported model computes and the numbers of `expected`.
double difference(const std::string& file, const std::string& events, const std::vector<double>& expected) {
  const TemporaryFolder folder;
  const ImportOptions options = options_of(file, folder.file("out"));
  write_import(read_keras(options), options);
  const Model model = load_model(folder.file("out/model.yaml"), {});
  const RowMatrix y = float_output(model, load_events(events, model, {}), 64);
  REQUIRE(static_cast<std::size_t>(y.size()) == expected.size());
  return (Eigen::Map<const Eigen::ArrayXd>(y.data(), y.size()) -
          Eigen::Map<const Eigen::ArrayXd>(expected.data(), y.size()))
      .abs()
      .maxCoeff();
}

const std::vector<std::string>& models() {
  static const std::vector<std::string> kModels = {
      "transformer", "branches",        "jet_tagger",  "autoencoder", "quantized_attention",
      "functions",   "attention_steps", "activations", "physics",     "two_outputs"};
  return kModels;
}

TEST_CASE("keras: models of both formats compute what a plain forward pass does", "[keras]") {
  for (const std::string& name : models()) {
    for (const char* extension : {".h5", ".keras"}) {
      INFO(name << extension);
      CHECK(difference(fixture(name + extension), fixture(name + "_x.npy"), read_npy(fixture(name + "_y.npy")).values) <
            1e-9);
    }
  }
}

TEST_CASE("keras: quantized functions and quantizers of all kinds are exact in integers", "[keras]") {
  const TemporaryFolder folder;
  const ImportOptions options = options_of(fixture("functions.keras"), folder.file("out"));
  write_import(read_keras(options), options);
  const RowMatrix rows = testing::golden_rows(folder.file("out/model.yaml"), fixture("functions_x.npy"));
  CHECK(testing::count_differences(rows, read_npy(fixture("functions_y.npy"))) == 0);
}

TEST_CASE("keras: attention with quantized projections becomes its steps", "[keras]") {
  const ImportedModel model = read_keras(options_of(fixture("attention_steps.h5")));
  CHECK(model.exact);
  const auto find = [&](const std::string& name) {
    const auto found = std::find_if(model.layers.begin(), model.layers.end(),
                                    [&](const ImportedLayer& layer) { return layer.name == name; });
    REQUIRE(found != model.layers.end());
    return *found;
  };
  const ImportedLayer query = find("attention_query");
  CHECK(query.keys["units"] == 8);
  CHECK(query.arrays.at("weight").integral);
  CHECK(query.arrays.at("weight_scale").values == std::vector<double>{0x1p-6});
  CHECK(find("attention_query_codes").keys["format"] == "fixed<9,4,rnd_conv,sat>");
  CHECK(find("attention_scores").inputs == std::vector<std::string>{"attention_query_codes", "attention_key_codes"});
  CHECK(find("attention_scaled").arrays.at("weight").values == std::vector<double>(12, 0.5));
  CHECK(find("attention_prob").keys["groups"] == 2);
  CHECK(find("attention_mix").inputs == std::vector<std::string>{"attention_prob", "attention_value_codes"});
  CHECK(find("attention").keys["units"] == 5);
  CHECK(find("attention_codes").keys["format"] == "fixed<9,4,rnd_conv,sat>");
  CHECK(model.notes == std::vector<std::string>{
                           "attention: its softmax is computed with tables of rtlgen, close to the file but not equal",
                           "formats chosen here, as the file has none: attention_prob ufixed<18,1>"});
}

TEST_CASE("keras: attention in steps is the file's but for its softmax", "[keras]") {
  const TemporaryFolder folder;
  const ImportOptions options = options_of(fixture("attention_steps.keras"), folder.file("out"));
  write_import(read_keras(options), options);
  const RowMatrix rows = testing::golden_rows(folder.file("out/model.yaml"), fixture("attention_steps_x.npy"));
  const NpyArray expected = read_npy(fixture("attention_steps_y.npy"));
  // A code of the output projection may be another one: 2^-5, times weights below 1.
  CHECK(testing::largest_difference(rows, expected) < 0.1);
  CHECK(testing::count_differences(rows, expected) < expected.values.size() / 4);
}

TEST_CASE("keras: constants of tokens become those of an affine layer", "[keras]") {
  for (const char* extension : {".h5", ".keras"}) {
    CAPTURE(extension);
    const ImportedModel model = read_keras(options_of(fixture(std::string("positions") + extension)));
    REQUIRE(model.layers.size() == 5);
    const ImportedLayer& sum = model.layers[0];
    CHECK(sum.name == "add");
    CHECK(sum.type == "affine");
    CHECK(sum.arrays.at("weight").values == std::vector<double>(3, 1));
    CHECK(sum.arrays.at("bias").shape == std::vector<std::size_t>{4, 3});  // of six positions
    CHECK(model.layers[2].arrays.at("bias").shape == std::vector<std::size_t>{4, 5});
    CHECK(model.notes.front() == "shift (AddPositions): taken for a layer that adds its weight to the tokens");
  }
}

TEST_CASE("keras: both formats give the same layers", "[keras]") {
  for (const std::string& name : models()) {
    INFO(name);
    const ImportedModel old_one = read_keras(options_of(fixture(name + ".h5")));
    const ImportedModel new_one = read_keras(options_of(fixture(name + ".keras")));
    CHECK(old_one.source == "Keras 2.11.0, " + name + ".h5");
    CHECK(new_one.source == "Keras 3.6.0, " + name + ".keras");
    CHECK(old_one.tokens == new_one.tokens);
    CHECK(old_one.features == new_one.features);
    CHECK(old_one.input_format == new_one.input_format);
    REQUIRE(old_one.layers.size() == new_one.layers.size());
    for (std::size_t i = 0; i < old_one.layers.size(); ++i) {
      const ImportedLayer& a = old_one.layers[i];
      const ImportedLayer& b = new_one.layers[i];
      INFO(a.name);
      CHECK(a.name == b.name);
      CHECK(a.type == b.type);
      CHECK(a.inputs == b.inputs);
      CHECK(a.keys == b.keys);
      REQUIRE(a.arrays.size() == b.arrays.size());
      for (const auto& [key, array] : a.arrays) {
        CHECK(array.shape == b.arrays.at(key).shape);
        CHECK(array.values == b.arrays.at(key).values);
      }
    }
  }
}

TEST_CASE("keras: quantizers become formats and exact weights", "[keras]") {
  const ImportedModel model = read_keras(options_of(fixture("autoencoder.keras")));
  CHECK(model.exact);
  CHECK(model.input_format == "fixed<8,3,rnd_conv,sat>");
  REQUIRE(model.layers.size() == 9);
  CHECK(model.layers[0].keys["format"] == "fixed<8,3,rnd_conv,sat>");  // part of the model, and the event's
  const ImportedLayer& encode = model.layers[1];
  CHECK(encode.type == "dense");
  CHECK(encode.arrays.at("weight").integral);
  CHECK(encode.arrays.at("weight").shape == std::vector<std::size_t>{12, 20});
  CHECK(encode.arrays.at("weight_scale").values == std::vector<double>{0.125});  // 0.5 * 2^(1 - 3)
  CHECK(model.layers[2].keys["format"] == "ufixed<5,1,rnd_conv,sat>");
  CHECK(model.layers[3].arrays.at("weight_scale").shape == std::vector<std::size_t>{4});
  CHECK(model.layers[4].keys["format"] == "fixed<6,2,rnd_conv,sat_sym>");
  CHECK(model.layers[6].keys["bipolar"] == true);
  CHECK(model.layers[8].keys["format"] == "fixed<10,3,rnd_conv,sat>");
  CHECK_FALSE(read_keras(options_of(fixture("transformer.keras"))).exact);
}

TEST_CASE("keras: what the file cannot keep exact gets a format, and so does what it takes", "[keras]") {
  const ImportedModel tagger = read_keras(options_of(fixture("jet_tagger.h5")));
  const ImportedLayer& softmax = tagger.layers.back();
  CHECK(softmax.keys["precision"]["activation"] == "ufixed<16,0>");
  CHECK_FALSE(tagger.layers[tagger.layers.size() - 2].keys.contains("precision"));  // a softmax takes exact sums
  CHECK(tagger.notes.back() == "formats chosen here, as the file has none: softmax ufixed<16,0>");
  const ImportedModel attention = read_keras(options_of(fixture("quantized_attention.h5")));
  CHECK(
      attention.notes.back() ==
      "formats chosen here, as the file has none: attention fixed<18,8>; fixed<18,8> without looking at ranges: events "
      "(--calibration) settle it");
}

TEST_CASE("keras: a format given by the user leaves the event's own quantizer in its place", "[keras]") {
  ImportOptions options = options_of(fixture("autoencoder.h5"));
  options.input = "fixed<12,4>";
  const ImportedModel model = read_keras(options);
  CHECK(model.input_format.empty());
  CHECK(model.layers.front().type == "quantize");
  CHECK(model.layers.front().keys["format"] == "fixed<8,3,rnd_conv,sat>");
}

struct ZipDiscard {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};

/// A copy of the archive `name` with the configuration that `edit` makes of it.
void write_edited(const std::string& name, const std::string& path,
                  const std::function<std::string(std::string)>& edit) {
  std::filesystem::copy_file(fixture(name), path, std::filesystem::copy_options::overwrite_existing);
  std::unique_ptr<zip_t, ZipDiscard> archive(zip_open(path.c_str(), 0, nullptr));
  REQUIRE(archive);
  zip_file_t* const file = zip_fopen(archive.get(), "config.json", 0);
  REQUIRE(file != nullptr);
  std::string config(1 << 20, ' ');
  config.resize(static_cast<std::size_t>(zip_fread(file, config.data(), config.size())));
  zip_fclose(file);
  const std::string edited = edit(config);
  zip_source_t* const source = zip_source_buffer(archive.get(), edited.data(), edited.size(), 0);
  REQUIRE(zip_file_add(archive.get(), "config.json", source, ZIP_FL_OVERWRITE) >= 0);
  REQUIRE(zip_close(archive.get()) == 0);
  static_cast<void>(archive.release());
}

/// `from` replaced by `to`, once.
std::function<std::string(std::string)> replaced(const std::string& from, const std::string& to) {
  return [from, to](std::string text) {
    const std::size_t at = text.find(from);
    INFO(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
  };
}

std::vector<double> quantize(const std::string& quantizer, const std::vector<double>& values) {
  const QuantizedKernel result = quantize_kernel(*parse_qkeras_quantizer(quantizer), {{values.size(), 1}, values});
  std::vector<double> numbers;
  for (const double mantissa : result.mantissas) {
    numbers.push_back(mantissa * result.scale.front());
  }
  return numbers;
}

TEST_CASE("keras: quantizers of weights, halves to even and ends included", "[keras]") {
  using Values = std::vector<double>;
  CHECK(quantize("quantized_bits(4,0,alpha=1)", {0.0625, 0.1875, -0.0625, -0.1875, 5, -5}) ==
        Values{0, 0.25, 0, -0.25, 0.875, -1});
  CHECK(quantize("quantized_bits(4, 0, 1, alpha=1.0)", {5, -5}) == Values{0.875, -0.875});
  CHECK(quantize("quantized_bits(4,1,0,keep_negative=False,alpha=1)", {-1, 0.1, 9}) == Values{0, 0.125, 1.875});
  CHECK(quantize("quantized_bits(bits=3,integer=2,alpha='1.0')", {1.5, 2.5, -9}) == Values{2, 2, -4});
  CHECK(quantize("quantized_bits(3,0,alpha=3)", {0.3, -2}) == Values{0.75, -3});
  CHECK(quantize("quantized_bits(1,0,alpha=1)", {0, -0.1}) == Values{1, -1});
  CHECK(quantize("binary(alpha=0.5)", {0, -0.1, 3}) == Values{0.5, -0.5, 0.5});
  CHECK(quantize("ternary(alpha=2,threshold=0.5)", {0.5, -0.5, 0.49, -3}) == Values{2, -2, 0, -2});
  CHECK(quantize("quantized_linear(4,0,alpha=0.5)", {0.1, -0.1, 5, -5}) == Values{0.125, -0.125, 0.4375, -0.4375});
  CHECK(quantize("quantized_linear(4,1,0,alpha=1)", {0.3, -9}) == Values{0.25, -2});
  // Powers of two: 0 is the least one, ends are limited, exponents are even where they must be.
  CHECK(quantize("quantized_po2(4)", {0.3, -0.7, 0, 100, -0.001}) == Values{0.25, -0.5, 0.0625, 8, -0.0625});
  CHECK(quantize("quantized_po2(3,1)", {0.3, 5, 0}) == Values{0.25, 1, 0.0625});
  CHECK(quantize("quantized_relu_po2(3,quadratic_approximation=True)", {0.3, -5, 3, 9}) == Values{0.25, 0.0625, 4, 16});
  // The scale that fits best: 0.25 for weights of about one and three quarters; of binary weights their mean size.
  CHECK(quantize("quantized_bits(3,0)", {0.25, -0.75, 0.5, 0.74}) == Values{0.25, -0.75, 0.5, 0.75});
  CHECK(quantize("binary()", {0.25, -0.25, 0.3}) == Values{0.25, -0.25, 0.25});
}

std::string problem_of(const std::string& quantizer) {
  try {
    quantize(quantizer, {0.5, -0.25});
  } catch (const KerasProblem& problem) {
    return problem.what();
  }
  return "no problem";
}

TEST_CASE("keras: quantizers without a counterpart are named with the nearest", "[keras]") {
  CHECK(problem_of("quantized_ulaw(4)") ==
        "quantizer quantized_ulaw(4) is not supported; nearest: quantized_bits, quantized_relu, binary or ternary");
  CHECK(problem_of("quantized_linear(4)").find("its scale is searched for in the weights") != std::string::npos);
  CHECK(problem_of("quantized_linear(4,alpha='auto')").find("searched for in the data") != std::string::npos);
  CHECK(problem_of("quantized_po2(4,max_value=-1)").find("max_value must be positive") != std::string::npos);
  CHECK(problem_of("quantized_relu(4,0,0,0.25)").find("for weights, expected quantized_bits") != std::string::npos);
  CHECK(problem_of("quantized_relu(4,0,0,0.3)").find("a power of two from 2^(1-bits) to 1") != std::string::npos);
  CHECK(problem_of("binary(alpha='auto')").find("nearest: alpha: auto_po2") != std::string::npos);
  CHECK(problem_of("quantized_relu(6,0,1)").find("expected one without use_sigmoid") != std::string::npos);
  CHECK(problem_of("quantized_bits(99)") == "bits: 99, expected a whole number from 1 to 32");
  CHECK(problem_of("quantized_bits(6,0").find("expected NAME(ARGUMENTS)") != std::string::npos);
  CHECK(problem_of("quantized_bits(6,zero)").find("quantizer argument 'zero'") == 0);
  CHECK(problem_of("quantized_bits(6,0,0,True,1,0,3,4)").find("argument 7 must be named") != std::string::npos);
}

/// Type and keys of the layers that an activation becomes.
std::string activation(const nlohmann::json& value) {
  std::string text;
  for (const ImportedLayer& layer : activation_layers(value, 2)) {
    text += layer.type + layer.keys.dump();
  }
  return text;
}

TEST_CASE("keras: activations with a slope for negative numbers, and functions without parameters", "[keras]") {
  CHECK(activation("gelu_approximate") == R"(activation{"function":"gelu_tanh"})");
  CHECK(activation("LeakyReLU") == R"(activation{"function":"leaky_relu","slope":0.3})");
  CHECK(activation("leaky_relu") == R"(activation{"function":"leaky_relu","slope":0.2})");
  CHECK(activation("elu") == R"(activation{"function":"elu"})");
  CHECK(activation("hard_silu") == R"(activation{"function":"hard_swish"})");
  CHECK(activation("quantized_relu(5,1,0,0.25)") ==
        R"(activation{"function":"leaky_relu","slope":0.25}quantize{"signed":true,"bits":5,"scale":0.125,"low":-4.0})");
  CHECK(activation("quantized_linear(5,0,alpha=3)") ==
        R"(quantize{"signed":true,"bits":5,"scale":0.1875,"narrow":true})");
  CHECK_THROWS_WITH(activation("quantized_relu_po2(4)"),
                    Catch::Contains("of an activation, expected one of equal steps; nearest: quantized_relu"));
  CHECK_THROWS_WITH(activation("quantized_bits(4,alpha='auto_po2')"),
                    Catch::Contains("its scale follows from the events of a batch, expected alpha: 1"));
}

TEST_CASE("keras: a softmax rounded to bits keeps 0 and 1, however its bits are spelled", "[keras]") {
  const std::string expected =
      R"(softmax{"precision":{"activation":"ufixed<18,1>","exp_bits":16,"exp_index_bits":10,"table_bits":11}})"
      R"(quantize{"format":"ufixed<7,1,rnd_conv,sat>"})";
  for (const char* bits : {"6", "[6]", "[[6]]"}) {
    CHECK(activation(nlohmann::json::parse(
              fmt::format(R"({{"class_name": "quantized_softmax", "config": {{"bits": {}}}}})", bits))) == expected);
  }
  for (const char* text :
       {"quantized_softmax(6)", "quantized_softmax((6,))", "quantized_softmax(bits=6, axis=(-1,))"}) {
    CHECK(activation(text) == expected);
  }
  CHECK_THROWS_WITH(activation("quantized_softmax(6,axis=1)"), Catch::Contains("expected axis: -1 (the features)"));
  CHECK_THROWS_WITH(activation("quantized_softmax((((((6))))))"), Catch::Contains("quantizer argument '(6)'"));
  CHECK(problem_of("quantized_softmax(6)") == "quantizer quantized_softmax(6) for weights, expected quantized_bits");
}

TEST_CASE("keras: a softmax rounded to bits is the file's but for codes near a boundary", "[keras]") {
  const TemporaryFolder folder;
  const ImportOptions options = options_of(fixture("rounded_softmax.h5"), folder.file("out"));
  write_import(read_keras(options), options);
  const RowMatrix rows = testing::golden_rows(folder.file("out/model.yaml"), fixture("rounded_softmax_x.npy"));
  const NpyArray expected = read_npy(fixture("rounded_softmax_y.npy"));
  CHECK(std::count(expected.values.begin(), expected.values.end(), 1.0) > 5);
  CHECK(std::count(rows.data(), rows.data() + rows.size(), 1.0) > 5);
  CHECK(testing::largest_difference(rows, expected) <= 0x1p-8);
  CHECK(testing::count_differences(rows, expected) <= expected.values.size() / 50);
}

/// A layer of an imported model.
const ImportedLayer& layer_called(const ImportedModel& model, const std::string& name) {
  const auto found = std::find_if(model.layers.begin(), model.layers.end(),
                                  [&](const ImportedLayer& layer) { return layer.name == name; });
  REQUIRE(found != model.layers.end());
  return *found;
}

TEST_CASE("keras: gamma and beta of quantized layer norms are powers of two, and what is not followed is said",
          "[keras]") {
  const ImportedModel model = read_keras(options_of(fixture("physics.h5")));
  const auto is_power = [](double value) {
    int exponent = 0;
    return std::abs(std::frexp(value, &exponent)) == 0.5;
  };
  const ImportedLayer& both = layer_called(model, "norm1");
  CHECK(std::all_of(both.arrays.at("weight").values.begin(), both.arrays.at("weight").values.end(), is_power));
  CHECK(std::all_of(both.arrays.at("bias").values.begin(), both.arrays.at("bias").values.end(), is_power));
  CHECK(both.keys["epsilon"] == 0.001);
  CHECK(layer_called(model, "norm2").arrays.at("weight").values == std::vector<double>(6, 1));
  CHECK(layer_called(model, "norm3").arrays.at("bias").values == std::vector<double>(6, 0));
  const std::string unfollowed =
      " (QLayerNormalization): mean and variance are not rounded here; not followed: mean_quantizer quantized_po2, "
      "variance_quantizer quantized_relu_po2";
  CHECK(std::count(model.notes.begin(), model.notes.end(), "norm1" + unfollowed) == 1);
  CHECK(std::count(model.notes.begin(), model.notes.end(), "norm2" + unfollowed) == 1);
  CHECK(std::none_of(model.notes.begin(), model.notes.end(),
                     [](const std::string& note) { return note.rfind("norm3 (", 0) == 0; }));
  CHECK(std::count(model.notes.begin(), model.notes.end(),
                   "classes: its softmax is computed with tables of rtlgen, close to the file but not equal, then "
                   "rounded to ufixed<9,1,rnd_conv,sat> (1 kept, as quantized_softmax keeps it)") == 1);
}

TEST_CASE("keras: weights alone take their configuration from a file beside them", "[keras]") {
  const ImportedModel whole = read_keras(options_of(fixture("branches.h5")));
  for (const char* name : {"weights_only/branches.h5", "weights_only/branches.weights.h5"}) {
    CAPTURE(name);
    ImportOptions options = options_of(fixture(name));
    CHECK_THROWS_WITH(read_keras(options),
                      Catch::Contains("the file holds weights only (model.save_weights()), expected --config FILE.json "
                                      "with what model.to_json() writes (is it ") &&
                          Catch::Contains("weights_only/branches.json?), or a file written by model.save()"));
    options.config = fixture("weights_only/branches.json");
    const ImportedModel model = read_keras(options);
    CHECK(model.source.find("Keras 2.11.0") == 0);
    REQUIRE(model.layers.size() == whole.layers.size());
    for (std::size_t i = 0; i < model.layers.size(); ++i) {
      CHECK(model.layers[i].name == whole.layers[i].name);
      CHECK(model.layers[i].keys == whole.layers[i].keys);
      for (const auto& [key, array] : whole.layers[i].arrays) {
        CHECK(model.layers[i].arrays.at(key).values == array.values);
      }
    }
  }
}

TEST_CASE("keras: configurations beside files that have one, or that are none", "[keras]") {
  const TemporaryFolder folder;
  ImportOptions options = options_of(fixture("branches.h5"));
  options.config = fixture("weights_only/branches.json");
  CHECK_THROWS_WITH(read_keras(options),
                    Catch::Contains("the file has its own configuration, expected --config with "));
  options.file = fixture("branches.keras");
  CHECK_THROWS_WITH(read_keras(options),
                    Catch::Contains("the file has its own configuration, expected --config with "));
  options.file = fixture("weights_only/branches.h5");
  options.config = folder.file("none.json");
  CHECK_THROWS_WITH(read_keras(options), Catch::Contains("none.json"));
  for (const char* text : {"[", "{}", "[]", "3", "\"text\""}) {
    write_file_bytes(folder.file("bad.json"), text);
    options.config = folder.file("bad.json");
    CHECK_THROWS_WITH(read_keras(options), Catch::Contains("bad.json: error: "));
  }
  // Only files of weights take one, and it is none of them.
  options.config = fixture("weights_only/branches.json");
  options.file = testing::import_data("onnx/qonnx_jet_tagger.onnx");
  CHECK_THROWS_WITH(run_import(options), Catch::Contains("--config belongs to a Keras file that holds weights only"));
  options = options_of(fixture("weights_only/branches.json"));
  CHECK_THROWS_WITH(run_import(options),
                    Catch::Contains("a configuration without weights, expected the file of weights"));
  // json.dump(model.to_json()) writes a text with JSON in it.
  const nlohmann::json config = read_file_bytes(fixture("weights_only/branches.json"), 1 << 20);
  write_file_bytes(folder.file("text.json"), config.dump());
  options = options_of(fixture("weights_only/branches.h5"));
  options.config = folder.file("text.json");
  CHECK(read_keras(options).tokens == 4);
}

TEST_CASE("keras: a function stands in its dense layer where a description has no parameters for it", "[keras]") {
  const ImportedModel model = read_keras(options_of(fixture("activations.h5")));
  CHECK(layer_called(model, "gelu").keys["activation"] == "gelu");
  CHECK(layer_called(model, "elu").keys["activation"] == "elu");
  CHECK(layer_called(model, "classes").keys["activation"] == "softmax");
  CHECK_FALSE(layer_called(model, "leaky").keys.contains("activation"));
  CHECK(layer_called(model, "leaky_act").keys.dump() == R"({"function":"leaky_relu","slope":0.2})");
  CHECK(layer_called(model, "two_act").keys.dump() == R"({"function":"clip","low":0.0,"high":0.5})");
}

TEST_CASE("keras: a function without quantizers takes sums with real factors", "[keras]") {
  const TemporaryFolder folder;
  const std::string path = folder.file("model.keras");
  write_edited("jet_tagger.keras", path, replaced("\"activation\": \"quantized_relu(6)\"", R"("activation": "tanh")"));
  const ImportOptions options = options_of(path, folder.file("out"));
  write_import(read_keras(options), options);
  const RowMatrix golden = testing::golden_rows(folder.file("out/model.yaml"), fixture("jet_tagger_x.npy"));
  const RowMatrix real = testing::float_rows(folder.file("out/model.yaml"), fixture("jet_tagger_x.npy"));
  CHECK((golden - real).cwiseAbs().maxCoeff() < 0.03);  // of probabilities; a code of a later quantizer may be another
}

TEST_CASE("keras: outputs of the same tokens stand side by side, else the first is taken", "[keras]") {
  const ImportedModel both = read_keras(options_of(fixture("two_outputs.keras")));
  CHECK(both.layers.back().name == "outputs");
  CHECK(both.layers.back().inputs == std::vector<std::string>{"number", "classes"});
  CHECK(both.notes.front() == "the outputs stand side by side: 'number' from feature 0, 'classes' from feature 2");
  const TemporaryFolder folder;
  const std::string path = folder.file("outputs.keras");
  // Tokens and no tokens: layers that only lead to the second output are left out.
  write_edited("positions.keras", path,
               replaced(R"("output_layers": ["out", 0, 0])", R"("output_layers": [["hidden", 0, 0], ["out", 0, 0]])"));
  const ImportedModel first = read_keras(options_of(path));
  CHECK(first.layers.back().name == "hidden");
  CHECK(first.layers.size() == 2);
  CHECK(std::count(first.notes.begin(), first.notes.end(),
                   "only the first of 2 outputs is taken: 'hidden' [4,5]; 'out' [2] cannot stand beside it") == 1);
  write_edited(
      "positions.keras", path,
      replaced(R"("output_layers": ["out", 0, 0])", R"("output_layers": {"b": ["hidden", 0, 0], "a": ["add", 0, 0]})"));
  const ImportedModel named = read_keras(options_of(path));
  CHECK(named.layers.back().inputs == std::vector<std::string>{"add", "hidden"});
}

TEST_CASE("keras: names of variables in archives", "[keras]") {
  CHECK(keras_store_name("MultiHeadAttention") == "multi_head_attention");
  CHECK(keras_store_name("QDense") == "q_dense");
  CHECK(keras_store_name("ReLU") == "re_lu");
  CHECK(keras_store_name("GlobalAveragePooling1D") == "global_average_pooling1d");
}

/// The error of an edited archive, without the file's name.
std::string error_of(const std::string& name, const std::function<std::string(std::string)>& edit,
                     std::optional<int> tokens = {}) {
  const TemporaryFolder folder;
  const std::string path = folder.file("model.keras");
  write_edited(name, path, edit);
  ImportOptions options = options_of(path);
  options.tokens = tokens;
  try {
    read_keras(options);
  } catch (const SourceError& error) {
    const std::string text = error.what();
    const std::string head = path + ": error: ";
    CHECK(text.find(head) == 0);
    CHECK(text.find('\n') == std::string::npos);
    return text.substr(std::min(text.size(), head.size()));
  }
  return "no error";
}

TEST_CASE("keras: open token axes take --tokens", "[keras]") {
  const auto open = replaced("\"batch_shape\": [null, 6, 5]", "\"batch_shape\": [null, null, 5]");
  CHECK(error_of("transformer.keras", open) ==
        "layer 'transformer_input' (InputLayer): the number of tokens is open, expected --tokens N");
  const TemporaryFolder folder;
  write_edited("transformer.keras", folder.file("open.keras"), open);
  ImportOptions options = options_of(folder.file("open.keras"));
  options.tokens = 9;
  CHECK(read_keras(options).tokens == 9);
  CHECK(error_of("transformer.keras", replaced("x", "x"), 7) ==
        "layer 'transformer_input' (InputLayer): the model has 6 tokens, --tokens says 7");
}

TEST_CASE("keras: models without a counterpart are named with layer, class and the nearest form", "[keras]") {
  struct Case {
    const char* file;
    const char* from;
    const char* to;
    const char* message;
  };
  const std::vector<Case> cases = {
      {"branches.keras", R"("class_name": "ReLU")", R"("class_name": "PReLU")",
       "layer 'relu6' (PReLU): the class is not supported; nearest: LeakyReLU"},
      {"branches.keras", R"("class_name": "ReLU")", R"("class_name": "QSeparableConv1D")",
       "layer 'relu6' (QSeparableConv1D): convolutions are not supported; nearest: QDense (a dense layer for each "
       "token)"},
      {"branches.keras", R"("class_name": "ReLU")", R"("class_name": "Conv2D")",
       "layer 'relu6' (Conv2D): convolutions are not supported; nearest: Dense (a dense layer for each token)"},
      {"branches.keras", R"("class_name": "ReLU")", R"("class_name": "QGRU")",
       "layer 'relu6' (QGRU): recurrent layers are not supported; nearest: MultiHeadAttention"},
      {"branches.keras", R"("class_name": "ReLU")", R"("class_name": "HDense")",
       "layer 'relu6' (HDense): a layer of HGQ 1; nearest: QDense of QKeras, or a model of HGQ2 and "
       "scripts/export_hgq.py"},
      {"branches.keras", R"("class_name": "ReLU")", R"("class_name": "FixedPointQuantizer")",
       "layer 'relu6' (FixedPointQuantizer): a layer of HGQ 1; nearest: QActivation of QKeras, or a model of HGQ2 and "
       "scripts/export_hgq.py"},
      {"branches.keras", "\"negative_slope\": 0.0", R"("oq_conf": {"k0": 1})",
       "layer 'relu6' (ReLU): a layer of HGQ2; nearest: scripts/export_hgq.py, in the Python of the training"},
      {"branches.keras", "\"negative_slope\": 0.0", "\"output_quantizer\": \"quantized_bits(8)\"",
       "layer 'relu6' (ReLU): output_quantizer: \"quantized_bits(8)\", expected a layer without quantizers"},
      {"physics.keras", "\"mean_quantizer\"", "\"norm_quantizer\"",
       "layer 'norm1' (QLayerNormalization): norm_quantizer: "
       "{\"class_name\":\"quantized_po2\",\"config\":{\"bits\":5,\"max_value\"..,"
       " expected no quantizers but beta_quantizer, gamma_quantizer, mean_quantizer, variance_quantizer"},
      {"physics.keras", "\"axis\": [2]", "\"axis\": [1]",
       "layer 'norm1' (QLayerNormalization): axis: [1] of a tensor [5,6], expected the last axis (the features)"},
      {"two_outputs.keras", "\"number\", 0, 0]", "\"number\", 0, 1]",
       "layer 'number' (Dense): its output 1 is used, of which it has 1"},
      {"activations.keras", "\"axis\": -1", "\"axis\": 1",
       "layer 'classes' (Dense): axis: 1, expected -1 (the features)"},
      {"activations.keras", "\"max_value\": 0.5", "\"max_value\": -1",
       "layer 'two' (Dense): max_value: -1, expected a number above 0"},
      {"branches.keras", "\"negative_slope\": 0.0", "\"negative_slope\": 0.1",
       "layer 'relu6' (ReLU): ReLU with negative_slope and max_value, expected one of the two; nearest: ReLU()"},
      {"branches.keras", R"("activation": "tanh")", R"("activation": "exponential")",
       "layer 'shared' (Dense): activation \"exponential\", expected linear, relu, relu6, leaky_relu, elu, selu, gelu, "
       "sigmoid, tanh, hard_tanh, silu, softplus, softsign, hard_silu, softmax, a layer that is one of them, or a "
       "quantizer of "
       "QKeras"},
      {"branches.keras", "\"axis\": -1", "\"axis\": 1",
       "layer 'join' (Concatenate): axis: 1 of a tensor [4,5], expected the last axis (the features)"},
      {"branches.keras", "\"target_shape\": [4, -1]", "\"target_shape\": [5, -1]",
       "layer 'reshape' (Reshape): target_shape: [5,-1] of a tensor [24], expected as many elements"},
      {"branches.keras", R"("keras_history": ["reshape", 0, 0])", R"("keras_history": ["shared", 0, 0])",
       "layer 'shared' (Dense): the layer's inputs come from its own output"},
      {"branches.keras", R"("keras_history": ["reshape", 0, 0])", R"("keras_history": ["nowhere", 0, 0])",
       "layer 'shared' (Dense): there is no layer 'nowhere', which others take as input"},
      {"branches.keras", R"("name": "most", "inbound_nodes")", R"("name": "join", "inbound_nodes")",
       "two layers are named 'join'"},
      {"branches.keras", "\"batch_shape\": [null, 24]", "\"batch_shape\": [null, 99999999]",
       "layer 'branches_input' (InputLayer): batch_shape: 99999999, expected a whole number from 1 to 1048576"},
      {"transformer.keras", R"("equation": "abc,cd->abd")", R"("equation": "abc,bd->adc")",
       "layer 'embed' (EinsumDense): equation 'abc,bd->adc', expected a dense layer for each token (nearest: "
       "abc,cd->abd)"},
      {"transformer.keras", "\"attention_axes\": [1]", "\"attention_axes\": [2]",
       "layer 'attention1' (MultiHeadAttention): attention_axes: [2] of a tensor [6,8], expected [tokens,features] and "
       "axis 1"},
      {"transformer.keras", "\"num_heads\": 2", "\"num_heads\": 4",
       "layer 'attention1' (MultiHeadAttention): weight 'query/kernel' has shape [8,2,4], expected [8,4,4]"},
      {"transformer.keras", R"("units": 12, "activation": "gelu")", R"("units": 12, "activation": [1])",
       "layer 'hidden' (Dense): activation [1], expected linear, relu, relu6, leaky_relu, elu, selu, gelu, sigmoid, "
       "tanh, hard_tanh, silu, softplus, softsign, hard_silu, softmax, a layer that is one of them, or a quantizer of "
       "QKeras"},
      {"transformer.keras", R"("class_name": "Functional")", R"("class_name": "Subclassed")",
       "a model of class Subclassed, expected Sequential or Functional"},
      {"autoencoder.keras", "\"activation\": \"binary(alpha=1)\"", "\"activation\": \"ternary(alpha=1)\"",
       "layer 'signs' (QActivation): quantizer ternary(alpha=1) of an activation; nearest: "
       "quantized_bits(2,1,1,alpha=1)"},
  };
  for (const Case& one : cases) {
    CHECK(error_of(one.file, replaced(one.from, one.to)) == one.message);
  }
}

TEST_CASE("keras: attention other than self-attention is refused", "[keras]") {
  const auto edit_call = [](const std::string& from, const std::string& to) {
    return [from, to](const std::string& text) {
      const std::size_t layer = text.find(R"("name": "attention1", "inbound_nodes")");
      REQUIRE(layer != std::string::npos);
      return text.substr(0, layer) + replaced(from, to)(text.substr(layer));
    };
  };
  CHECK(error_of("transformer.keras", edit_call("\"kwargs\": {}", R"("kwargs": {"use_causal_mask": true})")) ==
        "layer 'attention1' (MultiHeadAttention): argument 'use_causal_mask', expected plain self-attention");
  CHECK(error_of("transformer.keras",
                 edit_call(R"("keras_history": ["embed", 0, 0])", R"("keras_history": ["transformer_input", 0, 0])")) ==
        "layer 'attention1' (MultiHeadAttention): attention between different tensors, expected self-attention (query, "
        "key and value the same)");
}

TEST_CASE("keras: configurations that are no configurations", "[keras]") {
  const auto becomes = [](const std::string& text) { return [text](const std::string&) { return text; }; };
  CHECK(error_of("branches.keras", becomes("[")) == "the configuration is not JSON");
  CHECK(error_of("branches.keras", becomes("[]")) == "a model of class , expected Sequential or Functional");
  CHECK(error_of("branches.keras", becomes(std::string(100000, '['))) == "the configuration is nested too deep");
  CHECK(error_of("branches.keras", becomes(R"({"class_name": "Sequential", "config": {"layers": 3}})")) ==
        "the configuration has no list of at most 4096 layers");
  CHECK(error_of("branches.keras", becomes(R"({"class_name": "Sequential", "config": {"layers": []}})")) ==
        "the model has no layers");
  CHECK(error_of("branches.keras", becomes(R"({"class_name": 7})")) == "class_name: 7, expected a text");
}

TEST_CASE("keras: a chain of models in models is bounded", "[keras]") {
  std::string text = R"({"class_name": "Dense", "config": {"name": "d"}})";
  for (int i = 0; i < 100; ++i) {
    text = R"({"class_name": "Sequential", "config": {"name": "m", "layers": [)" + text + "]}}";
  }
  CHECK(error_of("branches.keras", [&](const std::string&) { return text; }) == "the configuration is nested too deep");
}

TEST_CASE("keras: damaged files are errors or read, and never more", "[keras]") {
  const TemporaryFolder folder;
  const unsigned seed = 11;
  INFO("seed " << seed);
  std::mt19937 random(seed);
  int errors = 0;
  for (const char* name : {"transformer.keras", "branches.h5"}) {
    const std::string good = read_file_bytes(fixture(name), 1 << 20);
    const std::string path = folder.file(name);
    for (int i = 0; i < 60; ++i) {
      std::string bytes = good;
      if (i % 5 == 0) {
        bytes.resize(random() % bytes.size());
      } else {
        for (int changes = 1 << (i % 6); changes > 0; --changes) {
          bytes[random() % bytes.size()] = static_cast<char>(random());
        }
      }
      write_file_bytes(path, bytes);
      try {
        read_keras(options_of(path));
      } catch (const SourceError& error) {
        ++errors;
        CHECK(std::string(error.what()).find(path) == 0);
      }
    }
  }
  CHECK(errors > 20);
  CHECK_THROWS_WITH(read_keras(options_of(fixture("types.h5"))),
                    Catch::Contains("the file has no model_config and no weights of layers"));
  CHECK_THROWS_WITH(read_keras(options_of(folder.file("none.h5"))), Catch::Contains("none.h5"));
}

TEST_CASE("keras: a public model computes what its reference says", "[keras]") {
  if (!has_shared_model("hls4ml_btag_float_vectors.npz")) {
    return;
  }
  const std::string events = shared_model("hls4ml_btag_float_vectors.npz");
  const std::vector<double> expected = NpzFile(events).read("y_latent_float64").values;
  CHECK(difference(shared_model("files/hls4ml_btag_float.h5"), events, expected) < 1e-6);
}

}  // namespace
}  // namespace rtlgen
