#include "rtlgen/import/onnx_layers.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <filesystem>
#include <set>

#include "rtlgen/import/chosen_formats.hpp"
#include "rtlgen/import/onnx_attention.hpp"
#include "rtlgen/import/onnx_fusion.hpp"
#include "rtlgen/import/onnx_scores.hpp"

namespace rtlgen {
namespace {

constexpr const char* kProbability = "ufixed<18,1>";  ///< of a softmax beside exact layers
constexpr const char* kEvent = "event";

/// By operation: the weights of attention.
using Attentions = std::map<std::size_t, OnnxAttention>;

/// What is said of an operation that has no layer.
std::string left_over(const NetNode& node) {
  switch (node.op) {
    case NetOp::masked:
      return "clears padding tokens; nearest supported form: a sum, maximum or mean over the tokens behind it";
    case NetOp::mean:
      return "is a mean over features outside of a layer norm";
    case NetOp::cube:
      return "is a cube outside of GELU by tanh, x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3)))";
    case NetOp::magnitude:
      return "is a magnitude outside of Softsign, x / (1 + |x|)";
    case NetOp::mask_keys:
      return "masks attention scores that go through no softmax alone; nearest supported form: mask, softmax, product "
             "with the values";
    case NetOp::error_function:
      return "is an error function outside of GELU, x * (1 + erf(x / sqrt(2)))";
    default:
      return "is no part of a layer norm; nearest supported form: layer norms as PyTorch exports them";
  }
}

/// Writes down the operations one after the other.
class LayerWriter {
 public:
  LayerWriter(const OnnxProgram& program, const OnnxGraph& graph, Attentions attentions, bool exact)
      : program_(program),
        graph_(graph),
        network_(program.network),
        users_(count_users(program)),
        attentions_(std::move(attentions)) {
    model_.exact = exact;
    names_.resize(network_.size());
    names_[0] = kEvent;
    used_ = {"event", "mask"};
  }

  ImportedModel run() {
    claim_masks();
    for (std::size_t i = 1; i < network_.size(); ++i) {
      if (users_[i] > 0 && names_[i].empty()) {
        write(i);
      }
    }
    if (model_.layers.empty()) {
      throw SourceError({graph_.file}, "the output is the event itself");
    }
    move_output_last();
    if (model_.exact) {
      note_softmax();
    }
    return std::move(model_);
  }

 private:
  [[noreturn]] void fail(const NetNode& node, const std::string& what) const {
    throw SourceError({graph_.file}, node.label + ": " + what);
  }

  /// Finds the masks of keys that a softmax takes.
  void claim_masks() {
    for (std::size_t i = 1; i < network_.size(); ++i) {
      const NetNode& softmax = network_.at(i);
      if (users_[i] == 0 || softmax.op != NetOp::softmax || !softmax.masked) {
        continue;
      }
      const NetNode* rounded = nullptr;  // a quantizer that sees what the mask has put in
      for (std::size_t at = softmax.inputs[0]; network_.at(at).op != NetOp::scores; at = network_.at(at).inputs[0]) {
        const NetNode& node = network_.at(at);
        if (users_[at] != 1) {
          break;
        }
        rounded = node.op == NetOp::quantize ? &node : rounded;
        if (node.op == NetOp::mask_keys) {
          claimed_.insert(at);
          if (rounded != nullptr) {
            model_.notes.push_back(rounded->label +
                                   ": padding keys weigh nothing; in the file they weigh what its lowest code does");
          }
        }
      }
    }
  }

  std::string unique_name(const std::string& wish, const char* otherwise) {
    std::string name = layer_name(wish);
    if (name.empty()) {
      name = otherwise;
    }
    const std::string base = name;
    const auto flat = [](std::string text) {
      std::replace(text.begin(), text.end(), '.', '_');
      return text;
    };
    for (int i = 2; used_.count(flat(name)) != 0; ++i) {
      name = base + "_" + std::to_string(i);
    }
    used_.insert(flat(name));
    for (const char* const part : {"q", "k", "v", "heads", "linear", "normalized", "scaled", "flatten"}) {
      used_.insert(flat(name) + "_" + part);  // elementary layers have these names
    }
    return name;
  }

  ImportedLayer layer(const NetNode& node, const char* type) {
    ImportedLayer made;
    made.name = unique_name(node.name, type);
    made.type = type;
    made.origin = node.label;
    for (const std::size_t input : node.inputs) {
      made.inputs.push_back(names_[input]);
    }
    return made;
  }

  void push(std::size_t i, ImportedLayer made) {
    names_[i] = made.name;
    model_.layers.push_back(std::move(made));
  }

  static ImportedArray vector(const std::vector<double>& values) { return {{values.size()}, values, false}; }

  void write(std::size_t i) {
    const NetNode& node = network_.at(i);
    switch (node.op) {
      case NetOp::dense:
        push(i, dense(node));
        break;
      case NetOp::heads:
        push(i, attention(node, attentions_.at(i)));
        break;
      case NetOp::select:
        push(i, selection(node));
        break;
      case NetOp::affine:
      case NetOp::layer_norm:
      case NetOp::rms_norm:
        push(i, scaling(node));
        break;
      case NetOp::token_bias:
        push(i, token_bias(node));
        break;
      case NetOp::scores:
      case NetOp::mix:
        push(i, heads_product(node));
        break;
      case NetOp::mask_keys:
        if (claimed_.count(i) == 0) {
          fail(node, left_over(node));
        }
        names_[i] = names_[node.inputs[0]];
        break;
      case NetOp::batch_norm:
      case NetOp::quantize:
        push(i, with_arrays(node));
        break;
      case NetOp::function:
      case NetOp::clip:
        push(i, activation(node));
        break;
      case NetOp::add:
        push(i, layer(node, "add"));
        break;
      case NetOp::concat:
        push(i, layer(node, "concat"));
        break;
      case NetOp::softmax:
        push(i, softmax(node));
        break;
      case NetOp::argmax:
        push(i, layer(node, "argmax"));
        break;
      case NetOp::pool:
        push(i, pool(node));
        break;
      case NetOp::event:
        break;
      case NetOp::mean:
      case NetOp::centered:
      case NetOp::square:
      case NetOp::root:
      case NetOp::inverse:
      case NetOp::cube:
      case NetOp::magnitude:
      case NetOp::gain:
      case NetOp::norm_part:
      case NetOp::error_function:
      case NetOp::masked:
        fail(node, left_over(node));
    }
  }

  ImportedLayer softmax(const NetNode& node) {
    const auto path = scores_path(network_, node.inputs[0]);
    if (program_.has_mask && path && !path->softmax && !node.masked) {
      fail(node, "attends to padding tokens, though the model has a mask");
    }
    ImportedLayer made = layer(node, "softmax");
    if (model_.exact) {
      made.keys["precision"] = {
          {"activation", kProbability}, {"exp_bits", 16}, {"exp_index_bits", 10}, {"table_bits", 11}};
    }
    if (node.groups > 1) {
      made.keys["groups"] = node.groups;
    }
    if (node.masked) {
      made.keys["masked"] = true;
    }
    return made;
  }

  /// Scores, or the mean of values that they weigh.
  ImportedLayer heads_product(const NetNode& node) {
    const auto path = scores_path(network_, node.inputs[0]);
    if (node.op == NetOp::mix && program_.has_mask && !(path && path->softmax && path->masked)) {
      fail(node, "takes padding tokens in, though the model has a mask");
    }
    ImportedLayer made = layer(node, node.op == NetOp::mix ? "mix" : "scores");
    made.keys["heads"] = node.groups;
    if (node.kv_heads != node.groups) {
      made.keys["kv_heads"] = node.kv_heads;
    }
    return made;
  }

  ImportedLayer token_bias(const NetNode& node) {
    ImportedLayer made = layer(node, "affine");
    const auto features = static_cast<std::size_t>(node.features);
    made.arrays["weight"] = vector(std::vector<double>(features, 1));
    made.arrays["bias"] = {{static_cast<std::size_t>(node.tokens), features}, node.offsets, false};
    return made;
  }

  ImportedLayer pool(const NetNode& node) {
    ImportedLayer made = layer(node, "pool");
    made.keys["mode"] = node.function;
    if (program_.has_mask && !node.masked && network_.at(node.inputs[0]).tokens > 1) {
      fail(node,
           "takes padding tokens in, though the model has a mask; nearest supported forms: a sum with 0 or a maximum "
           "with -infinity in padding tokens, a sum divided by the number of real tokens");
    }
    return made;
  }

  ImportedLayer activation(const NetNode& node) {
    ImportedLayer made = layer(node, "activation");
    made.keys["function"] = node.op == NetOp::clip ? "clip" : node.function;
    if (node.op == NetOp::clip) {
      made.keys["low"] = node.low;
      made.keys["high"] = node.high;
    } else if (node.function == "leaky_relu") {
      made.keys["slope"] = node.slope;
    }
    return made;
  }

  ImportedLayer with_arrays(const NetNode& node) {
    ImportedLayer made = layer(node, node.op == NetOp::quantize ? "quantize" : "batch_norm");
    made.keys = node.keys;
    made.arrays = node.arrays;
    if (node.op == NetOp::batch_norm) {
      made.keys["epsilon"] = node.epsilon;
    }
    return made;
  }

  ImportedLayer scaling(const NetNode& node) {
    ImportedLayer made = layer(node, node.op == NetOp::affine       ? "affine"
                                     : node.op == NetOp::layer_norm ? "layer_norm"
                                                                    : "rms_norm");
    if (node.op != NetOp::affine) {
      made.keys["epsilon"] = node.epsilon;
    }
    made.arrays["weight"] = vector(node.factors);
    if (node.op != NetOp::rms_norm) {
      made.arrays["bias"] = vector(node.offsets);
    }
    return made;
  }

  /// Writes `node` as a dense layer, with a flatten before it where it is over all tokens.
  ImportedLayer dense(const NetNode& node) {
    ImportedLayer made = layer(node, "dense");
    made.keys["units"] = node.features;
    if (node.flat) {
      ImportedLayer flatten;
      flatten.name = made.name + ".flatten";
      flatten.type = "flatten";
      flatten.inputs = made.inputs;
      flatten.origin = made.origin;
      made.inputs = {flatten.name};
      model_.layers.push_back(std::move(flatten));
    }
    if (!node.function.empty()) {
      made.keys["activation"] = node.function;
    }
    const NetMatrix& matrix = *node.matrix;
    const auto rows = static_cast<std::size_t>(matrix.rows);
    const auto columns = static_cast<std::size_t>(matrix.columns);
    if (matrix.integral) {
      made.arrays["weight"] = {{rows, columns}, matrix.values, true};
      made.arrays["weight_scale"] = scale_of(node);
    } else if (const auto exponent = model_.exact ? common_exponent(scaled_rows(node)) : std::nullopt) {
      std::vector<double> mantissas = scaled_rows(node);
      for (double& value : mantissas) {
        value = std::ldexp(value, -*exponent);
      }
      made.arrays["weight"] = {{rows, columns}, std::move(mantissas), true};
      made.arrays["weight_scale"] = {{}, {std::ldexp(1.0, *exponent)}, false};
    } else {
      made.arrays["weight"] = {{rows, columns}, scaled_rows(node), false};
      if (model_.exact) {
        model_.notes.push_back(node.label + ": its weights have no quantizer; they are rounded as `precision` says");
      }
    }
    if (std::any_of(node.offsets.begin(), node.offsets.end(), [](double x) { return x != 0; })) {
      made.arrays["bias"] = vector(node.offsets);
    } else {
      made.keys["use_bias"] = false;
    }
    return made;
  }

  /// The exponent of a power of two of which all values are multiples below 2^24; nothing where there is none.
  static std::optional<int> common_exponent(const std::vector<double>& values) {
    constexpr int kBits = 24;
    double most = 0;
    for (const double value : values) {
      most = std::max(most, std::abs(value));
    }
    if (most == 0) {
      return 0;
    }
    const int least = std::ilogb(most) - kBits + 1;
    int exponent = least + kBits;  // as large as the numbers allow
    for (const double value : values) {
      while (exponent >= least && std::ldexp(value, -exponent) != std::round(std::ldexp(value, -exponent))) {
        --exponent;
      }
    }
    return exponent >= least ? std::optional<int>(exponent) : std::nullopt;
  }

  static ImportedArray scale_of(const NetNode& node) {
    const std::vector<double>& scales = node.factors;
    const bool same = std::all_of(scales.begin(), scales.end(), [&](double x) { return x == scales[0]; });
    return same ? ImportedArray{{}, {scales[0]}, false} : vector(scales);
  }

  static std::vector<double> scaled_rows(const NetNode& node) {
    std::vector<double> values = node.matrix->values;
    const auto columns = static_cast<std::size_t>(node.matrix->columns);
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] *= node.factors[i / columns];
    }
    return values;
  }

  /// Features picked out of a tensor: a dense layer of ones.
  ImportedLayer selection(const NetNode& node) {
    const NetNode& from = network_.at(node.inputs[0]);
    NetMatrix matrix;
    matrix.rows = node.features;
    matrix.columns = from.features * (node.flat ? from.tokens : 1);
    matrix.integral = model_.exact;
    matrix.values.assign(static_cast<std::size_t>(matrix.rows * matrix.columns), 0);
    for (std::size_t row = 0; row < node.columns.size(); ++row) {
      matrix.values[row * static_cast<std::size_t>(matrix.columns) + static_cast<std::size_t>(node.columns[row])] = 1;
    }
    NetNode made = node;
    made.factors.assign(node.columns.size(), 1);
    made.offsets.assign(node.columns.size(), 0);
    made.matrix = std::make_shared<const NetMatrix>(std::move(matrix));
    return dense(made);
  }

  ImportedLayer attention(const NetNode& node, OnnxAttention& parts) {
    if (program_.has_mask && !node.heads->masked) {
      fail(node, "attends to padding tokens, though the model has a mask");
    }
    ImportedLayer made = layer(node, "multi_head_attention");
    const auto heads = static_cast<std::size_t>(node.heads->heads);
    const std::size_t key_dim = parts.wq.shape[1];
    const std::size_t value_dim = parts.wv.shape[1];
    made.keys["heads"] = heads;
    made.keys["key_dim"] = key_dim;
    made.keys["value_dim"] = value_dim;
    made.keys["units"] = node.features;
    made.arrays["wq"] = std::move(parts.wq);
    made.arrays["wk"] = std::move(parts.wk);
    made.arrays["wv"] = std::move(parts.wv);
    made.arrays["bq"] = std::move(parts.bq);
    made.arrays["bk"] = std::move(parts.bk);
    made.arrays["bv"] = std::move(parts.bv);
    const auto units = static_cast<std::size_t>(node.features);
    std::vector<double> offsets(units, 0);
    std::vector<double> weight;
    if (node.matrix) {
      weight = scaled_rows(node);
      offsets = node.offsets;
    } else {  // the heads side by side
      weight.assign(units * units, 0);
      for (std::size_t i = 0; i < units; ++i) {
        weight[i * units + i] = 1;
      }
    }
    made.arrays["wo"] = {{units, heads, value_dim}, std::move(weight), false};
    made.arrays["bo"] = vector(offsets);
    return made;
  }

  /// The last layer must be the output.
  void move_output_last() {
    const std::string& name = names_[program_.output];
    const auto at = std::find_if(model_.layers.begin(), model_.layers.end(),
                                 [&](const ImportedLayer& made) { return made.name == name; });
    if (at != model_.layers.end()) {
      std::rotate(at, at + 1, model_.layers.end());
    }
  }

  /// What is close to the file's numbers but not equal, where all else is.
  void note_softmax() {
    for (const ImportedLayer& made : model_.layers) {
      if (made.type == "softmax") {
        model_.notes.push_back("softmax '" + made.name +
                               "' is made of rtlgen's own tables: close to the file's real numbers, not equal to them");
      }
    }
  }

  const OnnxProgram& program_;
  const OnnxGraph& graph_;
  const OnnxNetwork& network_;
  std::vector<int> users_;
  Attentions attentions_;
  ImportedModel model_;
  std::vector<std::string> names_;  ///< of the layer that makes each tensor
  std::set<std::string> used_;
  std::set<std::size_t> claimed_;  ///< masks of keys that a softmax takes
};

/// Makes attention an operation on the one tensor that queries, keys and values are maps of.
Attentions shorten_attention(OnnxProgram& program, const OnnxGraph& graph) {
  Attentions made;
  const std::vector<int> users = count_users(program);
  for (std::size_t i = 0; i < program.network.size(); ++i) {
    NetNode& node = program.network.at(i);
    if (users[i] > 0 && node.op == NetOp::heads) {
      made[i] = find_attention(graph.file, program.network, node);
      node.inputs = {made[i].input};
    }
  }
  return made;
}

}  // namespace

std::string layer_name(const std::string& name) {
  constexpr std::size_t kMost = 48;
  std::string made;
  for (const char c : name) {
    const bool word = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
    const char next = word ? c : c == '/' || c == '.' ? '.' : '_';
    if (next != '.' || (!made.empty() && made.back() != '.')) {
      made += next;
    }
  }
  if (made.size() > kMost) {
    made = made.substr(made.size() - kMost);
    const auto word = made.find('.');
    made = word == std::string::npos ? made : made.substr(word);
  }
  const auto first = made.find_first_not_of("._");
  made = first == std::string::npos ? "" : made.substr(first);
  while (!made.empty() && made.back() == '.') {
    made.pop_back();
  }
  return !made.empty() && std::isdigit(static_cast<unsigned char>(made[0])) != 0 ? "layer" + made : made;
}

ImportedModel make_layers(OnnxProgram program, const OnnxGraph& graph, const ImportOptions& options) {
  bool exact = false;
  const std::vector<int> users = count_users(program);
  for (std::size_t i = 0; i < program.network.size(); ++i) {
    const NetNode& node = program.network.at(i);
    exact = exact || (users[i] > 0 && (node.op == NetOp::quantize || (node.matrix && node.matrix->integral)));
  }
  fuse_operations(program, exact);
  Attentions attentions = shorten_attention(program, graph);
  ImportedModel model = LayerWriter(program, graph, std::move(attentions), exact).run();
  model.source = "ONNX model " + std::filesystem::path(graph.file).filename().string() +
                 (graph.producer.size() > 1 ? ", written by " + graph.producer : "");
  model.tokens = static_cast<int>(program.tokens);
  model.features = static_cast<int>(program.features);
  model.mask = program.has_mask ? MaskKind::valid : MaskKind::none;
  model.notes.insert(model.notes.begin(), program.notes.begin(), program.notes.end());
  if (program.has_mask) {
    model.notes.push_back("the mask of events is 1 for real tokens; the file's input '" + program.mask_name +
                          "' is set for " + (program.padded_if_set ? "padding" : "real") + " tokens");
  }
  settle_formats(model, options);
  return model;
}

}  // namespace rtlgen
