// An ONNX graph, node by node, to a network of operations on tensors [tokens, features].
#pragma once

#include "rtlgen/import/onnx_value.hpp"

namespace rtlgen {

/// How the axes of the event are understood.
struct OnnxReading {
  std::optional<std::size_t> batch;  ///< the axis of events
  std::vector<std::size_t> tokens;   ///< the axes that make up the tokens; all others are features
};

/// What is computed of the event.
struct OnnxProgram {
  OnnxNetwork network;
  std::size_t output = 0;
  std::int64_t tokens = 1;  ///< of the event
  std::int64_t features = 1;
  bool has_mask = false;
  bool padded_if_set = false;  ///< has_mask: the file's mask is set for padding tokens
  std::string mask_name;       ///< has_mask: the file's input
  std::vector<std::string> notes;
};

/// The ways to understand the axes of the event, the likely one first; `tokens`: how many the user says that it has.
/// Throws SourceError for inputs that cannot be events.
std::vector<OnnxReading> event_readings(const OnnxGraph& graph, const std::optional<int>& tokens);

/// Reads `graph` with the event's axes as `reading` says; `tokens`: their number where the file leaves it open. Throws
/// SourceError for what has no counterpart.
OnnxProgram interpret_onnx(const OnnxGraph& graph, const OnnxReading& reading, const std::optional<int>& tokens);

}  // namespace rtlgen
