// Vector files of the testbench: one beat a line in hexadecimal.
#pragma once

#include <filesystem>

#include "ir/golden.hpp"
#include "rtlgen/deliver/core_signature.hpp"

namespace rtlgen {

/// Writes the input beats of events; spare lanes of the last beat are 0.
void write_input_vectors(const std::filesystem::path& path, const CoreSignature& signature,
                         const IntegerEvents& events);

/// Writes the output beats; `output` is [events * output tokens, features].
void write_output_vectors(const std::filesystem::path& path, const CoreSignature& signature, const Mantissas& output);

/// Reads what write_output_vectors (or the testbench) wrote. Throws SourceError on anything else.
Mantissas read_output_vectors(const std::filesystem::path& path, const CoreSignature& signature);

}  // namespace rtlgen
