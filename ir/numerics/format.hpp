// Fixed-point formats as text, and as a user asks for them.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "ir/numerics/fixed_point.hpp"

namespace rtlgen {

/// The text form of every rounding, by number.
constexpr std::array<const char*, 9> kRoundingNames = {"trn",  "rnd",      "rnd_conv", "ceil",       "trn_zero",
                                                       "away", "rnd_zero", "rnd_inf",  "rnd_min_inf"};

/// What a user asks for: a quantizer spelled out, `auto<bits>` whose binary point is calibrated, or nothing at all
/// (exact).
struct FormatSpec {
  bool exact = false;  ///< no rounding at all: only a layer's output may be so
  bool automatic = true;
  int bits = 16;        ///< total bits; used when automatic
  Quantizer quantizer;  ///< its format is used when not automatic, its modes always
};

/// Widest format accepted from a user.
constexpr int kMaxFormatWidth = 48;

/// Parses `fixed<W,I[,rounding[,overflow]]>`, `ufixed<...>` or `auto<bits[,rounding[,overflow]]>`; modes default to rnd
/// and sat. Returns nothing and sets `problem` to one sentence where the text is not such a format or its numbers are
/// impossible (width outside 1..48, |I| > 64).
std::optional<FormatSpec> parse_format(std::string_view text, std::string& problem);

/// The rounding of that name.
std::optional<Rounding> parse_rounding(std::string_view text);

/// The text form: `fixed<8,3,rnd,sat>`.
std::string to_string(const Quantizer& quantizer);
/// The text form without modes: `fixed<8,3>`.
std::string to_string(const Format& format);

}  // namespace rtlgen
