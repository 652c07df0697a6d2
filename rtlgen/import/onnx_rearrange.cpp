#include <algorithm>

#include "rtlgen/import/onnx_folding.hpp"
#include "rtlgen/import/onnx_readers.hpp"

namespace rtlgen {
namespace {

using Kind = OnnxValue::Kind;

/// Reads one node; the first input is computed from the event.
class Rearranger {
 public:
  Rearranger(OnnxContext& context, const OnnxNode& node, const OnnxInputs& inputs)
      : context_(context), node_(node), inputs_(inputs), from_(required(context, node, inputs, 0)) {}

  OnnxOutputs run() {
    const std::string& op = node_.op;
    if (op == "Identity" || op == "Dropout" || op == "StopGradient") {
      return one(from_);
    }
    if (op == "Cast") {
      check_cast();
      return one(from_);
    }
    if (op == "Reshape") {
      return one(reshape());
    }
    if (op == "Flatten") {
      return one(flatten());
    }
    if (op == "Transpose") {
      return one(transpose());
    }
    if (op == "Squeeze" || op == "Unsqueeze") {
      return one(op == "Squeeze" ? squeeze() : unsqueeze());
    }
    if (op == "Slice") {
      return one(slice());
    }
    if (op == "Split") {
      return split();
    }
    if (op == "Gather") {
      return one(gather());
    }
    if (op == "Expand") {
      return one(expand());
    }
    return std::nullopt;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { context_.fail(node_, what); }

  static OnnxOutputs one(OnnxValue value) { return std::vector<OnnxValue>{std::move(value)}; }

  /// Real numbers stay real, and an index is one already.
  void check_cast() const {
    constexpr std::int64_t kReal[] = {1, 10, 11, 16};
    const bool real = std::find(std::begin(kReal), std::end(kReal), node_.whole("to", 1)) != std::end(kReal);
    if (from_.is(Kind::activation) && !real && context_.network.at(from_.node).op != NetOp::argmax) {
      fail("makes integers of real numbers; nearest supported form: QuantizeLinear");
    }
  }

  OnnxValue with(OnnxLayout layout) const {
    OnnxValue made = from_;
    made.layout = std::move(layout);
    return made;
  }

  std::size_t axis(std::int64_t asked, std::size_t rank) const {
    const auto found = resolve_axis(asked, rank);
    if (!found) {
      fail("has no axis " + std::to_string(asked));
    }
    return *found;
  }

  OnnxValue reshaped(const OnnxShape& asked, bool zero_is_zero) const {
    const auto shape = resolve_reshape(from_.shape(), asked, zero_is_zero);
    if (!shape) {
      fail("cannot make " + shape_text(asked) + " of " + shape_text(from_.shape()) +
           "; the sizes may be those of the event that the model was traced with");
    }
    const auto layout = reshape_layout(from_.layout, *shape);
    if (!layout) {
      fail("mixes axes when it makes " + shape_text(*shape) + " of " + layout_text(from_.layout) +
           "; nearest supported form: axes are split or joined as wholes");
    }
    return with(*layout);
  }

  OnnxValue reshape() const {
    const OnnxTensorPtr shape = optional_constant(context_, node_, inputs_, 1);
    const auto* const attribute = node_.wholes("shape");
    if (!shape && attribute == nullptr) {
      fail("has no shape");
    }
    return reshaped(shape ? wholes_of(*shape) : *attribute, node_.whole("allowzero", 0) != 0);
  }

  OnnxValue flatten() const {
    const OnnxShape shape = from_.shape();
    const std::int64_t asked = node_.whole("axis", 1);
    const auto rank = static_cast<std::int64_t>(shape.size());
    const std::int64_t at = std::clamp(asked < 0 ? asked + rank : asked, std::int64_t{0}, rank);
    return reshaped(
        {element_count({shape.begin(), shape.begin() + at}), element_count({shape.begin() + at, shape.end()})}, true);
  }

  OnnxValue transpose() const {
    const std::size_t rank = from_.layout.size();
    std::vector<std::int64_t> order;
    if (const auto* const list = node_.wholes("perm")) {
      order = *list;
    } else {
      for (std::size_t i = rank; i-- > 0;) {
        order.push_back(static_cast<std::int64_t>(i));
      }
    }
    OnnxLayout layout;
    std::vector<bool> used(rank, false);
    for (const std::int64_t which : order) {
      const std::size_t from = axis(which, rank);
      if (used[from]) {
        fail("'perm' is no permutation of the axes");
      }
      used[from] = true;
      layout.push_back(from_.layout[from]);
    }
    if (layout.size() != rank) {
      fail("'perm' is no permutation of the axes");
    }
    return with(layout);
  }

  OnnxValue squeeze() const {
    const auto axes = axes_of(node_, optional_constant(context_, node_, inputs_, 1));
    std::vector<bool> drop(from_.layout.size(), false);
    for (std::size_t i = 0; i < drop.size(); ++i) {
      drop[i] = !axes && from_.layout[i].empty();
    }
    for (const std::int64_t which : axes.value_or(std::vector<std::int64_t>{})) {
      const std::size_t at = axis(which, drop.size());
      if (!from_.layout[at].empty()) {
        fail("drops an axis that is larger than 1");
      }
      drop[at] = true;
    }
    OnnxLayout layout;
    for (std::size_t i = 0; i < drop.size(); ++i) {
      if (!drop[i]) {
        layout.push_back(from_.layout[i]);
      }
    }
    return with(layout);
  }

  OnnxValue unsqueeze() const {
    const auto axes = axes_of(node_, optional_constant(context_, node_, inputs_, 1));
    if (!axes) {
      fail("has no axes");
    }
    std::vector<bool> fresh(from_.layout.size() + axes->size(), false);
    for (const std::int64_t which : *axes) {
      fresh[axis(which, fresh.size())] = true;
    }
    OnnxLayout layout;
    auto next = from_.layout.begin();
    for (const bool is_fresh : fresh) {
      if (!is_fresh && next == from_.layout.end()) {
        fail("names an axis twice");
      }
      layout.push_back(is_fresh ? OnnxAxis{} : *next++);
    }
    return with(layout);
  }

  /// Indices first, first + step, .. of one axis.
  OnnxValue taken(OnnxValue value, std::size_t along, const OnnxRange& range) const {
    OnnxAxis& atoms = value.layout[along];
    if (range.first == 0 && range.step == 1 && range.count == axis_size(atoms)) {
      return value;
    }
    if (range.count < 1) {
      fail("takes nothing of an axis");
    }
    atoms = merged_atoms(atoms);
    if (atoms.empty()) {
      return value;
    }
    std::int64_t inner = axis_size(atoms) / atoms[0].size;
    if (range.step != 1 || range.first % inner != 0 || range.count % inner != 0) {
      if (inner != 1) {
        fail("takes a part of an axis that is joined from several; nearest supported form: the part is taken before");
      }
    }
    OnnxAtom& outer = atoms[0];
    const std::int64_t first = range.first / inner * outer.stride;
    if (outer.kind == OnnxAtomKind::feature) {
      value.feature_offset += first;
    } else if (outer.kind == OnnxAtomKind::token && !value.is(Kind::mask)) {
      value.token_offset += first;
    } else if (outer.kind != OnnxAtomKind::repeat) {
      fail("takes a part of an axis of events, heads or masked tokens");
    }
    outer.stride *= range.step;
    outer.size = range.count / inner;
    if (outer.size == 1) {
      atoms.erase(atoms.begin());
    }
    return value;
  }

  OnnxValue slice() const {
    std::vector<OnnxTensorPtr> constants = {nullptr};
    for (std::size_t i = 1; i < inputs_.size(); ++i) {
      constants.push_back(optional_constant(context_, node_, inputs_, i));
    }
    OnnxValue value = from_;
    for (const auto& [along, range] : slices_of(context_.graph, node_, constants, from_.shape())) {
      value = taken(std::move(value), along, range);
    }
    return value;
  }

  OnnxOutputs split() const {
    const std::size_t along = axis(node_.whole("axis", 0), from_.layout.size());
    const OnnxTensorPtr asked = optional_constant(context_, node_, inputs_, 1);
    std::vector<OnnxValue> parts;
    std::int64_t first = 0;
    for (const std::int64_t size : split_sizes(context_.graph, node_, asked, axis_size(from_.layout[along]))) {
      parts.push_back(taken(from_, along, {first, 1, size}));
      first += size;
    }
    return parts;
  }

  OnnxValue gather() const {
    const OnnxTensorPtr indices = optional_constant(context_, node_, inputs_, 1);
    if (!indices) {
      fail("has no indices");
    }
    const std::size_t along = axis(node_.whole("axis", 0), from_.layout.size());
    const std::int64_t size = axis_size(from_.layout[along]);
    std::vector<std::int64_t> which = wholes_of(*indices);
    for (std::int64_t& index : which) {
      index += index < 0 ? size : 0;
      if (index < 0 || index >= size) {
        fail("takes index " + std::to_string(index) + " of an axis of " + std::to_string(size));
      }
    }
    if (which.empty() || indices->shape.size() > 1) {
      fail("has indices of shape " + shape_text(indices->shape) +
           "; nearest supported form: one index, or a row of them");
    }
    const std::int64_t step = which.size() > 1 ? which[1] - which[0] : 1;
    for (std::size_t i = 1; i < which.size(); ++i) {
      if (which[i] - which[i - 1] != step || step == 0) {
        fail("takes elements at uneven distances; nearest supported form: a Slice");
      }
    }
    OnnxValue value = taken(from_, along, {which[0], step, static_cast<std::int64_t>(which.size())});
    if (indices->shape.empty()) {
      value.layout.erase(value.layout.begin() + static_cast<std::ptrdiff_t>(along));
    }
    return value;
  }

  OnnxValue expand() const {
    const OnnxTensorPtr asked = optional_constant(context_, node_, inputs_, 1);
    const OnnxShape own = from_.shape();
    const auto shape = asked ? broadcast_shape(own, wholes_of(*asked)) : std::nullopt;
    if (!shape) {
      fail("cannot expand " + shape_text(own));
    }
    OnnxLayout layout(shape->size() - own.size());
    layout.insert(layout.end(), from_.layout.begin(), from_.layout.end());
    for (std::size_t i = 0; i < layout.size(); ++i) {
      if (layout[i].empty() && (*shape)[i] > 1) {
        layout[i] = {{OnnxAtomKind::repeat, (*shape)[i], 0}};
      } else if (axis_size(layout[i]) != (*shape)[i]) {
        fail("makes an axis of size " + std::to_string((*shape)[i]));
      }
    }
    return with(layout);
  }

  OnnxContext& context_;
  const OnnxNode& node_;
  const OnnxInputs& inputs_;
  const OnnxValue& from_;
};

}  // namespace

OnnxOutputs read_rearrangement(OnnxContext& context, const OnnxNode& node, const OnnxInputs& inputs) {
  if (inputs.empty() || inputs[0] == nullptr || inputs[0]->is(Kind::constant)) {
    return std::nullopt;
  }
  return Rearranger(context, node, inputs).run();
}

}  // namespace rtlgen
