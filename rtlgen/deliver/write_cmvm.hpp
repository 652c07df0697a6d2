// The files of a folder that `rtlgen cmvm` makes.
#pragma once

#include <filesystem>

#include "rtlgen/deliver/cmvm.hpp"

namespace rtlgen {

/// Writes src/*.v, cmvm.f, sim/cmvm_tb.v and report.json into an empty folder. Throws SourceError where that fails.
void write_cmvm(const std::filesystem::path& out, const Cmvm& cmvm);

}  // namespace rtlgen
