// The float model: what the YAML description says, as a list of elementary layers with real weights.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ir/mask_kind.hpp"
#include "ir/numerics/effort.hpp"
#include "ir/numerics/format.hpp"
#include "ir/source_error.hpp"
#include "rtlgen/model/layer.hpp"

namespace rtlgen {

/// Names of the arrays in an event file.
struct EventArrays {
  std::string features = "x";
  std::string mask;  ///< default: "count" or "valid", as the mask kind
  std::string labels = "y";
};

/// A model: layers in topological order (the first is the input, the last the output), and what the hardware is to be.
struct Model {
  std::string name;
  int tokens = 1;
  int features = 1;
  MaskKind mask = MaskKind::none;
  FormatSpec input_format;
  EventArrays arrays;
  Precision default_precision;
  std::vector<Layer> layers;
  std::vector<std::string> classes;  ///< optional names of the outputs
  double clock_mhz = 200;
  std::string device = "xcvu13p";
  int tokens_per_beat = 1;
  Effort effort = Effort::fast;
  bool ternary_adders = false;   ///< adders of three operands in constant matrices
  std::optional<int> dsp_limit;  ///< DSP blocks that may stand where they save LUTs; without it where they save enough
  std::string calibration_file;  ///< resolved path, may be empty
  std::string test_file;         ///< resolved path of events used by build's co-simulation, may be empty
  SourceLocation where;
};

}  // namespace rtlgen
