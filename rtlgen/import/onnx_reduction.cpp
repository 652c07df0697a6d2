#include <algorithm>

#include "rtlgen/import/onnx_folding.hpp"
#include "rtlgen/import/onnx_readers.hpp"
#include "rtlgen/import/onnx_scores.hpp"

namespace rtlgen {
namespace {

using Kind = OnnxValue::Kind;
using Atom = OnnxAtomKind;

/// Reads one node.
class ReductionReader {
 public:
  ReductionReader(OnnxContext& context, const OnnxNode& node, const OnnxInputs& inputs)
      : context_(context),
        node_(node),
        inputs_(inputs),
        network_(context.network),
        x_(required(context, node, inputs, 0)) {}

  OnnxOutputs run() {
    const std::string& op = node_.op;
    if (op == "ReduceMean" || op == "ReduceSum" || op == "ReduceMax") {
      return one(reduce(op == "ReduceMean" ? "mean" : op == "ReduceSum" ? "sum" : "max"));
    }
    if (op == "GlobalAveragePool" || op == "GlobalMaxPool") {
      std::vector<bool> axes(x_.layout.size(), true);
      std::fill_n(axes.begin(), std::min<std::size_t>(2, axes.size()), false);
      return one(reduced(op == "GlobalMaxPool" ? "max" : "mean", axes, true));
    }
    if (op == "Softmax") {
      return one(softmax());
    }
    if (op == "ArgMax") {
      return one(argmax(node_.whole("axis", 0), node_.whole("keepdims", 1) != 0));
    }
    if (op == "TopK") {
      return top();
    }
    if (op == "LayerNormalization") {
      return one(layer_norm());
    }
    if (op == "BatchNormalization") {
      return one(batch_norm());
    }
    if (op == "Concat") {
      return one(concat());
    }
    return std::nullopt;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { context_.fail(node_, what); }

  static OnnxOutputs one(OnnxValue value) { return std::vector<OnnxValue>{std::move(value)}; }

  NetNode origin() const { return context_.origin(node_); }

  std::size_t axis(std::int64_t asked) const {
    const auto found = resolve_axis(asked, x_.layout.size());
    if (!found) {
      fail("has no axis " + std::to_string(asked));
    }
    return *found;
  }

  void need_activation() const {
    if (!x_.is(Kind::activation)) {
      fail("works on attention scores or a mask; nearest supported form: attention as PyTorch and Keras export it");
    }
  }

  /// How many atoms of a kind the chosen axes have, and the others.
  struct Share {
    std::size_t inside = 0;
    std::size_t outside = 0;
  };

  static Share share(const OnnxValue& value, const std::vector<bool>& axes, Atom kind) {
    Share counted;
    for (std::size_t i = 0; i < axes.size(); ++i) {
      (axes[i] ? counted.inside : counted.outside) += atoms_of({value.layout[i]}, kind).size();
    }
    return counted;
  }

  /// Whether the chosen axes hold all features and nothing else.
  static bool are_features(const OnnxValue& value, const std::vector<bool>& axes) {
    return share(value, axes, Atom::feature).outside == 0 && share(value, axes, Atom::token).inside == 0 &&
           share(value, axes, Atom::batch).inside == 0 && share(value, axes, Atom::repeat).inside == 0;
  }

  static OnnxLayout without(const OnnxLayout& layout, const std::vector<bool>& axes, bool keep) {
    OnnxLayout made;
    for (std::size_t i = 0; i < layout.size(); ++i) {
      if (!axes[i]) {
        made.push_back(layout[i]);
      } else if (keep) {
        made.emplace_back();
      }
    }
    return made;
  }

  OnnxValue reduce(const std::string& mode) {
    const auto asked = axes_of(node_, optional_constant(context_, node_, inputs_, 1));
    std::vector<bool> axes(x_.layout.size(), !asked.has_value());
    for (const std::int64_t which : asked.value_or(std::vector<std::int64_t>{})) {
      axes[axis(which)] = true;
    }
    return reduced(mode, axes, node_.whole("keepdims", 1) != 0);
  }

  OnnxValue reduced(const std::string& mode, const std::vector<bool>& axes, bool keep) {
    if (x_.is(Kind::mask)) {
      return counted(mode, axes, keep);
    }
    need_activation();
    OnnxValue x = context_.materialized(node_, x_);
    if (share(x, axes, Atom::batch).inside != 0 || share(x, axes, Atom::repeat).inside != 0) {
      fail("reduces an axis of events");
    }
    const Share features = share(x, axes, Atom::feature);
    const Share tokens = share(x, axes, Atom::token);
    x.layout = without(x.layout, axes, keep);
    if (features.inside == 0 && tokens.inside == 0) {
      return x;
    }
    if (features.inside == 0 && tokens.outside == 0) {
      x.node = pool(mode, x.node);
      return x;
    }
    if (features.outside != 0 || tokens.inside != 0 || mode == "max") {
      fail(
          "reduces a part of the axes; nearest supported forms: a mean, sum or maximum over all tokens, a mean over "
          "all "
          "features in a layer norm");
    }
    const auto count = static_cast<double>(network_.at(x.node).features);
    x.node = network_.add_unary(NetOp::mean, x.node, origin());
    network_.at(x.node).features = 1;
    if (mode == "sum") {
      x.node = network_.add_affine(x.node, {count}, {0}, origin());
    }
    return x;
  }

  std::size_t pool(const std::string& mode, std::size_t input) {
    constexpr double kLow = -1e3;
    std::size_t from = input;
    const bool masked = network_.at(from).op == NetOp::masked;
    if (masked) {
      const double fill = network_.at(from).low;
      if (!(mode == "sum" && fill == 0) && !(mode == "max" && fill <= kLow)) {
        fail("has padding tokens filled with " + std::to_string(fill) +
             "; nearest supported forms: a sum with 0, a maximum "
             "with -infinity, a sum divided by the number of real tokens");
      }
      from = network_.at(from).inputs[0];
    }
    const std::size_t made = network_.add_unary(NetOp::pool, from, origin());
    network_.at(made).function = mode;
    network_.at(made).tokens = 1;
    network_.at(made).masked = masked;
    return made;
  }

  /// The number of tokens for which a mask is set.
  OnnxValue counted(const std::string& mode, const std::vector<bool>& axes, bool keep) const {
    if (mode != "sum" || share(x_, axes, Atom::token).outside != 0 || share(x_, axes, Atom::repeat).inside != 0 ||
        share(x_, axes, Atom::batch).inside != 0) {
      fail("reduces a mask otherwise than to the number of its tokens");
    }
    OnnxValue made = x_;
    made.kind = Kind::count;
    made.layout = without(x_.layout, axes, keep);
    return made;
  }

  OnnxValue softmax() {
    constexpr std::int64_t kOneAxis = 13;  // before, the axes behind belonged to it too
    const bool one_axis = context_.graph.opset >= kOneAxis;
    const std::size_t first = axis(node_.whole("axis", one_axis ? -1 : 1));
    std::vector<bool> axes(x_.layout.size(), false);
    for (std::size_t i = first; i < (one_axis ? first + 1 : axes.size()); ++i) {
      axes[i] = true;
    }
    if (x_.is(Kind::scores)) {
      return normalized_scores(axes);
    }
    need_activation();
    OnnxValue x = context_.materialized(node_, x_);
    OnnxAxis summed;
    for (std::size_t i = 0; i < axes.size(); ++i) {
      if (axes[i]) {
        summed.insert(summed.end(), x.layout[i].begin(), x.layout[i].end());
      }
    }
    const std::int64_t features = network_.at(x.node).features;
    if (!are_features(x, axes) && !(axis_size(summed) > 1 && is_whole(summed, Atom::feature, axis_size(summed)))) {
      fail("is not over all features; nearest supported forms: over the features, or over the keys of attention");
    }
    const auto path = scores_path(network_, x.node);
    x.node = network_.add_unary(NetOp::softmax, x.node, origin());
    network_.at(x.node).groups = are_features(x, axes) ? 1 : features / axis_size(summed);
    network_.at(x.node).masked = path && path->masked;
    return x;
  }

  OnnxValue normalized_scores(const std::vector<bool>& axes) const {
    OnnxAxis summed;
    for (std::size_t i = 0; i < axes.size(); ++i) {
      if (axes[i]) {
        summed.insert(summed.end(), x_.layout[i].begin(), x_.layout[i].end());
      }
    }
    OnnxScores made = *x_.scores;
    const std::int64_t tokens = network_.at(made.left).tokens;
    const bool right = is_whole(summed, Atom::right, tokens);
    if (made.normalized || (!right && !is_whole(summed, Atom::left, tokens))) {
      fail("is not over the keys of attention");
    }
    made.normalized = true;
    made.keys_right = right;
    OnnxValue value = x_;
    value.scores = std::make_shared<const OnnxScores>(std::move(made));
    return value;
  }

  OnnxValue argmax(std::int64_t along, bool keep) {
    need_activation();
    OnnxValue x = context_.materialized(node_, x_);
    std::vector<bool> axes(x.layout.size(), false);
    axes[axis(along)] = true;
    if (!are_features(x, axes) || node_.whole("select_last_index", 0) != 0) {
      fail("is not the first maximum over all features");
    }
    x.node = network_.add_unary(NetOp::argmax, x.node, origin());
    network_.at(x.node).features = 1;
    x.layout = without(x.layout, axes, keep);
    return x;
  }

  OnnxOutputs top() {
    const OnnxTensorPtr k = optional_constant(context_, node_, inputs_, 1);
    const double count = k && k->values.size() == 1 ? k->values[0] : static_cast<double>(node_.whole("k", 0));
    const std::string& values = node_.outputs[0];
    const auto& outputs = context_.graph.outputs;
    bool used = !values.empty() && std::find(outputs.begin(), outputs.end(), values) != outputs.end();
    for (const OnnxNode& user : context_.graph.nodes) {
      used =
          used || (!values.empty() && std::find(user.inputs.begin(), user.inputs.end(), values) != user.inputs.end());
    }
    if (count != 1 || used || node_.outputs.size() != 2 || node_.whole("largest", 1) == 0) {
      fail("nearest supported form: the index of the largest (k = 1), or ArgMax");
    }
    OnnxValue index = argmax(node_.whole("axis", -1), true);
    return std::vector<OnnxValue>{index, index};
  }

  /// A constant of a normalization, one number per feature.
  std::vector<double> numbers(const OnnxValue& x, std::size_t input, const OnnxShape& shape, double otherwise) const {
    const OnnxTensorPtr given = optional_constant(context_, node_, inputs_, input);
    const auto features = static_cast<std::size_t>(network_.at(x.node).features);
    if (!given) {
      return std::vector<double>(features, otherwise);
    }
    OnnxTensor constant = *given;
    if (!shape.empty() && element_count(shape) != element_count(constant.shape)) {
      fail("has a constant of shape " + shape_text(given->shape) + ", expected " +
           std::to_string(element_count(shape)) + " numbers");
    }
    if (!shape.empty()) {
      constant.shape = shape;
    }
    const auto list = per_feature(context_, x, constant, otherwise);
    if (!list) {
      fail("normalizes something else than features, or has a constant of shape " + shape_text(given->shape));
    }
    return *list;
  }

  OnnxValue layer_norm() {
    need_activation();
    OnnxValue x = context_.materialized(node_, x_);
    std::vector<bool> axes(x.layout.size(), false);
    std::fill(axes.begin() + static_cast<std::ptrdiff_t>(axis(node_.whole("axis", -1))), axes.end(), true);
    if (!are_features(x, axes)) {
      fail("is not over all features");
    }
    const std::vector<double> factors = numbers(x, 1, {}, 1);
    const std::vector<double> offsets = numbers(x, 2, {}, 0);
    x.node = network_.add_unary(NetOp::layer_norm, x.node, origin());
    NetNode& made = network_.at(x.node);
    made.epsilon = node_.number("epsilon", 1e-5);
    made.factors = factors;
    made.offsets = offsets;
    return x;
  }

  OnnxValue batch_norm() {
    need_activation();
    OnnxValue x = context_.with_all_features(node_, x_);
    if (node_.whole("training_mode", 0) != 0 || x.layout.size() < 2) {
      fail("is in training mode; expected a model exported for inference");
    }
    OnnxShape shape(x.layout.size(), 1);
    shape[1] = axis_size(x.layout[1]);
    NetNode made = origin();
    made.op = NetOp::batch_norm;
    made.inputs = {x.node};
    made.tokens = network_.at(x.node).tokens;
    made.features = network_.at(x.node).features;
    made.epsilon = node_.number("epsilon", 1e-5);
    const char* const names[] = {"gamma", "beta", "mean", "variance"};
    for (std::size_t i = 0; i < 4; ++i) {
      if (!optional_constant(context_, node_, inputs_, i + 1)) {
        fail("has too few inputs");
      }
      made.arrays[names[i]] = {{static_cast<std::size_t>(made.features)}, numbers(x, i + 1, shape, 0), false};
    }
    x.node = network_.add(std::move(made));
    return x;
  }

  OnnxValue concat() {
    if (node_.attributes.count("axis") == 0) {
      fail("has no axis");
    }
    const std::size_t along = axis(node_.whole("axis", 0));
    NetNode made = origin();
    made.op = NetOp::concat;
    made.features = 0;
    std::vector<OnnxValue> parts;
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      const OnnxValue& part = required(context_, node_, inputs_, i);
      if (!part.is(Kind::activation)) {
        fail("joins a tensor with a constant, scores or a mask; nearest supported form: features of several layers");
      }
      parts.push_back(context_.materialized(node_, part));
      const NetNode& tensor = network_.at(parts.back().node);
      check_part(parts.front(), parts.back(), along);
      made.inputs.push_back(parts.back().node);
      made.tokens = tensor.tokens;
      made.features += tensor.features;
    }
    OnnxValue value = parts.front();
    const std::int64_t inner = element_count(layout_shape(features_behind(value.layout, along)));
    const std::int64_t size = made.features / inner;
    value.layout[along] = size > 1 ? OnnxAxis{{Atom::feature, size, inner}} : OnnxAxis{};
    value.node = parts.size() == 1 ? parts[0].node : network_.add(std::move(made));
    return value;
  }

  /// The features of the axes behind `along`.
  static OnnxLayout features_behind(const OnnxLayout& layout, std::size_t along) {
    OnnxLayout behind;
    for (std::size_t i = along + 1; i < layout.size(); ++i) {
      behind.push_back(atoms_of({layout[i]}, Atom::feature));
    }
    return behind;
  }

  void check_part(const OnnxValue& first, const OnnxValue& part, std::size_t along) const {
    bool fits =
        first.layout.size() == part.layout.size() && network_.at(first.node).tokens == network_.at(part.node).tokens;
    for (std::size_t i = 0; fits && i < part.layout.size(); ++i) {
      const OnnxAxis features = atoms_of({part.layout[i]}, Atom::feature);
      if (i == along) {
        fits = features.size() == part.layout[i].size();
      } else {
        fits = axis_size(part.layout[i]) == axis_size(first.layout[i]) && (i > along || features.empty()) &&
               (atoms_of({part.layout[i]}, Atom::token).empty() == atoms_of({first.layout[i]}, Atom::token).empty());
      }
    }
    if (!fits) {
      fail(
          "joins tensors along tokens, or along one of several axes of features; nearest supported form: features of "
          "the "
          "same tokens side by side");
    }
  }

  OnnxContext& context_;
  const OnnxNode& node_;
  const OnnxInputs& inputs_;
  OnnxNetwork& network_;
  const OnnxValue& x_;
};

}  // namespace

OnnxOutputs read_reduction(OnnxContext& context, const OnnxNode& node, const OnnxInputs& inputs) {
  const bool computed = !inputs.empty() && inputs[0] != nullptr && !inputs[0]->is(Kind::constant);
  return computed ? ReductionReader(context, node, inputs).run() : std::nullopt;
}

}  // namespace rtlgen
