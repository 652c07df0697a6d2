// What a quantize layer says, and the quantizer that comes of it and the weight file.
#pragma once

#include <optional>
#include <string>

#include "rtlgen/frontend/weight_file.hpp"
#include "rtlgen/model/uniform_quantizer.hpp"

namespace rtlgen {

/// What a quantize layer says in the description; numbers that are absent are arrays of the weight file.
struct QuantizeSpec {
  enum class Form {
    format,       ///< one fixed-point format
    per_feature,  ///< fixed-point formats in arrays
    per_token,    ///< the same for each token
    scaled,       ///< integers of some bits, a scale and a zero point
    bipolar,      ///< +scale or -scale
  };
  Form form = Form::format;
  Quantizer quantizer;  ///< format: all of it; per_feature, per_token: modes and sign; scaled: rounding and sign
  bool narrow = false;
  std::optional<int> bits;
  std::optional<double> scale;
  std::optional<double> zero_point;
  std::optional<double> low;  ///< scaled: a limit of the integers
  std::optional<double> high;
};

/// The quantizer of a quantize layer `name` of shape [tokens, features]: what `said` leaves open comes from the arrays
/// `NAME.scale`, `NAME.zero_point`, `NAME.bits`, `NAME.width`, `NAME.integer` and `NAME.signed`, each [features], or
/// [tokens, features] where formats are said to be per token. The result has `features` quantizers, or tokens *
/// features where tokens differ. Errors are at `where`. Throws SourceError.
UniformQuantizer make_quantizer(const QuantizeSpec& said, const std::string& name, const SourceLocation& where,
                                const WeightFile& weights, int tokens, int features);

}  // namespace rtlgen
