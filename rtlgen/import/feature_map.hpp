// Layers that do the same to each feature on its own.
#pragma once

#include <optional>
#include <vector>

#include "rtlgen/import/imported_model.hpp"

namespace rtlgen {

/// y_f = factors_f x_f + offsets_f
struct FeatureMap {
  std::vector<double> factors;
  std::vector<double> offsets;

  /// Whether it leaves all numbers as they are, but for the rounding of constants to float32.
  bool is_identity() const;
};

/// The map that an affine layer or a batch norm is; nothing for other layers, for constants of tokens and where the
/// layer has a precision of its own.
std::optional<FeatureMap> feature_map(const ImportedLayer& layer);

/// `after` behind `before`, which have as many features.
FeatureMap joined_maps(const FeatureMap& before, const FeatureMap& after);

}  // namespace rtlgen
