#include "rtlgen/import/feature_map.hpp"

#include <algorithm>
#include <cmath>

#include "rtlgen/import/float32_rounding.hpp"

namespace rtlgen {
namespace {

std::vector<double> values_of(const ImportedLayer& layer, const char* name) {
  const auto array = layer.arrays.find(name);
  return array == layer.arrays.end() ? std::vector<double>() : array->second.values;
}

}  // namespace

bool FeatureMap::is_identity() const {
  return std::all_of(factors.begin(), factors.end(), [](double x) { return is_float32_close(x, 1); }) &&
         std::all_of(offsets.begin(), offsets.end(), [](double x) { return x == 0; });
}

std::optional<FeatureMap> feature_map(const ImportedLayer& layer) {
  const bool is_norm = layer.type == "batch_norm";
  if ((!is_norm && layer.type != "affine") || layer.keys.contains("precision")) {
    return std::nullopt;
  }
  FeatureMap map;
  if (is_norm) {
    map.factors = values_of(layer, "gamma");
    map.offsets = values_of(layer, "beta");
    const std::vector<double> mean = values_of(layer, "mean");
    const std::vector<double> variance = values_of(layer, "variance");
    const double epsilon = layer.keys.value("epsilon", 1e-3);
    if (map.offsets.size() != map.factors.size() || mean.size() != map.factors.size() ||
        variance.size() != map.factors.size()) {
      return std::nullopt;
    }
    for (std::size_t f = 0; f < map.factors.size(); ++f) {
      if (variance[f] + epsilon <= 0) {
        return std::nullopt;  // refused where the description is read
      }
      map.factors[f] /= std::sqrt(variance[f] + epsilon);
      map.offsets[f] -= map.factors[f] * mean[f];
    }
    return map;
  }
  map.factors = values_of(layer, "weight");
  map.offsets = values_of(layer, "bias");
  if (map.offsets.empty()) {
    map.offsets.assign(map.factors.size(), 0);
  }
  return map.offsets.size() == map.factors.size() ? std::optional<FeatureMap>(map) : std::nullopt;
}

FeatureMap joined_maps(const FeatureMap& before, const FeatureMap& after) {
  FeatureMap map = after;
  for (std::size_t f = 0; f < map.factors.size(); ++f) {
    map.offsets[f] = float32_sum(after.offsets[f], after.factors[f] * before.offsets[f]);
    map.factors[f] *= before.factors[f];
  }
  return map;
}

}  // namespace rtlgen
