#include "rtlgen/import/onnx_contraction.hpp"

#include <algorithm>
#include <cmath>

#include "rtlgen/import/onnx_attention.hpp"
#include "rtlgen/import/onnx_scores.hpp"

namespace rtlgen {
namespace {

constexpr std::int64_t kMaxFeatures = 65536;

bool holds(const std::vector<int>& letters, int letter) {
  return std::find(letters.begin(), letters.end(), letter) != letters.end();
}

bool has_kind(const OnnxAxis& axis, OnnxAtomKind kind) {
  return std::any_of(axis.begin(), axis.end(), [&](const OnnxAtom& atom) { return atom.kind == kind; });
}

/// An index that runs: what it adds to the place in the tensor and in the constant.
struct Digit {
  std::vector<std::int64_t> places;
  std::int64_t weight_stride = 0;
};

/// Both sums for all combinations of digits, the last running fastest.
struct Sums {
  std::vector<std::int64_t> places = {0};
  std::vector<std::int64_t> weights = {0};

  explicit Sums(const std::vector<Digit>& digits) {
    for (const Digit& digit : digits) {
      std::vector<std::int64_t> more_places;
      std::vector<std::int64_t> more_weights;
      for (std::size_t i = 0; i < places.size(); ++i) {
        for (std::size_t j = 0; j < digit.places.size(); ++j) {
          more_places.push_back(places[i] + digit.places[j]);
          more_weights.push_back(weights[i] + static_cast<std::int64_t>(j) * digit.weight_stride);
        }
      }
      places = std::move(more_places);
      weights = std::move(more_weights);
    }
  }
};

/// Makes the dense layer of one product with a constant.
class DenseMaker {
 public:
  DenseMaker(OnnxContext& context, const OnnxNode& node, const OnnxOperand& x, const OnnxOperand& weight,
             const std::vector<int>& out)
      : context_(context),
        node_(node),
        x_(x),
        weight_(weight),
        out_(out),
        tensor_(context.network.at(x.value->node)),
        constant_(*weight.value->constant) {}

  OnnxValue run(double factor) {
    if (constant_.values.empty()) {
      fail("has weights without elements");
    }
    settle_tokens();
    const OnnxShape strides = strides_of(constant_.shape);
    for (const int letter : x_.letters) {
      add_input_axis(letter, strides);
    }
    OnnxLayout layout = output_layout(strides);
    const Sums rows(rows_);
    const Sums columns(sums_);
    const auto row_count = static_cast<std::int64_t>(rows.places.size());
    NetMatrix matrix;
    matrix.rows = row_count;
    matrix.columns = tensor_.features * (flat_ ? tensor_.tokens : 1);
    context_.budget.take(node_, matrix.rows * matrix.columns);
    std::vector<double> factors = fill(matrix, rows, columns);
    NetNode made = context_.origin(node_);
    made.op = NetOp::dense;
    made.inputs = {x_.value->node};
    made.tokens = flat_ ? 1 : tensor_.tokens;
    made.features = row_count;
    made.flat = flat_;
    made.factors = std::move(factors);
    for (double& scale : made.factors) {
      scale *= factor;
    }
    made.offsets.assign(static_cast<std::size_t>(row_count), 0);
    made.matrix = std::make_shared<const NetMatrix>(std::move(matrix));
    OnnxValue value;
    value.kind = OnnxValue::Kind::activation;
    value.node = context_.network.add(std::move(made));
    value.layout = std::move(layout);
    return value;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { context_.fail(node_, what); }

  std::optional<std::size_t> weight_axis(int letter) const {
    const auto found = std::find(weight_.letters.begin(), weight_.letters.end(), letter);
    return found == weight_.letters.end() ? std::nullopt : std::optional<std::size_t>(found - weight_.letters.begin());
  }

  /// Whether tokens are summed, or all results are per token.
  void settle_tokens() {
    bool summed = false;
    bool kept = false;
    for (std::size_t i = 0; i < x_.letters.size(); ++i) {
      const OnnxAxis& axis = x_.value->layout[i];
      if (has_kind(axis, OnnxAtomKind::repeat)) {
        fail("multiplies a tensor that was repeated");
      }
      const bool in_out = holds(out_, x_.letters[i]);
      if (has_kind(axis, OnnxAtomKind::token)) {
        (in_out ? kept : summed) = true;
      }
      if (has_kind(axis, OnnxAtomKind::batch) && !(in_out && !weight_axis(x_.letters[i]))) {
        fail("mixes events of a batch; nearest supported form: an axis of events that nothing touches");
      }
      if (has_kind(axis, OnnxAtomKind::token) && in_out && weight_axis(x_.letters[i])) {
        fail(
            "has weights that differ between tokens; nearest supported form: weights over all tokens, behind a "
            "Flatten");
      }
    }
    if (summed && kept) {
      fail("sums over a part of the tokens");
    }
    flat_ = !kept && tensor_.tokens > 1;
    if (kept && !is_whole(atoms_of(x_.value->layout, OnnxAtomKind::token), OnnxAtomKind::token, tensor_.tokens)) {
      fail("uses some of the tokens, or tokens in another order");
    }
  }

  /// Places of an axis in the tensor, or in all its tokens one behind the other.
  std::vector<std::int64_t> places(const OnnxAxis& axis) const {
    OnnxAxis scaled = axis;
    for (OnnxAtom& atom : scaled) {
      atom.stride *= atom.kind == OnnxAtomKind::token ? tensor_.features : 1;
    }
    return atom_offsets(scaled);
  }

  void add_input_axis(int letter, const OnnxShape& strides) {
    const OnnxAxis& axis = *axis_of(x_, letter);
    const auto at = weight_axis(letter);
    if (at && constant_.shape[*at] != axis_size(axis)) {
      fail("multiplies an axis of " + std::to_string(axis_size(axis)) + " by one of " +
           std::to_string(constant_.shape[*at]));
    }
    if (holds(out_, letter)) {
      return;
    }
    if (!at && !axis.empty()) {
      fail("sums over an axis without weights; nearest supported form: ReduceSum over the tokens");
    }
    sums_.push_back({places(axis), at ? strides[*at] : 0});
  }

  OnnxLayout output_layout(const OnnxShape& strides) {
    OnnxLayout layout;
    for (const int letter : out_) {
      const OnnxAxis* const axis = axis_of(x_, letter);
      const auto at = weight_axis(letter);
      OnnxAxis made;
      if (axis == nullptr) {
        const std::int64_t size = constant_.shape[*at];
        rows_.push_back({std::vector<std::int64_t>(static_cast<std::size_t>(size), 0), strides[*at]});
        if (size > 1) {
          made.push_back({OnnxAtomKind::feature, size, 0});
        }
      } else {
        made = *axis;
        if (at) {
          rows_.push_back({places(*axis), strides[*at]});
        }
        for (const OnnxAtom& atom : *axis) {
          if (!at && atom.kind == OnnxAtomKind::feature) {
            rows_.push_back({atom_offsets({atom}), 0});
          }
        }
      }
      layout.push_back(made);
    }
    std::int64_t stride = 1;
    for (auto axis = layout.rbegin(); axis != layout.rend(); ++axis) {
      for (auto atom = axis->rbegin(); atom != axis->rend(); ++atom) {
        if (atom->kind == OnnxAtomKind::feature) {
          atom->stride = stride;
          stride *= atom->size;
          if (stride > kMaxFeatures) {
            fail("makes more than " + std::to_string(kMaxFeatures) + " features");
          }
        }
      }
    }
    return layout;
  }

  /// The scale that makes all mantissas of a row whole; nothing where there is none.
  std::optional<double> row_scale(const std::vector<std::int64_t>& elements) const {
    constexpr double kMost = 1 << 24;
    const OnnxMantissas& q = *constant_.quantized;
    double least = 0;
    for (const std::int64_t at : elements) {
      const auto i = static_cast<std::size_t>(at);
      if (q.mantissas[i] != 0 && (least == 0 || std::abs(q.scales[i]) < least)) {
        least = std::abs(q.scales[i]);
      }
    }
    for (const std::int64_t at : elements) {
      const auto i = static_cast<std::size_t>(at);
      const double ratio = q.mantissas[i] == 0 ? 0 : q.scales[i] / least;
      if (ratio != std::round(ratio) || std::abs(ratio) > kMost) {
        return std::nullopt;
      }
    }
    return least == 0 ? 1 : least;
  }

  /// Fills the matrix; returns the factors of the rows.
  std::vector<double> fill(NetMatrix& matrix, const Sums& rows, const Sums& columns) const {
    matrix.values.assign(static_cast<std::size_t>(matrix.rows * matrix.columns), 0);
    matrix.integral = constant_.quantized != nullptr;
    const std::int64_t base = x_.value->feature_offset + (flat_ ? x_.value->token_offset * tensor_.features : 0);
    std::vector<double> factors(static_cast<std::size_t>(matrix.rows), 1);
    std::vector<std::int64_t> elements(columns.places.size());
    for (std::size_t row = 0; row < rows.places.size(); ++row) {
      for (std::size_t i = 0; i < elements.size(); ++i) {
        elements[i] = rows.weights[row] + columns.weights[i];
      }
      if (matrix.integral) {
        const auto scale = row_scale(elements);
        if (!scale) {
          fail(
              "has weights whose scales differ within an output; nearest supported form: one scale, or one per output");
        }
        factors[row] = *scale;
      }
      for (std::size_t i = 0; i < elements.size(); ++i) {
        const auto from = static_cast<std::size_t>(elements[i]);
        const std::int64_t column = base + rows.places[row] + columns.places[i];
        const double value = matrix.integral ? constant_.quantized->mantissas[from] *
                                                   std::round(constant_.quantized->scales[from] / factors[row])
                                             : constant_.values[from];
        if (!std::isfinite(value)) {
          fail("has a weight that is not finite");
        }
        matrix.values[row * static_cast<std::size_t>(matrix.columns) + static_cast<std::size_t>(column)] = value;
      }
    }
    return factors;
  }

  OnnxContext& context_;
  const OnnxNode& node_;
  const OnnxOperand& x_;
  const OnnxOperand& weight_;
  const std::vector<int>& out_;
  const NetNode tensor_;
  const OnnxTensor& constant_;
  bool flat_ = false;
  std::vector<Digit> rows_;
  std::vector<Digit> sums_;
};

constexpr const char* kAttentionForm =
    "nearest supported form: multi-head attention as PyTorch and Keras export it, over all tokens";

/// Places in both operands for the indices of axes they share (an axis that one lacks counts as 0 there).
struct Pairs {
  std::vector<std::int64_t> first = {0};
  std::vector<std::int64_t> second = {0};

  void grow(const std::vector<std::int64_t>& a, const std::vector<std::int64_t>& b) {
    std::vector<std::int64_t> more_first;
    std::vector<std::int64_t> more_second;
    for (std::size_t i = 0; i < first.size(); ++i) {
      for (std::size_t j = 0; j < std::max(a.size(), b.size()); ++j) {
        more_first.push_back(first[i] + (a.size() == 1 ? 0 : a[j]));
        more_second.push_back(second[i] + (b.size() == 1 ? 0 : b[j]));
      }
    }
    first = std::move(more_first);
    second = std::move(more_second);
  }
};

/// The atoms of one kind of an axis that may not be there.
OnnxAxis atoms_in(const OnnxAxis* axis, OnnxAtomKind kind) {
  return axis == nullptr ? OnnxAxis{} : atoms_of({*axis}, kind);
}

/// An axis of heads (and events): its atoms as those of scores, where `next` heads come inside it.
OnnxAxis head_axis(const OnnxAxis& from, OnnxAtomKind kind, std::int64_t& inner, OnnxAtomKind made_kind) {
  OnnxAxis made = from;
  for (auto atom = made.rbegin(); atom != made.rend(); ++atom) {
    if (atom->kind == kind) {
      atom->kind = made_kind;
      atom->stride = inner;
      inner *= atom->size;
    }
  }
  return made;
}

bool only(const OnnxAxis* axis, OnnxAtomKind a, OnnxAtomKind b) {
  return axis == nullptr || std::all_of(axis->begin(), axis->end(),
                                        [&](const OnnxAtom& atom) { return atom.kind == a || atom.kind == b; });
}

}  // namespace

OnnxValue contract_constant(OnnxContext& context, const OnnxNode& node, const OnnxOperand& x, const OnnxOperand& weight,
                            const std::vector<int>& out, double factor) {
  return DenseMaker(context, node, x, weight, out).run(factor);
}

OnnxValue contract_to_scores(OnnxContext& context, const OnnxNode& node, const OnnxOperand& a, const OnnxOperand& b,
                             const std::vector<int>& out) {
  using Atom = OnnxAtomKind;
  const auto refuse = [&](const std::string& what) { context.fail(node, what + "; " + kAttentionForm); };
  Pairs elements;
  for (const int letter : a.letters) {
    if (holds(out, letter)) {
      continue;
    }
    const OnnxAxis* const left = axis_of(a, letter);
    const OnnxAxis* const right = axis_of(b, letter);
    if (right == nullptr || !only(left, Atom::feature, Atom::feature) || !only(right, Atom::feature, Atom::feature) ||
        axis_size(*left) != axis_size(*right)) {
      refuse("multiplies two tensors of the event, but not over their features");
    }
    elements.grow(atom_offsets(*left), atom_offsets(*right));
  }
  const std::int64_t left_tokens = context.network.at(a.value->node).tokens;
  const std::int64_t right_tokens = context.network.at(b.value->node).tokens;
  Pairs heads;
  OnnxLayout layout(out.size());
  std::int64_t inner = 1;
  std::vector<OnnxAxis> left_axes;
  std::vector<OnnxAxis> right_axes;
  int sides = 0;
  for (std::size_t i = out.size(); i-- > 0;) {
    const OnnxAxis* const left = axis_of(a, out[i]);
    const OnnxAxis* const right = axis_of(b, out[i]);
    const bool left_has = !atoms_in(left, Atom::token).empty();
    const OnnxAxis* const side = left_has ? left : !atoms_in(right, Atom::token).empty() ? right : nullptr;
    if (side != nullptr) {
      const std::int64_t tokens = left_has ? left_tokens : right_tokens;
      if ((left != nullptr && right != nullptr) || !is_whole(*side, Atom::token, tokens)) {
        refuse("multiplies two tensors of the event token by token");
      }
      layout[i] = {{left_has ? Atom::left : Atom::right, tokens, 1}};
      ++sides;
      continue;
    }
    if (!only(left, Atom::feature, Atom::batch) || !only(right, Atom::feature, Atom::batch)) {
      refuse("multiplies tensors that were repeated");
    }
    const OnnxAxis* const axis = left != nullptr && !left->empty() ? left : right != nullptr ? right : left;
    if (axis == nullptr) {
      refuse("makes an axis that neither of its operands has");
    }
    layout[i] = head_axis(*axis, Atom::feature, inner, Atom::head);
  }
  if (sides != (left_tokens > 1 ? 1 : 0) + (right_tokens > 1 ? 1 : 0) || left_tokens != right_tokens) {
    refuse("multiplies tensors of different tokens");
  }
  for (const int letter : out) {
    const OnnxAxis left = atoms_in(axis_of(a, letter), Atom::feature);
    const OnnxAxis right = atoms_in(axis_of(b, letter), Atom::feature);
    if (!left.empty() && !right.empty() && axis_size(left) != axis_size(right)) {
      refuse("multiplies tensors of different heads");
    }
    heads.grow(atom_offsets(left), atom_offsets(right));
  }
  if (left_tokens == 1) {
    refuse(
        "attends to a single token; if the first axis of the input is that of tokens, give their number as --tokens N");
  }
  OnnxScores scores;
  scores.name = context.origin(node).name;
  scores.label = context.origin(node).label;
  scores.left = a.value->node;
  scores.right = b.value->node;
  scores.heads = static_cast<std::int64_t>(heads.first.size());
  context.budget.take(node, static_cast<std::int64_t>(heads.first.size() * elements.first.size()));
  for (std::size_t head = 0; head < heads.first.size(); ++head) {
    for (std::size_t i = 0; i < elements.first.size(); ++i) {
      scores.left_columns.push_back(a.value->feature_offset + heads.first[head] + elements.first[i]);
      scores.right_columns.push_back(b.value->feature_offset + heads.second[head] + elements.second[i]);
    }
  }
  OnnxValue value;
  value.kind = OnnxValue::Kind::scores;
  value.layout = std::move(layout);
  value.scores = std::make_shared<const OnnxScores>(std::move(scores));
  return value;
}

OnnxValue contract_heads(OnnxContext& context, const OnnxNode& node, const OnnxOperand& weights,
                         const OnnxOperand& values, const std::vector<int>& out) {
  using Atom = OnnxAtomKind;
  const auto refuse = [&](const std::string& what) { context.fail(node, what + "; " + kAttentionForm); };
  const OnnxScores& scores = *weights.value->scores;
  if (!scores.normalized || !have_common_source(context.network, scores.left, scores.right, values.value->node)) {
    const OnnxValue tensor = scores_tensor(context, node, *weights.value);
    const OnnxOperand operand = {&tensor, weights.letters};
    if (!is_mix(context, operand, values, out)) {
      refuse("sums attention weights, but not over the keys");
    }
    return contract_mix(context, node, operand, values, out);
  }
  const std::int64_t tokens = context.network.at(values.value->node).tokens;
  const Atom keys = scores.keys_right ? Atom::right : Atom::left;
  const Atom queries = scores.keys_right ? Atom::left : Atom::right;
  if (scores.masked && scores.mask_right != scores.keys_right) {
    refuse("masks queries instead of keys");
  }
  for (const int letter : weights.letters) {
    const OnnxAxis* const axis = axis_of(values, letter);
    if (!holds(out, letter) && (axis == nullptr || !is_whole(*axis_of(weights, letter), keys, tokens) ||
                                !is_whole(*axis, Atom::token, tokens))) {
      refuse("sums attention weights, but not over the keys");
    }
  }
  std::vector<std::int64_t> elements = {0};
  Pairs heads;
  OnnxLayout layout(out.size());
  std::int64_t inner = 1;
  for (std::size_t i = out.size(); i-- > 0;) {
    if (axis_of(weights, out[i]) == nullptr) {
      const OnnxAxis& axis = *axis_of(values, out[i]);
      if (!only(&axis, Atom::feature, Atom::feature)) {
        refuse("has values of several tokens a key");
      }
      layout[i] = head_axis(axis, Atom::feature, inner, Atom::feature);
    }
  }
  const std::int64_t value_dim = inner;
  std::vector<OnnxAtom> element_atoms;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const OnnxAxis* const own = axis_of(weights, out[i]);
    const OnnxAxis* const other = axis_of(values, out[i]);
    if (own == nullptr) {
      element_atoms.insert(element_atoms.end(), other->begin(), other->end());
      continue;
    }
    if (!atoms_in(own, queries).empty()) {
      if (other != nullptr || !is_whole(*own, queries, tokens)) {
        refuse("has queries that are no tokens");
      }
      layout[i] = {{Atom::token, tokens, 1}};
      continue;
    }
    const OnnxAxis head_atoms = atoms_in(own, Atom::head);
    const OnnxAxis value_atoms = atoms_in(other, Atom::feature);
    if (!only(own, Atom::head, Atom::batch) || !only(other, Atom::feature, Atom::batch) ||
        (!value_atoms.empty() && axis_size(value_atoms) != axis_size(head_atoms))) {
      refuse("has values whose heads are not those of the scores");
    }
    heads.grow(atom_offsets(head_atoms), atom_offsets(value_atoms));
    layout[i] = *own;
    for (OnnxAtom& atom : layout[i]) {
      if (atom.kind == Atom::head) {
        atom.kind = Atom::feature;
        atom.stride *= value_dim;
      }
    }
  }
  elements = atom_offsets(element_atoms);
  NetHeads made;
  made.heads = scores.heads;
  made.query = scores.keys_right ? scores.left_columns : scores.right_columns;
  made.key = scores.keys_right ? scores.right_columns : scores.left_columns;
  made.factor = scores.factor;
  made.masked = scores.masked;
  if (static_cast<std::int64_t>(heads.first.size()) != scores.heads) {
    refuse("has values for some of the heads only");
  }
  context.budget.take(node, static_cast<std::int64_t>(heads.first.size() * elements.size()));
  made.value.resize(heads.first.size() * elements.size());
  for (std::size_t i = 0; i < heads.first.size(); ++i) {
    for (std::size_t e = 0; e < elements.size(); ++e) {
      made.value[static_cast<std::size_t>(heads.first[i]) * elements.size() + e] =
          values.value->feature_offset + heads.second[i] + elements[e];
    }
  }
  NetNode attention = context.origin(node);
  attention.op = NetOp::heads;
  attention.inputs = {scores.keys_right ? scores.left : scores.right, scores.keys_right ? scores.right : scores.left,
                      values.value->node};
  attention.tokens = tokens;
  attention.features = static_cast<std::int64_t>(made.value.size());
  attention.heads = std::make_shared<const NetHeads>(std::move(made));
  OnnxValue value;
  value.kind = OnnxValue::Kind::activation;
  value.node = context.network.add(std::move(attention));
  value.layout = std::move(layout);
  return value;
}

}  // namespace rtlgen
