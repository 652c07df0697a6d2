#include "rtlgen/frontend/layer_keys.hpp"

#include "rtlgen/model/activation_functions.hpp"

namespace rtlgen {

std::optional<int> LayerKeys::maybe_whole(const std::string& key, int low, int high) const {
  return find(key) == nullptr ? std::nullopt : std::optional(whole(key, low, high));
}

double LayerKeys::number(const std::string& key, double low, double high) const {
  return read_number(need(key), key, low, high);
}

std::optional<double> LayerKeys::maybe_number(const std::string& key, double low, double high) const {
  return find(key) == nullptr ? std::nullopt : std::optional(number(key, low, high));
}

bool LayerKeys::flag(const std::string& key, bool otherwise) const {
  return find(key) == nullptr ? otherwise : read_bool(need(key), key);
}

std::string LayerKeys::choice(const std::string& key, const std::vector<std::string>& choices) const {
  return read_choice(need(key), key, choices);
}

std::string LayerKeys::choice(const std::string& key, const std::vector<std::string>& choices,
                              const std::string& otherwise) const {
  return find(key) == nullptr ? otherwise : choice(key, choices);
}

std::string LayerKeys::activation(const std::vector<std::string>& others, const std::string& otherwise) const {
  return choice("activation", functions_and(others), otherwise);
}

std::vector<std::string> functions_and(std::vector<std::string> others) {
  others.insert(others.end(), plain_functions().begin(), plain_functions().end());
  return others;
}

}  // namespace rtlgen
