// Tests that cannot run here, and say so.
#pragma once

#include <string>

namespace rtlgen::testing {

/// What the test program ends with where all tests that it ran were skipped: CTest runs one at a time and calls it
/// skipped then (SKIP_RETURN_CODE). A test that fails is never skipped, whatever it prints.
constexpr int kSkippedStatus = 77;

/// Prints why the test that runs is skipped, as a whole or in part. The test then has to return by itself.
void skip(const std::string& reason);
/// Whether a test was skipped since the last call.
bool take_skipped();

/// Path of a third-party file: below the models of RTLGEN_SHARED_DIR.
std::string shared_model(const std::string& file);
/// Whether this file is there; the test is skipped where it is not.
bool has_shared_model(const std::string& file);

/// Whether PATH has this program; the test is skipped where it has not.
bool has_program(const std::string& name);

}  // namespace rtlgen::testing
