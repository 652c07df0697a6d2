// Whole files as bytes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace rtlgen {

/// Reads the regular file `path`, of at most `limit` bytes; throws SourceError (a folder, no such file, too large).
std::string read_file_bytes(const std::string& path, std::size_t limit);

/// Writes `bytes` to `path`; throws SourceError.
void write_file_bytes(const std::string& path, std::string_view bytes);

/// Why `path` cannot be read as a regular file, or an empty text where it can.
std::string why_unreadable(const std::string& path);

}  // namespace rtlgen
