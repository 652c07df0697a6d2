#include "rtlgen/files/text_file.hpp"

#include <fstream>

#include "ir/source_error.hpp"

namespace rtlgen {

void write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  if (!file.flush()) {
    throw SourceError({path.string()}, "cannot be written");
  }
}

}  // namespace rtlgen
