#include "primitives/adder_graph.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <stdexcept>
#include <string>

#include "primitives/adder_cost.hpp"

namespace rtlgen {

std::vector<AdderGraph::Operand> AdderGraph::Node::operands() const {
  if (kind != Kind::adder) {
    return {};
  }
  std::vector<Operand> list = {{a, shift_a, false}, {b, shift_b, subtract && !is_ternary()}};
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

LinearForms linear_forms(const AdderGraph& graph) {
  const auto row = [](int node) { return static_cast<Eigen::Index>(node); };
  Eigen::Index inputs = 0;
  while (inputs < row(static_cast<int>(graph.nodes.size())) &&
         graph.nodes[static_cast<std::size_t>(inputs)].kind == AdderGraph::Kind::input) {
    ++inputs;
  }
  LinearForms forms = LinearForms::Zero(row(static_cast<int>(graph.nodes.size())), inputs + 1);
  for (int id = 0; id < static_cast<int>(graph.nodes.size()); ++id) {
    const AdderGraph::Node& node = graph.nodes[static_cast<std::size_t>(id)];
    if (node.kind == AdderGraph::Kind::input) {
      forms(row(id), row(id)) = 1;
    } else if (node.kind == AdderGraph::Kind::constant) {
      forms(row(id), inputs) = node.interval.lo;
    } else {
      for (const AdderGraph::Operand& operand : node.operands()) {
        const std::int64_t factor = (operand.negative ? -1 : 1) * (std::int64_t{1} << operand.shift);
        forms.row(row(id)) += factor * forms.row(row(operand.node));
      }
    }
  }
  return forms;
}

void require_product(const AdderGraph& graph, const Literal& weight, const Literal& bias) {
  const LinearForms forms = linear_forms(graph);
  const Eigen::Index constant = forms.cols() - 1;
  const auto inputs = static_cast<std::size_t>(constant);
  for (std::size_t o = 0; o < graph.outputs.size(); ++o) {
    const AdderGraph::Output& output = graph.outputs[o];
    const std::int64_t factor = output.node < 0 ? 0 : std::int64_t{1} << output.shift;
    const auto form = forms.row(static_cast<Eigen::Index>(std::max(0, output.node)));
    bool equal = true;
    std::int64_t rest = bias.values[o];
    for (std::size_t i = 0; i < inputs; ++i) {
      const Interval& x = graph.nodes[i].interval;
      const std::int64_t difference = weight.values[o * inputs + i] - factor * form(static_cast<Eigen::Index>(i));
      equal = equal && (difference == 0 || x.lo == x.hi);
      rest += difference * x.lo;
    }
    if (!equal || rest != factor * form(constant)) {
      throw std::logic_error("adder graph: output " + std::to_string(o) + " is not its row of the matrix");
    }
  }
}

}  // namespace rtlgen
