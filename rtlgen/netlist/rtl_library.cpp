#include "rtlgen/netlist/rtl_library.hpp"

#include <cctype>
#include <string_view>
#include <vector>

namespace rtlgen {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

/// The first word of a line that has an instance, `name #(` or `name instance (`, or any other with these forms.
std::string_view first_word(std::string_view line) {
  const std::size_t begin = line.find_first_not_of(' ');
  if (begin == std::string_view::npos) {
    return {};
  }
  std::size_t end = begin;
  while (end < line.size() && is_word(line[end])) {
    ++end;
  }
  const std::size_t next = line.find_first_not_of(' ', end);
  const bool is_instance = next != std::string_view::npos && next > end && (line[next] == '#' || is_word(line[next]));
  return is_instance ? line.substr(begin, end - begin) : std::string_view{};
}

/// Library modules that a text instantiates; what stands in comments does not count.
std::set<std::string> instantiated_modules(std::string_view text) {
  const auto& library = rtl_library();
  std::set<std::string> names;
  bool in_comment = false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (in_comment || line.rfind("/*", 0) == 0) {
      in_comment = line.find("*/") == std::string_view::npos;
      continue;
    }
    const auto found = library.find(std::string(first_word(line)));
    if (found != library.end()) {
      names.insert(found->first);
    }
  }
  return names;
}

}  // namespace

void add_library_modules(std::map<std::string, std::string>& files) {
  std::vector<std::string> open;
  for (const auto& file : files) {
    open.push_back(file.first);
  }
  while (!open.empty()) {
    const std::set<std::string> used = instantiated_modules(files.at(open.back()));
    open.pop_back();
    for (const std::string& name : used) {
      if (files.emplace(name, rtl_library().at(name)).second) {
        open.push_back(name);
      }
    }
  }
}

}  // namespace rtlgen
