#include "rtlgen/frontend/precision_table.hpp"

#include <algorithm>

#include "rtlgen/files/nearest.hpp"
#include "rtlgen/frontend/yaml_read.hpp"

namespace rtlgen {
namespace {

constexpr int kMaxExpBits = 32;
constexpr int kMaxTableBits = 16;

const std::vector<std::string>& precision_keys() {
  static const std::vector<std::string> kKeys = {"weight", "bias",     "activation",     "accumulator",
                                                 "score",  "exp_bits", "exp_index_bits", "table_bits"};
  return kKeys;
}

template <typename T>
void overlay_value(std::optional<T>& base, const std::optional<T>& over) {
  if (over) {
    base = over;
  }
}

}  // namespace

Precision read_precision(const YamlNode& node, const std::string& what,
                         std::optional<SourceLocation>& first_automatic) {
  check_map(node, what, precision_keys());
  Precision precision;
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const std::string& key = node.keys[i].text;
    const YamlNode& value = node.items[i];
    if (key == "exp_bits") {
      precision.exp_bits = read_int(value, key, 2, kMaxExpBits);
    } else if (key == "exp_index_bits") {
      precision.exp_index_bits = read_int(value, key, 1, kMaxTableBits);
    } else if (key == "table_bits") {
      precision.table_bits = read_int(value, key, 2, kMaxTableBits);
    } else {
      const FormatSpec spec = read_format(value, key);
      const bool from_events = key != "weight" && key != "bias";
      if (spec.automatic && from_events && !first_automatic) {
        first_automatic = value.where;
      }
      (key == "weight"       ? precision.weight
       : key == "bias"       ? precision.bias
       : key == "activation" ? precision.activation
       : key == "score"      ? precision.score
                             : precision.accumulator) = spec;
    }
  }
  return precision;
}

bool matches_glob(const std::string& pattern, const std::string& name) {
  std::size_t p = 0;
  std::size_t n = 0;
  std::size_t star = std::string::npos;
  std::size_t resume = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p;
      ++n;
    } else if (star != std::string::npos) {
      p = star + 1;
      n = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') {
    ++p;
  }
  return p == pattern.size();
}

Precision overlay(const Precision& base, const Precision& over) {
  Precision result = base;
  overlay_value(result.weight, over.weight);
  overlay_value(result.bias, over.bias);
  overlay_value(result.activation, over.activation);
  overlay_value(result.accumulator, over.accumulator);
  overlay_value(result.score, over.score);
  overlay_value(result.exp_bits, over.exp_bits);
  overlay_value(result.exp_index_bits, over.exp_index_bits);
  overlay_value(result.table_bits, over.table_bits);
  return result;
}

PrecisionTable PrecisionTable::read(const YamlNode& node) {
  PrecisionTable table;
  check_map(node, "'precision'", {"default", "layers"});
  if (const YamlNode* const defaults = node.find("default")) {
    table.defaults_ = read_precision(*defaults, "'precision.default'", table.first_automatic_);
  }
  if (const YamlNode* const layers = node.find("layers")) {
    if (layers->kind != YamlNode::Kind::map) {
      throw SourceError(layers->where,
                        "'precision.layers' must be a map from layer names to formats, not " + describe(*layers));
    }
    for (std::size_t i = 0; i < layers->keys.size(); ++i) {
      Entry entry;
      entry.pattern = layers->keys[i].text;
      entry.exact = entry.pattern.find_first_of("*?") == std::string::npos;
      entry.where = layers->keys[i].where;
      entry.precision =
          read_precision(layers->items[i], "'precision.layers." + entry.pattern + "'", table.first_automatic_);
      table.entries_.push_back(std::move(entry));
    }
  }
  return table;
}

Precision PrecisionTable::resolve(const std::string& name, const Precision& own) const {
  Precision result;
  for (const Entry& entry : entries_) {
    if (!entry.exact && matches_glob(entry.pattern, name)) {
      result = overlay(result, entry.precision);
    }
  }
  result = overlay(result, own);
  for (const Entry& entry : entries_) {
    if (entry.exact && entry.pattern == name) {
      result = overlay(result, entry.precision);
    }
  }
  return result;
}

bool PrecisionTable::distinguishes(const std::string& name, const std::string& other) const {
  return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return matches_glob(entry.pattern, name) && !matches_glob(entry.pattern, other);
  });
}

void PrecisionTable::check_matches(const std::vector<std::string>& names) const {
  for (const Entry& entry : entries_) {
    const bool found = std::any_of(names.begin(), names.end(),
                                   [&](const std::string& name) { return matches_glob(entry.pattern, name); });
    if (!found) {
      throw SourceError(entry.where, "'" + entry.pattern + "' matches no layer" + did_you_mean(entry.pattern, names));
    }
  }
}

}  // namespace rtlgen
