#include "ir/golden.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "ir/numerics/rounding.hpp"

namespace rtlgen {
namespace {

/// Events worked on at once: their tensors stay in the second-level cache.
constexpr std::size_t kChunk = 64;

}  // namespace

IntegerEvents quantize_events(const Quantizer& format, bool masked, const Events& events) {
  IntegerEvents result;
  result.count = events.count;
  result.x = events.x.unaryExpr([&](double x) { return static_cast<double>(quantize_real(x, format)); });
  if (masked) {
    result.mask.resize(events.x.rows(), 1);
    std::copy(events.mask.begin(), events.mask.end(), result.mask.data());
  }
  return result;
}

IntegerEvents quantize_events(const Graph& graph, const Events& events) {
  const Node& input = input_node(graph);
  if (events.tokens != input.type.tokens || events.features != input.type.features) {
    throw IrError("the events have another shape than the graph's input");
  }
  const bool masked = is_masked(graph);
  if (masked && events.mask.size() != static_cast<std::size_t>(events.x.rows())) {
    throw IrError("the events have no mask, but the graph has");
  }
  return quantize_events(*input.operation->output_quantizer(), masked, events);
}

IntegerEvents slice_events(const Graph& graph, const IntegerEvents& events, std::size_t begin, std::size_t count) {
  const Eigen::Index tokens = input_node(graph).type.tokens;
  const Eigen::Index top = static_cast<Eigen::Index>(begin) * tokens;
  const Eigen::Index rows = static_cast<Eigen::Index>(count) * tokens;
  IntegerEvents part;
  part.count = count;
  part.x = events.x.middleRows(top, rows);
  if (events.mask.rows() > 0) {
    part.mask = events.mask.middleRows(top, rows);
  }
  return part;
}

std::vector<Mantissas> golden_tensors(const Graph& graph, const IntegerEvents& events) {
  std::vector<Mantissas> tensors(graph.size());
  for (const Graph::NodeId id : graph.topological_order()) {
    const Node& node = graph.node(id);
    const Origin origin = node.operation->origin();
    if (origin == Origin::event) {
      tensors[id] = events.x;
    } else if (origin == Origin::mask) {
      tensors[id] = events.mask;
    } else {
      std::vector<const Mantissas*> operands;
      for (const Graph::NodeId operand : graph.operands(id)) {
        operands.push_back(&tensors[operand]);
      }
      tensors[id] = node.operation->evaluate(view_of(graph, id), operands);
    }
  }
  return tensors;
}

Mantissas golden_output(const Graph& graph, const IntegerEvents& events,
                        const std::function<void(std::size_t)>& progress) {
  const TensorType& type = graph.node(graph.output()).type;
  Mantissas output(static_cast<Eigen::Index>(events.count) * type.tokens, type.features);
  for (std::size_t begin = 0; begin < events.count; begin += kChunk) {
    const std::size_t count = std::min(kChunk, events.count - begin);
    const std::vector<Mantissas> tensors = golden_tensors(graph, slice_events(graph, events, begin, count));
    output.middleRows(static_cast<Eigen::Index>(begin) * type.tokens, static_cast<Eigen::Index>(count) * type.tokens) =
        tensors[graph.output()];
    if (progress) {
      progress(begin + count);
    }
  }
  return output;
}

RowMatrix to_real(const Mantissas& mantissas, int frac, const TensorScale& scale) {
  RowMatrix real = mantissas * std::ldexp(1.0, -frac);
  if (!scale.scale.empty()) {
    const auto features = static_cast<Eigen::Index>(scale.scale.size());
    real.array().rowwise() *= Eigen::Map<const Eigen::RowVectorXd>(scale.scale.data(), features).array();
    real.array().rowwise() += Eigen::Map<const Eigen::RowVectorXd>(scale.offset.data(), features).array();
  }
  return real;
}

}  // namespace rtlgen
