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
  std::string
      store;  ///< path in a store (the weights of `.keras`): `layers/CLASS_N`, for a submodel's `layers/../layers/..`
  std::string named_store;  ///< the same with the layer's name, as some versions write it; tried second
};

/// Which weight of a layer: both ways of naming it.
struct KerasWeight {
  std::string path;  ///< with names: the end of the weight's name, as `kernel` or `query/kernel`
  std::string part;  ///< in a store: the sublayer's attribute, as `query_dense`; empty for the layer itself
  int index = 0;     ///< in a store: number of the variable in its (sub)layer
};

/// An open model file.
class KerasFile {
 public:
  /// Opens `path`. `config` is the file with the configuration where `path` holds weights only; empty: there is none.
  /// Throws SourceError where a file is of another kind or damaged, or where there is no configuration or two.
  KerasFile(const std::string& path, const std::string& config);

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
  void open_h5(const std::string& path, const std::string& config);
  void read_config(const std::string& config);
  std::string group_of(const KerasPlace& place) const;
  std::string find_in_store(const KerasPlace& place, const KerasWeight& weight) const;
  std::string find_by_name(const KerasPlace& place, const KerasWeight& weight) const;

  bool is_store_ = false;  ///< variables are numbered, as in `.keras`; else weights have names
  std::string root_;       ///< of the groups of weights that have names: empty, or with a slash behind
  nlohmann::json model_;
  std::string version_;
  std::unique_ptr<Hdf5File> weights_;
};

}  // namespace rtlgen
