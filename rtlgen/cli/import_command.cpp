#include <spdlog/spdlog.h>

#include <filesystem>

#include "ir/source_error.hpp"
#include "rtlgen/cli/commands.hpp"
#include "rtlgen/import/read_keras.hpp"
#include "rtlgen/import/read_onnx.hpp"
#include "rtlgen/import/torch_file.hpp"
#include "rtlgen/import/write_import.hpp"

namespace rtlgen {

int run_import(const ImportOptions& options) {
  const std::string extension = std::filesystem::path(options.file).extension().string();
  const bool is_hdf5 = extension == ".h5" || extension == ".hdf5";
  if (!options.config.empty() && !is_hdf5) {
    throw SourceError({options.file}, "--config belongs to a Keras file that holds weights only, expected .h5");
  }
  ImportedModel model;
  if (extension == ".onnx") {
    model = read_onnx(options);
  } else if (is_hdf5 || extension == ".keras") {
    model = read_keras(options);
  } else if (extension == ".json") {
    throw SourceError(
        {options.file},
        "a configuration without weights, expected the file of weights (.h5) with --config " + options.file);
  } else if (extension == ".pt" || extension == ".pth") {
    throw SourceError({options.file}, torch_advice(options.file));
  } else {
    throw SourceError({options.file}, "unknown kind of model file '" + extension + "', expected .onnx, .h5 or .keras");
  }
  for (const std::string& note : model.notes) {
    spdlog::warn("{}", note);
  }
  write_import(model, options);
  spdlog::info("{}/model.yaml: {} layers; next: rtlgen build {}/model.yaml -o rtl", options.out, model.layers.size(),
               options.out);
  return 0;
}

}  // namespace rtlgen
