#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "rtlgen/import/onnx_readers.hpp"
#include "rtlgen/import/onnx_recognition.hpp"
#include "rtlgen/import/onnx_scores.hpp"

namespace rtlgen {
namespace {

using Kind = OnnxValue::Kind;

constexpr const char* kConstantMask =
    "gives attention scores a constant mask, such as a causal (triangular) one; nearest supported form: a mask of "
    "padding tokens, which is an input of the graph";
constexpr double kMasked = -1e3;  ///< scores at most this much lower have no weight behind a softmax

/// The number that all elements are, if they are one.
std::optional<double> uniform(const OnnxValue& value) {
  if (!value.is(Kind::constant) || value.constant->values.empty()) {
    return std::nullopt;
  }
  const std::vector<double>& list = value.constant->values;
  const bool same = std::all_of(list.begin(), list.end(), [&](double x) { return x == list[0]; });
  return same ? std::optional<double>(list[0]) : std::nullopt;
}

/// `layout` with axes of size 1 repeated so that it has the shape of `other` where that is larger.
std::optional<OnnxLayout> repeated(const OnnxLayout& layout, const OnnxShape& other) {
  const auto shape = broadcast_shape(layout_shape(layout), other);
  if (!shape) {
    return std::nullopt;
  }
  OnnxLayout made(shape->size() - layout.size());
  made.insert(made.end(), layout.begin(), layout.end());
  for (std::size_t i = 0; i < made.size(); ++i) {
    if (made[i].empty() && (*shape)[i] > 1) {
      made[i] = {{OnnxAtomKind::repeat, (*shape)[i], 0}};
    }
  }
  return made;
}

/// Kinds and sizes of the atoms that count something.
bool same_axis(const OnnxAxis& a, const OnnxAxis& b) {
  const OnnxAxis left = merged_atoms(a);
  const OnnxAxis right = merged_atoms(b);
  return left.size() == right.size() &&
         std::equal(left.begin(), left.end(), right.begin(), [](const OnnxAtom& x, const OnnxAtom& y) {
           return x.kind == y.kind && x.size == y.size && x.stride == y.stride;
         });
}

/// Whether every axis of `small`, counted from the last, has size 1 or is that of `large`.
bool broadcasts_to(const OnnxLayout& small, const OnnxLayout& large) {
  for (std::size_t i = 0; i < small.size(); ++i) {
    const OnnxAxis& axis = small[small.size() - 1 - i];
    if (!axis.empty() && (i >= large.size() || !same_axis(axis, large[large.size() - 1 - i]))) {
      return false;
    }
  }
  return true;
}

/// Reads one node.
class Arithmetic {
 public:
  Arithmetic(OnnxContext& context, const OnnxNode& node, const OnnxInputs& inputs)
      : context_(context), node_(node), inputs_(inputs), network_(context.network) {}

  OnnxOutputs run() {
    const std::string& op = node_.op;
    if (op == "Where") {
      return one(where());
    }
    if (op == "Add" || op == "Sub" || op == "Mul" || op == "Div") {
      return one(binary());
    }
    if (op == "Sum" && inputs_.size() == 2) {
      return one(binary());
    }
    const OnnxValue& x = in(0);
    if (x.is(Kind::mask) || x.is(Kind::count)) {
      return on_numbers(x);
    }
    if (!x.is(Kind::activation) && !in_is_activation(1)) {
      return std::nullopt;
    }
    return on_activation();
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { context_.fail(node_, what); }

  const OnnxValue& in(std::size_t i) const { return required(context_, node_, inputs_, i); }

  bool in_is_activation(std::size_t i) const {
    return i < inputs_.size() && inputs_[i] != nullptr && inputs_[i]->is(Kind::activation);
  }

  static OnnxOutputs one(OnnxValue value) { return std::vector<OnnxValue>{std::move(value)}; }

  NetNode origin() const { return context_.origin(node_); }

  OnnxValue whole(const OnnxValue& value) const { return context_.with_all_features(node_, value); }

  /// One of the numbers of a mask, and others, to a number.
  double apply(double a, double b) const {
    const std::string& op = node_.op;
    if (op == "Add" || op == "Sum") {
      return a + b;
    }
    if (op == "Sub") {
      return a - b;
    }
    if (op == "Div") {
      return a / b;
    }
    if (op == "Equal") {
      return static_cast<double>(a == b);
    }
    if (op == "And") {
      return static_cast<double>(a != 0 && b != 0);
    }
    if (op == "Or") {
      return static_cast<double>(a != 0 || b != 0);
    }
    if (op == "Greater" || op == "Less") {
      return static_cast<double>(op == "Greater" ? a > b : a < b);
    }
    if (op == "Max" || op == "Min") {
      return op == "Max" ? std::max(a, b) : std::min(a, b);
    }
    return a * b;
  }

  /// Functions of masks: of both their numbers. Counts stay what they are under a lower bound.
  OnnxOutputs on_numbers(const OnnxValue& x) const {
    const std::string& op = node_.op;
    OnnxValue made = x;
    if (op == "Not") {
      made.if_set = static_cast<double>(x.if_set == 0);
      made.if_clear = static_cast<double>(x.if_clear == 0);
      return one(made);
    }
    if (op == "Cast" && x.is(Kind::mask)) {
      constexpr std::int64_t kBool = 9;
      if (node_.whole("to", 1) == kBool) {
        made.if_set = static_cast<double>(x.if_set != 0);
        made.if_clear = static_cast<double>(x.if_clear != 0);
      }
      return one(made);
    }
    if (x.is(Kind::count) && (op == "Clip" || op == "Max")) {
      const OnnxValue& low = in(1);
      const auto bound = uniform(low);
      if (!bound || *bound > 1) {
        fail("bounds the number of tokens by more than 1");
      }
      return one(made);
    }
    if (x.is(Kind::mask) &&
        (op == "Equal" || op == "And" || op == "Or" || op == "Greater" || op == "Less" || op == "Max" || op == "Min")) {
      return one(binary());
    }
    return std::nullopt;
  }

  OnnxValue binary() const {
    const OnnxValue& a = in(0);
    const OnnxValue& b = in(1);
    if ((a.is(Kind::scores) && stays_scores(*a.scores, b)) || (b.is(Kind::scores) && stays_scores(*b.scores, a))) {
      return a.is(Kind::scores) ? on_scores(a, b, true) : on_scores(b, a, false);
    }
    if (a.is(Kind::scores) || b.is(Kind::scores)) {
      const OnnxValue left = a.is(Kind::scores) ? scores_tensor(context_, node_, a) : a;
      const OnnxValue right = b.is(Kind::scores) ? scores_tensor(context_, node_, b) : b;
      return binary_of(left, right);
    }
    return binary_of(a, b);
  }

  /// Whether attention scores and `other` make attention scores again: masks and factors that all of them share.
  bool stays_scores(const OnnxScores& scores, const OnnxValue& other) const {
    const bool add = node_.op == "Add" || node_.op == "Sum" || node_.op == "Sub";
    if (other.is(Kind::constant)) {
      if (add && std::any_of(other.constant->values.begin(), other.constant->values.end(),
                             [](double value) { return value <= kMasked; })) {
        fail(kConstantMask);
      }
      return !scores.normalized && uniform(other).has_value();
    }
    return other.is(Kind::mask) && !scores.normalized;
  }

  OnnxValue binary_of(const OnnxValue& a, const OnnxValue& b) const {
    if ((node_.op == "Add" || node_.op == "Sum") &&
        ((a.is(Kind::activation) && b.is(Kind::mask)) || (a.is(Kind::mask) && b.is(Kind::activation)))) {
      const OnnxValue& mask = a.is(Kind::mask) ? a : b;
      return masked_tensor(a.is(Kind::mask) ? b : a, mask, padding_is_set(mask, 0, kMasked));
    }
    if (a.is(Kind::mask) && b.is(Kind::mask)) {
      return two_masks(a, b);
    }
    if ((a.is(Kind::mask) || b.is(Kind::mask)) && (a.is(Kind::constant) || b.is(Kind::constant))) {
      return mask_and_constant(a, b);
    }
    if (a.is(Kind::activation) && b.is(Kind::activation)) {
      return two_activations(a, b);
    }
    if (a.is(Kind::activation) && b.is(Kind::constant)) {
      return with_constant(a, *b.constant, false);
    }
    if (b.is(Kind::activation) && a.is(Kind::constant)) {
      return with_constant(b, *a.constant, true);
    }
    if (a.is(Kind::activation) && b.is(Kind::count)) {
      return over_count(a, b);
    }
    if (node_.op == "Mul" && (a.is(Kind::mask) || b.is(Kind::mask))) {
      return a.is(Kind::mask) ? masked(b, a) : masked(a, b);
    }
    fail("combines tensors for which there is no counterpart");
  }

  OnnxValue two_masks(const OnnxValue& a, const OnnxValue& b) const {
    const bool wide = a.layout.size() >= b.layout.size() && broadcasts_to(b.layout, a.layout);
    if (!wide && !broadcasts_to(a.layout, b.layout)) {
      fail("combines masks of different axes");
    }
    OnnxValue made = wide ? a : b;
    made.if_set = apply(a.if_set, b.if_set);
    made.if_clear = apply(a.if_clear, b.if_clear);
    return made;
  }

  OnnxValue mask_and_constant(const OnnxValue& a, const OnnxValue& b) const {
    const bool first = a.is(Kind::mask);
    const OnnxValue& mask = first ? a : b;
    const auto number = uniform(first ? b : a);
    const auto layout = repeated(mask.layout, (first ? b : a).constant->shape);
    if (!number || !layout) {
      fail("combines a mask with numbers that differ between tokens; nearest supported form: a mask of padding tokens");
    }
    OnnxValue made = mask;
    made.layout = *layout;
    made.if_set = first ? apply(mask.if_set, *number) : apply(*number, mask.if_set);
    made.if_clear = first ? apply(mask.if_clear, *number) : apply(*number, mask.if_clear);
    return made;
  }

  /// Which number stands for padding, where the other one is `real` and the padding's is below or equal `most`.
  bool padding_is_set(const OnnxValue& mask, double real, double most) const {
    if (mask.if_set == real && mask.if_clear <= most) {
      return false;
    }
    if (mask.if_clear == real && mask.if_set <= most) {
      return true;
    }
    fail("uses a mask with the numbers " + std::to_string(mask.if_set) + " and " + std::to_string(mask.if_clear) +
         ", which are no padding mask");
  }

  /// Scores with the keys that `mask` masks.
  OnnxValue masked_scores(const OnnxValue& scores, const OnnxValue& mask, bool padded_if_set) const {
    bool right = false;
    bool left = false;
    for (std::size_t i = 0; i < mask.layout.size(); ++i) {
      OnnxAxis tokens;
      for (const OnnxAtom& atom : mask.layout[mask.layout.size() - 1 - i]) {
        if (atom.kind == OnnxAtomKind::token) {
          tokens.push_back(atom);
        }
      }
      if (tokens.empty()) {
        continue;
      }
      const OnnxAxis axis = i < scores.layout.size() ? scores.layout[scores.layout.size() - 1 - i] : OnnxAxis{};
      const std::int64_t size = axis_size(tokens);
      if (!is_whole(tokens, OnnxAtomKind::token, size) || left || right) {
        fail("masks in an order that is not that of the tokens");
      }
      right = is_whole(axis, OnnxAtomKind::right, size);
      left = is_whole(axis, OnnxAtomKind::left, size);
      if (!left && !right) {
        fail("has a mask that does not lie along the keys");
      }
    }
    context_.use_mask(node_, padded_if_set);
    OnnxScores made = *scores.scores;
    if ((!left && !right) || (made.masked && made.mask_right != right)) {
      fail("has a mask that does not lie along the keys");
    }
    made.masked = true;
    made.mask_right = right;
    OnnxValue value = scores;
    value.scores = std::make_shared<const OnnxScores>(made);
    return value;
  }

  /// A tensor made of scores with a mask on its keys.
  OnnxValue masked_tensor(const OnnxValue& x, const OnnxValue& mask, bool padded_if_set) const {
    const auto path = scores_path(network_, x.node);
    if (!path || path->softmax) {
      fail("adds a mask to something else than attention scores before their softmax");
    }
    return mask_keys(context_, node_, x, mask, padded_if_set);
  }

  OnnxValue on_scores(const OnnxValue& scores, const OnnxValue& other, bool first) const {
    const bool add = node_.op == "Add" || node_.op == "Sum";
    if (add && other.is(Kind::mask)) {
      return masked_scores(scores, other, padding_is_set(other, 0, kMasked));
    }
    const auto number = uniform(other);
    if (!number || !std::isfinite(*number)) {
      fail("combines attention scores with a number that is not finite");
    }
    OnnxScores made = *scores.scores;
    if (node_.op == "Mul" || (node_.op == "Div" && first && *number != 0)) {
      if (made.masked) {
        fail("scales attention scores behind their mask");
      }
      made.factor *= node_.op == "Mul" ? *number : 1 / *number;
    } else if (!add && !(node_.op == "Sub" && first)) {
      fail("is no scaling of attention scores");
    }
    OnnxValue value = scores;
    value.scores = std::make_shared<const OnnxScores>(made);
    return value;
  }

  /// x op constant, or constant op x where `swapped`.
  OnnxValue with_constant(const OnnxValue& given, const OnnxTensor& constant, bool swapped) const {
    const std::string& op = node_.op;
    OnnxValue x = whole(given);
    const bool additive = op == "Add" || op == "Sub" || op == "Sum";
    auto numbers = per_feature(context_, x, constant, additive ? 0 : 1);
    if (!numbers && additive) {
      if (auto made = plus_tokens(x, constant, swapped)) {
        return *made;
      }
    }
    if (!numbers && op == "Mul") {
      if (auto made = times_list(x, constant)) {
        return *made;
      }
    }
    if (!numbers) {
      fail("combines a tensor " + layout_text(x.layout) + " with a constant of shape " + shape_text(constant.shape) +
           " that differs between tokens or is larger; nearest supported forms: one number, or one per feature; sums "
           "also with one per token and feature");
    }
    while (x.layout.size() < constant.shape.size()) {
      x.layout.insert(x.layout.begin(), OnnxAxis{});
    }
    std::vector<double> factors(numbers->size(), 1);
    std::vector<double> offsets(numbers->size(), 0);
    if (additive) {
      for (std::size_t i = 0; i < numbers->size(); ++i) {
        factors[i] = op == "Sub" && swapped ? -1 : 1;
        offsets[i] = op == "Sub" && !swapped ? -(*numbers)[i] : (*numbers)[i];
      }
    } else {
      if (op == "Div" && swapped) {
        x.node = network_.add_unary(NetOp::inverse, x.node, origin());
      }
      for (std::size_t i = 0; i < numbers->size(); ++i) {
        factors[i] = op == "Div" && !swapped ? 1 / (*numbers)[i] : (*numbers)[i];
      }
    }
    const auto finite = [](double value) { return std::isfinite(value); };
    if (!std::all_of(factors.begin(), factors.end(), finite) || !std::all_of(offsets.begin(), offsets.end(), finite)) {
      fail("combines a tensor with a number that is not finite");
    }
    x.node = network_.add_affine(x.node, std::move(factors), std::move(offsets), origin());
    return x;
  }

  /// x + constant, or the difference of both, where the constant differs between tokens.
  std::optional<OnnxValue> plus_tokens(const OnnxValue& x, const OnnxTensor& constant, bool swapped) const {
    auto numbers = per_element(context_, x, constant, 0);
    const auto finite = [](double value) { return std::isfinite(value); };
    if (!numbers || !std::all_of(numbers->begin(), numbers->end(), finite)) {
      return std::nullopt;
    }
    const bool minus = node_.op == "Sub";
    OnnxValue made = x;
    if (minus && swapped) {
      const auto features = static_cast<std::size_t>(network_.at(x.node).features);
      made.node =
          network_.add_affine(x.node, std::vector<double>(features, -1), std::vector<double>(features, 0), origin());
    } else if (minus) {
      std::transform(numbers->begin(), numbers->end(), numbers->begin(), [](double value) { return -value; });
    }
    made.node = network_.add_unary(NetOp::token_bias, made.node, origin());
    network_.at(made.node).offsets = std::move(*numbers);
    return made;
  }

  /// One number per token times a list of numbers for features, as a layer norm that is spelled out has it.
  std::optional<OnnxValue> times_list(const OnnxValue& x, const OnnxTensor& constant) const {
    const auto count = static_cast<std::int64_t>(constant.values.size());
    if (x.layout.empty() || !x.layout.back().empty() || constant.shape.empty() || constant.shape.back() != count ||
        network_.at(x.node).features != 1) {
      return std::nullopt;
    }
    const auto made = recognize_gain(network_, x.node, constant.values, origin());
    if (!made) {
      return std::nullopt;
    }
    OnnxValue value = context_.over(x, *made);
    value.layout.back() = {{OnnxAtomKind::feature, count, 1}};
    return value;
  }

  OnnxValue two_activations(const OnnxValue& left, const OnnxValue& right) const {
    const std::string& op = node_.op;
    const OnnxValue a = context_.materialized(node_, left);
    const OnnxValue b = context_.materialized(node_, right);
    const bool a_large = a.layout.size() >= b.layout.size() && broadcasts_to(b.layout, a.layout);
    if (!a_large && !broadcasts_to(a.layout, b.layout)) {
      fail("combines tensors whose axes differ: " + layout_text(a.layout) + " and " + layout_text(b.layout));
    }
    const OnnxValue& shape = a_large ? a : b;
    if (op == "Sub" && network_.at(b.node).op == NetOp::mean && network_.at(b.node).inputs[0] == a.node) {
      return context_.over(shape, network_.add_unary(NetOp::centered, a.node, origin()));
    }
    if (op == "Mul" || op == "Div") {
      auto made = op == "Mul" ? recognize_product(network_, a.node, b.node, origin())
                              : recognize_quotient(network_, a.node, b.node, origin());
      if (!made && op == "Mul") {
        made = recognize_product(network_, b.node, a.node, origin());
      }
      if (!made) {
        fail(
            "multiplies or divides two tensors that both depend on the event; nearest supported form: attention, layer "
            "norm, GELU and SiLU as PyTorch exports them");
      }
      return context_.over(shape, *made);
    }
    if (network_.at(a.node).features != network_.at(b.node).features ||
        network_.at(a.node).tokens != network_.at(b.node).tokens) {
      fail("adds tensors of different sizes: " + layout_text(a.layout) + " and " + layout_text(b.layout));
    }
    return context_.over(shape, sum_of(a.node, b.node));
  }

  /// first + second, or their difference.
  std::size_t sum_of(std::size_t first, std::size_t second) const {
    if (node_.op == "Sub") {
      const auto features = static_cast<std::size_t>(network_.at(second).features);
      second =
          network_.add_affine(second, std::vector<double>(features, -1), std::vector<double>(features, 0), origin());
    }
    if (const auto norm = recognize_norm_sum(network_, first, second, origin())) {
      return *norm;
    }
    const std::size_t made = network_.add_unary(NetOp::add, first, origin());
    network_.at(made).inputs.push_back(second);
    return made;
  }

  /// Whether the axes of a mask are those of a tensor without its features.
  void check_along(const OnnxValue& x, const OnnxValue& mask) const {
    if (!broadcasts_to(mask.layout, x.layout) || atoms_of(mask.layout, OnnxAtomKind::token).empty()) {
      fail("has a mask that does not lie along the tokens");
    }
  }

  OnnxValue fill_padding(const OnnxValue& x, const OnnxValue& mask, bool padded_if_set, double number) const {
    const OnnxValue whole_x = context_.materialized(node_, x);
    check_along(whole_x, mask);
    context_.use_mask(node_, padded_if_set);
    const std::size_t made = network_.add_unary(NetOp::masked, whole_x.node, origin());
    network_.at(made).low = number;
    return context_.over(whole_x, made);
  }

  OnnxValue masked(const OnnxValue& x, const OnnxValue& mask) const {
    if (!x.is(Kind::activation)) {
      fail("combines tensors for which there is no counterpart");
    }
    return fill_padding(x, mask, padding_is_set(mask, 1, 0), 0);
  }

  /// A sum over real tokens divided by their number.
  OnnxValue over_count(const OnnxValue& x, const OnnxValue& count) const {
    const NetNode& sum = network_.at(x.node);
    if (node_.op != "Div" || sum.op != NetOp::pool || sum.function != "sum") {
      fail("uses the number of tokens otherwise than for a mean over them");
    }
    context_.use_mask(node_, padding_is_set(count, 1, 0));
    const std::size_t made = network_.add(sum);
    network_.at(made).function = "mean";
    network_.at(made).masked = true;
    network_.at(made).name = origin().name;
    return context_.over(x, made);
  }

  OnnxValue where() const {
    const OnnxValue& condition = in(0);
    const OnnxValue& a = in(1);
    const OnnxValue& b = in(2);
    if (condition.is(Kind::constant) && (a.is(Kind::scores) || b.is(Kind::scores))) {
      fail(kConstantMask);
    }
    if (!condition.is(Kind::mask)) {
      fail("chooses by something else than a mask of tokens");
    }
    const auto first = uniform(a);
    const auto second = uniform(b);
    if (first && second) {
      const auto once = repeated(condition.layout, a.constant->shape);
      const auto layout = once ? repeated(*once, b.constant->shape) : std::nullopt;
      if (!layout) {
        fail("shapes do not broadcast");
      }
      OnnxValue made = condition;
      made.layout = *layout;
      made.if_set = condition.if_set != 0 ? *first : *second;
      made.if_clear = condition.if_clear != 0 ? *first : *second;
      return made;
    }
    const OnnxValue& x = first ? b : a;
    const auto number = first ? first : second;
    if (!number || (condition.if_set != 0) == (condition.if_clear != 0)) {
      fail("chooses between tensors; nearest supported form: a number for padding tokens");
    }
    // The mask as it would be added: the number where it is chosen.
    const bool padded_if_set = (condition.if_set != 0) == first.has_value();
    if (x.is(Kind::activation)) {
      const auto path = scores_path(network_, x.node);
      if (path && path->softmax && path->masked && *number == 0) {  // they weigh nothing already
        context_.use_mask(node_, padded_if_set);
        return x;
      }
      return path && !path->softmax && *number <= kMasked ? mask_keys(context_, node_, x, condition, padded_if_set)
                                                          : fill_padding(x, condition, padded_if_set, *number);
    }
    if (!x.is(Kind::scores) || (x.scores->normalized ? *number != 0 || !x.scores->masked : *number > kMasked)) {
      fail("replaces scores by " + std::to_string(*number) + "; expected -infinity or a large negative number");
    }
    if (x.scores->normalized) {
      context_.use_mask(node_, padded_if_set);
      return x;
    }
    return masked_scores(x, condition, padded_if_set);
  }

  OnnxOutputs on_activation() const {
    const std::string& op = node_.op;
    if (op == "Neg") {
      OnnxValue x = whole(in(0));
      const auto features = static_cast<std::size_t>(network_.at(x.node).features);
      x.node =
          network_.add_affine(x.node, std::vector<double>(features, -1), std::vector<double>(features, 0), origin());
      return one(x);
    }
    if (op == "Pow") {
      const auto power = uniform(in(1));
      static const std::map<double, NetOp> kPowers = {
          {2, NetOp::square}, {3, NetOp::cube}, {0.5, NetOp::root}, {-0.5, NetOp::root}};
      const auto made = kPowers.find(power.value_or(0));
      if (made == kPowers.end() || !in(0).is(Kind::activation)) {
        fail("raises to a power; nearest supported forms: the square in a layer norm, the cube in GELU");
      }
      OnnxValue x = unary(made->second);
      if (*power < 0) {
        x.node = network_.add_unary(NetOp::inverse, x.node, origin());
      }
      return one(x);
    }
    if (op == "Abs") {
      return one(unary(NetOp::magnitude));
    }
    if (op == "Sqrt" || op == "Reciprocal" || op == "Erf") {
      return one(unary(op == "Sqrt" ? NetOp::root : op == "Erf" ? NetOp::error_function : NetOp::inverse));
    }
    if ((op == "Max" || op == "Min") && inputs_.size() == 2) {
      return one(bounded());
    }
    return std::nullopt;
  }

  OnnxValue unary(NetOp made) const {
    OnnxValue x = context_.materialized(node_, in(0));
    x.node = network_.add_unary(made, x.node, origin());
    return x;
  }

  OnnxValue bounded() const {
    const bool swapped = in(0).is(Kind::constant);
    const auto number = uniform(in(swapped ? 0 : 1));
    if (node_.op != "Max" || !number || *number != 0) {
      fail("takes the larger or smaller of two numbers; nearest supported form: Relu, or Clip with both bounds");
    }
    OnnxValue x = whole(in(swapped ? 1 : 0));
    x.node = network_.add_unary(NetOp::function, x.node, origin());
    network_.at(x.node).function = "relu";
    return x;
  }

  OnnxContext& context_;
  const OnnxNode& node_;
  const OnnxInputs& inputs_;
  OnnxNetwork& network_;
};

}  // namespace

OnnxOutputs read_arithmetic(OnnxContext& context, const OnnxNode& node, const OnnxInputs& inputs) {
  static const std::vector<std::string> kOps = {"Add", "Sub",  "Mul",        "Div",     "Sum",  "Where", "Not", "Neg",
                                                "Pow", "Sqrt", "Reciprocal", "Erf",     "Abs",  "Max",   "Min", "Equal",
                                                "And", "Or",   "Less",       "Greater", "Clip", "Cast"};
  const bool known = std::find(kOps.begin(), kOps.end(), node.op) != kOps.end();
  const bool numbers =
      !inputs.empty() && inputs[0] != nullptr && (inputs[0]->is(Kind::mask) || inputs[0]->is(Kind::count));
  if (!known || ((node.op == "Clip" || node.op == "Cast") && !numbers)) {
    return std::nullopt;
  }
  return Arithmetic(context, node, inputs).run();
}

}  // namespace rtlgen
