// External tools, and what they say.
#pragma once

#include <string>
#include <vector>

#include "tests/support/temporary_folder.hpp"

namespace rtlgen::testing {

/// All that a command prints, and its exit status where that is not 0: empty means clean.
std::string complaints(const TemporaryFolder& folder, const std::vector<std::string>& arguments);

}  // namespace rtlgen::testing
