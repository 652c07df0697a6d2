// The elementary layers as they grow, and what the expansion of one layer knows of the others.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "rtlgen/frontend/layer_order.hpp"
#include "rtlgen/frontend/precision_table.hpp"
#include "rtlgen/frontend/weight_file.hpp"
#include "rtlgen/model/model.hpp"

namespace rtlgen {

inline std::size_t size_of(int dimension) { return static_cast<std::size_t>(dimension); }

/// Layers by index in Model::layers. All that push throw SourceError where a name is taken.
class Expansion {
 public:
  /// The arguments must outlive the expansion; `model` has all but its layers.
  Expansion(const OrderedLayers& ordered, const WeightFile& weights, const PrecisionTable& precisions, Model& model)
      : ordered_(ordered), weights_(weights), precisions_(precisions), model_(model) {}

  /// Fills the model's layers. Rewrites done on the way, all exact in real arithmetic: attention's scale and log2(e) go
  /// into the query weights, log2(e) before a softmax into its producer, batch norms into the dense before them,
  /// low-rank query/key and value/output products are merged. `expand` appends the elementary layers of one layer and
  /// returns the last one's index. Throws SourceError: shapes, missing arrays, names.
  void run(std::size_t (*expand)(Expansion& model, const LayerSpec& spec));

  const Model& model() const { return model_; }
  const WeightFile& weights() const { return weights_; }
  const PrecisionTable& precisions() const { return precisions_; }
  Layer& layer(std::size_t index) { return model_.layers[index]; }

  /// The elementary layer that makes input `i` of the current layer.
  std::size_t input(std::size_t i = 0) const;
  /// Features of the current layer's first input.
  std::size_t width() const { return size_of(model_.layers[input()].features); }
  /// Whether the current layer's input is a flatten of more than one token; of one token it is nothing.
  bool is_flat() const { return is_flat(ordered_.producers[current_][0]); }
  /// Whether nothing but the current layer uses the layer that makes its input.
  bool is_only_user() const;
  /// Whether the description asks for a format between the layer before and this one.
  bool has_format_before() const;
  /// The mask, too, where the layers' tokens are those of the event.
  std::vector<std::size_t> with_mask(std::vector<std::size_t> inputs) const;
  /// Array `name` of this shape, or zeros where it is not used.
  Eigen::VectorXd bias(const LayerSpec& spec, bool used, const std::string& name,
                       const std::vector<std::size_t>& shape) const;

  /// A layer of the spec with the shape of its first input.
  Layer make(const LayerSpec& spec, const std::string& name, const std::vector<std::size_t>& inputs,
             Layer::What what) const;
  std::size_t push(Layer made);
  /// The same of a layer whose features are not said in the description: there may not be any number of them.
  std::size_t push_wide(Layer made);
  std::size_t push_dense(const LayerSpec& spec, const std::string& name, std::size_t from, DenseLayer dense);
  std::size_t push_affine(const LayerSpec& spec, const std::string& name, std::size_t from,
                          const Eigen::VectorXd& factors, const Eigen::VectorXd& offsets);
  /// One of activation_function().
  std::size_t push_function(const LayerSpec& spec, const std::string& name, std::size_t from,
                            const std::string& function, double slope = 0);

 private:
  void make_inputs();
  bool is_flat(std::size_t spec) const;
  void check_flat(std::size_t spec) const;
  const LayerSpec& checked_current() const;

  const OrderedLayers& ordered_;
  const WeightFile& weights_;
  const PrecisionTable& precisions_;
  Model& model_;
  std::size_t current_ = 0;
  std::vector<std::size_t> outputs_;               ///< of each spec: its elementary output
  std::map<std::string, std::string> used_names_;  ///< with '.' as '_': the name itself
};

/// Multiplies the outputs of a layer that takes factors.
void scale_outputs(Layer& layer, const Eigen::VectorXd& factors);

/// "[tokens,features]".
std::string shape_of(const Layer& layer);

/// Throws SourceError at the layer.
[[noreturn]] void fail(const LayerSpec& spec, const std::string& message);

}  // namespace rtlgen
