#include "rtlgen/frontend/layer_parser.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "rtlgen/model/activation_functions.hpp"
#include "primitives/table.hpp"
#include "rtlgen/files/nearest.hpp"
#include "rtlgen/frontend/precision_table.hpp"
#include "rtlgen/frontend/yaml_read.hpp"

namespace rtlgen {
namespace {

constexpr int kMaxUnits = 4096;
constexpr int kMaxHeads = 64;
constexpr int kMaxHeadDim = 1024;
constexpr int kMaxRepeat = 64;
constexpr std::size_t kMaxLayers = 2048;
constexpr std::size_t kMaxName = 64;
constexpr double kMaxReal = 0x1p50;      // of a scale or a limit
constexpr double kLeastScale = 0x1p-50;  // a scale is positive
constexpr int kMaxCodeBits = 32;
constexpr int kMaxTableFrac = 32;
constexpr double kLayerNormEpsilon = 1e-5;
constexpr double kBatchNormEpsilon = 1e-3;

/// `plain_functions` and others.
std::vector<std::string> functions_and(const std::vector<std::string>& others) {
  std::vector<std::string> names = others;
  names.insert(names.end(), plain_functions().begin(), plain_functions().end());
  return names;
}

std::vector<std::string> functions_without_softmax() { return functions_and({"none"}); }

/// A type of layer: its name, the keys only it has, and how they are read.
struct TypeEntry {
  const char* name;
  LayerType type;
  std::vector<std::string> keys;
};

constexpr const char* kBlockType = "transformer_block";

const std::vector<std::string>& block_keys() {
  static const std::vector<std::string> kKeys = {"heads",   "key_dim", "value_dim",  "hidden",   "norm",  "activation",
                                                 "epsilon", "row_max", "projection", "use_bias", "repeat"};
  return kKeys;
}

const std::vector<TypeEntry>& type_entries() {
  static const std::vector<TypeEntry> kEntries = {
      {"dense", LayerType::dense, {"units", "activation", "use_bias"}},
      {"activation", LayerType::activation, {"function", "low", "high", "slope"}},
      {"multi_head_attention",
       LayerType::multi_head_attention,
       {"heads", "key_dim", "value_dim", "units", "use_bias", "row_max", "projection"}},
      {"layer_norm", LayerType::layer_norm, {"epsilon"}},
      {"rms_norm", LayerType::rms_norm, {"epsilon"}},
      {"batch_norm", LayerType::batch_norm, {"epsilon"}},
      {"feed_forward", LayerType::feed_forward, {"hidden", "activation", "use_bias"}},
      {"pool", LayerType::pool, {"mode"}},
      {"flatten", LayerType::flatten, {}},
      {"softmax", LayerType::softmax, {"groups", "masked", "exp_index", "exp_frac", "inv_index", "inv_frac"}},
      {"argmax", LayerType::argmax, {}},
      {"affine", LayerType::affine, {"use_bias"}},
      {"quantize",
       LayerType::quantize,
       {"format", "formats", "bits", "scale", "zero_point", "signed", "narrow", "low", "high", "bipolar", "rounding",
        "overflow"}},
  };
  return kEntries;
}

std::vector<std::string> type_names() {
  std::vector<std::string> names;
  for (const TypeEntry& entry : type_entries()) {
    names.emplace_back(entry.name);
  }
  names.emplace_back(kBlockType);
  return names;
}

bool is_layer_name(const std::string& name) {
  if (name.empty() || name.size() > kMaxName || (name[0] >= '0' && name[0] <= '9')) {
    return false;
  }
  char before = '.';
  for (const char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c >= '0' && c <= '9');
    if (!letter && (c != '.' || before == '.')) {
      return false;
    }
    before = c;
  }
  return before != '.';
}

/// Reads the elements of `layers`.
class LayerParser {
 public:
  LayerList parse(const YamlNode& node) {
    const std::vector<YamlNode>& items = read_list(node, "layers");
    if (items.empty()) {
      throw SourceError(node.where, "'layers' is empty");
    }
    for (const YamlNode& item : items) {
      parse_layer(item);
      if (list_.layers.size() > kMaxLayers) {
        throw SourceError(item.where, "more than " + std::to_string(kMaxLayers) + " layers");
      }
    }
    return std::move(list_);
  }

 private:
  void parse_layer(const YamlNode& node) {
    if (node.kind != YamlNode::Kind::map) {
      throw SourceError(
          node.where,
          "a layer must be a map with 'name' and 'type', or 'add', 'concat', 'scores' or 'mix', not " + describe(node));
    }
    LayerSpec layer;
    layer.where = node.where;
    if (node.find("add") != nullptr) {
      parse_add(node, layer);
      return;
    }
    if (const YamlNode* const operands = node.find("concat")) {
      check_map(node, "a concat layer", {"concat", "name", "precision"});
      layer.type = LayerType::concat;
      layer.inputs = read_operands(*operands, "concat");
      layer.name = read_name(require(node, "a concat layer", "name"));
      read_own_precision(node, "layer '" + layer.name.name + "'", layer);
      push(std::move(layer));
      return;
    }
    for (const LayerType product : {LayerType::scores, LayerType::mix}) {
      const std::string key = product == LayerType::mix ? "mix" : "scores";
      if (node.find(key) != nullptr) {
        layer.type = product;
        parse_product(node, key, layer);
        return;
      }
    }
    const YamlNode* const name = node.find("name");
    const std::string what =
        name != nullptr && name->kind == YamlNode::Kind::scalar ? "layer '" + name->text + "'" : "a layer";
    const std::string type = read_type(require(node, what, "type"));
    const auto entry = std::find_if(type_entries().begin(), type_entries().end(),
                                    [&](const TypeEntry& candidate) { return type == candidate.name; });
    const bool block = entry == type_entries().end();
    std::vector<std::string> keys = {"name", "type", "input", "precision"};
    const std::vector<std::string>& more = block ? block_keys() : entry->keys;
    keys.insert(keys.end(), more.begin(), more.end());
    check_map(node, what, keys);
    layer.name = read_name(require(node, what, "name"));
    layer.inputs = {read_input(node)};
    read_own_precision(node, what, layer);
    if (block) {
      parse_block(node, what, layer);
      return;
    }
    layer.type = entry->type;
    read_fields(node, what, layer);
    push(std::move(layer));
  }

  std::string read_type(const YamlNode& node) const {
    std::string type = read_text(node, "type");
    const std::vector<std::string> names = type_names();
    if (type == "add") {
      throw SourceError(node.where, "an add layer is written `add: [a, b]`, without a type");
    }
    if (std::find(names.begin(), names.end(), type) == names.end()) {
      throw SourceError(node.where, "unknown layer type '" + type + "'" + did_you_mean(type, names) +
                                        " (known types: " + join(names) + ")");
    }
    return type;
  }

  NameRef read_name(const YamlNode& node) const {
    const std::string name = read_text(node, "name");
    if (!is_layer_name(name)) {
      throw SourceError(node.where,
                        "'name' must be words of letters, digits and '_' joined by '.', not " + describe(node));
    }
    if (name == kEventName || name == kMaskName) {
      throw SourceError(node.where, "the name '" + name + "' is reserved");
    }
    return {name, node.where};
  }

  NameRef read_input(const YamlNode& node) const {
    if (const YamlNode* const input = node.find("input")) {
      return {read_text(*input, "input"), input->where};
    }
    return {previous_, node.where};
  }

  void read_own_precision(const YamlNode& node, const std::string& what, LayerSpec& layer) {
    if (const YamlNode* const precision = node.find("precision")) {
      layer.precision = read_precision(*precision, "'precision' of " + what, list_.first_automatic);
    }
  }

  /// Adds a layer and makes it the one the next refers to.
  void push(LayerSpec layer) {
    claim(layer.name);
    previous_ = layer.name.name;
    list_.layers.push_back(std::move(layer));
  }

  void claim(const NameRef& name) {
    if (!names_.insert(name.name).second) {
      throw SourceError(name.where, "two layers have the name '" + name.name + "'");
    }
  }

  static std::vector<NameRef> read_operands(const YamlNode& node, const std::string& key) {
    const std::vector<YamlNode>& items = read_list(node, key);
    if (items.size() < 2) {
      throw SourceError(node.where, "'" + key + "' needs two or more layers");
    }
    std::vector<NameRef> operands;
    operands.reserve(items.size());
    for (const YamlNode& item : items) {
      operands.push_back({read_text(item, key), item.where});
    }
    return operands;
  }

  void parse_add(const YamlNode& node, LayerSpec& layer) {
    check_map(node, "an add layer", {"add", "name", "activation", "precision"});
    layer.inputs = read_operands(*node.find("add"), "add");
    ++adds_;
    layer.type = LayerType::add;
    if (const YamlNode* const name = node.find("name")) {
      layer.name = read_name(*name);
    } else {
      layer.name = {"add" + std::to_string(adds_), node.where};
    }
    if (const YamlNode* const activation = node.find("activation")) {
      layer.function = read_choice(*activation, "activation", functions_without_softmax());
    }
    read_own_precision(node, "layer '" + layer.name.name + "'", layer);
    push(std::move(layer));
  }

  /// scores and mix.
  void parse_product(const YamlNode& node, const std::string& key, LayerSpec& layer) {
    const std::string what = "a " + key + " layer";
    check_map(node, what, {key, "name", "heads", "kv_heads", "precision"});
    layer.inputs = read_operands(*node.find(key), key);
    if (layer.inputs.size() > 2) {
      throw SourceError(layer.inputs[2].where, "'" + key + "' needs two layers");
    }
    layer.name = read_name(require(node, what, "name"));
    layer.heads = read_int(require(node, what, "heads"), "heads", 1, kMaxHeads);
    layer.kv_heads = layer.heads;
    if (const YamlNode* const kv_heads = node.find("kv_heads")) {
      layer.kv_heads = read_int(*kv_heads, "kv_heads", 1, kMaxHeads);
      if (layer.kv_heads != 1 && layer.kv_heads != layer.heads) {
        throw SourceError(kv_heads->where, "'kv_heads' must be 'heads' or 1, not " + describe(*kv_heads));
      }
    }
    read_own_precision(node, "layer '" + layer.name.name + "'", layer);
    push(std::move(layer));
  }

  void read_fields(const YamlNode& node, const std::string& what, LayerSpec& layer) const {
    switch (layer.type) {
      case LayerType::dense: {
        layer.units = read_int(require(node, what, "units"), "units", 1, kMaxUnits);
        read_function(node, "activation", functions_and({"none", "softmax"}), layer);
        read_use_bias(node, layer);
        break;
      }
      case LayerType::activation:
        layer.function =
            read_choice(require(node, what, "function"), "function", functions_and({"leaky_relu", "clip", "linear"}));
        read_function_keys(node, what, layer);
        break;
      case LayerType::multi_head_attention:
        read_attention(node, what, layer);
        if (const YamlNode* const units = node.find("units")) {
          layer.units = read_int(*units, "units", 1, kMaxUnits);
        }
        break;
      case LayerType::layer_norm:
      case LayerType::rms_norm:
        read_epsilon(node, kLayerNormEpsilon, layer);
        break;
      case LayerType::batch_norm:
        read_epsilon(node, kBatchNormEpsilon, layer);
        break;
      case LayerType::feed_forward:
        layer.function = "relu";
        layer.hidden = read_int(require(node, what, "hidden"), "hidden", 1, kMaxUnits);
        read_function(node, "activation", functions_without_softmax(), layer);
        read_use_bias(node, layer);
        break;
      case LayerType::pool:
        layer.function = read_choice(require(node, what, "mode"), "mode", {"mean", "sum", "max"});
        break;
      case LayerType::affine:
        read_use_bias(node, layer);
        break;
      case LayerType::quantize:
        read_quantize(node, what, layer.quantize);
        break;
      case LayerType::softmax:
        read_softmax(node, what, layer);
        break;
      case LayerType::add:
      case LayerType::concat:
      case LayerType::scores:
      case LayerType::mix:
      case LayerType::flatten:
      case LayerType::argmax:
        break;
    }
  }

  static void read_function(const YamlNode& node, const std::string& key, const std::vector<std::string>& choices,
                            LayerSpec& layer) {
    if (const YamlNode* const value = node.find(key)) {
      layer.function = read_choice(*value, key, choices);
    }
  }

  /// The keys that only one function has.
  static void read_function_keys(const YamlNode& node, const std::string& what, LayerSpec& layer) {
    const std::map<std::string, std::string> owners = {{"low", "clip"}, {"high", "clip"}, {"slope", "leaky_relu"}};
    for (const auto& [key, owner] : owners) {
      const YamlNode* const value = node.find(key);
      if (value != nullptr && layer.function != owner) {
        throw SourceError(value->where, fmt::format("'{}' belongs to 'function: {}'", key, owner));
      }
    }
    if (layer.function == "clip") {
      layer.low = read_number(require(node, what, "low"), "low", -kMaxReal, kMaxReal);
      layer.high = read_number(require(node, what, "high"), "high", layer.low, kMaxReal);
    } else if (layer.function == "leaky_relu") {
      layer.slope = read_number(require(node, what, "slope"), "slope", -kMaxReal, kMaxReal);
    }
  }

  /// One of the four forms, told apart by a key that only it has.
  static void read_quantize(const YamlNode& node, const std::string& what, QuantizeSpec& quantize) {
    using Form = QuantizeSpec::Form;
    struct FormKeys {
      Form form;
      std::string first;
      std::vector<std::string> others;
    };
    static const std::vector<FormKeys> kForms = {
        {Form::format, "format", {}},
        {Form::per_feature, "formats", {"signed", "rounding", "overflow"}},
        {Form::bipolar, "bipolar", {"scale"}},
        {Form::scaled, "signed", {"bits", "scale", "zero_point", "narrow", "low", "high", "rounding"}}};
    const auto form = std::find_if(kForms.begin(), kForms.end(),
                                   [&](const FormKeys& keys) { return node.find(keys.first) != nullptr; });
    if (form == kForms.end()) {
      throw SourceError(node.where,
                        what + " needs 'format', 'formats', 'signed' (with 'bits' and 'scale') or 'bipolar'");
    }
    std::vector<std::string> known = {"name", "type", "input", "precision", form->first};
    known.insert(known.end(), form->others.begin(), form->others.end());
    check_map(node, what + " with '" + form->first + "'", known);
    quantize.form = form->form;
    read_form(node, quantize);
  }

  static void read_form(const YamlNode& node, QuantizeSpec& quantize) {
    using Form = QuantizeSpec::Form;
    quantize.quantizer.rounding = Rounding::rnd_conv;
    if (const YamlNode* const format = node.find("format")) {
      const FormatSpec spec = read_format(*format, "format");
      if (spec.automatic) {
        throw SourceError(format->where, "'format' of a quantize layer must be fixed<W,I> or ufixed<W,I>");
      }
      quantize.quantizer = spec.quantizer;
    }
    if (const YamlNode* const formats = node.find("formats")) {
      const bool per_token = read_choice(*formats, "formats", {"per_feature", "per_token"}) == "per_token";
      quantize.form = per_token ? Form::per_token : Form::per_feature;
    }
    if (const YamlNode* const bipolar = node.find("bipolar")) {
      if (!read_bool(*bipolar, "bipolar")) {
        throw SourceError(bipolar->where, "'bipolar' is true or not there");
      }
      quantize.quantizer.rounding = Rounding::trn;
    }
    if (const YamlNode* const is_signed = node.find("signed")) {
      quantize.quantizer.format.is_signed = read_bool(*is_signed, "signed");
    }
    if (const YamlNode* const narrow = node.find("narrow")) {
      quantize.narrow = read_bool(*narrow, "narrow");
    }
    if (const YamlNode* const rounding = node.find("rounding")) {
      const std::vector<std::string> names(kRoundingNames.begin(), kRoundingNames.end());
      quantize.quantizer.rounding = *parse_rounding(read_choice(*rounding, "rounding", names));
    }
    if (const YamlNode* const overflow = node.find("overflow")) {
      const std::string text = read_choice(*overflow, "overflow", {"wrap", "sat", "sat_sym"});
      quantize.quantizer.overflow = text == "wrap" ? Overflow::wrap : text == "sat" ? Overflow::sat : Overflow::sat_sym;
    }
    if (const YamlNode* const bits = node.find("bits")) {
      quantize.bits = read_int(*bits, "bits", 1, quantize.form == Form::scaled ? kMaxCodeBits : 1);
    }
    read_optional(node, "scale", kLeastScale, quantize.scale);
    read_optional(node, "zero_point", -kMaxReal, quantize.zero_point);
    read_optional(node, "low", -kMaxReal, quantize.low);
    read_optional(node, "high", -kMaxReal, quantize.high);
  }

  static void read_softmax(const YamlNode& node, const std::string& what, LayerSpec& layer) {
    if (const YamlNode* const groups = node.find("groups")) {
      layer.groups = read_int(*groups, "groups", 1, kMaxHeads);
    }
    if (const YamlNode* const masked = node.find("masked")) {
      layer.masked = read_bool(*masked, "masked");
    }
    read_softmax_tables(node, what, layer);
  }

  /// The keys of a softmax by tables: all of them or none.
  static void read_softmax_tables(const YamlNode& node, const std::string& what, LayerSpec& layer) {
    const std::vector<const char*> keys = {"exp_index", "exp_frac", "inv_index", "inv_frac"};
    if (std::none_of(keys.begin(), keys.end(), [&](const char* key) { return node.find(key) != nullptr; })) {
      return;
    }
    const std::string tables = what + " with tables";
    SoftmaxTableSpec spec;
    spec.exp_index = read_index(require(node, tables, "exp_index"), "exp_index");
    spec.exp_frac = read_int(require(node, tables, "exp_frac"), "exp_frac", 0, kMaxTableFrac);
    spec.inv_index = read_index(require(node, tables, "inv_index"), "inv_index");
    spec.inv_frac = read_int(require(node, tables, "inv_frac"), "inv_frac", 0, kMaxTableFrac);
    layer.softmax_tables = spec;
  }

  /// The format that makes the address of a table.
  static Quantizer read_index(const YamlNode& node, const std::string& key) {
    const FormatSpec spec = read_format(node, key);
    if (spec.automatic || spec.quantizer.format.width > kMaxTableBits) {
      throw SourceError(node.where, "'" + key + "' must be fixed<W,I> or ufixed<W,I> with W up to " +
                                        std::to_string(kMaxTableBits) + ", not " + describe(node));
    }
    return spec.quantizer;
  }

  static void read_optional(const YamlNode& node, const std::string& key, double least, std::optional<double>& value) {
    if (const YamlNode* const found = node.find(key)) {
      value = read_number(*found, key, least, kMaxReal);
    }
  }

  static void read_use_bias(const YamlNode& node, LayerSpec& layer) {
    if (const YamlNode* const value = node.find("use_bias")) {
      layer.use_bias = read_bool(*value, "use_bias");
    }
  }

  static void read_epsilon(const YamlNode& node, double otherwise, LayerSpec& layer) {
    const YamlNode* const value = node.find("epsilon");
    layer.epsilon = value == nullptr ? otherwise : read_number(*value, "epsilon", 0, 1);
  }

  static void read_attention(const YamlNode& node, const std::string& what, LayerSpec& layer) {
    layer.heads = read_int(require(node, what, "heads"), "heads", 1, kMaxHeads);
    if (const YamlNode* const value = node.find("key_dim")) {
      layer.key_dim = read_int(*value, "key_dim", 1, kMaxHeadDim);
    }
    if (const YamlNode* const value = node.find("value_dim")) {
      layer.value_dim = read_int(*value, "value_dim", 1, kMaxHeadDim);
    }
    if (const YamlNode* const value = node.find("row_max")) {
      const std::string text = read_choice(*value, "row_max", {"auto", "true", "false"});
      layer.row_max = text == "auto" ? std::nullopt : std::optional<bool>(text == "true");
    }
    if (const YamlNode* const value = node.find("projection")) {
      layer.projection = read_choice(*value, "projection", {"auto", "merged", "separate"});
    }
    read_use_bias(node, layer);
  }

  void parse_block(const YamlNode& node, const std::string& what, const LayerSpec& block) {
    LayerSpec attention = block;
    attention.type = LayerType::multi_head_attention;
    read_attention(node, what, attention);
    LayerSpec feed_forward = block;
    feed_forward.type = LayerType::feed_forward;
    feed_forward.function = "relu";
    feed_forward.use_bias = attention.use_bias;
    feed_forward.hidden = read_int(require(node, what, "hidden"), "hidden", 1, kMaxUnits);
    read_function(node, "activation", functions_without_softmax(), feed_forward);
    LayerSpec norm = block;
    norm.type = LayerType::layer_norm;
    read_epsilon(node, kLayerNormEpsilon, norm);
    const std::string placement = read_choice(require(node, what, "norm"), "norm", {"pre", "post", "none"});

    const YamlNode* const repeat = node.find("repeat");
    const int count = repeat == nullptr ? 1 : read_int(*repeat, "repeat", 1, kMaxRepeat);
    NameRef input = block.inputs[0];
    for (int i = 0; i < count; ++i) {
      const NameRef name = {block.name.name + (repeat == nullptr ? "" : std::to_string(i)), block.name.where};
      claim(name);
      const std::string output = push_block(name, input, placement, attention, feed_forward, norm);
      list_.aliases[name.name] = output;
      input = {output, block.where};
    }
    if (repeat != nullptr) {
      claim(block.name);
      list_.aliases[block.name.name] = input.name;
    }
  }

  /// Adds the layers of one block; returns the name of the last.
  std::string push_block(const NameRef& block, const NameRef& input, const std::string& placement,
                         const LayerSpec& attention, const LayerSpec& feed_forward, const LayerSpec& norm) {
    const auto push_part = [&](LayerSpec part, const char* suffix, const std::vector<NameRef>& inputs) {
      part.name = {block.name + suffix, block.where};
      part.inputs = inputs;
      NameRef result = {part.name.name, part.where};
      push(std::move(part));
      return result;
    };
    LayerSpec sum = norm;
    sum.type = LayerType::add;
    const bool pre = placement == "pre";
    const bool post = placement == "post";
    const NameRef normed1 = pre ? push_part(norm, ".norm1", {input}) : input;
    const NameRef attended = push_part(attention, ".attn", {normed1});
    NameRef middle = push_part(sum, ".add1", {input, attended});
    if (post) {
      middle = push_part(norm, ".norm1", {middle});
    }
    const NameRef normed2 = pre ? push_part(norm, ".norm2", {middle}) : middle;
    const NameRef fed = push_part(feed_forward, ".ffn", {normed2});
    NameRef result = push_part(sum, ".add2", {middle, fed});
    if (post) {
      result = push_part(norm, ".norm2", {result});
    }
    return result.name;
  }

  LayerList list_;
  std::set<std::string> names_;
  std::string previous_ = kEventName;
  int adds_ = 0;
};

}  // namespace

LayerList parse_layers(const YamlNode& node) { return LayerParser().parse(node); }

}  // namespace rtlgen
