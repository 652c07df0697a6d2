#include "tests/support/skipped.hpp"

#include <catch2/catch.hpp>
#include <utility>

#include "rtlgen/files/file_bytes.hpp"
#include "rtlgen/files/process.hpp"

namespace rtlgen::testing {
namespace {

bool& skipped() {
  static bool value = false;
  return value;
}

}  // namespace

void skip(const std::string& reason) {
  skipped() = true;
  WARN("skipped: " << reason);
}

bool take_skipped() { return std::exchange(skipped(), false); }

std::string shared_model(const std::string& file) { return std::string(RTLGEN_SHARED_DIR) + "/models/" + file; }

bool has_shared_model(const std::string& file) {
  const std::string problem = why_unreadable(shared_model(file));
  if (!problem.empty()) {
    skip(shared_model(file) + ": " + problem);
  }
  return problem.empty();
}

bool has_program(const std::string& name) {
  const bool found = find_program(name).has_value();
  if (!found) {
    skip("there is no " + name);
  }
  return found;
}

}  // namespace rtlgen::testing
