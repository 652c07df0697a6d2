// A folder that appears only when it is complete.
#pragma once

#include <filesystem>
#include <string>

namespace rtlgen {

/// The command that makes a kind of folder, and a file that only such folders have.
struct FolderKind {
  std::string command;
  std::string marker;
};

/// A temporary folder beside `target`; commit() puts it in the target's place, otherwise it vanishes with the object.
class OutputFolder {
 public:
  /// Throws SourceError if `target` exists and is neither empty nor of that kind, or if it cannot be written.
  explicit OutputFolder(std::filesystem::path target, const FolderKind& kind = {"build", "signature.json"});
  ~OutputFolder();
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;

  /// Where to write.
  const std::filesystem::path& path() const { return temporary_; }
  /// Replaces the target.
  void commit();

 private:
  std::filesystem::path target_;
  std::filesystem::path temporary_;
};

}  // namespace rtlgen
