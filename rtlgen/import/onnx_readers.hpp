// Readers of the nodes of an ONNX graph that work on tensors of the event, by what they do.
#pragma once

#include "rtlgen/import/onnx_value.hpp"

namespace rtlgen {

/// The outputs of a node, or nothing where the op is not one of the reader's. All throw SourceError where the op is
/// theirs but its operands have no counterpart.
using OnnxOutputs = std::optional<std::vector<OnnxValue>>;

/// Reshape, Flatten, Transpose, Squeeze, Unsqueeze, Slice, Split, Gather, Expand, Identity, Dropout, Cast, Shape.
OnnxOutputs read_rearrangement(OnnxContext& context, const OnnxNode& node, const OnnxInputs& inputs);

/// Add, Sub, Mul, Div, Neg, Pow, Sqrt, Reciprocal, Erf, Where, Not, Max, Min and other functions of single elements.
OnnxOutputs read_arithmetic(OnnxContext& context, const OnnxNode& node, const OnnxInputs& inputs);

/// Relu, Sigmoid, Tanh, Clip, Gelu and others: functions with a layer of their own.
OnnxOutputs read_function(OnnxContext& context, const OnnxNode& node, const OnnxInputs& inputs);

/// Gemm, MatMul and Einsum.
OnnxOutputs read_product(OnnxContext& context, const OnnxNode& node, const OnnxInputs& inputs);

/// Reductions over tokens or features, Softmax, ArgMax, TopK, LayerNormalization, BatchNormalization, Concat.
OnnxOutputs read_reduction(OnnxContext& context, const OnnxNode& node, const OnnxInputs& inputs);

/// Quant, BipolarQuant, Trunc, QuantizeLinear, DequantizeLinear, on tensors and on constants; Clip between the latter
/// two.
OnnxOutputs read_quantizer(OnnxContext& context, const OnnxNode& node, const OnnxInputs& inputs);

}  // namespace rtlgen
