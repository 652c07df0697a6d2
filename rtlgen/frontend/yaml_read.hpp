// Typed values out of a YAML tree, with errors at the place of the offending key or value.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "ir/numerics/format.hpp"
#include "rtlgen/frontend/yaml_node.hpp"

namespace rtlgen {

/// Throws where `node` is no map, or has a key that is not in `known`. `what` names the map: `layer 'embed'`.
void check_map(const YamlNode& node, const std::string& what, const std::vector<std::string>& known);

/// The value of a key that must be there.
const YamlNode& require(const YamlNode& map, const std::string& what, const std::string& key);

/// A text; `key` names it in messages (as in all functions below).
std::string read_text(const YamlNode& node, const std::string& key);

/// A whole number from `low` to `high`.
int read_int(const YamlNode& node, const std::string& key, int low, int high);

/// A whole number from `low` to `high`, or one of the words in `choices`.
std::variant<int, std::string> read_int_or_choice(const YamlNode& node, const std::string& key, int low, int high,
                                                  const std::vector<std::string>& choices);

/// A real number from `low` to `high`.
double read_number(const YamlNode& node, const std::string& key, double low, double high);

/// true or false.
bool read_bool(const YamlNode& node, const std::string& key);

/// One of the words in `choices`.
std::string read_choice(const YamlNode& node, const std::string& key, const std::vector<std::string>& choices);

/// A number format; for the key `activation` also `exact`.
FormatSpec read_format(const YamlNode& node, const std::string& key);

/// The elements of a list.
const std::vector<YamlNode>& read_list(const YamlNode& node, const std::string& key);

}  // namespace rtlgen
