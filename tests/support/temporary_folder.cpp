#include "tests/support/temporary_folder.hpp"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace rtlgen::testing {

namespace fs = std::filesystem;

TemporaryFolder::TemporaryFolder() {
  static int serial = 0;
  path_ = fs::temp_directory_path() / ("rtlgen_test_" + std::to_string(::getpid()) + "_" + std::to_string(serial++));
  fs::create_directories(path_);
}

TemporaryFolder::~TemporaryFolder() {
  if (std::getenv("RTLGEN_KEEP_TEST_FOLDERS") != nullptr) {  // to look into a failure
    return;
  }
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::string read_text(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string source_folder() { return RTLGEN_SOURCE_DIR; }

}  // namespace rtlgen::testing
