#include "primitives/cmvm/adder_retiming.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "primitives/cmvm/adder_pipeline.hpp"
#include "primitives/cmvm/minimum_registers.hpp"
#include "primitives/cmvm/value_bits.hpp"

namespace rtlgen {
namespace {

std::size_t at(int node) { return static_cast<std::size_t>(node); }

/// The stages as times. An adder has `span_` variables: its own stage, and for k = 1, 2, .. the earliest stage in which
/// there can be an adder that ends k levels behind it; the inputs have them together, as one adder of `start` levels.
/// Each is handed on to the adders that read it, as theirs of k - 1, or k - 2 for one of three operands, so that a path
/// of more adders than fit is forbidden without naming every pair of its ends, of which there are exponentially many in
/// the levels.
class Retiming {
 public:
  Retiming(const AdderGraph& graph, int levels, int output_stage, int output_levels, int start)
      : graph_(graph),
        levels_(levels),
        start_(start),
        usage_(make_adder_pipeline(graph, std::vector<int>(graph.nodes.size(), 0), output_stage)),
        first_(graph.nodes.size(), kInputs) {
    // Where not one adder fits before what outputs pass, that is as if outputs were read a stage earlier.
    const bool outputs_share = levels == 0 || output_levels < levels;
    const int tail = outputs_share && levels > 0 ? output_levels : 0;
    const int longest = std::max(1, start + graph.depth() + tail);  // more levels than that are no limit
    span_ = levels == 0 ? longest : std::min(levels, longest);
    problem_.variables = 1 + at(span_);
    problem_.fixed = {{kInputs, 0}, {kOutputs, output_stage}};
    add_chain(kInputs);
    std::vector<WaitingValue> values(graph.nodes.size());
    for (int id = 0; id < static_cast<int>(graph.nodes.size()); ++id) {
      if (!usage_.is_wire(id)) {
        continue;
      }
      if (is_adder(id)) {
        add_adder(id);
        for (const AdderGraph::Operand& operand : node(id).operands()) {
          values[at(operand.node)].read.push_back({first_[at(id)], 0});
        }
      }
      values[at(id)].bits = value_bits(node(id).interval);
      values[at(id)].made = {first_[at(id)], 0};
    }
    for (const AdderGraph::Output& output : graph.outputs) {
      if (output.node < 0 || !usage_.is_wire(output.node)) {
        continue;
      }
      values[at(output.node)].read.push_back({kOutputs, 0});
      if (is_adder(output.node)) {
        const bool fits = outputs_share && node(output.node).levels_of(levels) + tail <= span_;
        problem_.constraints.push_back({behind(output.node, fits ? tail : 0), kOutputs, fits ? 0 : 1});
      }
    }
    for (int id = 0; id < static_cast<int>(graph.nodes.size()); ++id) {
      if (usage_.is_wire(id)) {
        problem_.values.push_back(std::move(values[at(id)]));
      }
    }
  }

  std::vector<int> solve() const {
    const std::vector<int> times = minimum_register_times(problem_);
    std::vector<int> stage;
    for (const std::size_t variable : first_) {
      stage.push_back(times[variable]);
    }
    return stage;
  }

 private:
  static constexpr std::size_t kOutputs = 0;
  static constexpr std::size_t kInputs = 1;

  const AdderGraph::Node& node(int id) const { return graph_.nodes[at(id)]; }
  bool is_adder(int id) const { return node(id).kind == AdderGraph::Kind::adder; }
  std::size_t behind(int node, int levels) const { return first_[at(node)] + at(levels); }
  /// Levels that end where the node's value is there.
  int levels_of(int id) const { return is_adder(id) ? node(id).levels_of(levels_) : start_; }

  void add_chain(std::size_t first) {
    for (int k = 1; k < span_; ++k) {
      problem_.constraints.push_back({first + at(k) - 1, first + at(k), 0});
    }
  }

  void add_adder(int id) {
    first_[at(id)] = problem_.variables;
    problem_.variables += at(span_);
    add_chain(first_[at(id)]);
    const int own = node(id).levels_of(levels_);
    for (const auto& [operand, shift, negative] : node(id).operands()) {
      if (!usage_.is_wire(operand) || levels_of(operand) == 0) {
        continue;
      }
      int k = 0;
      for (; levels_of(operand) + own + k <= span_; ++k) {
        problem_.constraints.push_back({behind(operand, own + k), behind(id, k), 0});
      }
      problem_.constraints.push_back({first_[at(operand)], behind(id, k), 1});
    }
  }

  const AdderGraph& graph_;
  int levels_;                      ///< between two registers
  int start_;                       ///< in front of the inputs
  const AdderPipeline usage_;       ///< any stages: only what is a wire is asked
  std::vector<std::size_t> first_;  ///< per node: the variable of its stage
  int span_ = 1;
  RegisterProblem problem_;
};

}  // namespace

std::vector<int> retimed_stages(const AdderGraph& graph, int levels, int output_stage, int output_levels, int start) {
  if (graph.nodes.size() > kMostRetimedNodes) {
    return earliest_stages(graph, levels, start);
  }
  return Retiming(graph, levels, output_stage, output_levels, start).solve();
}

}  // namespace rtlgen
