// The rtlgen program as a user runs it.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace rtlgen::testing {

/// What a run of the program came to.
struct Outcome {
  int status = 0;   ///< exit status
  std::string out;  ///< what it printed on standard output
  std::string err;  ///< and on standard error
};

/// Circumstances of a run.
struct Surroundings {
  std::vector<std::string> environment;  ///< variables to set, NAME=VALUE
  int most_blocks = 0;                   ///< 512-byte blocks that a file may have, as on a disk that is full; 0: any
};

/// Runs the program with these arguments and `folder` as working directory; nothing of the run is left there but what
/// the program writes.
Outcome run_rtlgen(const std::filesystem::path& folder, const std::vector<std::string>& arguments,
                   const Surroundings& surroundings = {});

/// Every file below a folder: path from there, content. Empty folders count, as `name/`.
std::map<std::string, std::string> files_below(const std::filesystem::path& folder);

}  // namespace rtlgen::testing
