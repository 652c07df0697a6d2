#include "primitives/elementwise.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "primitives/element_formats.hpp"
#include "primitives/node_rules.hpp"

namespace rtlgen {
namespace {

/// Adds the graph of a product of input `input` to one that has all inputs, and says where its output is.
AdderGraph::Output append(AdderGraph& graph, const AdderGraph& product, int input) {
  const auto place = [&, first = static_cast<int>(graph.nodes.size())](int node) {
    return node <= 0 ? (node == 0 ? input : -1) : first + node - 1;
  };
  for (std::size_t id = 1; id < product.nodes.size(); ++id) {
    AdderGraph::Node node = product.nodes[id];
    node.a = place(node.a);
    node.b = place(node.b);
    node.c = place(node.c);
    graph.nodes.push_back(node);
  }
  const AdderGraph::Output& output = product.outputs.front();
  return {output.node < 0 ? -1 : (output.node == 0 ? input : place(output.node)), output.shift};
}

}  // namespace

void Elementwise::visit(AttributeVisitor& visitor) {
  visitor("factor", factor);
  visit_common(visitor);
}

TensorType Elementwise::infer(const NodeView& view) const {
  require_operands(view, 1);
  const TensorType& x = view.operand(0);
  require_shape(view, "factor", factor, {x.features});
  require_shape(view, "bias", bias, {x.features});
  std::vector<Interval> products;
  for (std::size_t f = 0; f < x.intervals.size(); ++f) {
    products.push_back(factor.values[f] * x.intervals[f] + Interval{bias.values[f], bias.values[f]});
  }
  return checked_type(view, exact_type(x.tokens, sum_frac(view), std::move(products)));
}

Mantissas Elementwise::evaluate(const NodeView& view, const std::vector<const Mantissas*>& operands) const {
  using Row = Eigen::Matrix<std::int64_t, 1, Eigen::Dynamic>;
  const auto row = [](const Literal& literal) {
    return Eigen::Map<const Row>(literal.values.data(), static_cast<Eigen::Index>(literal.values.size()))
        .cast<double>()
        .eval();
  };
  Mantissas y = operands[0]->array().rowwise() * row(factor).array();
  y.rowwise() += row(bias);
  requantize(y, sum_frac(view), output, relu);
  return y;
}

AdderGraph Elementwise::solve(const NodeView& view, const ConstantMatrixOptions& options,
                              const SolutionCache& /*cache*/) const {
  // A product of one number takes no time to find; features with the same constants and range are found once.
  ConstantMatrixOptions own = options;
  own.effort = std::min(options.effort, Effort::normal);
  std::map<std::tuple<std::int64_t, std::int64_t, std::int64_t, std::int64_t>, AdderGraph> known;
  AdderGraph graph;
  const std::vector<Interval>& inputs = view.operand(0).intervals;
  for (const Interval& input : inputs) {
    graph.nodes.push_back({AdderGraph::Kind::input, -1, -1, 0, 0, false, input, 0});
  }
  for (std::size_t f = 0; f < inputs.size(); ++f) {
    const auto [entry, is_new] =
        known.try_emplace({factor.values[f], bias.values[f], inputs[f].lo, inputs[f].hi}, AdderGraph());
    if (is_new) {
      entry->second = solve_constant_matrix({{1, 1}, {factor.values[f]}}, {{1}, {bias.values[f]}}, {inputs[f]}, own);
    }
    const AdderGraph::Output found = append(graph, entry->second, static_cast<int>(f));
    graph.outputs.push_back(found);
  }
  return graph;
}

void Elementwise::require_product_of(const NodeView& /*view*/, const AdderGraph& graph) const {
  require_elementwise(graph, factor, bias);
}

}  // namespace rtlgen
