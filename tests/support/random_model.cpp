#include "tests/support/random_model.hpp"

#include <fmt/format.h>

#include "rtlgen/files/npy.hpp"
#include "rtlgen/files/npz.hpp"
#include "rtlgen/files/text_file.hpp"

namespace rtlgen::testing {
namespace {

constexpr std::size_t kCalibrationEvents = 64;

std::size_t product(const std::vector<std::size_t>& shape) {
  std::size_t size = 1;
  for (const std::size_t extent : shape) {
    size *= extent;
  }
  return size;
}

/// Writes layers one behind the other and the arrays they need.
class ModelWriter {
 public:
  ModelWriter(ModelFolder& folder, Dice& dice, int tokens, int features)
      : folder_(folder), dice_(dice), tokens_(tokens), width_(features) {}

  const std::string& layers() const { return layers_; }
  std::size_t width() const { return static_cast<std::size_t>(width_); }

  void line(const std::string& text) { layers_ += "  - {" + text + "}\n"; }

  void dense(const std::string& name, int units, const std::string& more = "") {
    folder_.array(dice_, name + ".weight", {static_cast<std::size_t>(units), width()});
    folder_.array(dice_, name + ".bias", {static_cast<std::size_t>(units)});
    line(fmt::format("name: {}, type: dense, units: {}{}", name, units, more));
    width_ = units;
  }

  void batch_norm(const std::string& name) {
    folder_.array(dice_, name + ".gamma", {width()}, 0.3, 1);
    folder_.array(dice_, name + ".beta", {width()});
    folder_.array(dice_, name + ".mean", {width()});
    folder_.array(dice_, name + ".variance", {width()}, 0.1, 1);
    line("name: " + name + ", type: batch_norm");
  }

  void norm(const std::string& name, bool rms) {
    norm_arrays(name, rms);
    line(fmt::format("name: {}, type: {}", name, rms ? "rms_norm" : "layer_norm"));
  }

  void attention(const std::string& name, int heads, int key_dim, int value_dim, const std::string& more) {
    attention_arrays(name, heads, key_dim, value_dim);
    line(fmt::format("name: {}, type: multi_head_attention, heads: {}, key_dim: {}, value_dim: {}{}", name, heads,
                     key_dim, value_dim, more));
  }

  void block(const std::string& name, int heads, int key_dim, int hidden, const std::string& norm,
             const std::string& activation, const std::string& more) {
    attention_arrays(name + ".attn", heads, key_dim, key_dim);
    if (norm != "none") {
      norm_arrays(name + ".norm1", false);
      norm_arrays(name + ".norm2", false);
    }
    const auto h = static_cast<std::size_t>(hidden);
    folder_.array(dice_, name + ".ffn.w1", {h, width()});
    folder_.array(dice_, name + ".ffn.b1", {h});
    folder_.array(dice_, name + ".ffn.w2", {width(), h});
    folder_.array(dice_, name + ".ffn.b2", {width()});
    line(
        fmt::format("name: {}, type: transformer_block, heads: {}, key_dim: {}, hidden: {}, norm: {}, activation: {}{}",
                    name, heads, key_dim, hidden, norm, activation, more));
  }

  void flatten() {
    line("name: flat, type: flatten");
    width_ *= tokens_;
  }

 private:
  void norm_arrays(const std::string& name, bool rms) {
    folder_.array(dice_, name + ".weight", {width()}, 0.3, 1);
    if (!rms) {
      folder_.array(dice_, name + ".bias", {width()});
    }
  }

  void attention_arrays(const std::string& name, int heads, int key_dim, int value_dim) {
    const auto h = static_cast<std::size_t>(heads);
    for (const std::string part : {"q", "k", "v"}) {
      const auto dim = static_cast<std::size_t>(part == "v" ? value_dim : key_dim);
      folder_.array(dice_, name + ".w" + part, {h, dim, width()});
      folder_.array(dice_, name + ".b" + part, {h, dim});
    }
    folder_.array(dice_, name + ".wo", {width(), h, static_cast<std::size_t>(value_dim)});
    folder_.array(dice_, name + ".bo", {width()});
  }

  ModelFolder& folder_;
  Dice& dice_;
  int tokens_;
  int width_;
  std::string layers_;
};

/// Formats of a model: some calibrated, some spelled out in every mode.
struct Formats {
  std::string input;
  std::string precision;
};

Formats formats(int style) {
  switch (style) {
    case 0:
      return {"auto<7>", "{weight: auto<5>, bias: auto<9>, activation: auto<7>}"};
    case 1:
      return {"\"fixed<8,3>\"",
              "{weight: \"fixed<6,2,trn,sat_sym>\", bias: \"fixed<8,3>\", activation: \"fixed<9,4,trn,wrap>\", "
              "score: \"fixed<9,5>\"}"};
    case 2:
      return {"\"ufixed<7,3>\"",
              "{weight: \"fixed<5,1,rnd_conv>\", bias: auto<8>, activation: \"fixed<8,4,rnd_conv,sat_sym>\", "
              "score: auto<8>, exp_bits: 9, table_bits: 6}"};
    case 3:
      return {"auto<9>",
              "{weight: auto<4>, bias: auto<8>, activation: \"fixed<10,4,rnd,wrap>\", "
              "accumulator: \"fixed<12,6,trn,sat>\", score: \"fixed<10,6,rnd_conv,sat>\", exp_index_bits: 4}"};
    default:
      return {"\"fixed<10,4,rnd_conv,wrap>\"",
              "{weight: auto<6>, bias: auto<10>, activation: \"auto<8,rnd_conv,sat_sym>\", accumulator: auto<14>}"};
  }
}

std::string header(const std::string& mask, int tokens, int features, int lanes, double clock, const Formats& chosen) {
  return fmt::format(
      "model: random_model\n"
      "input: {{tokens: {}, features: {}, format: {}, mask: {}}}\n"
      "weights: weights.npz\ncalibration: calibration.npz\n"
      "precision: {{default: {}}}\n"
      "hardware: {{clock_mhz: {}, tokens_per_beat: {}}}\n"
      "layers:\n",
      tokens, features, chosen.input, mask, chosen.precision, clock, lanes);
}

}  // namespace

void ModelFolder::array(Dice& dice, const std::string& name, const std::vector<std::size_t>& shape, double scale,
                        double offset) {
  std::vector<double> values(product(shape));
  for (double& value : values) {
    value = scale * dice.normal() + offset;
  }
  arrays_[name] = npy_bytes(shape, values);
}

void ModelFolder::write(Dice& dice, const std::string& yaml, int tokens, int features, const std::string& mask) {
  yaml_ = yaml;
  write_file(folder_.path() / "model.yaml", yaml);
  write_npz(folder_.file("weights.npz"), arrays_);
  const std::vector<std::size_t> shape = {kCalibrationEvents, static_cast<std::size_t>(tokens),
                                          static_cast<std::size_t>(features)};
  std::vector<double> x(product(shape));
  for (double& value : x) {
    value = dice.normal();
  }
  std::map<std::string, std::string> arrays{{"x", npy_bytes(shape, x)}};
  if (mask == "count") {
    std::vector<std::int64_t> counts;
    for (std::size_t i = 0; i < kCalibrationEvents; ++i) {
      counts.push_back(dice.number(1, tokens));
    }
    arrays["count"] = npy_bytes({kCalibrationEvents}, counts);
  } else if (mask == "valid") {
    std::vector<std::int64_t> valid;
    for (std::size_t i = 0; i < kCalibrationEvents * shape[1]; ++i) {
      valid.push_back(i % shape[1] == 0 || dice.percent(60) ? 1 : 0);
    }
    arrays["valid"] = npy_bytes({kCalibrationEvents, shape[1]}, valid);
  }
  write_npz(folder_.file("calibration.npz"), arrays);
}

CompiledModel ModelFolder::compile(const std::vector<std::string>& overrides) const {
  return compile_model(folder_.file("model.yaml"), overrides);
}

void write_random_model(ModelFolder& folder, Dice& dice, int index) {
  const auto turn = [index](const std::vector<std::string>& choices, int stride = 1) {
    return choices[static_cast<std::size_t>(index / stride) % choices.size()];
  };
  const int tokens = 1 + index % 9;
  const int lanes = dice.number(1, tokens);
  const int features = dice.number(1, 5);
  const std::string mask = turn({"none", "count", "valid"}, 2);
  const std::string function = turn({"relu", "gelu", "sigmoid", "tanh", "silu"});
  const double clock = std::vector<double>{100, 200, 360, 600}[static_cast<std::size_t>(index) % 4];
  const std::string row_max = turn({"auto", "true", "false"});
  ModelWriter writer(folder, dice, tokens, features);
  if (dice.percent(60)) {
    writer.dense("embed", dice.number(2, 5), ", activation: " + turn({"none", "relu", function}));
  }
  if (dice.percent(30)) {
    writer.batch_norm("scale");
  }
  if (index % 7 < 4) {
    writer.block("block", dice.number(1, 3), dice.number(1, 4), dice.number(2, 5), turn({"post", "pre", "none"}),
                 function, ", projection: " + turn({"auto", "separate", "merged"}, 3) + ", row_max: " + row_max);
  } else if (index % 7 < 6) {
    writer.attention("attn", dice.number(1, 3), dice.number(1, 4), dice.number(1, 3),
                     ", projection: " + turn({"merged", "separate"}) + ", row_max: " + row_max);
    writer.line("add: [attn, " +
                std::string(writer.layers().find("scale") != std::string::npos   ? "scale"
                            : writer.layers().find("embed") != std::string::npos ? "embed"
                                                                                 : "event") +
                "], activation: " + function);
  }
  if (dice.percent(30)) {
    writer.norm("rms", true);
  }
  switch (index % 5) {
    case 0:
      writer.line("name: pooled, type: pool, mode: " + turn({"mean", "sum", "max"}));
      writer.dense("head", 4, ", activation: " + turn({"softmax", "none", function}));
      break;
    case 1:
      writer.flatten();
      writer.dense("head", 3, ", activation: " + turn({"relu", "softmax", function}));
      break;
    case 2:
      writer.line("name: pooled, type: pool, mode: " + turn({"max", "mean", "sum"}));
      writer.dense("head", 5);
      writer.line("name: best, type: argmax");
      break;
    case 3:
      writer.dense("head", 3, ", activation: softmax");
      break;
    default:
      writer.dense("last", 2, ", use_bias: true");
      break;
  }
  const Formats chosen = formats(index % 5);
  folder.write(dice, header(mask, tokens, features, lanes, clock, chosen) + writer.layers(), tokens, features, mask);
}

void write_masked_flatten_model(ModelFolder& folder, Dice& dice) {
  constexpr int kTokens = 5;
  ModelWriter writer(folder, dice, kTokens, 3);
  writer.attention("attn", 2, 2, 2, "");
  writer.line("name: sum, add: [attn, event]");
  writer.norm("norm", false);
  writer.flatten();
  writer.dense("head", 4, ", activation: softmax");
  folder.write(dice, header("valid", kTokens, 3, 2, 300, formats(0)) + writer.layers(), kTokens, 3, "valid");
}

}  // namespace rtlgen::testing
