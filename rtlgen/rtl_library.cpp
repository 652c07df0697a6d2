#include "rtlgen/rtl_library.hpp"

#include <regex>
#include <stdexcept>
#include <vector>

namespace rtlgen {

std::set<std::string> with_dependencies(const std::set<std::string>& modules) {
  // An instance starts a line: `name #(` or `name instance (`.
  const std::regex first_word("(?:^|\\n)[ ]*([A-Za-z_][A-Za-z_0-9]*)[ ]+(?:#|[A-Za-z_])");
  const auto& library = rtl_library();
  std::set<std::string> all;
  std::vector<std::string> open(modules.begin(), modules.end());
  while (!open.empty()) {
    const std::string name = open.back();
    open.pop_back();
    if (!all.insert(name).second) {
      continue;
    }
    const auto found = library.find(name);
    if (found == library.end()) {
      throw std::logic_error("rtl_lib has no module '" + name + "'");
    }
    const std::string& text = found->second;
    for (auto match = std::sregex_iterator(text.begin(), text.end(), first_word); match != std::sregex_iterator();
         ++match) {
      if (library.count((*match)[1]) > 0) {
        open.push_back((*match)[1]);
      }
    }
  }
  return all;
}

}  // namespace rtlgen
