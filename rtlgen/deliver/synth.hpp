// Area and speed of a generated core, as Yosys sees it.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

namespace rtlgen {

/// Synthesizes the core of a build folder for `family` ("xcup": UltraScale+, "xcu": UltraScale, "xc7": series 7)
/// and counts cells:
///
///     {"lut", "ff", "srl", "lutram", "dsp", "bram", "carry", "family", "tool",
///      "modules": {name: {"instances", "lut", ...}}}
///
/// lut: LUT1 to LUT6 and INV, none paired; srl: shift-register LUTs; lutram: LUTs that serve as memory; bram: RAMB36 is
/// 1, RAMB18 is 0.5; carry: CARRY4. Each unique pair of module and parameters is synthesized once and counted for each
/// of its instances; small modules are dissolved into their parents. What is constant or unused beyond the boundary of
/// a larger module is not optimized away, so the sum is an upper estimate. The counts in "modules" are those of one
/// instance, without the modules below it that have an entry of their own.
///
/// Works in OUT/synth, keeps nothing between calls. Throws std::runtime_error if Yosys is missing or fails.
nlohmann::json synthesize(const std::filesystem::path& out, const std::string& family);

/// Counts of cells, and the worst paths (docs/commands.md, `resources.yosys` and `timing`).
struct TimedSynthesis {
  nlohmann::json resources;
  nlohmann::ordered_json timing;
};

/// As synthesize(), and then walks the netlist with the delays of `device` (docs/timing.md).
TimedSynthesis synthesize_and_time(const std::filesystem::path& out, const std::string& family,
                                   const std::string& device, double clock_mhz);

}  // namespace rtlgen
