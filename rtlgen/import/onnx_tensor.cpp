#include "rtlgen/import/onnx_tensor.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace rtlgen {

void OnnxBudget::take(const OnnxNode& node, std::int64_t elements) {
  if (elements > left_) {
    fail_onnx(file_, node, "makes constants that are too large (2^25 elements are allowed altogether)");
  }
  left_ -= elements;
}

std::int64_t element_count(const OnnxShape& shape) {
  constexpr std::int64_t kMost = std::int64_t{1} << 40;
  if (std::find(shape.begin(), shape.end(), 0) != shape.end()) {
    return 0;
  }
  std::int64_t count = 1;
  for (const std::int64_t size : shape) {
    if (size > kMost / count) {
      return kMost;
    }
    count *= size;
  }
  return count;
}

std::string shape_text(const OnnxShape& shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    text += (i == 0 ? "" : ",") + std::to_string(shape[i]);
  }
  return text + "]";
}

OnnxShape strides_of(const OnnxShape& shape) {
  OnnxShape strides(shape.size(), 1);
  for (std::size_t i = shape.size(); i-- > 1;) {
    strides[i - 1] = strides[i] * shape[i];
  }
  return strides;
}

std::optional<OnnxShape> broadcast_shape(const OnnxShape& a, const OnnxShape& b) {
  const std::size_t rank = std::max(a.size(), b.size());
  OnnxShape shape(rank, 1);
  for (std::size_t i = 0; i < rank; ++i) {
    const std::int64_t left = i < a.size() ? a[a.size() - 1 - i] : 1;
    const std::int64_t right = i < b.size() ? b[b.size() - 1 - i] : 1;
    if (left != right && left != 1 && right != 1) {
      return std::nullopt;
    }
    shape[rank - 1 - i] = left == 1 ? right : left;
  }
  return shape;
}

std::vector<std::int64_t> broadcast_indices(const OnnxShape& from, const OnnxShape& to) {
  OnnxShape strides(to.size(), 0);
  const OnnxShape own = strides_of(from);
  for (std::size_t i = 0; i < from.size(); ++i) {
    strides[to.size() - from.size() + i] = from[i] == 1 ? 0 : own[i];
  }
  const auto count = static_cast<std::size_t>(element_count(to));
  std::vector<std::int64_t> indices(count);
  OnnxShape place(to.size(), 0);
  std::int64_t at = 0;
  for (std::size_t i = 0; i < count; ++i) {
    indices[i] = at;
    for (std::size_t axis = to.size(); axis-- > 0;) {
      at += strides[axis];
      if (++place[axis] < to[axis]) {
        break;
      }
      at -= strides[axis] * to[axis];
      place[axis] = 0;
    }
  }
  return indices;
}

OnnxTensor pick_elements(const OnnxTensor& from, const OnnxShape& shape, const std::vector<std::int64_t>& indices) {
  OnnxTensor made;
  made.shape = shape;
  made.kind = from.kind;
  made.bits = from.bits;
  made.is_signed = from.is_signed;
  const auto pick = [&](const std::vector<double>& values) {
    std::vector<double> picked;
    picked.reserve(indices.size());
    for (const std::int64_t index : indices) {
      picked.push_back(values[static_cast<std::size_t>(index)]);
    }
    return picked;
  };
  made.values = pick(from.values);
  if (from.quantized) {
    made.quantized = std::make_shared<const OnnxMantissas>(
        OnnxMantissas{pick(from.quantized->mantissas), pick(from.quantized->scales)});
  }
  return made;
}

OnnxTensor transpose_tensor(const OnnxTensor& from, const std::vector<std::int64_t>& permutation) {
  OnnxShape shape;
  OnnxShape strides;
  const OnnxShape own = strides_of(from.shape);
  for (const std::int64_t axis : permutation) {
    shape.push_back(from.shape[static_cast<std::size_t>(axis)]);
    strides.push_back(own[static_cast<std::size_t>(axis)]);
  }
  std::vector<std::int64_t> indices = {0};
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    std::vector<std::int64_t> more;
    more.reserve(indices.size() * static_cast<std::size_t>(shape[axis]));
    for (const std::int64_t index : indices) {
      for (std::int64_t i = 0; i < shape[axis]; ++i) {
        more.push_back(index + i * strides[axis]);
      }
    }
    indices = std::move(more);
  }
  return pick_elements(from, shape, indices);
}

std::optional<OnnxShape> resolve_reshape(const OnnxShape& from, const OnnxShape& asked, bool zero_is_zero) {
  OnnxShape shape = asked;
  std::optional<std::size_t> open;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 0 && !zero_is_zero) {
      if (i >= from.size()) {
        return std::nullopt;
      }
      shape[i] = from[i];
    } else if (shape[i] == -1) {
      if (open) {
        return std::nullopt;
      }
      open = i;
      shape[i] = 1;
    } else if (shape[i] < 0) {
      return std::nullopt;
    }
  }
  const std::int64_t total = element_count(from);
  if (open) {
    const std::int64_t rest = element_count(shape);
    if (rest == 0 || total % rest != 0) {
      return std::nullopt;
    }
    shape[*open] = total / rest;
  }
  return element_count(shape) == total ? std::optional<OnnxShape>(shape) : std::nullopt;
}

std::int64_t whole_of(double value) {
  constexpr double kMost = 4.0e18;
  if (std::isnan(value)) {
    return 0;
  }
  return static_cast<std::int64_t>(std::clamp(value, -kMost, kMost));
}

std::optional<std::size_t> resolve_axis(std::int64_t axis, std::size_t rank) {
  const auto count = static_cast<std::int64_t>(rank);
  if (axis < -count || axis >= count) {
    return std::nullopt;
  }
  return static_cast<std::size_t>(axis < 0 ? axis + count : axis);
}

}  // namespace rtlgen
