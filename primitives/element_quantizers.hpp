// Requantizers that differ from feature to feature.
#pragma once

#include <optional>
#include <vector>

#include "primitives/primitive.hpp"
#include "primitives/requantize.hpp"

namespace rtlgen {

/// How one feature of a result is made: y = limit(requantize(x, frac, quantizer)) * 2^align, or 0 where it is pruned.
struct ElementQuantizer {
  Quantizer quantizer;             ///< of the feature; its modes are those of all features
  int align = 0;                   ///< from the feature's binary point to that of the tensor
  bool pruned = false;             ///< the feature has no bits
  std::optional<Interval> limits;  ///< of the mantissa before it is aligned, where they are tighter than the format

  /// The mantissa of x * 2^-frac at the tensor's binary point.
  std::int64_t apply(std::int64_t x, int frac, bool relu) const;
  /// What can come out.
  Interval apply(const Interval& x, int frac, bool relu) const;
  /// Levels of logic: those of the requantizer, and one of the limiter.
  int levels(int frac) const;
  /// Estimated logic for a sum of `width` bits.
  Cost cost(int width, int frac) const;
};

/// The quantizers of a node with `features` features, by its attributes `output`, `formats` and `limits` (docs/ir.md).
/// Throws IrError where formats do not fit into that of the tensor, or limits not into that of the feature.
std::vector<ElementQuantizer> element_quantizers(const NodeView& view, int features);

/// The quantizers of a node whose attribute `formats` is [tokens, features, 3], or is not there: token by token. Throws
/// IrError as above.
std::vector<ElementQuantizer> token_quantizers(const NodeView& view, int tokens, int features);

/// Levels of logic of the slowest of a node's quantizers, for sums with `frac` fraction bits.
int quantizer_levels(const NodeView& view, int features, int frac);

/// Type of a tensor of exact type `exact` behind these quantizers.
TensorType requantized_type(const TensorType& exact, const Quantizer& output,
                            const std::vector<ElementQuantizer>& quantizers, bool relu);

}  // namespace rtlgen
