// The `precision` part of a model: defaults, and what patterns say of layers by name.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rtlgen/frontend/yaml_node.hpp"
#include "rtlgen/model/model.hpp"

namespace rtlgen {

/// Reads a map of precision keys; `what` names it in messages. Sets `first_automatic` where it is empty to the place of
/// the first `auto` format that only events can settle.
Precision read_precision(const YamlNode& node, const std::string& what, std::optional<SourceLocation>& first_automatic);

/// Whether `name` matches `pattern`, in which `*` stands for any text and `?` for any character.
bool matches_glob(const std::string& pattern, const std::string& name);

/// Defaults and patterns.
class PrecisionTable {
 public:
  /// Reads the value of `precision`.
  static PrecisionTable read(const YamlNode& node);

  /// What holds for layers of which nothing else is said.
  const Precision& defaults() const { return defaults_; }
  /// The place of the first `auto` format that only events can settle.
  const std::optional<SourceLocation>& first_automatic() const { return first_automatic_; }
  /// What is said of layer `name`: patterns with wildcards in their order, then `own`, then the entry of exactly this
  /// name.
  Precision resolve(const std::string& name, const Precision& own) const;
  /// Whether an entry speaks of `name` but not of `other`.
  bool distinguishes(const std::string& name, const std::string& other) const;
  /// Throws where a pattern matches none of `names`.
  void check_matches(const std::vector<std::string>& names) const;

 private:
  struct Entry {
    std::string pattern;
    bool exact = false;
    Precision precision;
    SourceLocation where;
  };

  Precision defaults_;
  std::vector<Entry> entries_;
  std::optional<SourceLocation> first_automatic_;
};

/// `base` with everything that `over` has.
Precision overlay(const Precision& base, const Precision& over);

}  // namespace rtlgen
