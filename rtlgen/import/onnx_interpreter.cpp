#include "rtlgen/import/onnx_interpreter.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "rtlgen/import/onnx_folding.hpp"
#include "rtlgen/import/onnx_readers.hpp"
#include "rtlgen/import/onnx_scores.hpp"

namespace rtlgen {
namespace {

using Kind = OnnxValue::Kind;

constexpr std::int64_t kMaxElements = std::int64_t{1} << 22;  ///< of any tensor of the event

/// The nodes that lead to `output`.
std::vector<const OnnxNode*> needed_nodes(const OnnxGraph& graph, const std::string& output,
                                          std::set<std::string>& names) {
  names = {output};
  std::vector<const OnnxNode*> nodes;
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
    const bool needed = std::any_of(node->outputs.begin(), node->outputs.end(),
                                    [&](const std::string& output) { return names.count(output) != 0; });
    if (needed) {
      names.insert(node->inputs.begin(), node->inputs.end());
      nodes.push_back(&*node);
    }
  }
  std::reverse(nodes.begin(), nodes.end());
  return nodes;
}

/// The input that is the event, and the one that is a mask of tokens, if there is one.
struct Inputs {
  const OnnxInput* event = nullptr;
  const OnnxInput* mask = nullptr;
};

Inputs find_inputs(const OnnxGraph& graph) {
  std::set<std::string> names;
  needed_nodes(graph, graph.outputs.front(), names);
  Inputs found;
  std::vector<const OnnxInput*> needed;
  for (const OnnxInput& input : graph.inputs) {
    if (names.count(input.name) != 0) {
      needed.push_back(&input);
    }
  }
  if (needed.empty() || needed.size() > 2) {
    throw SourceError({graph.file}, "the graph has " + std::to_string(needed.size()) +
                                        " inputs, expected the event and perhaps a mask of its tokens");
  }
  found.event = needed[0];
  if (needed.size() == 2) {
    const bool swapped = needed[1]->dims.size() > needed[0]->dims.size();
    found.event = needed[swapped ? 1 : 0];
    found.mask = needed[swapped ? 0 : 1];
  }
  if (found.event->dims.empty()) {
    throw SourceError({graph.file}, "input '" + onnx_printable(found.event->name) + "' is a single number");
  }
  return found;
}

bool mentions_batch(const std::string& symbol) {
  std::string lower = symbol;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return lower.find("batch") != std::string::npos || lower == "n" || lower == "b" || lower == "bs";
}

bool is_convolution(const OnnxNode& node) {
  static const std::set<std::string> kConvolutions = {"Conv",       "ConvTranspose", "ConvInteger", "QLinearConv",
                                                      "DeformConv", "FusedConv",     "NhwcConv"};
  return kConvolutions.count(node.op) != 0;
}

/// What is said where an op has no counterpart.
std::string nearest_form(const OnnxNode& node) {
  static const std::map<std::string, std::string> kForms = {
      {"MaxPool", "ReduceMax or GlobalMaxPool over all tokens"},
      {"AveragePool", "ReduceMean or GlobalAveragePool over all tokens"},
      {"LSTM", "attention over the tokens"},
      {"GRU", "attention over the tokens"},
      {"RNN", "attention over the tokens"},
      {"If", "a graph that was traced without control flow"},
      {"Loop", "a graph that was traced without control flow"},
      {"Scan", "a graph that was traced without control flow"},
      {"Celu", "Elu with alpha 1"},
      {"Mish", "x * sigmoid(x)"},
      {"ThresholdedRelu", "Relu"},
      {"LogSoftmax", "Softmax, or the outputs before it"},
      {"GroupNormalization", "LayerNormalization"},
      {"InstanceNormalization", "LayerNormalization or BatchNormalization"},
      {"QLinearMatMul", "MatMul between QuantizeLinear and DequantizeLinear"},
      {"MatMulInteger", "MatMul between QuantizeLinear and DequantizeLinear"},
      {"QGemm", "Gemm between QuantizeLinear and DequantizeLinear"},
      {"MultiThreshold", "the Quant nodes that it was made of"},
      {"FloatQuant", "Quant"},
      {"Concat", "features of several layers side by side (a class token is none)"},
      {"Exp", "Softmax, Sigmoid or Tanh"},
      {"Log", "the tensor before it"},
      {"Tile", "one tensor for all tokens"},
  };
  const auto form = kForms.find(node.op);
  return form == kForms.end() ? "Gemm, MatMul, attention, LayerNormalization, BatchNormalization, Relu, Gelu, Sigmoid, "
                                "Tanh, Softmax, and sums and reductions of their results"
                              : form->second;
}

/// Walks through the nodes.
class Interpreter {
 public:
  Interpreter(const OnnxGraph& graph, const OnnxReading& reading, const std::optional<int>& tokens)
      : graph_(graph), reading_(reading), asked_tokens_(tokens), context_(graph) {}

  OnnxProgram run() {
    constexpr std::int64_t kOldest = 7;  // before, broadcasting was an attribute
    constexpr std::int64_t kNewest = 26;
    if (graph_.opset < kOldest || graph_.opset > kNewest) {
      fail("opset " + std::to_string(graph_.opset) + " is not supported, expected " + std::to_string(kOldest) + " to " +
           std::to_string(kNewest));
    }
    std::set<std::string> names;
    const std::vector<const OnnxNode*> nodes = needed_nodes(graph_, graph_.outputs.front(), names);
    add_inputs();
    for (const OnnxNode* const node : nodes) {
      read(*node);
    }
    if (reading_.tokens == std::vector<std::size_t>{2}) {
      program_.notes.emplace_back("tokens are the last axis of the file's input; events are [tokens, features]");
    }
    return finish();
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { throw SourceError({graph_.file}, what); }

  void add_inputs() {
    const Inputs inputs = find_inputs(graph_);
    OnnxValue event;
    event.kind = Kind::activation;
    event.layout = event_layout(*inputs.event);
    NetNode node;
    node.name = "event";
    node.tokens = program_.tokens;
    node.features = program_.features;
    event.node = context_.network.add(node);
    check_size(event, "input '" + onnx_printable(inputs.event->name) + "'");
    values_[inputs.event->name] = std::move(event);
    if (inputs.mask != nullptr) {
      program_.mask_name = onnx_printable(inputs.mask->name);
      values_[inputs.mask->name] = mask_value(*inputs.mask);
    }
  }

  /// The size of an axis, where an open one stands for `otherwise`.
  static std::int64_t size_of(const OnnxDim& dim, std::int64_t otherwise) {
    return dim.size < 0 ? otherwise : dim.size;
  }

  OnnxLayout event_layout(const OnnxInput& input) {
    OnnxLayout layout(input.dims.size());
    for (std::size_t i = layout.size(); i-- > 0;) {
      const OnnxDim& dim = input.dims[i];
      const bool is_token = std::find(reading_.tokens.begin(), reading_.tokens.end(), i) != reading_.tokens.end();
      OnnxAtomKind kind = is_token ? OnnxAtomKind::token : OnnxAtomKind::feature;
      std::int64_t size = size_of(dim, 1);
      std::int64_t stride = is_token ? program_.tokens : program_.features;
      if (reading_.batch == i) {
        kind = OnnxAtomKind::batch;
        stride = 1;
        batch_ = size;
      } else if (is_token) {
        size = token_count(dim, input.name);
        program_.tokens *= size;
      } else {
        if (dim.size < 0) {
          fail("input '" + onnx_printable(input.name) + "' leaves the number of its features open");
        }
        program_.features *= size;
      }
      if (size > kMaxElements || program_.tokens > kMaxElements || program_.features > kMaxElements) {
        fail("input '" + onnx_printable(input.name) + "' is too large");
      }
      if (size > 1) {
        layout[i] = {{kind, size, stride}};
      }
    }
    return layout;
  }

  std::int64_t token_count(const OnnxDim& dim, const std::string& input) {
    if (dim.size < 0) {
      if (!asked_tokens_ || reading_.tokens.size() > 1) {
        fail("input '" + onnx_printable(input) + "' leaves the number of its tokens open; give it as --tokens N");
      }
      token_symbol_ = dim.symbol;
      return *asked_tokens_;
    }
    if (asked_tokens_ && dim.size != *asked_tokens_ && reading_.tokens.size() == 1) {
      fail("input '" + onnx_printable(input) + "' has " + std::to_string(dim.size) + " tokens, not the " +
           std::to_string(*asked_tokens_) + " of --tokens");
    }
    return dim.size;
  }

  OnnxValue mask_value(const OnnxInput& input) const {
    OnnxValue mask;
    mask.kind = Kind::mask;
    mask.layout.resize(input.dims.size());
    const std::string what = "input '" + onnx_printable(input.name) + "'";
    bool found = program_.tokens == 1;
    for (std::size_t i = input.dims.size(); i-- > 0;) {
      const OnnxDim& dim = input.dims[i];
      const bool tokens = dim.size == program_.tokens || (dim.size < 0 && i > 0 && asked_tokens_);
      if (!found && tokens) {
        mask.layout[i] = {{OnnxAtomKind::token, program_.tokens, 1}};
        found = true;
      } else if (size_of(dim, batch_) == batch_ && batch_ > 1) {
        mask.layout[i] = {{OnnxAtomKind::batch, batch_, 1}};
      } else if (size_of(dim, 1) != 1) {
        fail(what + " is no mask: expected an axis of tokens, and at most one of events");
      }
    }
    if (!found) {
      fail(what + " is no mask: it has no axis of the event's tokens");
    }
    return mask;
  }

  void check_size(const OnnxValue& value, const std::string& what) const {
    OnnxShape sizes;  // of one event
    for (const OnnxAxis& axis : value.layout) {
      for (const OnnxAtom& atom : axis) {
        sizes.push_back(atom.kind == OnnxAtomKind::batch ? 1 : atom.size);
      }
    }
    if (!value.is(Kind::constant) && element_count(sizes) > kMaxElements) {
      fail(what + ": a tensor of shape " + shape_text(value.shape()) + " is too large (2^22 elements are allowed)");
    }
  }

  void read(const OnnxNode& node) {
    check_domain(node);
    OnnxInputs inputs;
    for (const std::string& name : node.inputs) {
      inputs.push_back(name.empty() ? nullptr : &value(name));
    }
    const std::size_t made = context_.network.size();
    std::vector<OnnxValue> outputs = evaluate(node, inputs);
    for (std::size_t i = made; i < context_.network.size(); ++i) {
      check_finite(node, context_.network.at(i));
    }
    for (std::size_t i = 0; i < std::min(outputs.size(), node.outputs.size()); ++i) {
      check_size(outputs[i], onnx_label(node));
      if (!node.outputs[i].empty()) {
        values_[node.outputs[i]] = std::move(outputs[i]);
      }
    }
  }

  /// All numbers that a node brings along are finite, but for what padding tokens and limits may be.
  void check_finite(const OnnxNode& node, const NetNode& made) const {
    const auto check = [&](const std::string& what, const std::vector<double>& values) {
      const auto at = std::find_if(values.begin(), values.end(), [](double value) { return !std::isfinite(value); });
      if (at != values.end()) {
        context_.fail(node, what + " is not finite at element " + std::to_string(at - values.begin()));
      }
    };
    if (made.matrix) {
      check("its weight", made.matrix->values);
    }
    check("its scale", made.factors);
    check("its scale of the mean", made.mean_factors);
    check("its bias", made.offsets);
    check("its parameter", {made.epsilon, made.slope, made.heads ? made.heads->factor : 0});
    for (const auto& [name, array] : made.arrays) {
      check("its " + name, array.values);
    }
  }

  void check_domain(const OnnxNode& node) const {
    if (is_convolution(node)) {
      context_.fail(node,
                    "is a convolution, which is not supported; nearest supported form: a dense layer (Gemm, MatMul) on "
                    "each token");
    }
    static const std::set<std::string> kQuantizers = {"qonnx.custom_op.general", "onnx.brevitas",
                                                      "finn.custom_op.general"};
    const bool own = node.domain.empty() || kQuantizers.count(node.domain) != 0 ||
                     (node.domain == "com.microsoft" &&
                      (node.op == "Gelu" || node.op == "QuantizeLinear" || node.op == "DequantizeLinear"));
    if (!own) {
      context_.fail(node, "is of the unknown domain '" + onnx_printable(node.domain) +
                              "'; nearest supported forms: ONNX's own operations and the quantizers of QONNX");
    }
  }

  const OnnxValue& value(const std::string& name) {
    const auto found = values_.find(name);
    if (found != values_.end()) {
      return found->second;
    }
    const auto constant = graph_.initializers.find(name);
    if (constant == graph_.initializers.end()) {
      fail("'" + onnx_printable(name) + "' is not there: a node has fewer outputs than are used");
    }
    OnnxValue& made = values_[name];
    made.constant = constant->second;
    return made;
  }

  std::vector<OnnxValue> evaluate(const OnnxNode& node, const OnnxInputs& inputs) {
    const bool constants = std::all_of(inputs.begin(), inputs.end(), [](const OnnxValue* input) {
      return input == nullptr || input->is(Kind::constant);
    });
    if (constants) {
      return fold(node, inputs);
    }
    if (node.op == "Shape") {
      return shape_of(node, *inputs[0]);
    }
    // What knows nothing of attention scores takes them as a tensor.
    static const std::set<std::string> kOnScores = {
        "Add",     "Sub",     "Mul",       "Div",     "Sum",       "Where",    "Softmax", "MatMul", "Gemm",  "Einsum",
        "Reshape", "Flatten", "Transpose", "Squeeze", "Unsqueeze", "Identity", "Dropout", "Cast",   "Expand"};
    if (kOnScores.count(node.op) == 0) {
      for (std::size_t i = 0; i < inputs.size(); ++i) {
        if (inputs[i] != nullptr && inputs[i]->is(Kind::scores)) {
          const OnnxValue tensor = scores_tensor(context_, node, *inputs[i]);
          OnnxInputs replaced = inputs;
          replaced[i] = &tensor;
          return evaluate(node, replaced);
        }
      }
    }
    using Reader = OnnxOutputs (*)(OnnxContext&, const OnnxNode&, const OnnxInputs&);
    for (const Reader reader :
         {&read_arithmetic, &read_rearrangement, &read_function, &read_product, &read_reduction, &read_quantizer}) {
      if (auto outputs = reader(context_, node, inputs)) {
        return *outputs;
      }
    }
    context_.fail(node, "has no counterpart; nearest supported form: " + nearest_form(node));
  }

  std::vector<OnnxValue> fold(const OnnxNode& node, const OnnxInputs& inputs) {
    if (!inputs.empty() && inputs[0] != nullptr && (node.op == "Identity" || node.op == "Dropout")) {
      return {*inputs[0]};
    }
    if (auto quantized = read_quantizer(context_, node, inputs)) {
      return *quantized;
    }
    std::vector<OnnxTensorPtr> constants;
    for (const OnnxValue* const input : inputs) {
      constants.push_back(input == nullptr ? nullptr : input->constant);
    }
    auto tensors = fold_constants(graph_, node, constants, context_.budget);
    if (!tensors) {
      context_.fail(node,
                    "has only constants as inputs and is not computed; nearest supported form: its result as an "
                    "initializer");
    }
    std::vector<OnnxValue> outputs;
    for (OnnxTensor& tensor : *tensors) {
      outputs.push_back(constant_value(std::move(tensor)));
    }
    return outputs;
  }

  /// Shape of a tensor of the event is a constant.
  std::vector<OnnxValue> shape_of(const OnnxNode& node, const OnnxValue& input) {
    OnnxTensor sizes;
    sizes.kind = OnnxKind::integer;
    const OnnxShape shape = input.shape();
    const auto rank = static_cast<std::int64_t>(shape.size());
    const auto bound = [&](std::int64_t at) { return std::clamp(at < 0 ? at + rank : at, std::int64_t{0}, rank); };
    const std::int64_t first = bound(node.whole("start", 0));
    const std::int64_t last = std::max(first, bound(node.whole("end", rank)));
    sizes.shape = {last - first};
    sizes.values.assign(shape.begin() + first, shape.begin() + last);
    return {constant_value(std::move(sizes))};
  }

  /// The tensor of the network that is an output of the graph.
  std::size_t output_tensor(const std::string& name) {
    const OnnxValue& result = value(name);
    OnnxNode node;
    node.name = name;
    node.op = "output";
    node.outputs = {name};
    if (result.is(Kind::scores)) {
      return context_.materialized(node, scores_tensor(context_, node, result)).node;
    }
    if (!result.is(Kind::activation)) {
      context_.fail(node, "is no tensor of the event; expected what a layer makes");
    }
    return context_.materialized(node, result).node;
  }

  /// An output beside the first, where there are layers for it.
  std::optional<std::size_t> further_output(const std::string& name) {
    try {
      std::set<std::string> names;
      for (const OnnxNode* const node : needed_nodes(graph_, name, names)) {
        const bool known = std::any_of(node->outputs.begin(), node->outputs.end(),
                                       [&](const std::string& made) { return values_.count(made) != 0; });
        if (!known) {
          read(*node);
        }
      }
      return output_tensor(name);
    } catch (const SourceError&) {
      return std::nullopt;
    }
  }

  /// All outputs side by side where they are tensors of the same tokens; else the first.
  void settle_output() {
    const OnnxNetwork& network = context_.network;
    std::vector<std::size_t> tensors = {output_tensor(graph_.outputs.front())};
    const auto kind = [&](std::size_t tensor) {
      return std::make_pair(network.at(tensor).tokens, network.at(tensor).op == NetOp::argmax);
    };
    std::string places;
    std::int64_t next = 0;
    for (std::size_t i = 0; i < graph_.outputs.size(); ++i) {
      const auto tensor = i == 0 ? tensors[0] : further_output(graph_.outputs[i]);
      if (!tensor || kind(*tensor) != kind(tensors[0])) {
        program_.notes.push_back("only the first of " + std::to_string(graph_.outputs.size()) + " outputs is taken: '" +
                                 onnx_printable(graph_.outputs.front()) + "'; '" + onnx_printable(graph_.outputs[i]) +
                                 "' cannot stand beside it");
        program_.output = tensors[0];
        return;
      }
      if (i > 0) {
        tensors.push_back(*tensor);
      }
      places += (i == 0 ? "'" : ", '") + onnx_printable(graph_.outputs[i]) + "' from feature " + std::to_string(next);
      next += network.at(*tensor).features;
    }
    program_.output = tensors[0];
    if (tensors.size() > 1) {
      NetNode joined;
      joined.op = NetOp::concat;
      joined.name = "outputs";
      joined.label = "the outputs";
      joined.inputs = tensors;
      joined.tokens = network.at(tensors[0]).tokens;
      joined.features = next;
      program_.output = context_.network.add(std::move(joined));
      program_.notes.push_back("the outputs stand side by side: " + places);
    }
  }

  OnnxProgram finish() {
    settle_output();
    program_.has_mask = context_.polarity_known;
    program_.padded_if_set = context_.padded_if_set;
    program_.network = std::move(context_.network);
    return std::move(program_);
  }

  const OnnxGraph& graph_;
  const OnnxReading& reading_;
  std::optional<int> asked_tokens_;
  OnnxContext context_;
  OnnxProgram program_;
  std::map<std::string, OnnxValue> values_;
  std::int64_t batch_ = 1;
  std::string token_symbol_;
};

/// Whether all that is done with an event of three axes is to swap the last two.
bool swaps_last_axes(const OnnxGraph& graph, const std::string& event) {
  bool swapped = false;
  for (const OnnxNode& node : graph.nodes) {
    if (std::find(node.inputs.begin(), node.inputs.end(), event) == node.inputs.end()) {
      continue;
    }
    const auto* const order = node.op == "Transpose" ? node.wholes("perm") : nullptr;
    if (order == nullptr || *order != std::vector<std::int64_t>{0, 2, 1}) {
      return false;
    }
    swapped = true;
  }
  return swapped;
}

}  // namespace

std::vector<OnnxReading> event_readings(const OnnxGraph& graph, const std::optional<int>& tokens) {
  const OnnxInput& event = *find_inputs(graph).event;
  const std::vector<OnnxDim>& dims = event.dims;
  const std::size_t rank = dims.size();
  if (rank == 1) {
    return {{std::nullopt, {}}};
  }
  if (rank == 2) {
    const OnnxReading vectors = {0, {}};
    const OnnxReading rows = {std::nullopt, {0}};
    const bool agrees = tokens && (dims[0].size < 0 || dims[0].size == *tokens);
    return agrees ? std::vector<OnnxReading>{rows, vectors} : std::vector<OnnxReading>{vectors, rows};
  }
  std::vector<std::size_t> middle;
  for (std::size_t i = 1; i + 1 < rank; ++i) {
    middle.push_back(i);
  }
  const OnnxReading batch_first = {0, middle};
  if (rank > 3) {
    return {{0, {}}, batch_first};
  }
  const OnnxReading tokens_first = {1, {0}};
  const bool second_is_batch =
      dims[0].size != 1 && (dims[1].size == 1 || (dims[1].size < 0 && dims[0].size >= 0) ||
                            (mentions_batch(dims[1].symbol) && !mentions_batch(dims[0].symbol)));
  const OnnxReading tokens_last = {0, {2}};
  if (swaps_last_axes(graph, event.name)) {
    return {tokens_last, batch_first, tokens_first};
  }
  return second_is_batch ? std::vector<OnnxReading>{tokens_first, batch_first}
                         : std::vector<OnnxReading>{batch_first, tokens_first};
}

OnnxProgram interpret_onnx(const OnnxGraph& graph, const OnnxReading& reading, const std::optional<int>& tokens) {
  return Interpreter(graph, reading, tokens).run();
}

}  // namespace rtlgen
