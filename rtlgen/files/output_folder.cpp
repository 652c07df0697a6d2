#include "rtlgen/files/output_folder.hpp"

#include <unistd.h>

#include <string>
#include <system_error>
#include <utility>

#include "ir/source_error.hpp"

namespace rtlgen {

namespace fs = std::filesystem;

OutputFolder::OutputFolder(fs::path target, const FolderKind& kind)
    : target_(fs::absolute(std::move(target)).lexically_normal()) {
  if (!target_.has_filename()) {  // a trailing slash
    target_ = target_.parent_path();
  }
  std::error_code error;
  if (fs::exists(target_, error) && !(fs::is_directory(target_, error) &&
                                      (fs::is_empty(target_, error) || fs::exists(target_ / kind.marker, error)))) {
    throw SourceError({target_.string()},
                      "exists and was not made by `rtlgen " + kind.command + "`, expected a new or empty folder");
  }
  temporary_ = target_;
  temporary_ += ".tmp" + std::to_string(getpid());
  fs::remove_all(temporary_, error);
  if (!fs::create_directories(temporary_, error)) {
    throw SourceError({target_.string()}, "cannot be written: " + error.message());
  }
}

OutputFolder::~OutputFolder() {
  std::error_code ignored;
  fs::remove_all(temporary_, ignored);
}

void OutputFolder::commit() {
  const fs::path old = temporary_.string() + ".old";
  if (fs::exists(target_)) {
    fs::rename(target_, old);
  }
  fs::rename(temporary_, target_);
  fs::remove_all(old);
}

}  // namespace rtlgen
