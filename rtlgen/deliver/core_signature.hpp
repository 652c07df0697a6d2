// The machine-readable signature of a core: sizes, formats and timing; written once, read by every tool that meets the
// core.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "ir/graph.hpp"
#include "rtlgen/model/model.hpp"
#include "rtlgen/schedule/schedule.hpp"

namespace rtlgen {

struct CoreSignature {
  std::string top;
  double clock_mhz = 0;
  int tokens = 1;
  int features = 1;
  int lanes = 1;  ///< tokens per beat
  int beats = 1;
  Quantizer input;
  MaskKind mask = MaskKind::none;
  int count_width = 1;  ///< of in_count
  int output_tokens = 1;
  int output_features = 1;
  int output_lanes = 1;
  int output_beats = 1;
  Format output;
  TensorScale output_scale;  ///< what output mantissas stand for, where it is not only the binary point
  bool token_timed =
      false;  ///< output beat i follows input beat i by `offset`; otherwise the last input beat, by offset + i
  int offset = 0;
  int latency_cycles = 0;  ///< first input beat to last output beat, no gaps
  int interval_cycles = 1;
  EventArrays arrays;  ///< names in event files

  double latency_ns() const { return 1000.0 * latency_cycles / clock_mhz; }
};

CoreSignature make_signature(const Graph& graph, const Schedule& schedule, const EventArrays& arrays);

nlohmann::ordered_json to_json(const CoreSignature& signature);
/// Reads `signature.json` of a build folder. Throws SourceError where it is missing or not what to_json writes.
CoreSignature read_signature(const std::filesystem::path& out);

/// The testbench's header of constants.
std::string core_config_header(const CoreSignature& signature);

/// The text of a mask kind in YAML and JSON: none, count, valid.
std::string to_string(MaskKind mask);

}  // namespace rtlgen
