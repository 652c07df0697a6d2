#include "rtlgen/import/onnx_scores.hpp"

#include <algorithm>

namespace rtlgen {
namespace {

using Atom = OnnxAtomKind;

constexpr const char* kForm = "nearest supported form: attention weights of all tokens times values of all tokens";

bool has_kind(const OnnxAxis& axis, Atom kind) {
  return std::any_of(axis.begin(), axis.end(), [&](const OnnxAtom& atom) { return atom.kind == kind; });
}

/// Whether keys are the right operand's tokens: what a mask or softmax has settled, else the last axis.
bool keys_are_right(const OnnxValue& value) {
  const OnnxScores& scores = *value.scores;
  if (scores.normalized) {
    return scores.keys_right;
  }
  if (scores.masked) {
    return scores.mask_right;
  }
  for (auto axis = value.layout.rbegin(); axis != value.layout.rend(); ++axis) {
    for (auto atom = axis->rbegin(); atom != axis->rend(); ++atom) {
      if (atom->kind == Atom::left || atom->kind == Atom::right) {
        return atom->kind == Atom::right;
      }
    }
  }
  return true;
}

/// The axes of scores as those of a tensor [query, (head, key)].
OnnxLayout tensor_layout(const OnnxLayout& layout, bool keys_right, std::int64_t tokens) {
  OnnxLayout made = layout;
  for (OnnxAxis& axis : made) {
    for (OnnxAtom& atom : axis) {
      if (atom.kind == Atom::head) {
        atom.kind = Atom::feature;
        atom.stride *= tokens;
      } else if (atom.kind == Atom::left || atom.kind == Atom::right) {
        atom.kind = (atom.kind == Atom::right) == keys_right ? Atom::feature : Atom::token;
      }
    }
  }
  return made;
}

/// Operations that make each feature of their result of the same feature of their input.
bool is_elementwise(NetOp op) {
  return op == NetOp::affine || op == NetOp::token_bias || op == NetOp::quantize || op == NetOp::function ||
         op == NetOp::clip || op == NetOp::batch_norm || op == NetOp::mask_keys || op == NetOp::softmax;
}

/// Gives the feature atoms of an axis strides that continue the count at `inner`.
OnnxAxis counted_on(const OnnxAxis& axis, std::int64_t& inner) {
  OnnxAxis made = axis;
  for (auto atom = made.rbegin(); atom != made.rend(); ++atom) {
    if (atom->kind == Atom::feature) {
      atom->stride = inner;
      inner *= atom->size;
    }
  }
  return made;
}

OnnxAxis features_of(const OnnxAxis* axis) { return axis == nullptr ? OnnxAxis{} : atoms_of({*axis}, Atom::feature); }

/// What a part of an operation is called.
NetNode part(NetNode origin, const char* suffix) {
  origin.name += suffix;
  return origin;
}

/// All sums of an element of both.
std::vector<std::int64_t> sums(const std::vector<std::int64_t>& outer, const std::vector<std::int64_t>& inner,
                               std::int64_t offset) {
  std::vector<std::int64_t> list;
  list.reserve(outer.size() * inner.size());
  for (const std::int64_t a : outer) {
    for (const std::int64_t b : inner) {
      list.push_back(a + b + offset);
    }
  }
  return list;
}

/// 1 where all heads have the same columns, else `heads`.
std::int64_t heads_apart(const std::vector<std::int64_t>& columns, std::int64_t heads) {
  const auto count = columns.size() / static_cast<std::size_t>(heads);
  bool same = true;
  for (std::size_t i = count; i < columns.size(); ++i) {
    same = same && columns[i] == columns[i - count];
  }
  return same ? 1 : heads;
}

/// The columns of the first `taken` of `heads` heads.
std::vector<std::int64_t> first_heads(const std::vector<std::int64_t>& columns, std::int64_t heads,
                                      std::int64_t taken) {
  const auto count = static_cast<std::ptrdiff_t>(columns.size()) / heads * taken;
  return {columns.begin(), columns.begin() + count};
}

}  // namespace

OnnxValue scores_tensor(OnnxContext& context, const OnnxNode& node, const OnnxValue& value) {
  const OnnxScores& scores = *value.scores;
  OnnxNetwork& network = context.network;
  NetNode origin;
  origin.name = scores.name;
  origin.label = scores.label;
  const bool right = keys_are_right(value);
  if (scores.masked && scores.mask_right != right) {
    context.fail(node, "masks queries instead of keys");
  }
  const std::size_t query =
      network.add_select(right ? scores.left : scores.right, right ? scores.left_columns : scores.right_columns, false,
                         part(origin, ".query"));
  const std::vector<std::int64_t>& key_columns = right ? scores.right_columns : scores.left_columns;
  const std::int64_t kv_heads = heads_apart(key_columns, scores.heads);
  const std::size_t key =
      network.add_select(right ? scores.right : scores.left, first_heads(key_columns, scores.heads, kv_heads), false,
                         part(origin, ".key"));
  const std::int64_t tokens = network.at(query).tokens;
  std::size_t made = network.add_unary(NetOp::scores, query, origin);
  network.at(made).inputs.push_back(key);
  network.at(made).groups = scores.heads;
  network.at(made).kv_heads = kv_heads;
  network.at(made).features = scores.heads * tokens;
  const auto features = static_cast<std::size_t>(scores.heads * tokens);
  made =
      network.add_affine(made, std::vector<double>(features, scores.factor), std::vector<double>(features, 0), origin);
  if (scores.masked) {
    made = network.add_unary(NetOp::mask_keys, made, origin);
  }
  if (scores.normalized) {
    made = network.add_unary(NetOp::softmax, made, origin);
    network.at(made).groups = scores.heads;
    network.at(made).masked = scores.masked;
  }
  OnnxValue tensor;
  tensor.kind = OnnxValue::Kind::activation;
  tensor.node = made;
  tensor.layout = tensor_layout(value.layout, right, tokens);
  return tensor;
}

bool is_mix(const OnnxContext& context, const OnnxOperand& weights, const OnnxOperand& values,
            const std::vector<int>& out) {
  bool found = false;
  for (const int letter : weights.letters) {
    const OnnxAxis& axis = *axis_of(weights, letter);
    if (std::find(out.begin(), out.end(), letter) != out.end() || axis.empty()) {
      continue;
    }
    const OnnxAxis* const tokens = axis_of(values, letter);
    if (tokens == nullptr || has_kind(axis, Atom::token) ||
        !is_whole(*tokens, Atom::token, context.network.at(values.value->node).tokens)) {
      return false;
    }
    found = true;
  }
  return found;
}

OnnxValue contract_mix(OnnxContext& context, const OnnxNode& node, const OnnxOperand& weights,
                       const OnnxOperand& values, const std::vector<int>& out) {
  const auto refuse = [&](const std::string& what) { context.fail(node, what + "; " + kForm); };
  OnnxNetwork& network = context.network;
  const std::int64_t tokens = network.at(values.value->node).tokens;
  std::vector<std::int64_t> keys = {0};
  for (const int letter : weights.letters) {
    if (std::find(out.begin(), out.end(), letter) == out.end()) {
      keys = sums(keys, atom_offsets(features_of(axis_of(weights, letter))), 0);
    }
  }
  if (network.at(weights.value->node).tokens != tokens || static_cast<std::int64_t>(keys.size()) != tokens) {
    refuse("multiplies tensors of different tokens");
  }
  OnnxLayout layout(out.size());
  std::int64_t inner = 1;
  std::vector<std::int64_t> elements = {0};
  for (std::size_t i = out.size(); i-- > 0;) {
    const OnnxAxis* const axis = axis_of(values, out[i]);
    if (axis_of(weights, out[i]) == nullptr) {
      if (std::any_of(axis->begin(), axis->end(), [](const OnnxAtom& atom) { return atom.kind != Atom::feature; })) {
        refuse("has values of several tokens a key");
      }
      layout[i] = counted_on(*axis, inner);
      elements = sums(atom_offsets(*axis), elements, 0);
    }
  }
  std::vector<std::int64_t> weight_heads = {0};
  std::vector<std::int64_t> value_heads = {0};
  for (std::size_t i = out.size(); i-- > 0;) {
    const OnnxAxis* const own = axis_of(weights, out[i]);
    const OnnxAxis* const other = axis_of(values, out[i]);
    if (own == nullptr) {
      continue;
    }
    if (has_kind(*own, Atom::token)) {
      if ((other != nullptr && !other->empty()) || !is_whole(*own, Atom::token, tokens)) {
        refuse("has queries that are no tokens");
      }
      layout[i] = *own;
      continue;
    }
    const OnnxAxis mine = features_of(own);
    const OnnxAxis theirs = features_of(other);
    if (has_kind(*own, Atom::repeat) ||
        (other != nullptr && (has_kind(*other, Atom::token) || has_kind(*other, Atom::repeat))) ||
        (!theirs.empty() && axis_size(mine) != axis_size(theirs))) {
      refuse("has values whose heads are not those of the attention weights");
    }
    layout[i] = counted_on(*own, inner);
    weight_heads = sums(atom_offsets(mine), weight_heads, 0);
    std::vector<std::int64_t> places = atom_offsets(theirs);
    places.resize(static_cast<std::size_t>(axis_size(mine)), 0);  // values that all heads share
    value_heads = sums(places, value_heads, 0);
  }
  context.budget.take(node, static_cast<std::int64_t>(weight_heads.size() * (keys.size() + elements.size())));
  const NetNode origin = context.origin(node);
  const std::size_t left = network.add_select(
      weights.value->node, sums(weight_heads, keys, weights.value->feature_offset), false, part(origin, ".weights"));
  const auto heads = static_cast<std::int64_t>(weight_heads.size());
  const std::vector<std::int64_t> value_columns = sums(value_heads, elements, values.value->feature_offset);
  const std::int64_t kv_heads = heads_apart(value_columns, heads);
  const std::size_t right = network.add_select(values.value->node, first_heads(value_columns, heads, kv_heads), false,
                                               part(origin, ".value"));
  OnnxValue made;
  made.kind = OnnxValue::Kind::activation;
  made.node = network.add_unary(NetOp::mix, left, origin);
  made.layout = std::move(layout);
  NetNode& mix = network.at(made.node);
  mix.inputs.push_back(right);
  mix.groups = heads;
  mix.kv_heads = kv_heads;
  mix.features = static_cast<std::int64_t>(value_heads.size() * elements.size());
  return made;
}

std::optional<OnnxScoresPath> scores_path(const OnnxNetwork& network, std::size_t tensor) {
  constexpr int kMostSteps = 64;  // files with longer chains are no attention
  OnnxScoresPath path;
  std::size_t at = tensor;
  for (int step = 0; step < kMostSteps && is_elementwise(network.at(at).op); ++step) {
    const NetNode& node = network.at(at);
    path.masked = path.masked || node.op == NetOp::mask_keys;
    path.softmax = path.softmax || node.op == NetOp::softmax;
    at = node.inputs[0];
  }
  return network.at(at).op == NetOp::scores ? std::optional<OnnxScoresPath>(path) : std::nullopt;
}

OnnxValue mask_keys(OnnxContext& context, const OnnxNode& node, const OnnxValue& scores, const OnnxValue& mask,
                    bool padded_if_set) {
  OnnxValue made = context.materialized(node, scores);
  const std::int64_t tokens = context.network.at(made.node).tokens;
  for (std::size_t i = 0; i < mask.layout.size(); ++i) {
    const OnnxAxis along = atoms_of({mask.layout[mask.layout.size() - 1 - i]}, Atom::token);
    if (along.empty()) {
      continue;
    }
    const OnnxAxis axis = i < made.layout.size() ? made.layout[made.layout.size() - 1 - i] : OnnxAxis{};
    if (!is_whole(along, Atom::token, tokens) || !is_whole(axis, Atom::feature, tokens)) {
      context.fail(node, "has a mask that does not lie along the keys");
    }
  }
  context.use_mask(node, padded_if_set);
  made.node = context.network.add_unary(NetOp::mask_keys, made.node, context.origin(node));
  return made;
}

}  // namespace rtlgen
