#include "rtlgen/frontend/yaml_frontend.hpp"

#include <algorithm>
#include <filesystem>

#include "rtlgen/files/file_bytes.hpp"
#include "rtlgen/frontend/expansion.hpp"
#include "rtlgen/frontend/layer_parser.hpp"
#include "rtlgen/frontend/layer_types.hpp"
#include "rtlgen/frontend/overrides.hpp"
#include "rtlgen/frontend/verilog_names.hpp"
#include "rtlgen/frontend/yaml_read.hpp"
#include "rtlgen/model/layer_traits.hpp"

namespace rtlgen {
namespace {

constexpr int kMaxTokens = 1024;
constexpr int kMaxFeatures = 1024;
constexpr double kMaxClock = 2000;
constexpr int kMaxDsp = 1000000;
constexpr std::size_t kMaxDevice = 64;

/// Reads one description.
class Frontend {
 public:
  Frontend(const std::string& path, const std::vector<std::string>& overrides) : path_(path) {
    root_ = read_yaml(path);
    for (const std::string& assignment : overrides) {
      apply_override(root_, assignment);
    }
  }

  Model load() {
    check_map(root_, "the model",
              {"model", "input", "weights", "calibration", "test", "classes", "precision", "hardware", "layers"});
    read_name();
    read_input(require(root_, "the model", "input"));
    if (const YamlNode* const node = root_.find("precision")) {
      precisions_ = PrecisionTable::read(*node);
      note_automatic(precisions_.first_automatic());
    }
    model_.default_precision = precisions_.defaults();
    if (const YamlNode* const node = root_.find("hardware")) {
      read_hardware(*node);
    }
    const LayerList list = parse_layers(require(root_, "the model", "layers"));
    note_automatic(list.first_automatic);
    const OrderedLayers ordered = order_layers(list);
    const YamlNode* const weights = root_.find("weights");
    const WeightFile weight_file =
        weights == nullptr ? WeightFile() : WeightFile(resolve_file(*weights, "weights"), weights->text);
    model_.calibration_file = optional_file("calibration");
    model_.test_file = optional_file("test");
    Expansion(ordered, weight_file, precisions_, model_).run(expand);
    check_patterns();
    check_calibration();
    if (const YamlNode* const node = root_.find("classes")) {
      read_classes(*node);
    }
    return std::move(model_);
  }

 private:
  void read_name() {
    const YamlNode& node = require(root_, "the model", "model");
    model_.name = read_text(node, "model");
    if (const std::string taken = reserved_as(model_.name); !taken.empty()) {
      throw SourceError(node.where, "'model' must not be the " + taken + " '" + model_.name + "'");
    }
    if (!is_verilog_identifier(model_.name)) {
      throw SourceError(node.where,
                        "'model' must be a Verilog identifier of at most 64 characters, not " + describe(node));
    }
    model_.where = node.where;
  }

  void read_input(const YamlNode& node) {
    check_map(node, "'input'", {"tokens", "features", "format", "mask", "arrays"});
    model_.tokens = read_int(require(node, "'input'", "tokens"), "tokens", 1, kMaxTokens);
    model_.features = read_int(require(node, "'input'", "features"), "features", 1, kMaxFeatures);
    const YamlNode* const format = node.find("format");
    if (format != nullptr) {
      model_.input_format = read_format(*format, "format");
    }
    input_format_where_ = format == nullptr ? node.where : format->where;
    if (const YamlNode* const mask = node.find("mask")) {
      const std::string kind = read_choice(*mask, "mask", {"none", "count", "valid"});
      model_.mask = kind == "none" ? MaskKind::none : kind == "count" ? MaskKind::count : MaskKind::valid;
    }
    if (model_.mask != MaskKind::none) {
      model_.arrays.mask = model_.mask == MaskKind::count ? "count" : "valid";
    }
    if (const YamlNode* const arrays = node.find("arrays")) {
      check_map(*arrays, "'arrays'", {"x", "mask", "labels"});
      read_array_name(*arrays, "x", model_.arrays.features);
      read_array_name(*arrays, "mask", model_.arrays.mask);
      read_array_name(*arrays, "labels", model_.arrays.labels);
    }
  }

  static void read_array_name(const YamlNode& arrays, const std::string& key, std::string& name) {
    if (const YamlNode* const node = arrays.find(key)) {
      name = read_text(*node, key);
    }
  }

  void read_hardware(const YamlNode& node) {
    check_map(node, "'hardware'", {"clock_mhz", "device", "tokens_per_beat", "effort", "ternary_adders", "dsp"});
    if (const YamlNode* const clock = node.find("clock_mhz")) {
      model_.clock_mhz = read_number(*clock, "clock_mhz", 1, kMaxClock);
    }
    if (const YamlNode* const device = node.find("device")) {
      model_.device = read_text(*device, "device");
      const bool plain = std::all_of(model_.device.begin(), model_.device.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
      });
      if (!plain || model_.device.size() > kMaxDevice) {
        throw SourceError(device->where,
                          "'device' must be a part name of letters, digits, '-' and '_', not " + describe(*device));
      }
    }
    if (const YamlNode* const beat = node.find("tokens_per_beat")) {
      model_.tokens_per_beat = read_int(*beat, "tokens_per_beat", 1, model_.tokens);
    }
    if (const YamlNode* const effort = node.find("effort")) {
      model_.effort = to_effort(read_choice(*effort, "effort", effort_names()));
    }
    if (const YamlNode* const ternary = node.find("ternary_adders")) {
      model_.ternary_adders = read_bool(*ternary, "ternary_adders");
    }
    if (const YamlNode* const dsp = node.find("dsp")) {
      read_dsp(*dsp);
    }
  }

  void read_dsp(const YamlNode& node) {
    const std::variant<int, std::string> dsp = read_int_or_choice(node, "dsp", 0, kMaxDsp, {"auto", "none"});
    if (const int* const most = std::get_if<int>(&dsp)) {
      model_.dsp_limit = *most;
    } else {
      model_.dsp_limit = std::get<std::string>(dsp) == "none" ? std::optional<int>(0) : std::nullopt;
    }
  }

  /// The path that a value names: relative to the YAML file's folder, or to the current one where it comes from --set.
  std::string resolve_file(const YamlNode& node, const std::string& key) const {
    const std::filesystem::path named = read_text(node, key);
    const bool as_is = node.from_override || named.is_absolute();
    const std::string path = as_is ? named.string() : (std::filesystem::path(path_).parent_path() / named).string();
    const std::string problem = why_unreadable(path);
    if (!problem.empty()) {
      throw SourceError(node.where, "cannot read '" + path + "': " + problem);
    }
    return path;
  }

  std::string optional_file(const std::string& key) const {
    const YamlNode* const node = root_.find(key);
    return node == nullptr ? "" : resolve_file(*node, key);
  }

  void read_classes(const YamlNode& node) {
    for (const YamlNode& item : read_list(node, "classes")) {
      model_.classes.push_back(read_text(item, "classes"));
    }
    const Layer& output = model_.layers.back();
    const int features = output.is<ArgmaxLayer>() ? model_.layers[output.inputs[0]].features : output.features;
    if (model_.classes.size() != static_cast<std::size_t>(features)) {
      throw SourceError(node.where, "'classes' has " + std::to_string(model_.classes.size()) + " names, the output '" +
                                        output.name + "' has " + std::to_string(features) + " features");
    }
  }

  void check_patterns() const {
    std::vector<std::string> names;
    for (const Layer& layer : model_.layers) {
      if (!comes_with_event(layer)) {
        names.push_back(layer.name);
      }
    }
    precisions_.check_matches(names);
  }

  void note_automatic(const std::optional<SourceLocation>& where) {
    if (!first_automatic_) {
      first_automatic_ = where;
    }
  }

  /// Formats that only events can settle need a file of events.
  void check_calibration() {
    if (!model_.calibration_file.empty()) {
      return;
    }
    if (model_.input_format.automatic) {
      throw SourceError(input_format_where_, "an auto format needs sample events: give 'calibration'");
    }
    for (Layer& layer : model_.layers) {
      const Precision precision = overlay(model_.default_precision, layer.precision);
      if (rounds_to_events(layer)) {
        require_settled(layer, precision.activation, "activation");
      }
      if (auto* const attention = layer.as<AttentionLayer>()) {
        require_settled(layer, precision.score, "score");
        attention->row_max = attention->row_max.value_or(true);
      }
    }
  }

  void require_settled(const Layer& layer, const std::optional<FormatSpec>& format, const std::string& what) const {
    if (format && !format->automatic) {
      return;
    }
    if (format && first_automatic_) {
      throw SourceError(*first_automatic_, "an auto format needs sample events: give 'calibration'");
    }
    throw SourceError(layer.where, "the " + what + " format of '" + layer.name +
                                       "' is auto, which needs sample events: give 'calibration' or a format");
  }

  std::string path_;
  YamlNode root_;
  Model model_;
  PrecisionTable precisions_;
  SourceLocation input_format_where_;
  std::optional<SourceLocation> first_automatic_;  ///< of the layers' formats
};

}  // namespace

Model load_model(const std::string& path, const std::vector<std::string>& overrides) {
  return Frontend(path, overrides).load();
}

}  // namespace rtlgen
