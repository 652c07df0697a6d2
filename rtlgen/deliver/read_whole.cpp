#include "rtlgen/deliver/read_whole.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>

namespace rtlgen {

std::string read_whole(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace rtlgen
