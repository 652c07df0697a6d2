// Values of a Keras configuration, checked as they are read.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace rtlgen {

/// Parses JSON of a limited depth (a parser that recurses must not meet more). Throws KerasProblem.
nlohmann::json parse_keras_json(std::string_view text);

/// The value of `key`; null where it is absent or `config` is no object.
const nlohmann::json& config_value(const nlohmann::json& config, const std::string& key);

/// A whole number in [low, high]; `fallback` where it is absent or null. Throws KerasProblem.
int config_integer(const nlohmann::json& config, const std::string& key, int fallback, int low, int high);

/// A finite number; `fallback` where it is absent or null. Throws KerasProblem.
double config_number(const nlohmann::json& config, const std::string& key, double fallback);

/// true or false, also as 1 or 0; `fallback` where it is absent or null. Throws KerasProblem.
bool config_flag(const nlohmann::json& config, const std::string& key, bool fallback);

/// A text; `fallback` where it is absent or null. Throws KerasProblem.
std::string config_text(const nlohmann::json& config, const std::string& key, const std::string& fallback);

/// A value as it is shown in messages: its JSON, cut where it is long.
std::string config_shown(const nlohmann::json& value);

}  // namespace rtlgen
