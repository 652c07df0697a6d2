#include "tests/support/program.hpp"

#include <cstdlib>

#include "rtlgen/files/process.hpp"
#include "tests/support/temporary_folder.hpp"

namespace rtlgen::testing {

namespace fs = std::filesystem;

Outcome run_rtlgen(const fs::path& folder, const std::vector<std::string>& arguments,
                   const Surroundings& surroundings) {
  const TemporaryFolder said;
  Command command{{"env"}, folder, {}, std::chrono::seconds{600}};
  // Of the tests' own cache, wherever the program runs.
  const char* const cache = std::getenv("RTLGEN_CACHE");
  if (cache != nullptr && *cache != '\0') {
    command.arguments.push_back("RTLGEN_CACHE=" + fs::absolute(cache).string());
  }
  command.arguments.insert(command.arguments.end(), surroundings.environment.begin(), surroundings.environment.end());
  // The shell only sets the limit, at which writing is an error then and no signal, and keeps the two outputs apart.
  const std::string limit =
      surroundings.most_blocks > 0 ? "trap '' XFSZ; ulimit -f " + std::to_string(surroundings.most_blocks) + "; " : "";
  for (const std::string& word :
       {std::string("sh"), std::string("-c"), limit + "out=$1; err=$2; shift 2; exec \"$@\" >\"$out\" 2>\"$err\"",
        std::string("sh"), said.file("out"), said.file("err"), std::string(RTLGEN_PROGRAM)}) {
    command.arguments.push_back(word);
  }
  command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
  Outcome outcome;
  outcome.status = run_process(command);
  outcome.out = read_text(said.path() / "out");
  outcome.err = read_text(said.path() / "err");
  return outcome;
}

std::map<std::string, std::string> files_below(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().lexically_relative(folder).generic_string();
    if (!entry.is_directory()) {
      files[name] = read_text(entry.path());
    } else if (fs::is_empty(entry.path())) {
      files[name + "/"] = "";
    }
  }
  return files;
}

}  // namespace rtlgen::testing
