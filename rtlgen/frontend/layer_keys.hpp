// The keys of a layer of the description, as its type reads them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rtlgen/frontend/yaml_read.hpp"

namespace rtlgen {

constexpr int kMaxUnits = 4096;
constexpr int kMaxHeads = 64;
constexpr double kMaxReal = 0x1p50;  ///< of a scale or a limit

/// Values by key. What is asked for without `otherwise` must be there. All throw SourceError.
class LayerKeys {
 public:
  /// `what` is what messages call the layer.
  LayerKeys(const YamlNode& node, std::string what) : node_(node), what_(std::move(what)) {}

  const YamlNode& node() const { return node_; }
  const std::string& what() const { return what_; }
  const YamlNode* find(const std::string& key) const { return node_.find(key); }
  const YamlNode& need(const std::string& key) const { return require(node_, what_, key); }

  int whole(const std::string& key, int low, int high) const { return read_int(need(key), key, low, high); }
  std::optional<int> maybe_whole(const std::string& key, int low, int high) const;
  double number(const std::string& key, double low, double high) const;
  std::optional<double> maybe_number(const std::string& key, double low, double high) const;
  bool flag(const std::string& key, bool otherwise) const;
  std::string choice(const std::string& key, const std::vector<std::string>& choices) const;
  std::string choice(const std::string& key, const std::vector<std::string>& choices,
                     const std::string& otherwise) const;
  /// A plain function, or one of `others`.
  std::string activation(const std::vector<std::string>& others, const std::string& otherwise) const;

 private:
  const YamlNode& node_;
  std::string what_;
};

/// `others` and the names of functions without parameters.
std::vector<std::string> functions_and(std::vector<std::string> others);

}  // namespace rtlgen
