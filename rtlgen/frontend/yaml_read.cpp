#include "rtlgen/frontend/yaml_read.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>

#include "rtlgen/files/nearest.hpp"

namespace rtlgen {
namespace {

[[noreturn]] void mistyped(const YamlNode& node, const std::string& key, const std::string& expected) {
  throw SourceError(node.where, "'" + key + "' must be " + expected + ", not " + describe(node));
}

template <typename T>
bool parse_whole(const YamlNode& node, T& value) {
  if (node.kind != YamlNode::Kind::scalar || node.quoted || node.text.empty()) {
    return false;
  }
  const char* const end = node.text.data() + node.text.size();
  const auto [stop, error] = std::from_chars(node.text.data(), end, value);
  return error == std::errc() && stop == end;
}

std::string number_text(double value) {
  std::ostringstream stream;
  stream << value;
  return stream.str();
}

/// Inside `{...}` a comma ends a value, which cuts `fixed<8,3>` in two.
bool is_cut_format(const YamlNode& map, std::size_t index) {
  if (!map.flow || index == 0 || map.items[index].kind != YamlNode::Kind::null || map.keys[index].text.empty()) {
    return false;
  }
  for (std::size_t before = index; before-- > 0;) {
    const YamlNode& value = map.items[before];
    if (value.kind == YamlNode::Kind::scalar) {
      return value.text.find('<') != std::string::npos && value.text.find('>') == std::string::npos;
    }
  }
  return false;
}

}  // namespace

void check_map(const YamlNode& node, const std::string& what, const std::vector<std::string>& known) {
  if (node.kind != YamlNode::Kind::map) {
    throw SourceError(node.where, what + " must be a map of " + join(known) + ", not " + describe(node));
  }
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const YamlKey& key = node.keys[i];
    bool found = false;
    for (const std::string& candidate : known) {
      found = found || key.text == candidate;
    }
    if (found) {
      continue;
    }
    if (is_cut_format(node, i)) {
      throw SourceError(key.where, "a format with a comma must stand in quotes inside {...}: \"fixed<8,3>\"");
    }
    throw SourceError(key.where, "unknown key '" + key.text + "' in " + what + did_you_mean(key.text, known) +
                                     " (known keys: " + join(known) + ")");
  }
}

const YamlNode& require(const YamlNode& map, const std::string& what, const std::string& key) {
  const YamlNode* const value = map.find(key);
  if (value == nullptr) {
    throw SourceError(map.where, "missing key '" + key + "' in " + what);
  }
  return *value;
}

std::string read_text(const YamlNode& node, const std::string& key) {
  if (node.kind != YamlNode::Kind::scalar || node.text.empty()) {
    mistyped(node, key, "a text");
  }
  return node.text;
}

int read_int(const YamlNode& node, const std::string& key, int low, int high) {
  int value = 0;
  if (!parse_whole(node, value) || value < low || value > high) {
    mistyped(node, key, "a whole number from " + std::to_string(low) + " to " + std::to_string(high));
  }
  return value;
}

std::variant<int, std::string> read_int_or_choice(const YamlNode& node, const std::string& key, int low, int high,
                                                  const std::vector<std::string>& choices) {
  if (std::find(choices.begin(), choices.end(), node.text) != choices.end()) {
    return node.text;
  }
  int value = 0;
  if (!parse_whole(node, value) || value < low || value > high) {
    mistyped(node, key, fmt::format("{} or a whole number from {} to {}", fmt::join(choices, ", "), low, high));
  }
  return value;
}

double read_number(const YamlNode& node, const std::string& key, double low, double high) {
  double value = 0;
  if (!parse_whole(node, value) || !(value >= low) || !(value <= high)) {
    mistyped(node, key, "a number from " + number_text(low) + " to " + number_text(high));
  }
  return value;
}

bool read_bool(const YamlNode& node, const std::string& key) {
  if (node.kind == YamlNode::Kind::scalar && !node.quoted) {
    if (node.text == "true") return true;
    if (node.text == "false") return false;
  }
  mistyped(node, key, "true or false");
}

std::string read_choice(const YamlNode& node, const std::string& key, const std::vector<std::string>& choices) {
  if (node.kind == YamlNode::Kind::scalar) {
    for (const std::string& choice : choices) {
      if (node.text == choice) {
        return choice;
      }
    }
  }
  const std::string help = node.kind == YamlNode::Kind::scalar ? did_you_mean(node.text, choices) : "";
  throw SourceError(node.where, "'" + key + "' must be one of " + join(choices) + ", not " + describe(node) + help);
}

FormatSpec read_format(const YamlNode& node, const std::string& key) {
  if (node.kind != YamlNode::Kind::scalar) {
    mistyped(node, key, "a format: fixed<W,I>, ufixed<W,I> or auto<bits>");
  }
  if (node.text.find('<') != std::string::npos && node.text.find('>') == std::string::npos) {
    throw SourceError(node.where, "'" + key + "': " + describe(node) +
                                      " is cut short: a format with a comma must stand in quotes inside {...}");
  }
  std::string problem;
  if (key == "activation" && node.text == "exact") {
    FormatSpec exact;
    exact.exact = true;
    exact.automatic = false;
    return exact;
  }
  const std::optional<FormatSpec> spec = parse_format(node.text, problem);
  if (!spec) {
    throw SourceError(node.where, "'" + key + "': " + problem);
  }
  return *spec;
}

const std::vector<YamlNode>& read_list(const YamlNode& node, const std::string& key) {
  if (node.kind != YamlNode::Kind::list) {
    mistyped(node, key, "a list");
  }
  return node.items;
}

}  // namespace rtlgen
