#include "primitives/cmvm/adder_graph.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <stdexcept>
#include <string>

#include "primitives/cmvm/adder_cost.hpp"

namespace rtlgen {

std::vector<AdderGraph::Operand> AdderGraph::Node::operands() const {
  if (kind != Kind::adder) {
    return {};
  }
  std::vector<Operand> list = {{a, shift_a, false}, {b, shift_b, is_ternary() ? subtract_b : subtract}};
  if (is_ternary()) {
    list.push_back({c, shift_c, subtract});
  }
  return list;
}

int AdderGraph::Node::levels_of(int levels) const {
  if (kind != Kind::adder) {
    return 0;
  }
  return is_ternary() ? (levels == 0 ? kTernaryLevels : std::min(kTernaryLevels, levels)) : 1;
}

int AdderGraph::depth() const {
  int deepest = 0;
  for (const Output& output : outputs) {
    if (output.node >= 0) {
      deepest = std::max(deepest, nodes[static_cast<std::size_t>(output.node)].level);
    }
  }
  return deepest;
}

Interval AdderGraph::interval(const Output& output) const {
  return output.node < 0 ? Interval{}
                         : (std::int64_t{1} << output.shift) * nodes[static_cast<std::size_t>(output.node)].interval;
}

int AdderGraph::adder_bits() const {
  int bits = 0;
  for (const Node& node : nodes) {
    if (node.kind == Kind::adder) {
      bits += adder_bits(node);
    }
  }
  return bits;
}

int AdderGraph::adder_bits(const Node& adder) const {
  std::vector<AdderOperand> operands;
  for (const Operand& operand : adder.operands()) {
    operands.push_back({nodes[static_cast<std::size_t>(operand.node)].interval, operand.shift, operand.negative});
  }
  return adder_luts(operands);
}

int AdderGraph::level_of(const Node& adder) const {
  int level = 0;
  for (const Operand& operand : adder.operands()) {
    level = std::max(level, nodes[static_cast<std::size_t>(operand.node)].level);
  }
  return level + adder.levels_of(0);
}

AdderGraph::Node AdderGraph::sum_of_three(std::vector<Operand> operands, const Interval& interval) const {
  std::stable_sort(operands.begin(), operands.end(), [](const Operand& a, const Operand& b) {
    return a.negative != b.negative ? b.negative : a.shift < b.shift;
  });
  Node sum{Kind::adder,
           operands[0].node,
           operands[1].node,
           operands[0].shift,
           operands[1].shift,
           operands[2].negative,
           interval,
           0,
           operands[2].node,
           operands[2].shift,
           operands[1].negative};
  sum.level = level_of(sum);
  return sum;
}

namespace {

std::size_t count_inputs(const AdderGraph& graph) {
  const auto is_input = [](const AdderGraph::Node& node) { return node.kind == AdderGraph::Kind::input; };
  return static_cast<std::size_t>(std::find_if_not(graph.nodes.begin(), graph.nodes.end(), is_input) -
                                  graph.nodes.begin());
}

}  // namespace

void for_linear_forms(const AdderGraph& graph,
                      const std::function<void(std::size_t first, const LinearForms& forms)>& take, std::size_t bytes) {
  const auto row = [](int node) { return static_cast<Eigen::Index>(node); };
  const std::size_t inputs = count_inputs(graph);
  const std::size_t columns = inputs + 1;
  const std::size_t portion = std::clamp<std::size_t>(
      bytes / (sizeof(std::int64_t) * std::max<std::size_t>(1, graph.nodes.size())), 1, columns);
  LinearForms forms;
  for (std::size_t first = 0; first < columns; first += portion) {
    const std::size_t end = std::min(columns, first + portion);
    forms.setZero(row(static_cast<int>(graph.nodes.size())), static_cast<Eigen::Index>(end - first));
    for (int id = 0; id < static_cast<int>(graph.nodes.size()); ++id) {
      const AdderGraph::Node& node = graph.nodes[static_cast<std::size_t>(id)];
      if (node.kind == AdderGraph::Kind::input) {
        if (static_cast<std::size_t>(id) >= first && static_cast<std::size_t>(id) < end) {
          forms(row(id), row(id) - static_cast<Eigen::Index>(first)) = 1;
        }
      } else if (node.kind == AdderGraph::Kind::constant) {
        if (end == columns) {
          forms(row(id), forms.cols() - 1) = node.interval.lo;
        }
      } else {
        for (const AdderGraph::Operand& operand : node.operands()) {
          const std::int64_t factor = (operand.negative ? -1 : 1) * (std::int64_t{1} << operand.shift);
          forms.row(row(id)) += factor * forms.row(row(operand.node));
        }
      }
    }
    take(first, forms);
  }
}

namespace {

/// `weight(o, i)` is the factor of input i in output o.
template <typename Weight>
void require_outputs(const AdderGraph& graph, const Weight& weight, const Literal& bias) {
  const std::size_t inputs = count_inputs(graph);
  std::vector<std::int64_t> rest = bias.values;
  if (graph.outputs.size() != rest.size()) {
    throw std::logic_error("adder graph: it has not an output for each row of the matrix");
  }
  const auto check = [&](std::size_t first, const LinearForms& forms) {
    for (std::size_t o = 0; o < graph.outputs.size(); ++o) {
      const AdderGraph::Output& output = graph.outputs[o];
      const std::int64_t factor = output.node < 0 ? 0 : std::int64_t{1} << output.shift;
      const auto form = forms.row(static_cast<Eigen::Index>(std::max(0, output.node)));
      bool equal = true;
      for (std::size_t c = 0; c < static_cast<std::size_t>(forms.cols()); ++c) {
        const std::int64_t found = factor * form(static_cast<Eigen::Index>(c));
        if (first + c == inputs) {
          equal = equal && rest[o] == found;
          continue;
        }
        const Interval& x = graph.nodes[first + c].interval;
        const std::int64_t difference = weight(o, first + c) - found;
        equal = equal && (difference == 0 || x.lo == x.hi);
        rest[o] += difference * x.lo;
      }
      if (!equal) {
        throw std::logic_error("adder graph: output " + std::to_string(o) + " is not its row of the matrix");
      }
    }
  };
  for_linear_forms(graph, check);
}

}  // namespace

void require_product(const AdderGraph& graph, const Literal& weight, const Literal& bias) {
  const std::size_t inputs = weight.shape.size() == 2 ? static_cast<std::size_t>(weight.shape[1]) : 0;
  if (inputs != count_inputs(graph)) {
    throw std::logic_error("adder graph: it has not an input for each column of the matrix");
  }
  require_outputs(
      graph, [&](std::size_t o, std::size_t i) { return weight.values[o * inputs + i]; }, bias);
}

void require_elementwise(const AdderGraph& graph, const Literal& factor, const Literal& bias) {
  if (factor.values.size() != count_inputs(graph)) {
    throw std::logic_error("adder graph: it has not an input for each factor");
  }
  require_outputs(
      graph, [&](std::size_t o, std::size_t i) { return o == i ? factor.values[o] : 0; }, bias);
}

}  // namespace rtlgen
