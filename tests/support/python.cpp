#include "tests/support/python.hpp"

#include <catch2/catch.hpp>

#include "rtlgen/files/process.hpp"
#include "tests/support/skipped.hpp"

namespace rtlgen::testing {

bool has_python() {
  if (std::string(RTLGEN_PYTHON).empty()) {
    skip("no python3 with numpy and onnx was found when the build was configured");
    return false;
  }
  return true;
}

std::string run_python(const TemporaryFolder& folder, const std::string& program,
                       const std::vector<std::string>& arguments) {
  // -B: the sources stay free of compiled files.
  Command command{{RTLGEN_PYTHON, "-B", source_folder() + "/" + program},
                  folder.path(),
                  folder.path() / "python.log",
                  std::chrono::seconds{600}};
  command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
  const int status = run_process(command);
  std::string log = read_text(command.log);
  INFO(log);
  REQUIRE(status == 0);
  return log;
}

}  // namespace rtlgen::testing
