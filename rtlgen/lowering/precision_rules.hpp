// Which format a layer has: its own word, the model's default, then the rule in docs/yaml.md.
#pragma once

#include <optional>

#include "rtlgen/model/layer.hpp"

namespace rtlgen {

/// Where nothing is said, a format is automatic.
class PrecisionRules {
 public:
  /// `defaults`, the model's own, must outlive the rules.
  explicit PrecisionRules(const Precision& defaults) : defaults_(defaults) {}

  FormatSpec weight(const Layer& layer) const { return format(layer, &Precision::weight); }
  FormatSpec bias(const Layer& layer) const { return format(layer, &Precision::bias); }
  FormatSpec activation(const Layer& layer) const { return format(layer, &Precision::activation); }
  /// Nothing: sums are exact.
  std::optional<FormatSpec> accumulator(const Layer& layer) const { return said(layer, &Precision::accumulator); }
  /// Nothing: a format that follows from the scores and exp_index_bits().
  std::optional<FormatSpec> score(const Layer& layer) const { return said(layer, &Precision::score); }

  int activation_bits(const Layer& layer) const;
  /// Address bits of the tables of reciprocals and square roots.
  int table_bits(const Layer& layer) const;
  /// Most address bits of the table of an activation function.
  int function_bits(const Layer& layer) const;
  int exp_bits(const Layer& layer) const;
  int exp_index_bits(const Layer& layer) const;
  bool says_exp_bits(const Layer& layer) const { return said(layer, &Precision::exp_bits).has_value(); }
  bool says_table_bits(const Layer& layer) const { return said(layer, &Precision::table_bits).has_value(); }

 private:
  template <typename T>
  std::optional<T> said(const Layer& layer, std::optional<T> Precision::*which) const {
    return layer.precision.*which ? layer.precision.*which : defaults_.*which;
  }
  FormatSpec format(const Layer& layer, std::optional<FormatSpec> Precision::*which) const;

  const Precision& defaults_;
};

}  // namespace rtlgen
