// Layers of Keras as layers of a description.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "rtlgen/import/imported_model.hpp"
#include "rtlgen/import/keras_file.hpp"
#include "rtlgen/import/keras_tensor.hpp"

namespace rtlgen {

/// A layer that is called on tensors.
struct KerasCall {
  std::string class_name;  ///< without package
  nlohmann::json config;
  KerasPlace place;
  std::vector<KerasTensor> inputs;           ///< in the order of the call
  std::map<std::string, KerasTensor> named;  ///< tensors given by name
  std::set<std::string> arguments;           ///< names of other arguments that are neither null nor false
};

/// Makes the layers of an ImportedModel, one call after the other.
class KerasLayers {
 public:
  /// `exact`: the model has quantizers, and what they do not round is not rounded.
  KerasLayers(const KerasFile& file, bool exact) : file_(file) { model_.exact = exact; }

  /// Applies a layer. Throws KerasProblem.
  KerasTensor apply(const KerasCall& call);
  /// The outputs of the model as one: side by side where they are tensors of the same tokens, else the first; a note
  /// says which. The model keeps the layers that lead there.
  KerasTensor join_outputs(const std::vector<KerasTensor>& outputs);
  /// What was made so far. The event has the shape in which it was used first.
  ImportedModel& model() { return model_; }
  /// The event as [tokens, features]; nothing where no layer has used it.
  const std::vector<int>& event_shape() const { return event_shape_; }

 private:
  using Handler = KerasTensor (KerasLayers::*)(const KerasCall&);
  /// A class: what applies it, and which quantizers of its configuration that knows.
  struct Kind {
    Handler apply;
    std::set<std::string> quantizers = {};
  };
  static const std::map<std::string, Kind>& kinds();
  static void check_quantizers(const nlohmann::json& config, const Kind& kind);

  KerasTensor pass(const KerasCall& call);
  KerasTensor dense(const KerasCall& call);
  KerasTensor einsum_dense(const KerasCall& call);
  KerasTensor time_distributed(const KerasCall& call);
  KerasTensor attention(const KerasCall& call);
  KerasTensor layer_norm(const KerasCall& call);
  KerasTensor rms_norm(const KerasCall& call);
  KerasTensor batch_norm(const KerasCall& call);
  KerasTensor add(const KerasCall& call);
  KerasTensor concatenate(const KerasCall& call);
  KerasTensor flatten(const KerasCall& call);
  KerasTensor reshape(const KerasCall& call);
  KerasTensor pool(const KerasCall& call);
  KerasTensor activation(const KerasCall& call);
  KerasTensor function(const KerasCall& call);
  KerasTensor masking(const KerasCall& call);
  KerasTensor position_embedding(const KerasCall& call);

  // keras_positions.cpp
  /// The tokens' constants of a layer whose only weight is [positions,features]; empty where it is another layer.
  std::vector<double> positions_of(const KerasCall& call) const;
  KerasTensor add_constants(const KerasCall& call, const KerasTensor& tensor, const std::vector<double>& constants);

  // keras_attention.cpp
  struct Attention;
  /// A dense layer of attention: where its weights are, and their shapes; `inputs` are the features that it reads.
  struct Projection {
    KerasWeight kernel;
    KerasWeight bias;
    std::vector<std::size_t> kernel_shape;
    std::vector<std::size_t> bias_shape;
    std::size_t inputs;
  };
  Attention read_attention(const KerasCall& call);
  KerasTensor whole_attention(const KerasCall& call, const Attention& attention);
  KerasTensor attention_steps(const KerasCall& call, const Attention& attention);
  KerasTensor quantized_projection(const KerasCall& call, const Attention& attention, const Projection& projection,
                                   const KerasTensor& input, const std::string& suffix);

  KerasTensor dense_of(const KerasCall& call, const KerasWeight& kernel, const KerasWeight& bias, bool use_bias,
                       const nlohmann::json& config);
  KerasTensor reshaped(const KerasTensor& input, const std::vector<int>& shape, const KerasCall& call);
  KerasTensor emit(const KerasCall& call, ImportedLayer layer, const std::vector<KerasTensor>& inputs,
                   const std::vector<int>& shape);
  KerasTensor emit_all(const KerasCall& call, const std::vector<ImportedLayer>& layers, KerasTensor tensor,
                       const std::string& suffix);
  ImportedArray weight(const KerasCall& call, const KerasWeight& which, const std::vector<std::size_t>& shape) const;
  /// A weight that is no kernel, rounded by its quantizer; null: not rounded.
  ImportedArray rounded_weight(const KerasCall& call, const KerasWeight& which, const std::vector<std::size_t>& shape,
                               const nlohmann::json& quantizer) const;
  std::vector<double> quantized(const nlohmann::json& quantizer, const Hdf5Array& kernel) const;
  void use(const KerasTensor& tensor, bool by_dense);
  void keep_what_leads_to(const std::string& output);
  std::string unique_name(const KerasCall& call, const std::string& suffix);

  const KerasFile& file_;
  ImportedModel model_;
  std::vector<int> event_shape_;
  std::set<std::string> names_;
};

}  // namespace rtlgen
