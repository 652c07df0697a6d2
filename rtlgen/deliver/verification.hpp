// Golden model against RTL: the co-simulation of a build folder.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>

#include "ir/golden.hpp"
#include "rtlgen/deliver/core_signature.hpp"
#include "rtlgen/deliver/cosim.hpp"

namespace rtlgen {

/// What all modes of the testbench found together, and what the core put out.
struct Verification {
  CosimResult stream;  ///< all events, back-to-back
  CosimResult gaps;    ///< some of them, with random gaps
  CosimResult reset;   ///< some of them, with resets that interrupt events
  Mantissas output;    ///< of the core in `stream`; empty where it did not put out what was expected

  bool passed() const { return stream.passed() && gaps.passed() && reset.passed(); }
};

/// Simulates the core in `out` on the events and compares with the golden output [events * output tokens, features].
Verification verify_core(const std::filesystem::path& out, const CoreSignature& signature, const IntegerEvents& events,
                         const Mantissas& golden);

/// The `verification` entry of report.json.
nlohmann::ordered_json to_json(const Verification& verification);

}  // namespace rtlgen
