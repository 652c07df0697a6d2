// Arithmetic on the constants of an ONNX graph: shapes, broadcasting, rearrangement.
#pragma once

#include <functional>
#include <optional>

#include "rtlgen/import/onnx_graph.hpp"

namespace rtlgen {

using OnnxShape = std::vector<std::int64_t>;

/// Bounds what constants may take altogether, as a small file can ask for large ones.
class OnnxBudget {
 public:
  explicit OnnxBudget(std::string file) : file_(std::move(file)) {}

  /// Counts `elements` of a new constant made by `node`; throws SourceError beyond 2^25 altogether.
  void take(const OnnxNode& node, std::int64_t elements);

 private:
  std::string file_;
  std::int64_t left_ = std::int64_t{1} << 25;
};

/// The number of elements; at most 2^40 (larger products are cut to that).
std::int64_t element_count(const OnnxShape& shape);

/// `[2,3]`
std::string shape_text(const OnnxShape& shape);

/// Distances in C order.
OnnxShape strides_of(const OnnxShape& shape);

/// The shape that both broadcast to, or nothing.
std::optional<OnnxShape> broadcast_shape(const OnnxShape& a, const OnnxShape& b);

/// Element indices of a tensor of shape `from` where it is read as shape `to`, which it broadcasts to.
std::vector<std::int64_t> broadcast_indices(const OnnxShape& from, const OnnxShape& to);

/// Elements of `from` at `indices`, with their mantissas, as a tensor of shape `shape`.
OnnxTensor pick_elements(const OnnxTensor& from, const OnnxShape& shape, const std::vector<std::int64_t>& indices);

/// The axes in another order: axis i of the result is axis permutation[i].
OnnxTensor transpose_tensor(const OnnxTensor& from, const std::vector<std::int64_t>& permutation);

/// A shape asked of Reshape, with 0 (keep, unless `zero_is_zero`) and -1 (what is left) worked out; nothing where it
/// does not fit.
std::optional<OnnxShape> resolve_reshape(const OnnxShape& from, const OnnxShape& asked, bool zero_is_zero);

/// A whole number of a constant, cut to what fits.
std::int64_t whole_of(double value);

/// `axis` counted from the front, or nothing where there is no such axis.
std::optional<std::size_t> resolve_axis(std::int64_t axis, std::size_t rank);

}  // namespace rtlgen
