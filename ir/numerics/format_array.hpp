// Number formats of a tensor, element by element.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "ir/numerics/fixed_point.hpp"
#include "ir/numerics/interval.hpp"

namespace rtlgen {

/// How one element of a tensor is made: y = limit(requantize(x, frac, quantizer)) * 2^align, or 0 where it is pruned.
struct ElementFormat {
  Quantizer quantizer;             ///< of the element; its modes are those of all elements
  int align = 0;                   ///< from the element's binary point to that of the tensor
  bool pruned = false;             ///< the element has no bits
  std::optional<Interval> limits;  ///< of the mantissa before it is aligned, where they are tighter than the format

  /// The mantissa of x * 2^-frac at the tensor's binary point.
  std::int64_t apply(std::int64_t x, int frac, bool relu) const;
  /// What can come out.
  Interval apply(const Interval& x, int frac, bool relu) const;
};

/// The formats of a tensor: one for all elements, one a feature, or one a token and feature.
struct FormatArray {
  Quantizer quantizer;           ///< holds every element; its modes are those of all
  std::vector<int> shape;        ///< of `formats`: [features] or [tokens, features]; empty where all have one format
  std::vector<Format> formats;   ///< of the elements, row-major; width 0: pruned, always 0
  std::vector<Interval> limits;  ///< of each feature's mantissas in its own format; empty: those of the formats

  FormatArray() = default;
  /// One format for all.
  FormatArray(const Quantizer& all) : quantizer(all) {}  // NOLINT(google-explicit-constructor)

  /// Whether all elements have one format and no limits.
  bool is_uniform() const { return formats.empty() && limits.empty(); }
  /// Of element `index` (row-major; a feature, or a token and feature), where the formats fit into that of the tensor.
  ElementFormat element(std::size_t index) const;
};

}  // namespace rtlgen
