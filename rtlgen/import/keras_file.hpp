// Keras model files as a configuration and weights: `.h5` of Keras 2 and 3, `.keras` archives.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "rtlgen/import/hdf5_file.hpp"

namespace rtlgen {

/// Where the weights of a layer are.
struct KerasPlace {
  std::vector<std::string> names;  ///< of the submodels around the layer, from the outside, then of the layer
  std::string store;        ///< path in a `.keras` file: `layers/CLASS_N`, for a submodel's `layers/../layers/..`
  std::string named_store;  ///< the same with the layer's name, as some versions write it; tried second
};

/// Which weight of a layer: both ways of naming it.
struct KerasWeight {
  std::string path;  ///< in `.h5`: the end of the weight's name, as `kernel` or `query/kernel`
  std::string part;  ///< in `.keras`: the sublayer's attribute, as `query_dense`; empty for the layer itself
  int index = 0;     ///< in `.keras`: number of the variable in its (sub)layer
};

/// An open model file.
class KerasFile {
 public:
  /// Opens `path`. Throws SourceError where it is neither kind of file, is damaged or has no configuration.
  explicit KerasFile(const std::string& path);

  /// The model: `{class_name, config}`.
  const nlohmann::json& model() const { return model_; }
  /// The version of Keras that wrote the file, as far as it says.
  const std::string& version() const { return version_; }
  /// A weight of a layer. Throws KerasProblem where there is none or more than one; SourceError for damaged data.
  Hdf5Array read(const KerasPlace& place, const KerasWeight& weight) const;
  /// The only weight of a layer of an unknown class; nothing where it has none or several.
  std::optional<Hdf5Array> read_only_weight(const KerasPlace& place) const;

 private:
  void open_archive(const std::string& path);
  void open_h5(const std::string& path);
  std::string find_in_store(const KerasPlace& place, const KerasWeight& weight) const;
  std::string find_by_name(const KerasPlace& place, const KerasWeight& weight) const;

  bool is_archive_ = false;
  nlohmann::json model_;
  std::string version_;
  std::unique_ptr<Hdf5File> weights_;
};

}  // namespace rtlgen
