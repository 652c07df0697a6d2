// A model as read from a file of another framework: layers of docs/yaml.md with their arrays, before they are written.
#pragma once

#include <cstddef>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "rtlgen/model/model.hpp"

namespace rtlgen {

/// Numbers of a model with a shape, in C order. `integral`: mantissas, written as integers.
struct ImportedArray {
  std::vector<std::size_t> shape;
  std::vector<double> values;
  bool integral = false;
};

/// One layer of the description to be written.
struct ImportedLayer {
  std::string name;  ///< as docs/yaml.md allows, unique
  std::string type;  ///< a type of docs/yaml.md, or the first key of a layer that has none (add, concat, scores, mix)
  std::vector<std::string> inputs;  ///< names of earlier layers, or `event`; empty: the layer before
  nlohmann::ordered_json keys = nlohmann::ordered_json::object();  ///< the other keys, in the order to be written
  std::map<std::string, ImportedArray> arrays;                     ///< by the name behind `NAME.`
  std::string origin;   ///< what messages and the description call it: the file's layer or node; may be empty
  bool chosen = false;  ///< its format (or formats) is the importer's, not the file's
};

/// What a reader of a format makes of a file.
struct ImportedModel {
  std::string source;  ///< one line for the head of the description: framework and file name, without folders
  int tokens = 1;
  int features = 1;
  MaskKind mask = MaskKind::none;
  std::string input_format;   ///< of docs/yaml.md; empty until settle_formats()
  bool input_chosen = false;  ///< it is the importer's, not the file's
  bool exact = false;         ///< tensors without a quantizer are exact (precision.default.activation)
  std::vector<ImportedLayer> layers;
  std::vector<std::string> notes;  ///< what the user should know, one line each: dropped layers, approximations
};

/// What the user says beside the file.
struct ImportOptions {
  std::string file;
  std::string config;                ///< what a file of weights alone leaves out: Keras' to_json(); else empty
  std::string out;                   ///< folder to make
  std::optional<int> tokens;         ///< tokens of an event where the file leaves them open
  std::optional<std::string> input;  ///< format of the event
  std::string calibration;           ///< events, copied into the folder; empty: none
};

}  // namespace rtlgen
