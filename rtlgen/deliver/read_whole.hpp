// What the steps of synthesis leave for each other.
#pragma once

#include <filesystem>
#include <string>

namespace rtlgen {

/// The text of a file. Throws std::runtime_error where it cannot be read.
std::string read_whole(const std::filesystem::path& path);

}  // namespace rtlgen
