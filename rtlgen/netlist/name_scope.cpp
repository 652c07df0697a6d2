#include "rtlgen/netlist/name_scope.hpp"

#include <algorithm>
#include <cctype>

namespace rtlgen {
namespace {

std::string in_small_letters(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
  return name;
}

}  // namespace

void NameScope::reserve(const std::string& name) { taken_.insert(in_small_letters(name)); }

std::string NameScope::make(const std::string& wish) {
  std::string name = wish;
  while (!taken_.insert(in_small_letters(name)).second) {
    name += "_";
  }
  return name;
}

const std::string& NameScope::part(const std::string& owner, const std::string& part) {
  const auto [entry, is_new] = parts_.try_emplace({owner, part});
  if (is_new) {
    entry->second = make(part.empty() ? owner : owner + "_" + part);
  }
  return entry->second;
}

}  // namespace rtlgen
