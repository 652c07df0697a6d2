#include "primitives/cmvm/constant_matrix.hpp"

#include <utility>

#include "primitives/cmvm/adder_synthesis.hpp"

namespace rtlgen {
namespace {

/// Pairs of terms: about 150 MB. 64 x 64 weights of 8 bits have fewer.
constexpr std::size_t kPairs = 1250000;

/// About 0.05, 1 and 30 seconds for 16 x 16 weights of 6 bits, 0.3, 5 and 100 for 32 x 32, on one processor.
SearchBudget budget(Effort effort) {
  switch (effort) {
    case Effort::fast:
      return {3, 5000, 0, kPairs};
    case Effort::normal:
      return {150, 20000, 60, 2 * kPairs};
    case Effort::high:
      break;
  }
  return {4000, 500000, 1200, 2 * kPairs};
}

}  // namespace

AdderGraph solve_constant_matrix(const Literal& weight, const Literal& bias, const std::vector<Interval>& inputs,
                                 const ConstantMatrixOptions& options) {
  // In a pipeline, stages beyond the least cost more flip-flops than they save LUTs (docs/cmvm.md), but for adders of
  // three operands, which have no room else.
  const int slack = options.levels_per_stage == 0 || options.ternary_adders ? options.depth_slack : 0;
  const PipelineBounds pipeline{options.ternary_adders, options.levels_per_stage, options.output_levels};
  return synthesize_adders(weight, bias, inputs, slack, budget(options.effort), pipeline);
}

}  // namespace rtlgen
