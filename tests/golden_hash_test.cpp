// The golden outputs of many models, pinned by hash: whatever changes inside, the numbers stay.
//
// Remake tests/data/golden_hashes.txt where numbers are meant to change:
//   RTLGEN_WRITE_HASHES=tests/data/golden_hashes.txt build/tests/rtlgen_tests "golden hashes*"
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "ir/golden.hpp"
#include "primitives/sources.hpp"
#include "rtlgen/deliver/compile_model.hpp"
#include "rtlgen/files/file_bytes.hpp"
#include "rtlgen/files/npz.hpp"
#include "rtlgen/frontend/event_file.hpp"
#include "rtlgen/frontend/yaml_frontend.hpp"
#include "rtlgen/import/read_keras.hpp"
#include "rtlgen/import/write_import.hpp"
#include "tests/support/imported.hpp"
#include "tests/support/random_model.hpp"
#include "tests/support/skipped.hpp"

namespace rtlgen::testing {
namespace {

namespace fs = std::filesystem;

/// Hashes by the model's name, which begins with the group of its test.
using Hashes = std::map<std::string, std::string>;

constexpr std::size_t kFileEvents = 200;
constexpr std::size_t kDrawnEvents = 100;

/// FNV-1a of 64 bits.
class Hash {
 public:
  void byte(unsigned value) { state_ = (state_ ^ (value & 0xffU)) * 0x100000001b3U; }
  /// Eight bytes, the lowest one first.
  void whole(std::int64_t value) {
    for (unsigned shift = 0; shift < 64; shift += 8) {
      byte(static_cast<unsigned>(static_cast<std::uint64_t>(value) >> shift & 0xffU));
    }
  }
  void text(std::string_view value) {
    for (const char c : value) {
      byte(static_cast<unsigned char>(c));
    }
    byte(0);
  }
  void tensor(const Mantissas& values) {
    whole(values.rows());
    whole(values.cols());
    for (Eigen::Index row = 0; row < values.rows(); ++row) {
      for (Eigen::Index column = 0; column < values.cols(); ++column) {
        whole(static_cast<std::int64_t>(values(row, column)));
      }
    }
  }
  std::string hex() const { return fmt::format("{:016x}", state_); }

 private:
  std::uint64_t state_ = 0xcbf29ce484222325U;
};

/// Events over the input's whole range, half of their numbers small; masks of no token to all.
IntegerEvents draw_events(const Graph& graph) {
  std::mt19937_64 random(2024);
  const auto& type = input_node(graph).type;
  const auto range = type.range();
  const auto between = [&](std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(high - low + 1));
  };
  IntegerEvents events;
  events.count = kDrawnEvents;
  const auto tokens = static_cast<Eigen::Index>(type.tokens);
  events.x.resize(static_cast<Eigen::Index>(kDrawnEvents) * tokens, type.features);
  for (Eigen::Index row = 0; row < events.x.rows(); ++row) {
    for (Eigen::Index feature = 0; feature < events.x.cols(); ++feature) {
      const bool small = between(0, 1) == 1;
      const std::int64_t divisor = std::int64_t{1} << (small ? between(0, type.width - 1) : 0);
      events.x(row, feature) =
          static_cast<double>(std::clamp(between(range.lo, range.hi) / divisor, range.lo, range.hi));
    }
  }
  if (is_masked(graph)) {
    events.mask.resize(events.x.rows(), 1);
    for (Eigen::Index event = 0; event < static_cast<Eigen::Index>(kDrawnEvents); ++event) {
      const std::int64_t real = between(0, tokens);
      const bool scattered = between(0, 1) == 1 && mask_kind(graph) == MaskKind::valid;
      for (Eigen::Index token = 0; token < tokens; ++token) {
        events.mask(event * tokens + token, 0) = (scattered ? between(0, 1) == 1 : token < real) ? 1 : 0;
      }
    }
  }
  return events;
}

/// The hash of what a description's golden model makes of drawn events and of a file's: `events`, or the description's
/// own where it has one.
std::string hash_of(const std::string& path, const std::vector<std::string>& overrides = {},
                    const std::string& events = "") {
  auto model = load_model(path, overrides);
  const auto graph = quantize_loaded(model);
  const auto& output = graph.node(graph.output());
  Hash hash;
  hash.whole(output.type.tokens);
  hash.whole(output.type.features);
  hash.whole(output.type.frac);
  hash.text(to_string(tensor_format(output)));
  const std::string own = model.test_file.empty() ? model.calibration_file : model.test_file;
  if (const std::string& file = events.empty() ? own : events; !file.empty()) {
    hash.tensor(golden_output(graph, quantize_events(graph, load_events(file, model, kFileEvents))));
  }
  hash.tensor(golden_output(graph, draw_events(graph)));
  return hash.hex();
}

/// The lines of a file of hashes.
Hashes read_hashes(const std::string& path) {
  const std::set<std::string> groups = {"exact", "fixture", "random", "shared", "shipped"};
  Hashes hashes;
  std::istringstream lines(read_text(path));
  for (std::string line; std::getline(lines, line);) {
    INFO(path << ": " << line);
    std::istringstream words(line);
    std::string name;
    std::string hash;
    std::string more;
    REQUIRE(words >> name >> hash);
    REQUIRE_FALSE(words >> more);
    REQUIRE(groups.count(name.substr(0, name.find('/'))) == 1);
    REQUIRE(hashes.emplace(name, hash).second);
  }
  return hashes;
}

/// Compares a group's hashes with those of its lines in tests/data/golden_hashes.txt, or replaces the lines of that
/// group in the file that RTLGEN_WRITE_HASHES names.
void settle(const std::string& group, const Hashes& found) {
  const auto of_group = [&](const std::string& name) { return name.rfind(group + "/", 0) == 0; };
  REQUIRE_FALSE(found.empty());
  REQUIRE(std::all_of(found.begin(), found.end(), [&](const auto& entry) { return of_group(entry.first); }));
  if (const char* const path = std::getenv("RTLGEN_WRITE_HASHES"); path != nullptr) {
    Hashes all = found;
    for (const auto& [name, hash] : read_hashes(path)) {
      if (!of_group(name)) {
        all.emplace(name, hash);
      }
    }
    std::string text;
    for (const auto& [name, hash] : all) {
      text += name + " " + hash + "\n";
    }
    write_file_bytes(path, text);
    WARN("compared nothing: wrote " << found.size() << " hashes of '" << group << "' to " << path);
    return;
  }
  Hashes expected = read_hashes(source_folder() + "/tests/data/golden_hashes.txt");
  for (const auto& [name, hash] : found) {
    INFO(name);
    const auto line = expected.find(name);
    CHECK((line == expected.end() ? "no line" : line->second) == hash);
  }
  for (const auto& [name, hash] : expected) {
    INFO(name);
    CHECK((!of_group(name) || found.count(name) == 1));  // a line without a model
  }
}

/// Adds what `make_hash` returns to the hashes; a failure of this model if it throws.
template <typename MakeHash>
void add_hash(Hashes& hashes, const std::string& name, const MakeHash& make_hash) {
  INFO(name);
  try {
    hashes[name] = make_hash();
  } catch (const std::exception& error) {
    FAIL_CHECK(error.what());
  }
}

/// Whether random models are those of every day; the test is skipped where they are not.
bool has_usual_seeds() {
  if (seed_offset() != 0) {
    skip("RTLGEN_TEST_SEED_OFFSET makes other models than those that have hashes");
  }
  return seed_offset() == 0;
}

TEST_CASE("golden hashes: shipped models", "[golden]") {
  Hashes hashes;
  for (const auto& entry : fs::directory_iterator(source_folder() + "/configs")) {
    const fs::path description = entry.path() / "model.yaml";
    if (fs::exists(description)) {
      add_hash(hashes, "shipped/" + entry.path().filename().string(), [&] { return hash_of(description.string()); });
    }
  }
  settle("shipped", hashes);
}

TEST_CASE("golden hashes: random models", "[models][slow]") {
  if (!has_usual_seeds()) {
    return;
  }
  constexpr int kModels = 40;
  Hashes hashes;
  for (int index = 0; index < kModels; ++index) {
    Dice dice(3000 + static_cast<unsigned>(index));
    ModelFolder folder;
    write_random_model(folder, dice, index);
    add_hash(hashes, fmt::format("random/{:02}", index), [&] { return hash_of(folder.folder().file("model.yaml")); });
  }
  settle("random", hashes);
}

/// Layers that round nothing, between quantize layers of all forms, as their description. One throw of the dice a
/// statement: the same model from every compiler.
class ExactModel {
 public:
  explicit ExactModel(unsigned seed) : dice_(seed), tokens_(dice_.number(1, 5)) {}

  /// Dense layers, maps of features, functions and quantizers of any scales, one behind another.
  void chain() {
    width_ = dice_.number(1, 5);
    start("none");
    for (int i = 0, depth = dice_.number(1, 3); i < depth; ++i) {
      const std::string suffix = std::to_string(i);
      dense("dense" + suffix, dice_.number(1, 5));
      if (dice_.percent(40)) {
        reals("affine" + suffix + ".weight", {size(width_)});
        reals("affine" + suffix + ".bias", {size(width_)});
        line("name: affine" + suffix + ", type: affine");
      }
      if (dice_.percent(20)) {
        line("name: clip" + suffix + ", type: activation, function: clip, low: -2.1, high: 3.3");
      } else if (dice_.percent(60)) {
        line("name: f" + suffix + ", type: activation, function: " +
             dice_.pick<std::string>({"relu", "gelu", "sigmoid", "tanh", "silu", "elu"}));
      }
      quantizer("codes" + suffix);
    }
    if (dice_.percent(30)) {
      dense("last", 3);
    }
  }

  /// Constants and formats of tokens.
  void positions() {
    width_ = dice_.number(1, 4);
    start(dice_.pick<std::string>({"none", "valid", "count"}));
    for (int i = 0, depth = dice_.number(1, 3); i < depth; ++i) {
      const std::string suffix = std::to_string(i);
      wholes("add" + suffix + ".weight", {size(width_)}, 1, 3, 0.5);
      wholes("add" + suffix + ".bias", {size(tokens_), size(width_)}, -9, 9, 0.125);
      line("name: add" + suffix + ", type: affine");
      const bool per_token = dice_.percent(60);
      const std::vector<std::size_t> shape =
          per_token ? std::vector<std::size_t>{size(tokens_), size(width_)} : std::vector<std::size_t>{size(width_)};
      wholes("codes" + suffix + ".width", shape, 0, 8);
      wholes("codes" + suffix + ".integer", shape, 0, 5);
      wholes("codes" + suffix + ".signed", shape, 0, 1);
      const std::string rounding =
          dice_.pick<std::string>({"trn", "rnd", "rnd_conv", "ceil", "trn_zero", "away", "rnd_inf"});
      const std::string overflow = dice_.pick<std::string>({"wrap", "sat", "sat_sym"});
      line(fmt::format("name: codes{}, type: quantize, formats: {}, rounding: {}, overflow: {}", suffix,
                       per_token ? "per_token" : "per_feature", rounding, overflow));
    }
    pool();
  }

  /// Attention in steps.
  void attention() {
    width_ = 3;
    const int heads = dice_.number(1, 3);
    const int key_dim = dice_.number(1, 3);
    const int value_dim = dice_.number(1, 3);
    const bool masked = dice_.percent(60);
    start(masked ? "valid" : "none");
    for (const std::string name : {"q", "k", "v"}) {
      width_ = 3;
      dense(name, heads * (name == "v" ? value_dim : key_dim), ", input: event");
      quantizer(name + "_codes");
    }
    line(fmt::format("name: s, scores: [q_codes, k_codes], heads: {}", heads));
    line(fmt::format("name: s_codes, type: quantize, format: \"fixed<{},3,rnd_conv,sat>\"", dice_.number(4, 7)));
    softmax(fmt::format("name: p, type: softmax, groups: {}, masked: {}", heads, masked));
    line(fmt::format("name: p_codes, type: quantize, format: \"ufixed<{},1>\"", dice_.number(3, 7)));
    line(fmt::format("name: m, mix: [p_codes, v_codes], heads: {}", heads));
    quantizer("m_codes");
    width_ = heads * value_dim;
    dense("o", 4);
    quantizer("o_codes");
    pool();
  }

  /// Path of the description.
  std::string write() const {
    write_npz(folder_.file("weights.npz"), arrays_);
    write_file_bytes(folder_.file("model.yaml"), head_ + lines_);
    return folder_.file("model.yaml");
  }

 private:
  static std::size_t size(int count) { return static_cast<std::size_t>(count); }
  void line(const std::string& text) { lines_ += "  - {" + text + "}\n"; }

  void start(const std::string& mask) {
    masked_ = mask != "none";
    const std::string sign = dice_.percent(50) ? "u" : "";
    const int bits = dice_.number(3, 7);
    const std::string modes = dice_.pick<std::string>({"trn,wrap", "rnd,sat", "rnd_conv,sat"});
    head_ = fmt::format(
        "model: exact\ninput: {{tokens: {}, features: {}, format: \"{}fixed<{},3,{}>\", mask: {}}}\n"
        "weights: weights.npz\nprecision: {{default: {{activation: exact}}}}\nlayers:\n",
        tokens_, width_, sign, bits, modes, mask);
  }

  template <typename Make>
  void array(const std::string& name, const std::vector<std::size_t>& shape, const Make& make) {
    std::size_t count = 1;
    for (const std::size_t extent : shape) {
      count *= extent;
    }
    std::vector<decltype(make())> values(count);
    std::generate(values.begin(), values.end(), make);
    arrays_[name] = npy_bytes(shape, values);
  }
  void reals(const std::string& name, const std::vector<std::size_t>& shape) {
    array(name, shape, [&] { return dice_.normal(); });
  }
  void wholes(const std::string& name, const std::vector<std::size_t>& shape, int low, int high, double unit = 1) {
    array(name, shape, [&] { return dice_.number(low, high) * unit; });
  }

  /// Integer weights on one scale.
  void dense(const std::string& name, int units, const std::string& more = "") {
    array(name + ".weight", {size(units), size(width_)}, [&] { return dice_.between(-4, 4); });
    reals(name + ".bias", {size(units)});
    arrays_[name + ".weight_scale"] = npy_bytes({}, std::vector<double>{scale()});
    line(fmt::format("name: {}, type: dense, units: {}{}", name, units, more));
    width_ = units;
  }

  double scale() {
    return dice_.percent(50) ? std::ldexp(1.0, -dice_.number(1, 3)) : dice_.number(50, 999) / 1024.0 * 0.7;
  }

  /// A format, a sign, or any scale with a zero point.
  void quantizer(const std::string& name) {
    const std::string head = "name: " + name + ", type: quantize, ";
    const int bits = dice_.number(3, 6);
    const bool is_signed = dice_.percent(60);
    if (dice_.percent(40)) {
      const int integer = dice_.number(1, 3);
      const std::string rounding = dice_.pick<std::string>({"rnd", "rnd_conv", "trn", "rnd_zero"});
      line(head + fmt::format("format: \"{}fixed<{},{},{},sat>\"", is_signed ? "" : "u", bits, integer, rounding));
    } else if (dice_.percent(15)) {
      line(head + "bipolar: true, scale: 0.75");
    } else {
      const double step = scale();
      const int zero_point = dice_.percent(40) ? dice_.number(-3, 3) : 0;
      line(head +
           fmt::format("signed: {}, bits: {}, scale: {:.17g}, zero_point: {}", is_signed, bits, step, zero_point));
    }
  }

  /// With tables of the model's own, or of the compiler's.
  void softmax(const std::string& keys) {
    if (dice_.percent(40)) {
      line(keys + ", precision: {activation: \"ufixed<16,1>\"}");
      return;
    }
    line(keys + R"(, exp_index: "ufixed<6,4,trn,sat>", exp_frac: 8, inv_index: "ufixed<7,4>", inv_frac: 9)");
    std::int64_t i = 0;
    array("p.exp_table", {64}, [&] { return std::int64_t{256} / ++i; });
    i = 0;
    array("p.inv_table", {128}, [&] { return std::int64_t{4096} / ++i; });
  }

  void pool() {
    if (dice_.percent(40)) {
      line("name: pool, type: pool, mode: " + dice_.pick<std::string>({"max", "sum", masked_ ? "max" : "mean"}));
      line("name: pool_codes, type: quantize, format: \"fixed<6,4,rnd_conv,sat>\"");
    }
  }

  Dice dice_;
  int tokens_;
  int width_ = 1;
  bool masked_ = false;
  std::string head_;
  std::string lines_;
  std::map<std::string, std::string> arrays_;
  TemporaryFolder folder_;
};

TEST_CASE("golden hashes: exact models", "[exact][slow]") {
  if (!has_usual_seeds()) {
    return;
  }
  constexpr unsigned kModels = 20;
  Hashes hashes;
  for (unsigned index = 0; index < kModels; ++index) {
    const auto add = [&](const char* form, unsigned seed, void (ExactModel::*make)()) {
      add_hash(hashes, fmt::format("exact/{}_{:02}", form, index), [&] {
        ExactModel model(seed + index);
        (model.*make)();
        return hash_of(model.write());
      });
    };
    add("attention", 4000, &ExactModel::attention);
    add("chain", 5000, &ExactModel::chain);
    add("positions", 6000, &ExactModel::positions);
  }
  settle("exact", hashes);
}

/// Imports an ONNX or Keras file and hashes it; `input` is the format of the event, empty where the file's will do.
std::string hash_of_import(const std::string& file, const std::string& input = "", const std::string& events = "") {
  const TemporaryFolder folder;
  if (fs::path(file).extension() == ".onnx") {
    return hash_of(import_onnx(folder, file, input), {}, events);
  }
  ImportOptions options;
  options.file = file;
  options.out = folder.file("out");
  write_import(read_keras(options), options);
  return hash_of(options.out + "/model.yaml", {}, events);
}

TEST_CASE("golden hashes: imported models", "[import]") {
  Hashes hashes;
  for (const std::string part : {"functions", "keras", "onnx", "torch"}) {
    for (const auto& entry : fs::directory_iterator(import_data(part))) {
      const fs::path& file = entry.path();
      const std::string extension = file.extension().string();
      const std::set<std::string> kinds = {".h5", ".keras", ".onnx"};
      if (kinds.count(extension) == 0 || file.stem() == "hostile" || file.stem() == "types") {
        continue;
      }
      const std::string events = import_data(part + "/" + file.stem().string() + "_x.npy");
      add_hash(hashes, "fixture/" + part + "/" + file.filename().string(),
               [&] { return hash_of_import(file.string(), "", fs::exists(events) ? events : ""); });
    }
  }
  settle("fixture", hashes);
}

TEST_CASE("golden hashes: public models", "[import]") {
  struct Weights {
    std::string model;
    std::string config;
    std::vector<std::string> overrides;
  };
  const std::vector<Weights> trained = {{"hls4ml_btag_float", "btag", {}},
                                        {"trackformers_hel3", "encreg", {}},
                                        {"trackformers_lin3", "encreg", {}},
                                        {"trackformers_lin1to20", "encreg", {"input.tokens=180"}}};
  const std::map<std::string, std::string> imported = {{"files/hls4ml_btag_float.h5", ""},
                                                       {"files/onnx_three_layer_pytorch.onnx", ""},
                                                       {"files/qonnx_unsw_w2a2.onnx", "fixed<2,2>"}};
  Hashes hashes;
  for (const Weights& weights : trained) {
    const std::string vectors = weights.model + "_vectors.npz";
    if (!has_shared_model(weights.model + ".npz") || !has_shared_model(vectors)) {
      return;
    }
    std::vector<std::string> overrides = weights.overrides;
    overrides.push_back("weights=" + shared_model(weights.model + ".npz"));
    overrides.push_back("calibration=" + shared_model(vectors));
    overrides.push_back("test=" + shared_model(vectors));
    add_hash(hashes, "shared/" + weights.model,
             [&] { return hash_of(source_folder() + "/configs/" + weights.config + "/model.yaml", overrides); });
  }
  for (const auto& [file, input] : imported) {
    if (!has_shared_model(file)) {
      return;
    }
    const std::string& format = input;
    const std::string path = shared_model(file);
    add_hash(hashes, "shared/" + file, [&] { return hash_of_import(path, format); });
  }
  settle("shared", hashes);
}

}  // namespace
}  // namespace rtlgen::testing
