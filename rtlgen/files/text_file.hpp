// Files of text.
#pragma once

#include <filesystem>
#include <string>

namespace rtlgen {

/// Writes a text file. Throws SourceError where that fails.
void write_file(const std::filesystem::path& path, const std::string& text);

}  // namespace rtlgen
