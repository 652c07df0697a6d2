// The files of a build folder that do not depend on any event.
#pragma once

#include <filesystem>

#include "rtlgen/deliver/build_core.hpp"
#include "rtlgen/deliver/compile_model.hpp"

namespace rtlgen {

/// Writes src/*.v, TOP.f, ir.yaml, signature.json and sim/ (testbench) into an empty folder.
void write_core(const std::filesystem::path& out, const CompiledModel& compiled, const CoreNetlist& core);

}  // namespace rtlgen
