#include "rtlgen/import/linear_structure.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rtlgen/import/feature_map.hpp"
#include "rtlgen/import/layer_links.hpp"

namespace rtlgen {
namespace {

/// Makes `layer` this map: a batch norm where `as_norm`, as those become part of the layer before them.
void set_map(ImportedLayer& layer, FeatureMap map, bool as_norm) {
  layer.type = as_norm ? "batch_norm" : "affine";
  layer.keys = nlohmann::ordered_json::object();
  layer.arrays.clear();
  const std::size_t features = map.factors.size();
  if (as_norm) {
    layer.keys["epsilon"] = 0;
    layer.arrays["gamma"] = {{features}, std::move(map.factors), false};
    layer.arrays["beta"] = {{features}, std::move(map.offsets), false};
    layer.arrays["mean"] = {{features}, std::vector<double>(features, 0), false};
    layer.arrays["variance"] = {{features}, std::vector<double>(features, 1), false};
    return;
  }
  if (std::any_of(map.offsets.begin(), map.offsets.end(), [](double x) { return x != 0; })) {
    layer.arrays["bias"] = {{features}, std::move(map.offsets), false};
  } else {
    layer.keys["use_bias"] = false;
  }
  layer.arrays["weight"] = {{features}, std::move(map.factors), false};
}

class Simplifier {
 public:
  explicit Simplifier(ImportedModel& model)
      : layers_(model.layers), links_(model.layers), dropped_(model.layers.size(), false) {}

  void run() {
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      simplify(i);
    }
    if (std::find(dropped_.begin(), dropped_.end(), true) != dropped_.end()) {
      take_out();
    }
  }

 private:
  /// What a layer reads, behind layers that have been dropped.
  std::size_t source(std::size_t layer) const {
    std::size_t at = links_.inputs(layer).front();
    while (at != kEventPlace && dropped_[at]) {
      at = links_.inputs(at).front();
    }
    return at;
  }

  void simplify(std::size_t i) {
    std::optional<FeatureMap> map = feature_map(layers_[i]);
    if (!map) {
      return;
    }
    const std::size_t direct = links_.inputs(i).front();
    const bool is_chain = direct != kEventPlace && !dropped_[direct] && links_.readers(direct).size() == 1;
    if (const auto before = is_chain ? feature_map(layers_[direct]) : std::nullopt) {
      if (before->factors.size() == map->factors.size()) {
        map = joined_maps(*before, *map);
        set_map(layers_[i], *map, layers_[i].type == "batch_norm" || layers_[direct].type == "batch_norm");
        dropped_[direct] = true;
      }
    }
    dropped_[i] = map->is_identity() && may_go(i);
  }

  /// The output must be a layer of its own: the one in front of it, if nothing else reads that.
  bool may_go(std::size_t i) const {
    if (i + 1 < layers_.size()) {
      return true;
    }
    const std::size_t before = source(i);
    return before != kEventPlace && links_.readers(before).size() == 1 && layers_[before].type != "flatten";
  }

  void take_out() {
    const std::size_t last = layers_.size() - 1;
    const std::size_t output = dropped_[last] ? source(last) : last;
    std::vector<ImportedLayer> left;
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      if (!dropped_[i] && i != output) {
        left.push_back(reading(i));
      }
    }
    left.push_back(reading(output));
    layers_ = std::move(left);
  }

  /// A layer with its inputs by name, as places change.
  ImportedLayer reading(std::size_t i) const {
    ImportedLayer layer = layers_[i];
    layer.inputs.clear();
    for (std::size_t at : links_.inputs(i)) {
      while (at != kEventPlace && dropped_[at]) {
        at = links_.inputs(at).front();
      }
      layer.inputs.push_back(at == kEventPlace ? "event" : layers_[at].name);
    }
    return layer;
  }

  std::vector<ImportedLayer>& layers_;
  LayerLinks links_;
  std::vector<bool> dropped_;
};

}  // namespace

void simplify_linear_layers(ImportedModel& model) { Simplifier(model).run(); }

}  // namespace rtlgen
