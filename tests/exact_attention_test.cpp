// Attention taken apart into scores, softmax and mix, with quantizers between them, and a pool behind it.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "ir/golden.hpp"
#include "ir/source_error.hpp"
#include "rtlgen/deliver/compile_model.hpp"
#include "rtlgen/files/file_bytes.hpp"
#include "rtlgen/files/npz.hpp"
#include "rtlgen/frontend/yaml_frontend.hpp"
#include "tests/support/dice.hpp"
#include "tests/support/exact_models.hpp"
#include "tests/support/graph_builder.hpp"
#include "tests/support/rtl_bench.hpp"
#include "tests/support/temporary_folder.hpp"

namespace rtlgen::testing {
namespace {

/// A description of one attention with its arrays, any sizes and quantizers.
class StepsModel {
 public:
  explicit StepsModel(unsigned seed) : dice_(seed) {
    tokens_ = dice_.number(1, 5);
    heads_ = dice_.number(1, 3);
    const int key_dim = dice_.number(1, 3);
    const int value_dim = dice_.number(1, 3);
    const int units = dice_.number(1, 4);
    masked_ = dice_.percent(60);
    tables_ = dice_.percent(70);
    projection("q", kFeatures, heads_ * key_dim);
    quantizer("q_codes", false);
    projection("k", kFeatures, heads_ * key_dim, "event");
    quantizer("k_codes", false);
    projection("v", kFeatures, heads_ * value_dim, "event");
    quantizer("v_codes", true);
    line(fmt::format("name: s, scores: [q_codes, k_codes], heads: {}", heads_));
    if (dice_.percent(50)) {
      line("name: s_scaled, type: affine, use_bias: false");
      arrays_["s_scaled.weight"] =
          npy_bytes({size(heads_ * tokens_)}, std::vector<double>(size(heads_ * tokens_), 0.5));
    }
    line(fmt::format("name: s_codes, type: quantize, format: \"fixed<{},3,rnd_conv,sat>\"", dice_.number(4, 7)));
    softmax();
    line(fmt::format("name: p_codes, type: quantize, format: \"ufixed<{},1>\"", dice_.number(3, 7)));
    line(fmt::format("name: m, mix: [p_codes, v_codes], heads: {}", heads_));
    quantizer("m_codes", false);
    projection("o", heads_ * value_dim, units);
    quantizer("o_codes", true);
    if (dice_.percent(40)) {
      line("name: pool, type: pool, mode: " + dice_.pick<std::string>({"max", "sum", masked_ ? "max" : "mean"}));
      quantizer("pool_codes", false);
    }
  }

  /// Path of the description.
  std::string write(int tokens_per_beat, double clock_mhz) const {
    write_npz(folder_.file("weights.npz"), arrays_);
    const std::string text = fmt::format(
        "model: steps\ninput: {{tokens: {}, features: {}, format: \"fixed<6,3>\", mask: {}}}\nweights: weights.npz\n"
        "hardware: {{tokens_per_beat: {}, clock_mhz: {}}}\nprecision: {{default: {{activation: exact}}}}\nlayers:\n{}",
        tokens_, kFeatures, masked_ ? "valid" : "none", tokens_per_beat, clock_mhz, lines_);
    write_file_bytes(folder_.file("model.yaml"), text);
    return folder_.file("model.yaml");
  }

  int tokens() const { return tokens_; }
  bool has_tables() const { return tables_; }

 private:
  static constexpr int kFeatures = 3;

  static std::size_t size(int count) { return static_cast<std::size_t>(count); }
  void line(const std::string& text) { lines_ += "  - {" + text + "}\n"; }

  /// A dense layer with integer weights, on one scale.
  void projection(const std::string& name, int inputs, int units, const std::string& input = "") {
    line(fmt::format("name: {}, type: dense, units: {}{}", name, units, input.empty() ? "" : ", input: " + input));
    std::vector<std::int64_t> weight;
    weight.reserve(size(inputs * units));
    for (int i = 0; i < inputs * units; ++i) {
      weight.push_back(dice_.number(-4, 4));
    }
    std::vector<double> bias;
    bias.reserve(size(units));
    for (int i = 0; i < units; ++i) {
      bias.push_back(dice_.normal());  // no sum lies on a boundary of codes
    }
    arrays_[name + ".weight"] = npy_bytes({size(units), size(inputs)}, weight);
    arrays_[name + ".bias"] = npy_bytes({size(units)}, bias);
    arrays_[name + ".weight_scale"] = npy_bytes({}, std::vector<double>{scale()});
  }

  double scale() { return dice_.percent(50) ? std::ldexp(1.0, -dice_.number(1, 3)) : 0.2 * std::exp2(dice_.normal()); }

  /// A format, or any scale with a zero point.
  void quantizer(const std::string& name, bool with_sign) {
    const std::string head = "name: " + name + ", type: quantize, ";
    const int bits = dice_.number(3, 6);
    if (dice_.percent(40)) {
      line(head + fmt::format("format: \"fixed<{},{},rnd,sat>\"", bits, dice_.number(1, 3)));
    } else if (with_sign && dice_.percent(20)) {
      line(head + "bipolar: true, scale: 0.75");
    } else {
      line(head + fmt::format("signed: {}, bits: {}, scale: {:.17g}, zero_point: {}", dice_.percent(50), bits, scale(),
                              dice_.percent(40) ? dice_.number(-3, 3) : 0));
    }
  }

  void softmax() {
    const std::string keys = fmt::format("name: p, type: softmax, groups: {}, masked: {}", heads_, masked_);
    if (!tables_) {
      line(keys + ", precision: {activation: \"ufixed<16,1>\"}");
      return;
    }
    line(keys + R"(, exp_index: "ufixed<6,4,trn,sat>", exp_frac: 8, inv_index: "ufixed<7,4>", inv_frac: 9)");
    std::vector<std::int64_t> exp_table;
    exp_table.reserve(64);
    for (int i = 0; i < 64; ++i) {
      exp_table.push_back(std::llround(256 * std::exp(-i / 4.0)));
    }
    std::vector<std::int64_t> inv_table;
    inv_table.reserve(128);
    for (int i = 0; i < 128; ++i) {
      inv_table.push_back(std::llround(512 / (i / 8.0 + 0.1)));
    }
    arrays_["p.exp_table"] = npy_bytes({64}, exp_table);
    arrays_["p.inv_table"] = npy_bytes({128}, inv_table);
  }

  Dice dice_;
  int tokens_ = 1;
  int heads_ = 1;
  bool masked_ = false;
  bool tables_ = true;
  std::string lines_;
  std::map<std::string, std::string> arrays_;
  TemporaryFolder folder_;
};

TEST_CASE("exact attention: golden is the real formula for any scales, zero points and masks", "[exact]") {
  int with_tables = 0;
  for (unsigned seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    const StepsModel steps(seed);
    const CompiledModel compiled = compile_model(steps.write(1, 200), {});
    Dice dice(seed);
    const IntegerEvents integers = random_events(dice, compiled.graph, 100);
    const std::size_t different = differences_from_formula(compiled.model, compiled.graph, integers);
    if (steps.has_tables()) {
      ++with_tables;
      CHECK(different == 0);
    } else {  // exponentials of its own: a code may fall on the other side of a step
      const Eigen::Index values = golden_output(compiled.graph, integers).size();
      CHECK(static_cast<double>(different) <= 0.1 * static_cast<double>(values));
    }
  }
  CHECK(with_tables > 30);
}

TEST_CASE("exact attention: RTL equals golden to the bit and clock", "[exact][rtl]") {
  for (unsigned seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    const StepsModel steps(seed);
    Dice dice(seed);
    const std::string path = steps.write(dice.number(1, steps.tokens()), test_clocks()[seed % test_clocks().size()]);
    const CompiledModel compiled = compile_model(path, {});
    CHECK(run_bench(compiled.graph, random_events(dice, compiled.graph, 24), {seed}).verdict() == "ok");
  }
}

TEST_CASE("exact attention: a softmax that forgets the mask is a mismatch", "[fault][rtl]") {
  int seen = 0;
  for (unsigned seed = 1; seed <= 8; ++seed) {
    const StepsModel steps(seed);
    const CompiledModel compiled = compile_model(steps.write(1, 200), {});
    Dice dice(seed);
    BenchOptions options{seed};
    options.alter = [](std::map<std::string, std::string>& modules) {
      for (auto& [name, text] : modules) {
        const std::string mark = name == "key_mask" ? ".bank(enable)" : "";
        const std::size_t at = mark.empty() ? std::string::npos : text.find(mark);
        if (at != std::string::npos) {
          text.replace(at, mark.size(), ".bank()");
          text.insert(text.find("delay_line #("), "assign enable = {TOKENS{1'b1}};\n\n");
        }
      }
    };
    seen += run_bench(compiled.graph, random_events(dice, compiled.graph, 24), options).mismatches > 0 ? 1 : 0;
  }
  CHECK(seen > 0);
}

/// What is said of a layer behind projections q [tokens 4, features 6] and add1 [tokens 4, features 8]; a concatenation
/// uses what it does not.
std::string complaint(const std::string& layer, const std::string& mask = "valid") {
  const TemporaryFolder folder;
  const auto array = [](std::size_t rows) { return npy_bytes({rows, 3}, std::vector<double>(rows * 3, 0.5)); };
  write_npz(folder.file("weights.npz"), {{"q.weight", array(6)}, {"p.weight", array(8)}});
  write_file_bytes(folder.file("model.yaml"),
                   "model: m\ninput: {tokens: 4, features: 3, format: \"fixed<6,3>\", mask: " + mask +
                       "}\nweights: weights.npz\nprecision: {default: {activation: \"fixed<8,4>\"}}\nlayers:\n"
                       "  - {name: q, type: dense, units: 6, use_bias: false}\n"
                       "  - {name: p, type: dense, units: 8, use_bias: false, input: event}\n"
                       "  - {add: [p, p]}\n  - " +
                       layer + "\n  - {name: all, concat: [y, q, add1]}\n");
  try {
    load_model(folder.file("model.yaml"), {});
  } catch (const SourceError& error) {
    const std::string text = error.what();
    return text.substr(text.find("error: "));
  }
  return "";
}

TEST_CASE("exact attention: steps that do not fit are refused", "[frontend]") {
  CHECK(complaint("{name: y, scores: [q, q], heads: 2}") == "");
  CHECK(complaint("{name: y, mix: [add1, q], heads: 2}") == "");
  CHECK(complaint("{name: y, mix: [add1, q], heads: 2, kv_heads: 1}") == "");
  CHECK(complaint("{name: y, mix: [add1, q, q], heads: 2}") == "error: 'mix' needs two layers");
  CHECK(complaint("{name: y, mix: [add1, q], heads: 2, kv_heads: 3}") ==
        "error: 'kv_heads' must be 'heads' or 1, not '3'");
  CHECK(complaint("{name: y, mix: [add1, q], heads: 1}") ==
        "error: 'add1' [4,8] and 'q' [4,6] do not fit, expected features [heads, tokens] and [kv_heads, dim] with 1 "
        "and 1 heads");
  CHECK(complaint("{name: y, scores: [add1, q], heads: 2}") ==
        "error: 'add1' [4,8] and 'q' [4,6] do not fit, expected features [heads, dim] and [kv_heads, dim] with 2 and "
        "2 heads");
  std::string many = "q";
  for (int i = 0; i < 2800; ++i) {
    many += ", q";
  }
  CHECK(complaint("{name: y, concat: [" + many + "]}") ==
        "error: layer 'y' has 16806 features, expected at most 16384");
  CHECK(complaint("{name: y, type: softmax, groups: 3}") ==
        "error: softmax 'y' of 8 features cannot have 3 equal groups");
  CHECK(complaint("{name: y, type: softmax, groups: 4, masked: true}") ==
        "error: softmax 'y' of 8 features is masked, expected groups of a feature for each of the 4 tokens");
  CHECK(complaint("{name: y, type: softmax, groups: 2, masked: true}", "none") ==
        "error: softmax 'y' of 8 features is masked, expected an `input` with a mask");
}

}  // namespace
}  // namespace rtlgen::testing
