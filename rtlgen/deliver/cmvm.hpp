// A constant matrix-vector multiplication, y = x W, and its Verilog.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "primitives/cmvm/adder_pipeline.hpp"
#include "primitives/cmvm/constant_matrix.hpp"
#include "primitives/solution_cache.hpp"
#include "rtlgen/deliver/cmvm_input.hpp"

namespace rtlgen {

/// A matrix with the pipeline that multiplies by it. Elements of y are two's complement of `output_width` bits with the
/// fraction bits of x.
struct Cmvm {
  IntegerMatrix matrix;
  VectorFormat input;
  int levels_per_stage = 2;
  bool ternary_adders = false;  ///< whether adders may have three operands
  AdderPipeline pipeline;
  std::vector<int> output_widths;  ///< bits that each output needs
  int output_width = 1;            ///< the widest of them
  int register_bits_earliest = 0;  ///< of the pipeline if every adder came as early as possible
  double solve_seconds = 0;        ///< wall time of the search for the graph
};

/// Finds the graph and cuts it into stages, with the fewest register bits; outputs are registered unless
/// options.levels_per_stage is 0. `name` is what errors call the matrix. Throws SourceError where an output needs more
/// than kMaxTensorWidth bits.
Cmvm make_cmvm(IntegerMatrix matrix, VectorFormat input, const ConstantMatrixOptions& options,
               const SolutionCache& cache, const std::string& name);

/// The module `cmvm` and the library modules it uses: name -> text.
std::map<std::string, std::string> emit_cmvm(const Cmvm& cmvm);

/// What report.json says.
nlohmann::ordered_json to_json(const Cmvm& cmvm);

}  // namespace rtlgen
