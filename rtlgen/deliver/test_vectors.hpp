// Vector files of the testbench: one beat a line in hexadecimal.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "ir/golden.hpp"
#include "rtlgen/deliver/core_signature.hpp"

namespace rtlgen {

/// A beat in hexadecimal.
struct InputBeat {
  std::string data;
  std::string mask;  ///< in_mask or in_count; empty where the core has neither
};

/// The input beats of events; spare lanes of the last beat are 0.
std::vector<InputBeat> input_beats(const CoreSignature& signature, const IntegerEvents& events);

/// The output beats in hexadecimal; `output` is [events * output tokens, features].
std::vector<std::string> output_beats(const CoreSignature& signature, const Mantissas& output);

/// Writes input_beats(), one a line.
void write_input_vectors(const std::filesystem::path& path, const CoreSignature& signature,
                         const IntegerEvents& events);

/// Writes output_beats(), one a line.
void write_output_vectors(const std::filesystem::path& path, const CoreSignature& signature, const Mantissas& output);

/// Reads what write_output_vectors (or the testbench) wrote. Throws SourceError on anything else.
Mantissas read_output_vectors(const std::filesystem::path& path, const CoreSignature& signature);

}  // namespace rtlgen
