#include "ir/source_error.hpp"

#include <algorithm>

namespace rtlgen {
namespace {

std::string render(const SourceLocation& where, const std::string& message) {
  std::string text = where.file;
  if (where.line > 0) {
    text += ':' + std::to_string(where.line) + ':' + std::to_string(where.column);
  }
  if (!text.empty()) {
    text += ": ";
  }
  text += "error: " + message;
  // Quoted YAML keys may hold line feeds and other control characters.
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  return text;
}

}  // namespace

SourceError::SourceError(const SourceLocation& where, const std::string& message)
    : std::runtime_error(render(where, message)), where_(where), message_(message) {}

}  // namespace rtlgen
