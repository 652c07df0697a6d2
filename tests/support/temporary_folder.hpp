// A folder that goes away with the test.
#pragma once

#include <filesystem>
#include <string>

namespace rtlgen::testing {

class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  /// Absolute path of a file in it.
  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

/// The whole text of a file; empty where it cannot be read.
std::string read_text(const std::filesystem::path& path);

/// Root of the project's sources.
std::string source_folder();

}  // namespace rtlgen::testing
