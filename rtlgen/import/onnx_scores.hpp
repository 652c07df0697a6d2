// Attention taken apart: scores and attention weights as tensors [query tokens, heads * key tokens].
#pragma once

#include "rtlgen/import/onnx_operand.hpp"

namespace rtlgen {

/// Attention scores, with their factor, mask and softmax if there are any, as an activation whose features are
/// [head, key token].
OnnxValue scores_tensor(OnnxContext& context, const OnnxNode& node, const OnnxValue& value);

/// Whether the sum is over features of `weights` that meet the tokens of `values`.
bool is_mix(const OnnxContext& context, const OnnxOperand& weights, const OnnxOperand& values,
            const std::vector<int>& out);

/// Such a sum: features [head, element of a value]. Throws SourceError where the axes are not those of attention.
OnnxValue contract_mix(OnnxContext& context, const OnnxNode& node, const OnnxOperand& weights,
                       const OnnxOperand& values, const std::vector<int>& out);

/// What stands between attention scores and a tensor that is made of them element by element (and by softmax).
struct OnnxScoresPath {
  bool masked = false;   ///< padding tokens are masked as keys
  bool softmax = false;  ///< a softmax lies between
};

/// The path from scores to `tensor`; nothing where it is not made of scores.
std::optional<OnnxScoresPath> scores_path(const OnnxNetwork& network, std::size_t tensor);

/// `scores` (a tensor made of scores) with the keys masked that `mask` says. Throws SourceError where the mask's tokens
/// are not the keys.
OnnxValue mask_keys(OnnxContext& context, const OnnxNode& node, const OnnxValue& scores, const OnnxValue& mask,
                    bool padded_if_set);

}  // namespace rtlgen
