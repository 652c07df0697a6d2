#include "rtlgen/frontend/layer_parser.hpp"

#include <algorithm>
#include <set>

#include "rtlgen/files/nearest.hpp"
#include "rtlgen/frontend/layer_types.hpp"
#include "rtlgen/frontend/precision_table.hpp"
#include "rtlgen/frontend/transformer_block.hpp"

namespace rtlgen {
namespace {

constexpr std::size_t kMaxLayers = 2048;
constexpr std::size_t kMaxName = 64;

std::vector<std::string> type_names() {
  std::vector<std::string> names;
  for (const LayerType& type : layer_types()) {
    names.push_back(type.name);
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

std::string read_type(const YamlNode& node) {
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

NameRef read_name(const YamlNode& node) {
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

std::vector<NameRef> read_operands(const YamlNode& node, const std::string& key) {
  const std::vector<YamlNode>& items = read_list(node, key);
  if (items.size() < 2) {
    throw SourceError(node.where, "'" + key + "' needs two or more layers");
  }
  std::vector<NameRef> operands;
  operands.reserve(items.size());
  for (const YamlNode& item : items) {
    operands.push_back({read_text(item, key), item.where});
  }
  if (operands.size() > 2 && (key == "scores" || key == "mix")) {
    throw SourceError(operands[2].where, "'" + key + "' needs two layers");
  }
  return operands;
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
    const auto& types = operand_types();
    const auto type = std::find_if(types.begin(), types.end(),
                                   [&](const LayerType& candidate) { return node.find(candidate.name) != nullptr; });
    if (type != types.end()) {
      parse_combination(node, *type);
    } else {
      parse_typed(node);
    }
  }

  /// `NAME: [a, b]`.
  void parse_combination(const YamlNode& node, const LayerType& type) {
    const std::string what = (type.name == "add" ? "an " : "a ") + type.name + " layer";
    std::vector<std::string> keys = {type.name, "name"};
    keys.insert(keys.end(), type.keys.begin(), type.keys.end());
    keys.emplace_back("precision");
    check_map(node, what, keys);
    LayerSpec layer;
    layer.where = node.where;
    layer.inputs = read_operands(*node.find(type.name), type.name);
    adds_ += type.name == "add" ? 1 : 0;
    layer.name = type.name == "add" && node.find("name") == nullptr ? NameRef{"add" + std::to_string(adds_), node.where}
                                                                    : read_name(require(node, what, "name"));
    layer.what = type.read(LayerKeys(node, what));
    read_own_precision(node, "layer '" + layer.name.name + "'", layer);
    push(std::move(layer));
  }

  /// `type: NAME`.
  void parse_typed(const YamlNode& node) {
    const YamlNode* const name = node.find("name");
    const std::string what =
        name != nullptr && name->kind == YamlNode::Kind::scalar ? "layer '" + name->text + "'" : "a layer";
    const std::string type_name = read_type(require(node, what, "type"));
    const auto& types = layer_types();
    const auto type = std::find_if(types.begin(), types.end(),
                                   [&](const LayerType& candidate) { return candidate.name == type_name; });
    const std::vector<std::string>& more = type == types.end() ? block_keys() : type->keys;
    std::vector<std::string> keys = {"name", "type", "input", "precision"};
    keys.insert(keys.end(), more.begin(), more.end());
    check_map(node, what, keys);
    LayerSpec layer;
    layer.where = node.where;
    layer.name = read_name(require(node, what, "name"));
    layer.inputs = {read_input(node)};
    read_own_precision(node, what, layer);
    if (type == types.end()) {
      push_blocks(read_block(LayerKeys(node, what)), layer);
      return;
    }
    layer.what = type->read(LayerKeys(node, what));
    push(std::move(layer));
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

  /// Adds the layers of a block that goes by the name, inputs and precision of `named`, as often as it is repeated.
  void push_blocks(const BlockSpec& block, const LayerSpec& named) {
    LayerSpec one = named;
    for (int i = 0; i < block.repeat.value_or(1); ++i) {
      one.name.name = named.name.name + (block.repeat ? std::to_string(i) : "");
      claim(one.name);
      for (LayerSpec& layer : block_layers(block, one)) {
        push(std::move(layer));
      }
      list_.aliases[one.name.name] = previous_;
      one.inputs = {{previous_, named.where}};
    }
    if (block.repeat) {
      claim(named.name);
      list_.aliases[named.name.name] = previous_;
    }
  }

  LayerList list_;
  std::set<std::string> names_;
  std::string previous_ = kEventName;
  int adds_ = 0;
};

}  // namespace

LayerList parse_layers(const YamlNode& node) { return LayerParser().parse(node); }

}  // namespace rtlgen
