// Nodes whose inputs are all constants, computed.
#pragma once

#include "rtlgen/import/onnx_tensor.hpp"

namespace rtlgen {

/// The outputs of `node` on constants (a null input: absent), or nothing where the op is not among those that are
/// computed. Throws SourceError for inputs that do not fit.
std::optional<std::vector<OnnxTensor>> fold_constants(const OnnxGraph& graph, const OnnxNode& node,
                                                      const std::vector<OnnxTensorPtr>& inputs, OnnxBudget& budget);

/// First index, step and number of elements of a Slice along an axis of `size` elements.
struct OnnxRange {
  std::int64_t first = 0;
  std::int64_t step = 1;
  std::int64_t count = 0;
};

/// What Slice takes of an axis; `step` is not 0.
OnnxRange slice_range(std::int64_t start, std::int64_t end, std::int64_t step, std::int64_t size);

/// The axes of Squeeze, Unsqueeze, Reduce..: an attribute, or since opset 13 (18 for reductions) an input.
std::optional<std::vector<std::int64_t>> axes_of(const OnnxNode& node, const OnnxTensorPtr& input);

/// The slices that a Slice node takes: axis and range, for either form of the op (attributes, inputs).
std::vector<std::pair<std::size_t, OnnxRange>> slices_of(const OnnxGraph& graph, const OnnxNode& node,
                                                         const std::vector<OnnxTensorPtr>& inputs,
                                                         const OnnxShape& shape);

/// The sizes that a Split node makes of an axis of `size` elements.
std::vector<std::int64_t> split_sizes(const OnnxGraph& graph, const OnnxNode& node, const OnnxTensorPtr& input,
                                      std::int64_t size);

/// The values of a constant as whole numbers.
std::vector<std::int64_t> wholes_of(const OnnxTensor& tensor);

}  // namespace rtlgen
