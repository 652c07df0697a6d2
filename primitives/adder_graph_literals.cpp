#include "primitives/adder_graph_literals.hpp"

#include <algorithm>
#include <cstdint>

namespace rtlgen {
namespace {

constexpr int kAdderColumns = 5;
constexpr int kTernaryColumns = 7;  // where any adder has three operands
constexpr int kSumColumns = 2;
constexpr int kMaxShift = 61;

void require(bool condition, const char* what) {
  if (!condition) {
    throw IrError(std::string("adder graph: ") + what);
  }
}

int to_shift(std::int64_t value) {
  require(value >= 0 && value <= kMaxShift, "a shift is not in 0 to 61");
  return static_cast<int>(value);
}

/// The interval of each adder from what it computes: inputs are independent.
void set_intervals(AdderGraph& graph) {
  for_linear_forms(graph, [&](std::size_t first, const LinearForms& forms) {
    for (std::size_t id = 0; id < graph.nodes.size(); ++id) {
      if (graph.nodes[id].kind != AdderGraph::Kind::adder) {
        continue;
      }
      Interval& interval = graph.nodes[id].interval;
      const auto form = forms.row(static_cast<Eigen::Index>(id));
      for (Eigen::Index c = 0; c < forms.cols(); ++c) {
        const AdderGraph::Node& node = graph.nodes[first + static_cast<std::size_t>(c)];
        // Behind the inputs comes what is added.
        interval = interval + form(c) * (node.kind == AdderGraph::Kind::input ? node.interval : Interval{1, 1});
      }
    }
  });
}

}  // namespace

Literal adder_literal(const AdderGraph& graph) {
  const bool ternary = std::any_of(graph.nodes.begin(), graph.nodes.end(),
                                   [](const AdderGraph::Node& node) { return node.is_ternary(); });
  Literal literal{{0, ternary ? kTernaryColumns : kAdderColumns}, {}};
  for (const AdderGraph::Node& node : graph.nodes) {
    if (node.kind == AdderGraph::Kind::input) {
      continue;
    }
    ++literal.shape[0];
    const int negative = (node.subtract ? 1 : 0) + (node.subtract_b ? 1 : 0);
    if (node.kind == AdderGraph::Kind::constant) {
      literal.values.insert(literal.values.end(), {-1, node.interval.lo, 0, 0, 0});
    } else {
      literal.values.insert(literal.values.end(), {node.a, node.b, node.shift_a, node.shift_b, negative});
    }
    if (ternary) {
      literal.values.insert(literal.values.end(), {node.c, node.shift_c});
    }
  }
  return literal;
}

Literal sum_literal(const AdderGraph& graph) {
  Literal literal{{static_cast<int>(graph.outputs.size()), kSumColumns}, {}};
  for (const AdderGraph::Output& output : graph.outputs) {
    literal.values.insert(literal.values.end(), {output.node, output.shift});
  }
  return literal;
}

AdderGraph adder_graph(const Literal& adders, const Literal& sums, const std::vector<Interval>& inputs) {
  const auto has_columns = [](const Literal& literal, int columns) {
    return literal.shape.size() == 2 && literal.shape[1] == columns && literal.shape[0] >= 0 &&
           literal.values.size() == static_cast<std::size_t>(literal.shape[0]) * static_cast<std::size_t>(columns);
  };
  const bool ternary = has_columns(adders, kTernaryColumns);
  require(ternary || has_columns(adders, kAdderColumns), "adders must be [nodes, 5] or [nodes, 7]");
  require(has_columns(sums, kSumColumns), "sums must be [outputs, 2]");
  AdderGraph graph;
  for (const Interval& input : inputs) {
    graph.nodes.push_back({AdderGraph::Kind::input, -1, -1, 0, 0, false, input, 0});
  }
  const auto to_node = [&](std::int64_t value) {
    require(value >= 0 && value < static_cast<std::int64_t>(graph.nodes.size()), "a node is read before it is made");
    return static_cast<int>(value);
  };
  for (auto row = adders.values.begin(); row != adders.values.end(); row += adders.shape[1]) {
    if (row[0] == -1) {
      graph.nodes.push_back({AdderGraph::Kind::constant, -1, -1, 0, 0, false, {row[1], row[1]}, 0});
      continue;
    }
    require(row[4] >= 0 && row[4] <= (ternary && row[5] != -1 ? 2 : 1), "more operands are subtracted than may be");
    AdderGraph::Node node{AdderGraph::Kind::adder,
                          to_node(row[0]),
                          to_node(row[1]),
                          to_shift(row[2]),
                          to_shift(row[3]),
                          row[4] != 0,
                          {},
                          0};
    if (ternary && row[5] != -1) {
      node.c = to_node(row[5]);
      node.shift_c = to_shift(row[6]);
      node.subtract_b = row[4] == 2;
    }
    node.level = graph.level_of(node);
    graph.nodes.push_back(node);
  }
  for (auto row = sums.values.begin(); row != sums.values.end(); row += kSumColumns) {
    graph.outputs.push_back({row[0] == -1 ? -1 : to_node(row[0]), to_shift(row[1])});
  }
  set_intervals(graph);
  return graph;
}

}  // namespace rtlgen
