#include "rtlgen/import/keras_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "rtlgen/import/keras_problem.hpp"

namespace rtlgen {
namespace {

/// Far deeper than any model of models.
constexpr int kMostDepth = 256;
constexpr std::size_t kMostJsonBytes = std::size_t{1} << 24;
constexpr std::size_t kShownCharacters = 60;

[[noreturn]] void fail(const std::string& key, const nlohmann::json& value, const std::string& expected) {
  throw KerasProblem(fmt::format("{}: {}, expected {}", key, config_shown(value), expected));
}

}  // namespace

nlohmann::json parse_keras_json(std::string_view text) {
  if (text.size() > kMostJsonBytes) {
    throw KerasProblem("the configuration is larger than 16 MiB");
  }
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '\\') {
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && (c == '{' || c == '[')) {
      if (++depth > kMostDepth) {
        throw KerasProblem("the configuration is nested too deep");
      }
    } else if (!quoted && (c == '}' || c == ']')) {
      --depth;
    }
  }
  nlohmann::json parsed = nlohmann::json::parse(text, nullptr, false);
  if (parsed.is_discarded()) {
    throw KerasProblem("the configuration is not JSON");
  }
  return parsed;
}

const nlohmann::json& config_value(const nlohmann::json& config, const std::string& key) {
  static const nlohmann::json kNull;
  if (!config.is_object()) {
    return kNull;
  }
  const auto at = config.find(key);
  return at == config.end() ? kNull : *at;
}

int config_integer(const nlohmann::json& config, const std::string& key, int fallback, int low, int high) {
  const nlohmann::json& value = config_value(config, key);
  if (value.is_null()) {
    return fallback;
  }
  // Python writes 6.0 where a number came out of NumPy.
  const double number = value.is_number() ? value.get<double>() : std::nan("");
  if (!(number >= low && number <= high) || number != std::floor(number)) {
    fail(key, value, fmt::format("a whole number from {} to {}", low, high));
  }
  return static_cast<int>(number);
}

double config_number(const nlohmann::json& config, const std::string& key, double fallback) {
  const nlohmann::json& value = config_value(config, key);
  if (value.is_null()) {
    return fallback;
  }
  if (!value.is_number() || !std::isfinite(value.get<double>())) {
    fail(key, value, "a number");
  }
  return value.get<double>();
}

bool config_flag(const nlohmann::json& config, const std::string& key, bool fallback) {
  const nlohmann::json& value = config_value(config, key);
  if (value.is_null()) {
    return fallback;
  }
  if (value.is_boolean()) {
    return value.get<bool>();
  }
  if (!value.is_number() || (value.get<double>() != 0 && value.get<double>() != 1)) {
    fail(key, value, "true or false");
  }
  return value.get<double>() == 1;
}

std::string config_text(const nlohmann::json& config, const std::string& key, const std::string& fallback) {
  const nlohmann::json& value = config_value(config, key);
  if (value.is_null()) {
    return fallback;
  }
  if (!value.is_string()) {
    fail(key, value, "a text");
  }
  return value.get<std::string>();
}

std::string config_shown(const nlohmann::json& value) {
  std::string text = value.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  if (text.size() > kShownCharacters) {
    text = text.substr(0, kShownCharacters) + "..";
  }
  return text;
}

}  // namespace rtlgen
