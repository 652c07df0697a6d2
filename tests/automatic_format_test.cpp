// Formats that nobody gave: what calibration finds, that everything fits, and that saturation is told.

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "ir/golden.hpp"
#include "rtlgen/deliver/accuracy.hpp"
#include "rtlgen/deliver/compile_model.hpp"
#include "rtlgen/deliver/tensor_profile.hpp"
#include "rtlgen/files/file_bytes.hpp"
#include "rtlgen/files/npz.hpp"
#include "rtlgen/frontend/event_file.hpp"
#include "rtlgen/frontend/yaml_frontend.hpp"
#include "rtlgen/model/calibrate.hpp"
#include "rtlgen/model/float_reference.hpp"
#include "rtlgen/model/sample.hpp"
#include "tests/support/temporary_folder.hpp"

namespace rtlgen::testing {
namespace {

/// A description with its files in a folder of its own. Numbers come from seed 1.
class ModelFiles {
 public:
  using Fill = std::function<double(std::size_t)>;

  /// A weight array; entry i is fill(i).
  void weight(const std::string& name, const std::vector<std::size_t>& shape, const Fill& fill) {
    weights_[name] = npy_bytes(shape, numbers(shape, fill));
  }
  /// Weights of a small spread.
  void random_weight(const std::string& name, const std::vector<std::size_t>& shape) {
    weight(name, shape, [this](std::size_t) { return 0.3 * normal(); });
  }
  /// The arrays of an attention with bias, as wide inside as its input.
  void attention(const std::string& name, std::size_t heads, std::size_t features) {
    const std::size_t dim = features / heads;
    for (const char* const array : {".wq", ".wk", ".wv"}) {
      random_weight(name + array, {heads, dim, features});
    }
    for (const char* const array : {".bq", ".bk", ".bv"}) {
      random_weight(name + array, {heads, dim});
    }
    random_weight(name + ".wo", {features, heads, dim});
    random_weight(name + ".bo", {features});
  }
  void events(const std::vector<std::size_t>& shape, const Fill& fill) {
    write_npz(folder_.file("events.npz"), {{"x", npy_bytes(shape, numbers(shape, fill))}});
  }
  double normal() { return normal_(random_); }

  /// Writes the description and the weights, and returns the description's path.
  std::string write(const std::string& text) {
    if (!weights_.empty()) {
      write_npz(folder_.file("weights.npz"), weights_);
    }
    write_file_bytes(folder_.file("model.yaml"),
                     "model: m\n" + std::string(weights_.empty() ? "" : "weights: weights.npz\n") + text);
    return folder_.file("model.yaml");
  }
  std::string event_file() const { return folder_.file("events.npz"); }

 private:
  static std::vector<double> numbers(const std::vector<std::size_t>& shape, const Fill& fill) {
    std::size_t count = 1;
    for (const std::size_t extent : shape) {
      count *= extent;
    }
    std::vector<double> values(count);
    for (std::size_t i = 0; i < count; ++i) {
      values[i] = fill(i);
    }
    return values;
  }

  TemporaryFolder folder_;
  std::map<std::string, std::string> weights_;
  std::mt19937_64 random_{1};
  std::normal_distribution<double> normal_;
};

const std::string kCalibrated = "calibration: events.npz\nprecision: {default: {activation: auto<16>}}\nlayers:\n";

/// Golden against float of the whole model on the model's own events.
double output_sqnr(const CompiledModel& compiled, const std::string& events_file) {
  const Events events = load_events(events_file, compiled.model, std::nullopt);
  const Node& output = compiled.graph.node(compiled.graph.output());
  const RowMatrix golden =
      to_real(golden_output(compiled.graph, quantize_events(compiled.graph, events)), output.type.frac, output.scale);
  return sqnr_db(golden, float_output(compiled.model, events, 64));
}

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const SourceError& error) {
    return error.what();
  }
  return "";
}

TEST_CASE("calibration: every feature is seen, however many there are", "[calibration]") {
  for (const Eigen::Index features : {2, 3, 8, 66, 128}) {
    for (const Eigen::Index rows : std::vector<Eigen::Index>{5, 999, 32768, 33000, 600000 / features + 7}) {
      CAPTURE(features, rows);
      // One feature is 40 times as large as the others.
      RowMatrix values = RowMatrix::Constant(rows, features, 0.9);
      values.col(features - 1) *= 40;
      const Format format = calibrated_format(values, 10);
      CHECK(std::ldexp(static_cast<double>(format.max()), -format.frac()) >= 0.99 * values.maxCoeff());
    }
  }
}

TEST_CASE("calibration: a sample is whole rows, the same each time, from all over", "[calibration]") {
  const std::vector<std::size_t> sample = sample_indices(100000, 1000);
  CHECK(sample.size() == 1000);
  CHECK(sample == sample_indices(100000, 1000));
  CHECK(std::is_sorted(sample.begin(), sample.end()));
  CHECK(std::adjacent_find(sample.begin(), sample.end()) == sample.end());
  for (std::size_t tenth = 0; tenth < 10; ++tenth) {
    const auto in_tenth =
        std::count_if(sample.begin(), sample.end(), [&](std::size_t i) { return i / 10000 == tenth; });
    CHECK(in_tenth > 60);
    CHECK(in_tenth < 140);
  }
  CHECK(sample_indices(3, 10) == std::vector<std::size_t>{0, 1, 2});
}

TEST_CASE("calibration: events come from the whole file, not from its beginning", "[calibration]") {
  ModelFiles files;
  // Sorted by size, as files of events often are.
  files.events({4000, 1, 1}, [](std::size_t i) { return static_cast<double>(i) / 4000; });
  const Model model = load_model(files.write("input: {tokens: 1, features: 1}\n" + kCalibrated +
                                             "  - {name: q, type: activation, function: relu}\n"),
                                 {});
  const Events events = sample_events(files.event_file(), model, 1000);
  CHECK(events.count == 1000);
  CHECK(events.x.maxCoeff() > 0.95);
  CHECK(events.x.mean() == Approx(0.5).margin(0.05));
}

TEST_CASE("attention: what is constant over keys costs no bits", "[calibration]") {
  // A key bias, or a weight times a feature that is always 1, makes scores of thousands that differ by a few.
  for (const bool by_bias : {true, false}) {
    CAPTURE(by_bias);
    ModelFiles files;
    files.attention("a", 1, 8);
    files.weight("a.bq", {1, 8}, [](std::size_t i) { return i == 7 ? 64.0 : 0.0; });
    if (by_bias) {
      files.weight("a.bk", {1, 8}, [](std::size_t i) { return i == 7 ? 100.0 : 0.0; });
    } else {
      files.weight("a.wk", {1, 8, 8}, [&](std::size_t i) { return i == 63 ? 100.0 : 0.3 * files.normal(); });
    }
    files.events({200, 8, 8}, [&](std::size_t i) { return i % 8 == 7 ? 1.0 : files.normal(); });
    const CompiledModel compiled =
        compile_model(files.write("input: {tokens: 8, features: 8}\n" + kCalibrated +
                                  "  - {name: a, type: multi_head_attention, heads: 1, projection: separate}\n"),
                      {});
    // The weight of 100 makes the step of its row coarser, which costs 10 dB.
    CHECK(output_sqnr(compiled, files.event_file()) > (by_bias ? 55 : 45));
  }
}

TEST_CASE("attention: an automatic score format holds every score that calibration saw", "[calibration]") {
  ModelFiles files;
  files.attention("a", 1, 4);
  for (const char* const array : {"a.wq", "a.wk"}) {
    files.weight(array, {1, 4, 4}, [](std::size_t i) { return i % 5 == 0 ? 60.0 : 0.0; });
  }
  files.events({100, 6, 4}, [&](std::size_t) { return files.normal(); });
  const CompiledModel compiled =
      compile_model(files.write("input: {tokens: 6, features: 4}\n" + kCalibrated +
                                "  - {name: a, type: multi_head_attention, heads: 1, projection: separate}\n"),
                    {});
  const Events events = load_events(files.event_file(), compiled.model, std::nullopt);
  const std::vector<TensorProfile> profiles = profile_tensors(compiled.model, compiled.graph, events);
  std::map<std::string, TensorProfile> by_name;
  for (const TensorProfile& profile : profiles) {
    by_name[profile.name] = profile;
  }
  const TensorProfile& score = by_name.at("a.heads:score");
  CHECK(score.highest > 4096);  // in units of log2: more than 12 whole bits
  CHECK(score.saturated == 0);
  CHECK(by_name.at("a.heads:exp_sum").highest >= 1);
  CHECK(by_name.count("a.heads:weighted_sum") == 1);
  CHECK(by_name.at("a").is_layer);
  CHECK(output_sqnr(compiled, files.event_file()) > 40);
}

TEST_CASE("attention: automatic widths fit for any number of tokens", "[calibration]") {
  for (const int tokens : {100, 150, 300, 1024}) {
    for (const char* const row_max : {"true", "false"}) {
      CAPTURE(tokens, row_max);
      ModelFiles files;
      files.attention("a", 1, 4);
      const std::string path =
          files.write("input: {tokens: " + std::to_string(tokens) +
                      ", features: 4, format: \"fixed<18,8>\"}\n"
                      "precision: {default: {activation: \"fixed<18,8>\", score: \"fixed<16,8>\"}}\nlayers:\n"
                      "  - {name: a, type: multi_head_attention, heads: 1, projection: separate, row_max: " +
                      row_max + "}\n");
      CHECK(message_of([&] { compile_model(path, {}); }) == "");
      const std::string refused = message_of([&] { compile_model(path, {"precision.default.exp_bits=24"}); });
      CHECK(refused.find("lower exp_bits") != std::string::npos);
      CHECK(refused.find("model.yaml:6:5") != std::string::npos);
    }
  }
}

TEST_CASE("layer norm: an automatic input format of many features fits the sum of squares", "[calibration]") {
  ModelFiles files;
  files.weight("n.weight", {1024}, [](std::size_t) { return 1.0; });
  files.weight("n.bias", {1024}, [](std::size_t) { return 0.0; });
  files.events({20, 1, 1024}, [&](std::size_t) { return files.normal(); });
  const CompiledModel compiled = compile_model(
      files.write("input: {tokens: 1, features: 1024}\n" + kCalibrated + "  - {name: n, type: layer_norm}\n"), {});
  CHECK(output_sqnr(compiled, files.event_file()) > 45);
}

TEST_CASE("functions: an operand that is always 0 has a table, too", "[calibration]") {
  ModelFiles files;
  files.weight("d.weight", {2, 2}, [](std::size_t) { return 0.0; });
  files.weight("d.bias", {2}, [](std::size_t) { return 0.0; });
  files.events({5, 1, 2}, [&](std::size_t) { return files.normal(); });
  const CompiledModel compiled = compile_model(
      files.write("input: {tokens: 1, features: 2, format: \"fixed<8,3>\"}\n"
                  "precision: {default: {activation: exact}}\nlayers:\n"
                  "  - {name: d, type: dense, units: 2}\n"
                  "  - {name: q, type: quantize, format: \"fixed<16,4>\"}\n"
                  "  - {name: f, type: activation, function: sigmoid, precision: {activation: \"fixed<14,2>\"}}\n"),
      {});
  const Events events = load_events(files.event_file(), compiled.model, std::nullopt);
  const Mantissas golden = golden_output(compiled.graph, quantize_events(compiled.graph, events));
  CHECK((golden.array() == 0.5 * 4096).all());
}

TEST_CASE("saturation: warnings name the tensor, its format and the share", "[calibration]") {
  ModelFiles files;
  files.random_weight("d.weight", {4, 4});
  files.random_weight("d.bias", {4});
  files.events({100, 1, 4}, [&](std::size_t i) { return i % 4 == 1 ? 3 + files.normal() / 10 : 0.3; });
  const auto warnings = [&](const std::string& event_format, const std::string& layer) {
    const CompiledModel compiled =
        compile_model(files.write("input: {tokens: 1, features: 4, format: \"" + event_format + "\"}\n" + kCalibrated +
                                  "  - {name: d, type: dense, units: 4}\n" + layer),
                      {});
    const Events events = load_events(files.event_file(), compiled.model, std::nullopt);
    return saturation_warnings(profile_tensors(compiled.model, compiled.graph, events), "these events");
  };
  CHECK(warnings("fixed<12,4>", "").empty());
  // One of four features is beyond 2.
  REQUIRE(warnings("fixed<12,2>", "").size() == 1);
  CHECK(warnings("fixed<12,2>", "")[0].find(
            "'event': 25 % of its values (of feature 1: 100 %) saturate at fixed<12,2> on these events") == 0);
  // A quantizer of the model is there to limit.
  CHECK(warnings("fixed<12,4>", "  - {name: q, type: quantize, format: \"fixed<4,-4>\"}\n").empty());
  const std::vector<std::string> relu = warnings(
      "fixed<12,4>", "  - {name: r, type: activation, function: relu, precision: {activation: \"ufixed<4,-4>\"}}\n");
  REQUIRE(relu.size() == 1);
  CHECK(relu[0].find("'r': ") == 0);
}

TEST_CASE("float reference: it starts from the event as it is, not as the core's input holds it", "[calibration]") {
  ModelFiles files;
  files.events({3, 1, 1}, [](std::size_t i) { return 100.0 * static_cast<double>(i) + 0.3; });
  const Model model = load_model(files.write("input: {tokens: 1, features: 1, format: \"fixed<6,3>\"}\n"
                                             "precision: {default: {activation: exact}}\nlayers:\n"
                                             "  - {name: q, type: quantize, format: \"fixed<16,12>\"}\n"),
                                 {});
  const RowMatrix output = float_output(model, load_events(files.event_file(), model, std::nullopt), 64);
  CHECK(output(0, 0) == 0.3125);
  CHECK(output(1, 0) == 100.3125);
  CHECK(output(2, 0) == 200.3125);
}

}  // namespace
}  // namespace rtlgen::testing
