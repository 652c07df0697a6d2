#include "ir/numerics/format.hpp"

#include <charconv>
#include <vector>

namespace rtlgen {
namespace {

constexpr int kMaxIntegerBits = 64;

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
    text.remove_prefix(1);
  }
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) {
    text.remove_suffix(1);
  }
  return text;
}

std::optional<int> parse_int(std::string_view text) {
  int value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc() || stop != end) {
    return std::nullopt;
  }
  return value;
}

std::optional<Overflow> parse_overflow(std::string_view text) {
  if (text == "wrap") return Overflow::wrap;
  if (text == "sat") return Overflow::sat;
  if (text == "sat_sym") return Overflow::sat_sym;
  return std::nullopt;
}

std::vector<std::string_view> split_arguments(std::string_view text) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t comma = text.find(',');
    parts.push_back(trim(text.substr(0, comma)));
    if (comma == std::string_view::npos) {
      return parts;
    }
    text.remove_prefix(comma + 1);
  }
}

/// Reads the modes that follow the numbers; false where one is unknown.
bool parse_modes(const std::vector<std::string_view>& arguments, std::size_t first, Quantizer& quantizer,
                 std::string& problem) {
  if (arguments.size() > first) {
    const std::optional<Rounding> rounding = parse_rounding(arguments[first]);
    if (!rounding) {
      problem = "unknown rounding '" + std::string(arguments[first]) +
                "': trn, rnd, rnd_conv, ceil, trn_zero, away, rnd_zero, rnd_inf or rnd_min_inf";
      return false;
    }
    quantizer.rounding = *rounding;
  }
  if (arguments.size() > first + 1) {
    const std::optional<Overflow> overflow = parse_overflow(arguments[first + 1]);
    if (!overflow) {
      problem = "unknown overflow '" + std::string(arguments[first + 1]) + "': wrap, sat or sat_sym";
      return false;
    }
    quantizer.overflow = *overflow;
  }
  return true;
}

}  // namespace

std::optional<Rounding> parse_rounding(std::string_view text) {
  for (std::size_t i = 0; i < kRoundingNames.size(); ++i) {
    if (text == kRoundingNames[i]) {
      return static_cast<Rounding>(i);
    }
  }
  return std::nullopt;
}

std::optional<FormatSpec> parse_format(std::string_view text, std::string& problem) {
  const std::string whole(trim(text));
  const std::string_view body = whole;
  const std::size_t open = body.find('<');
  const std::string_view kind = trim(body.substr(0, open));
  const bool automatic = kind == "auto";
  if (open == std::string_view::npos || body.back() != '>' || (!automatic && kind != "fixed" && kind != "ufixed")) {
    problem = "'" + whole + "' is not a format: fixed<W,I>, ufixed<W,I> or auto<bits>";
    return std::nullopt;
  }
  const auto arguments = split_arguments(body.substr(open + 1, body.size() - open - 2));
  const std::size_t numbers = automatic ? 1 : 2;
  if (arguments.size() < numbers || arguments.size() > numbers + 2) {
    problem = "'" + whole + "' must have " + (automatic ? "one number" : "two numbers") +
              " and at most a rounding and an overflow mode";
    return std::nullopt;
  }
  const std::optional<int> width = parse_int(arguments[0]);
  if (!width || *width < 1 || *width > kMaxFormatWidth) {
    problem = "the width of '" + whole + "' must be a whole number from 1 to " + std::to_string(kMaxFormatWidth);
    return std::nullopt;
  }
  FormatSpec spec;
  spec.automatic = automatic;
  spec.bits = *width;
  spec.quantizer.format.width = *width;
  spec.quantizer.format.is_signed = kind != "ufixed";
  if (!automatic) {
    const std::optional<int> integer = parse_int(arguments[1]);
    if (!integer || *integer < -kMaxIntegerBits || *integer > kMaxIntegerBits) {
      problem = "the integer bits of '" + whole + "' must be a whole number from -64 to 64";
      return std::nullopt;
    }
    spec.quantizer.format.integer = *integer;
  }
  if (!parse_modes(arguments, numbers, spec.quantizer, problem)) {
    return std::nullopt;
  }
  return spec;
}

std::string to_string(const Quantizer& quantizer) {
  static constexpr const char* kOverflow[] = {"wrap", "sat", "sat_sym"};
  std::string text = to_string(quantizer.format);
  text.pop_back();
  return text + ',' + kRoundingNames[static_cast<std::size_t>(quantizer.rounding)] + ',' +
         kOverflow[static_cast<std::size_t>(quantizer.overflow)] + '>';
}

std::string to_string(const Format& format) {
  return (format.is_signed ? "fixed<" : "ufixed<") + std::to_string(format.width) + ',' +
         std::to_string(format.integer) + '>';
}

}  // namespace rtlgen
