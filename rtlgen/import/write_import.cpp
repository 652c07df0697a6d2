#include "rtlgen/import/write_import.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <filesystem>
#include <map>
#include <new>

#include "ir/graph.hpp"
#include "rtlgen/deliver/compile_model.hpp"
#include "rtlgen/files/file_bytes.hpp"
#include "rtlgen/files/npz.hpp"
#include "rtlgen/files/output_folder.hpp"
#include "rtlgen/frontend/verilog_names.hpp"
#include "rtlgen/frontend/yaml_frontend.hpp"

namespace rtlgen {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxEventBytes = std::size_t{1} << 31;

/// A Verilog identifier made of the file's name.
std::string model_name(const std::string& file) {
  std::string name = fs::path(file).stem().string();
  for (char& c : name) {
    c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  }
  name = name.substr(0, 60);
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name[0])) != 0 || !reserved_as(name).empty()) {
    name = "model_" + name;
  }
  return name;
}

void emit_value(YAML::Emitter& out, const nlohmann::ordered_json& value) {
  if (value.is_object()) {
    out << YAML::Flow << YAML::BeginMap;
    for (const auto& [key, item] : value.items()) {
      out << YAML::Key << key << YAML::Value;
      emit_value(out, item);
    }
    out << YAML::EndMap;
  } else if (value.is_array()) {
    out << YAML::Flow << YAML::BeginSeq;
    for (const nlohmann::ordered_json& item : value) {
      emit_value(out, item);
    }
    out << YAML::EndSeq;
  } else if (value.is_string()) {
    out << value.get<std::string>();
  } else {
    out << value.dump();  // numbers with all their digits
  }
}

/// Text of a comment: one line, printable.
std::string comment_text(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

/// A comment at the end of a line: where a layer comes from, and whose its format is.
std::string line_comment(const std::string& origin, bool chosen) {
  const std::string format = chosen ? "format chosen by the importer" : "";
  const std::string text = origin + (origin.empty() || format.empty() ? "" : "; ") + format;
  return text.empty() ? "" : "  # " + comment_text(text);
}

std::string layer_line(const ImportedLayer& layer) {
  nlohmann::ordered_json map;
  map["name"] = layer.name;
  if (layer.type == "add" || layer.type == "concat" || layer.type == "scores" || layer.type == "mix") {
    map[layer.type] = layer.inputs;
  } else {
    map["type"] = layer.type;
    if (!layer.inputs.empty()) {
      map["input"] = layer.inputs.front();
    }
  }
  map.update(layer.keys);
  YAML::Emitter line;
  emit_value(line, map);
  return fmt::format("  - {}{}\n", line.c_str(), line_comment(layer.origin, layer.chosen));
}

/// What holds for the tensors of which the file says nothing.
std::string precision_lines(const ImportedModel& model, bool calibrated) {
  if (model.exact) {
    return "# Every tensor is exact but where a quantize layer or a format of its own says otherwise.\n"
           "precision:\n  default: {weight: auto<16>, bias: auto<24>, activation: exact}\n";
  }
  if (calibrated) {
    return "# Binary points are settled by the calibration events.\n"
           "precision:\n  default: {weight: auto<16>, bias: auto<16>, activation: auto<16>}\n";
  }
  return "# Without calibration events the formats below must hold what occurs: with events, give\n"
         "# `calibration: events.npz` and `activation: auto<16>` instead, and leave out `score`.\n"
         "precision:\n  default: {weight: auto<16>, bias: auto<16>, activation: \"fixed<18,8>\", score: "
         "\"fixed<16,8>\"}\n";
}

/// The text of a description, and on which lines its layers stand.
struct Description {
  std::string text;
  std::map<int, const ImportedLayer*> layers;
};

Description describe(const ImportedModel& model, const ImportOptions& options, const std::string& calibration) {
  static constexpr const char* kMasks[] = {"none", "count", "valid"};
  Description made;
  made.text = "# " + comment_text(model.source) + "\n";
  for (const std::string& note : model.notes) {
    made.text += "# Note: " + comment_text(note) + "\n";
  }
  const bool calibrated = !calibration.empty();
  made.text +=
      fmt::format("model: {}\ninput: {{tokens: {}, features: {}, format: \"{}\", mask: {}}}{}\n",
                  model_name(options.file), model.tokens, model.features, options.input.value_or(model.input_format),
                  kMasks[static_cast<std::size_t>(model.mask)], line_comment("", model.input_chosen));
  const bool has_arrays = std::any_of(model.layers.begin(), model.layers.end(),
                                      [](const ImportedLayer& layer) { return !layer.arrays.empty(); });
  made.text += has_arrays ? "weights: weights.npz\n" : "";
  if (calibrated) {
    made.text += "calibration: " + calibration + "\n";
  }
  made.text += precision_lines(model, calibrated) + "layers:\n";
  int line = 1 + static_cast<int>(std::count(made.text.begin(), made.text.end(), '\n'));
  for (const ImportedLayer& layer : model.layers) {
    made.layers[line++] = &layer;
    made.text += layer_line(layer);
  }
  return made;
}

std::string array_bytes(const ImportedArray& array) {
  if (!array.integral) {
    return npy_bytes(array.shape, array.values);
  }
  std::vector<std::int64_t> mantissas;
  mantissas.reserve(array.values.size());
  for (const double value : array.values) {
    mantissas.push_back(std::llround(value));
  }
  return npy_bytes(array.shape, mantissas);
}

/// Goes the way that `check` goes, but for adder graphs and times, which nothing in a description makes impossible.
/// Errors in a description that was just made are about the layer of the file.
void check_description(const std::string& path, const Description& made, const ImportOptions& options) {
  try {
    Model model = load_model(path, {});
    model.calibration_file = options.calibration;  // the same events, but messages name the user's file
    quantize_loaded(model);
  } catch (const SourceError& error) {
    if (error.where().file != path) {
      throw;
    }
    const auto layer = made.layers.find(error.where().line);
    const std::string about = layer == made.layers.end() || layer->second->origin.empty()
                                  ? "cannot be described"
                                  : comment_text(layer->second->origin);
    throw SourceError({options.file}, about + ": " + error.message());
  } catch (const IrError& error) {
    throw SourceError({options.file}, std::string("cannot be built: ") + error.what());
  } catch (const std::bad_alloc&) {
    throw SourceError({options.file}, "the model is too large for the memory of this machine");
  }
}

}  // namespace

void write_import(const ImportedModel& model, const ImportOptions& options) {
  OutputFolder folder(options.out, {"import", "model.yaml"});
  std::string calibration;
  if (!options.calibration.empty()) {
    calibration = "calibration" + fs::path(options.calibration).extension().string();
    write_file_bytes((folder.path() / calibration).string(), read_file_bytes(options.calibration, kMaxEventBytes));
  }
  std::map<std::string, std::string> arrays;
  for (const ImportedLayer& layer : model.layers) {
    for (const auto& [name, array] : layer.arrays) {
      arrays[layer.name + "." + name] = array_bytes(array);
    }
  }
  write_npz((folder.path() / "weights.npz").string(), arrays);
  const std::string path = (folder.path() / "model.yaml").string();
  const Description made = describe(model, options, calibration);
  write_file_bytes(path, made.text);
  check_description(path, made, options);
  folder.commit();
}

}  // namespace rtlgen
