// Python programs that say what a model computes, written apart from the compiler.
#pragma once

#include <string>
#include <vector>

#include "tests/support/temporary_folder.hpp"

namespace rtlgen::testing {

/// Whether there is a Python with numpy and onnx; the test is skipped where there is none.
bool has_python();

/// Runs a program with arguments, its path relative to the project's sources; the working directory is `folder`.
/// Returns what it prints, and requires that it ends with status 0.
std::string run_python(const TemporaryFolder& folder, const std::string& program,
                       const std::vector<std::string>& arguments);

}  // namespace rtlgen::testing
