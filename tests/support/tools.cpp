#include "tests/support/tools.hpp"

#include "rtlgen/files/process.hpp"

namespace rtlgen::testing {

std::string complaints(const TemporaryFolder& folder, const std::vector<std::string>& arguments) {
  const Command command{arguments, folder.path(), folder.path() / "tool.log", std::chrono::seconds{600}};
  const int status = run_process(command);
  const std::string log = read_text(command.log);
  return status == 0 ? log : arguments.front() + ": exit status " + std::to_string(status) + "\n" + log;
}

}  // namespace rtlgen::testing
