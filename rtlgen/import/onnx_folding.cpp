#include "rtlgen/import/onnx_folding.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace rtlgen {
namespace {

using Fold = std::function<double(double, double)>;

/// Computes one node.
class Folder {
 public:
  Folder(const OnnxGraph& graph, const OnnxNode& node, const std::vector<OnnxTensorPtr>& inputs, OnnxBudget& budget)
      : graph_(graph), node_(node), inputs_(inputs), budget_(budget) {}

  std::optional<std::vector<OnnxTensor>> run() {
    const std::string& op = node_.op;
    if (op == "Constant") {
      return one(constant());
    }
    if (op == "ConstantOfShape") {
      return one(constant_of_shape());
    }
    if (op == "Shape") {
      return one(shape_range(in(0).shape));
    }
    if (op == "Size") {
      return one(whole_tensor({}, {static_cast<double>(in(0).values.size())}));
    }
    if (op == "Range") {
      return one(range());
    }
    if (op == "Cast") {
      return one(cast());
    }
    if (op == "Where") {
      return one(where());
    }
    if (op == "Split") {
      return split();
    }
    if (op == "Concat") {
      return one(concat());
    }
    if (op == "Clip") {
      return one(clip());
    }
    if (op == "Trilu") {
      return one(triangle());
    }
    if (const auto made = rearranged()) {
      return one(*made);
    }
    if (const auto made = elementwise()) {
      return one(*made);
    }
    return std::nullopt;
  }

  OnnxTensor shape_range(const OnnxShape& shape) const {
    const auto rank = static_cast<std::int64_t>(shape.size());
    const auto bound = [&](std::int64_t at) { return std::clamp(at < 0 ? at + rank : at, std::int64_t{0}, rank); };
    const std::int64_t first = bound(node_.whole("start", 0));
    const std::int64_t last = std::max(first, bound(node_.whole("end", rank)));
    return whole_tensor({last - first}, std::vector<double>(shape.begin() + first, shape.begin() + last));
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { fail_onnx(graph_.file, node_, what); }

  const OnnxTensor& in(std::size_t i) const {
    if (i >= inputs_.size() || !inputs_[i]) {
      fail("input " + std::to_string(i) + " is missing");
    }
    return *inputs_[i];
  }

  bool has(std::size_t i) const { return i < inputs_.size() && inputs_[i]; }

  static std::vector<OnnxTensor> one(OnnxTensor tensor) {
    std::vector<OnnxTensor> list;
    list.push_back(std::move(tensor));
    return list;
  }

  static OnnxTensor whole_tensor(OnnxShape shape, std::vector<double> values) {
    OnnxTensor tensor;
    tensor.shape = std::move(shape);
    tensor.values = std::move(values);
    tensor.kind = OnnxKind::integer;
    tensor.bits = 64;
    return tensor;
  }

  OnnxTensor constant() const {
    for (const auto& [key, attribute] : node_.attributes) {
      const auto size = [](const auto& list) { return OnnxShape{static_cast<std::int64_t>(list.size())}; };
      if (key == "value" && attribute.tensor) {
        return *attribute.tensor;
      }
      if (key == "value_int") {
        return whole_tensor({}, {static_cast<double>(attribute.whole)});
      }
      if (key == "value_ints") {
        return whole_tensor(size(attribute.wholes), {attribute.wholes.begin(), attribute.wholes.end()});
      }
      if (key == "value_float" || key == "value_floats") {
        OnnxTensor tensor;
        tensor.shape = key == "value_float" ? OnnxShape{} : size(attribute.numbers);
        tensor.values = key == "value_float" ? std::vector<double>{attribute.number} : attribute.numbers;
        return tensor;
      }
    }
    fail("has no value of numbers");
  }

  /// A shape out of a constant.
  OnnxShape shape_of(const OnnxTensor& tensor) const {
    OnnxShape shape = wholes_of(tensor);
    if (shape.size() > 8 || std::any_of(shape.begin(), shape.end(), [](std::int64_t size) { return size < 0; })) {
      fail("asks for the impossible shape " + shape_text(shape));
    }
    return shape;
  }

  OnnxTensor constant_of_shape() const {
    const OnnxShape shape = shape_of(in(0));
    budget_.take(node_, element_count(shape));
    const auto value = node_.attributes.find("value");
    OnnxTensor tensor;
    double number = 0;
    if (value != node_.attributes.end() && value->second.tensor && value->second.tensor->values.size() == 1) {
      number = value->second.tensor->values[0];
      tensor.kind = value->second.tensor->kind;
    }
    tensor.shape = shape;
    tensor.values.assign(static_cast<std::size_t>(element_count(shape)), number);
    return tensor;
  }

  OnnxTensor range() const {
    if (in(0).values.empty() || in(1).values.empty() || in(2).values.empty() || in(2).values[0] == 0) {
      fail("needs a start, a limit and a step other than 0");
    }
    const double start = in(0).values[0];
    const double step = in(2).values[0];
    const double steps = std::ceil((in(1).values[0] - start) / step);
    const std::int64_t count = std::max(std::int64_t{0}, whole_of(steps));
    budget_.take(node_, count);
    OnnxTensor tensor = whole_tensor({count}, {});
    tensor.kind = in(0).kind;
    for (std::int64_t i = 0; i < count; ++i) {
      tensor.values.push_back(start + static_cast<double>(i) * step);
    }
    return tensor;
  }

  OnnxTensor cast() const {
    budget_.take(node_, element_count(in(0).shape));
    OnnxTensor tensor = in(0);
    constexpr std::int64_t kFloat = 1;
    constexpr std::int64_t kBool = 9;
    constexpr std::int64_t kHalf = 10;
    constexpr std::int64_t kDouble = 11;
    const std::int64_t to = node_.whole("to", kFloat);
    if (to == kFloat || to == kDouble || to == kHalf) {
      tensor.kind = OnnxKind::real;
      return tensor;
    }
    tensor.quantized = nullptr;
    tensor.kind = to == kBool ? OnnxKind::boolean : OnnxKind::integer;
    for (double& value : tensor.values) {
      value = to == kBool ? static_cast<double>(value != 0) : std::trunc(value);
    }
    return tensor;
  }

  /// The upper or lower triangle of the last two axes, 0 elsewhere.
  OnnxTensor triangle() const {
    OnnxTensor tensor = in(0);
    const std::size_t rank = tensor.shape.size();
    if (rank < 2) {
      fail("needs a matrix");
    }
    budget_.take(node_, element_count(tensor.shape));
    tensor.quantized = nullptr;
    const double diagonal = has(1) && in(1).values.size() == 1 ? in(1).values[0] : 0;
    const bool upper = node_.whole("upper", 1) != 0;
    const std::int64_t columns = tensor.shape[rank - 1];
    const std::int64_t rows = tensor.shape[rank - 2];
    for (std::size_t i = 0; i < tensor.values.size(); ++i) {
      const auto at = static_cast<std::int64_t>(i);
      const auto above = static_cast<double>(at % columns - at / columns % rows) - diagonal;
      tensor.values[i] = (upper ? above >= 0 : above <= 0) ? tensor.values[i] : 0;
    }
    return tensor;
  }

  OnnxTensor clip() const {
    OnnxTensor tensor = in(0);
    budget_.take(node_, element_count(tensor.shape));
    tensor.quantized = nullptr;
    const auto bound = [&](std::size_t input, const char* key, double otherwise) {
      return has(input) && in(input).values.size() == 1 ? in(input).values[0] : node_.number(key, otherwise);
    };
    const double low = bound(1, "min", -std::numeric_limits<double>::infinity());
    const double high = bound(2, "max", std::numeric_limits<double>::infinity());
    for (double& value : tensor.values) {
      value = std::min(std::max(value, low), high);
    }
    return tensor;
  }

  OnnxTensor where() const {
    const auto partly = broadcast_shape(in(0).shape, in(1).shape);
    const auto shape = partly ? broadcast_shape(*partly, in(2).shape) : std::nullopt;
    if (!shape) {
      fail("shapes do not broadcast");
    }
    budget_.take(node_, element_count(*shape));
    const auto chosen = broadcast_indices(in(0).shape, *shape);
    const auto first = broadcast_indices(in(1).shape, *shape);
    const auto second = broadcast_indices(in(2).shape, *shape);
    OnnxTensor tensor;
    tensor.shape = *shape;
    tensor.kind = in(1).kind;
    for (std::size_t i = 0; i < chosen.size(); ++i) {
      const bool condition = at(in(0), chosen[i]) != 0;
      tensor.values.push_back(condition ? at(in(1), first[i]) : at(in(2), second[i]));
    }
    return tensor;
  }

  static double at(const OnnxTensor& tensor, std::int64_t index) {
    return tensor.values[static_cast<std::size_t>(index)];
  }

  std::size_t axis(std::int64_t asked, std::size_t rank) const {
    const auto resolved = resolve_axis(asked, rank);
    if (!resolved) {
      fail("axis " + std::to_string(asked) + " of a tensor with " + std::to_string(rank) + " axes");
    }
    return *resolved;
  }

  /// The elements first, first + step, .. along one axis.
  OnnxTensor take(const OnnxTensor& from, std::size_t along, const std::vector<std::int64_t>& which) const {
    OnnxShape shape = from.shape;
    const std::int64_t inner = strides_of(shape)[along];
    const std::int64_t size = shape[along];
    shape[along] = static_cast<std::int64_t>(which.size());
    budget_.take(node_, element_count(shape));
    const std::int64_t outer = inner * size == 0 ? 0 : element_count(from.shape) / (inner * size);
    std::vector<std::int64_t> indices;
    for (std::int64_t o = 0; o < outer; ++o) {
      for (const std::int64_t index : which) {
        if (index < 0 || index >= size) {
          fail("index " + std::to_string(index) + " of an axis of " + std::to_string(size));
        }
        for (std::int64_t i = 0; i < inner; ++i) {
          indices.push_back((o * size + index) * inner + i);
        }
      }
    }
    return pick_elements(from, shape, indices);
  }

  static std::vector<std::int64_t> members(const OnnxRange& range) {
    std::vector<std::int64_t> list;
    for (std::int64_t i = 0; i < range.count; ++i) {
      list.push_back(range.first + i * range.step);
    }
    return list;
  }

  std::vector<OnnxTensor> split() const {
    const std::size_t along = axis(node_.whole("axis", 0), in(0).shape.size());
    std::vector<OnnxTensor> parts;
    std::int64_t first = 0;
    for (const std::int64_t size : split_sizes(graph_, node_, has(1) ? inputs_[1] : nullptr, in(0).shape[along])) {
      parts.push_back(take(in(0), along, members({first, 1, size})));
      first += size;
    }
    return parts;
  }

  OnnxTensor concat() const {
    const std::size_t rank = in(0).shape.size();
    const std::size_t along = axis(node_.whole("axis", 0), rank);
    OnnxShape shape = in(0).shape;
    shape[along] = 0;
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      OnnxShape other = in(i).shape;
      if (other.size() != rank) {
        fail("shapes differ");
      }
      shape[along] += other[along];
      other[along] = shape[along];
      if (other != shape) {
        fail("shapes differ");
      }
    }
    budget_.take(node_, element_count(shape));
    OnnxTensor tensor;
    tensor.shape = shape;
    tensor.kind = in(0).kind;
    std::int64_t outer = 1;
    for (std::size_t i = 0; i < along; ++i) {
      outer *= shape[i];
    }
    for (std::int64_t o = 0; o < outer; ++o) {
      for (std::size_t i = 0; i < inputs_.size(); ++i) {
        const auto block = static_cast<std::int64_t>(in(i).values.size()) / outer;
        tensor.values.insert(tensor.values.end(), in(i).values.begin() + o * block,
                             in(i).values.begin() + (o + 1) * block);
      }
    }
    return tensor;
  }

  static OnnxTensor with_shape(OnnxTensor tensor, OnnxShape shape) {
    tensor.shape = std::move(shape);
    return tensor;
  }

  OnnxTensor reshaped() const {
    OnnxShape asked;
    if (has(1)) {
      asked = wholes_of(in(1));
    } else if (const auto* const list = node_.wholes("shape")) {
      asked = *list;
    }
    const auto shape = resolve_reshape(in(0).shape, asked, node_.whole("allowzero", 0) != 0);
    if (!shape) {
      fail("cannot make " + shape_text(asked) + " of " + shape_text(in(0).shape));
    }
    return with_shape(in(0), *shape);
  }

  OnnxTensor gathered() const {
    const OnnxTensor& from = in(0);
    const std::size_t along = axis(node_.whole("axis", 0), from.shape.size());
    std::vector<std::int64_t> which = wholes_of(in(1));
    for (std::int64_t& index : which) {
      index += index < 0 ? from.shape[along] : 0;
    }
    OnnxTensor tensor = take(from, along, which);
    const auto place = tensor.shape.begin() + static_cast<std::ptrdiff_t>(along);
    tensor.shape.insert(tensor.shape.erase(place), in(1).shape.begin(), in(1).shape.end());
    return tensor;
  }

  OnnxTensor squeezed(bool insert) const {
    const auto axes = axes_of(node_, has(1) ? inputs_[1] : nullptr);
    OnnxShape shape = in(0).shape;
    if (!axes) {
      shape.erase(std::remove(shape.begin(), shape.end(), 1), shape.end());
      return with_shape(in(0), shape);
    }
    std::vector<bool> named(shape.size() + (insert ? axes->size() : 0), false);
    for (const std::int64_t which : *axes) {
      named[axis(which, named.size())] = true;
    }
    OnnxShape made;
    std::size_t next = 0;
    for (const bool is_named : named) {
      if (!is_named) {
        if (next == shape.size()) {
          fail("names an axis twice");
        }
        made.push_back(shape[next++]);
      } else if (insert) {
        made.push_back(1);
      } else if (shape[next++] != 1) {
        fail("drops an axis that is larger than 1");
      }
    }
    return with_shape(in(0), made);
  }

  OnnxTensor expanded() const {
    const auto shape = broadcast_shape(in(0).shape, shape_of(in(1)));
    if (!shape) {
      fail("shapes do not broadcast");
    }
    budget_.take(node_, element_count(*shape));
    return pick_elements(in(0), *shape, broadcast_indices(in(0).shape, *shape));
  }

  OnnxTensor transposed() const {
    std::vector<std::int64_t> permutation;
    const std::size_t rank = in(0).shape.size();
    if (const auto* const list = node_.wholes("perm")) {
      permutation = *list;
    } else {
      for (std::size_t i = rank; i-- > 0;) {
        permutation.push_back(static_cast<std::int64_t>(i));
      }
    }
    std::vector<std::int64_t> sorted = permutation;
    std::sort(sorted.begin(), sorted.end());
    for (std::size_t i = 0; i < std::max(rank, sorted.size()); ++i) {
      if (sorted.size() != rank || sorted[i] != static_cast<std::int64_t>(i)) {
        fail("'perm' is no permutation of the axes");
      }
    }
    return transpose_tensor(in(0), permutation);
  }

  std::optional<OnnxTensor> rearranged() const {
    const std::string& op = node_.op;
    if (op == "Transpose") {
      budget_.take(node_, element_count(in(0).shape));
      return transposed();
    }
    if (op == "Reshape" || op == "Squeeze" || op == "Unsqueeze" || op == "Flatten") {
      budget_.take(node_, element_count(in(0).shape));
      if (op == "Flatten") {
        const std::int64_t asked = node_.whole("axis", 1);
        const auto rank = static_cast<std::int64_t>(in(0).shape.size());
        const std::int64_t at = std::clamp(asked < 0 ? asked + rank : asked, std::int64_t{0}, rank);
        const OnnxShape front(in(0).shape.begin(), in(0).shape.begin() + at);
        const OnnxShape back(in(0).shape.begin() + at, in(0).shape.end());
        return with_shape(in(0), {element_count(front), element_count(back)});
      }
      return op == "Reshape" ? reshaped() : squeezed(op == "Unsqueeze");
    }
    if (op == "Gather") {
      return gathered();
    }
    if (op == "Expand") {
      return expanded();
    }
    if (op == "Slice") {
      OnnxTensor tensor = in(0);
      for (const auto& [along, range] : slices_of(graph_, node_, inputs_, tensor.shape)) {
        tensor = take(tensor, along, members(range));
      }
      return tensor;
    }
    return std::nullopt;
  }

  std::optional<OnnxTensor> elementwise() const {
    const bool whole = !inputs_.empty() && has(0) && in(0).kind == OnnxKind::integer;
    const std::map<std::string, Fold> binary = {
        {"Add", [](double a, double b) { return a + b; }},
        {"Sub", [](double a, double b) { return a - b; }},
        {"Mul", [](double a, double b) { return a * b; }},
        {"Div", [whole](double a, double b) { return whole ? (b == 0 ? 0 : std::trunc(a / b)) : a / b; }},
        {"Pow", [](double a, double b) { return std::pow(a, b); }},
        {"Min", [](double a, double b) { return std::min(a, b); }},
        {"Max", [](double a, double b) { return std::max(a, b); }},
        {"Mod", [](double a, double b) { return b == 0 ? 0 : a - b * std::floor(a / b); }},
        {"Equal", [](double a, double b) { return static_cast<double>(a == b); }},
        {"Less", [](double a, double b) { return static_cast<double>(a < b); }},
        {"Greater", [](double a, double b) { return static_cast<double>(a > b); }},
        {"And", [](double a, double b) { return static_cast<double>(a != 0 && b != 0); }},
        {"Or", [](double a, double b) { return static_cast<double>(a != 0 || b != 0); }},
    };
    const std::map<std::string, double (*)(double)> unary = {
        {"Sqrt", [](double a) { return std::sqrt(a); }}, {"Neg", [](double a) { return -a; }},
        {"Abs", [](double a) { return std::abs(a); }},   {"Floor", [](double a) { return std::floor(a); }},
        {"Ceil", [](double a) { return std::ceil(a); }}, {"Reciprocal", [](double a) { return 1 / a; }},
        {"Exp", [](double a) { return std::exp(a); }},   {"Not", [](double a) { return static_cast<double>(a == 0); }},
        {"Sin", [](double a) { return std::sin(a); }},   {"Cos", [](double a) { return std::cos(a); }},
        {"Log", [](double a) { return std::log(a); }},   {"Relu", [](double a) { return std::max(a, 0.0); }},
    };
    const auto function = unary.find(node_.op);
    if (function != unary.end()) {
      OnnxTensor tensor = in(0);
      budget_.take(node_, element_count(tensor.shape));
      tensor.quantized = nullptr;
      for (double& value : tensor.values) {
        value = function->second(value);
      }
      return tensor;
    }
    const auto operation = binary.find(node_.op);
    if (operation == binary.end()) {
      return std::nullopt;
    }
    const bool logical =
        node_.op == "Equal" || node_.op == "Less" || node_.op == "Greater" || node_.op == "And" || node_.op == "Or";
    return combined(operation->second, logical);
  }

  OnnxTensor combined(const Fold& operation, bool logical) const {
    const auto shape = broadcast_shape(in(0).shape, in(1).shape);
    if (!shape) {
      fail("shapes " + shape_text(in(0).shape) + " and " + shape_text(in(1).shape) + " do not broadcast");
    }
    budget_.take(node_, element_count(*shape));
    const auto first = broadcast_indices(in(0).shape, *shape);
    const auto second = broadcast_indices(in(1).shape, *shape);
    OnnxTensor tensor;
    tensor.shape = *shape;
    tensor.kind = logical ? OnnxKind::boolean : in(0).kind;
    tensor.bits = in(0).bits;
    tensor.is_signed = in(0).is_signed;
    tensor.values.reserve(first.size());
    for (std::size_t i = 0; i < first.size(); ++i) {
      tensor.values.push_back(operation(at(in(0), first[i]), at(in(1), second[i])));
    }
    return tensor;
  }

  const OnnxGraph& graph_;
  const OnnxNode& node_;
  const std::vector<OnnxTensorPtr>& inputs_;
  OnnxBudget& budget_;
};

}  // namespace

std::optional<std::vector<OnnxTensor>> fold_constants(const OnnxGraph& graph, const OnnxNode& node,
                                                      const std::vector<OnnxTensorPtr>& inputs, OnnxBudget& budget) {
  return Folder(graph, node, inputs, budget).run();
}

OnnxRange slice_range(std::int64_t start, std::int64_t end, std::int64_t step, std::int64_t size) {
  const auto bound = [&](std::int64_t at, std::int64_t low, std::int64_t high) {
    return std::clamp(at < 0 ? at + size : at, low, high);
  };
  OnnxRange range;
  range.step = step;
  if (step > 0) {
    range.first = bound(start, 0, size);
    const std::int64_t last = bound(end, 0, size);
    range.count = last > range.first ? (last - range.first - 1) / step + 1 : 0;
  } else {
    range.first = bound(start, 0, size - 1);
    const std::int64_t last = bound(end, -1, size - 1);
    range.count = range.first > last ? (range.first - last - 1) / -step + 1 : 0;
  }
  return range;
}

std::optional<std::vector<std::int64_t>> axes_of(const OnnxNode& node, const OnnxTensorPtr& input) {
  if (input) {
    return wholes_of(*input);
  }
  const auto* const list = node.wholes("axes");
  return list == nullptr ? std::nullopt : std::optional<std::vector<std::int64_t>>(*list);
}

std::vector<std::pair<std::size_t, OnnxRange>> slices_of(const OnnxGraph& graph, const OnnxNode& node,
                                                         const std::vector<OnnxTensorPtr>& inputs,
                                                         const OnnxShape& shape) {
  const auto list = [&](std::size_t input, const char* key) -> std::optional<std::vector<std::int64_t>> {
    if (input < inputs.size() && inputs[input]) {
      return wholes_of(*inputs[input]);
    }
    const auto* const attribute = node.wholes(key);
    return attribute == nullptr ? std::nullopt : std::optional<std::vector<std::int64_t>>(*attribute);
  };
  const auto starts = list(1, "starts");
  const auto ends = list(2, "ends");
  auto axes = list(3, "axes");
  auto steps = list(4, "steps");
  if (!starts || !ends || starts->size() != ends->size()) {
    fail_onnx(graph.file, node, "needs as many starts as ends");
  }
  if (!axes) {
    axes.emplace();
    for (std::size_t i = 0; i < starts->size(); ++i) {
      axes->push_back(static_cast<std::int64_t>(i));
    }
  }
  if (!steps) {
    steps.emplace(starts->size(), 1);
  }
  std::vector<std::pair<std::size_t, OnnxRange>> slices;
  for (std::size_t i = 0; i < starts->size(); ++i) {
    const auto axis = i < axes->size() ? resolve_axis((*axes)[i], shape.size()) : std::nullopt;
    if (!axis || i >= steps->size() || (*steps)[i] == 0) {
      fail_onnx(graph.file, node, "has an axis that is not there, or a step of 0");
    }
    static constexpr std::int64_t kMost = std::int64_t{1} << 40;  // keeps sums away from the ends of the range
    const auto cut = [](std::int64_t value) { return std::clamp(value, -kMost, kMost); };
    slices.emplace_back(*axis, slice_range(cut((*starts)[i]), cut((*ends)[i]), cut((*steps)[i]), shape[*axis]));
  }
  return slices;
}

std::vector<std::int64_t> split_sizes(const OnnxGraph& graph, const OnnxNode& node, const OnnxTensorPtr& input,
                                      std::int64_t size) {
  std::vector<std::int64_t> sizes;
  if (input) {
    sizes = wholes_of(*input);
  } else if (const auto* const list = node.wholes("split")) {
    sizes = *list;
  } else {
    const auto count = static_cast<std::int64_t>(node.outputs.size());
    const std::int64_t part = (size + count - 1) / count;
    for (std::int64_t left = size; left > 0; left -= part) {
      sizes.push_back(std::min(part, left));
    }
  }
  std::int64_t sum = 0;
  for (const std::int64_t part : sizes) {
    if (part < 0 || part > size - sum) {
      fail_onnx(graph.file, node, "the parts do not add up to " + std::to_string(size));
    }
    sum += part;
  }
  if (sum != size || sizes.size() != node.outputs.size()) {
    fail_onnx(graph.file, node, "the parts do not add up to " + std::to_string(size));
  }
  return sizes;
}

std::vector<std::int64_t> wholes_of(const OnnxTensor& tensor) {
  std::vector<std::int64_t> list;
  list.reserve(tensor.values.size());
  for (const double value : tensor.values) {
    list.push_back(whole_of(value));
  }
  return list;
}

}  // namespace rtlgen
