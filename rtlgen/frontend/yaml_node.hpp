// A YAML document as a plain tree in which every value knows its place.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "ir/source_error.hpp"

namespace rtlgen {

/// The key of a map's entry.
struct YamlKey {
  std::string text;
  SourceLocation where;
};

/// A value of a YAML document. Aliases are already replaced by copies.
struct YamlNode {
  enum class Kind { null, scalar, list, map };

  Kind kind = Kind::null;
  std::string text;             ///< scalar
  bool quoted = false;          ///< scalar: written in quotes, hence not a number or a truth value
  bool flow = false;            ///< list, map: written in brackets
  bool from_override = false;   ///< comes from the command line
  std::vector<YamlKey> keys;    ///< map: keys[i] belongs to items[i]
  std::vector<YamlNode> items;  ///< list, map
  SourceLocation where;

  /// The value of a map's key, or nullptr (also where this is no map).
  const YamlNode* find(std::string_view key) const;
  YamlNode* find(std::string_view key);
};

/// Parses one YAML document. `name` is what errors call the file. Throws SourceError: syntax, duplicate keys, keys that
/// are not plain text, bytes that are not UTF-8, more than one document, too deep or too large.
YamlNode parse_yaml(std::string_view text, const std::string& name);

/// Reads and parses a YAML file.
YamlNode read_yaml(const std::string& path);

/// What a value is, for messages: `the text 'abc'`, `a list`, `a map`, `nothing`.
std::string describe(const YamlNode& node);

}  // namespace rtlgen
