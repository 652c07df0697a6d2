#include "primitives/adder_graph.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <stdexcept>
#include <string>

#include "primitives/adder_cost.hpp"

namespace rtlgen {

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
      bits += adder_luts(nodes[static_cast<std::size_t>(node.a)].interval, node.shift_a,
                         nodes[static_cast<std::size_t>(node.b)].interval, node.shift_b, node.subtract);
    }
  }
  return bits;
}

std::vector<SignedDigit> canonical_signed_digits(std::int64_t value) {
  std::vector<SignedDigit> digits;
  for (int shift = 0; value != 0; ++shift, value /= 2) {
    if ((value & 1) != 0) {
      // The digit that leaves a multiple of four, so that the next one is zero.
      const bool negative = (value & 3) == 3;
      digits.push_back({shift, negative});
      value -= negative ? -1 : 1;
    }
  }
  return digits;
}

void require_product(const AdderGraph& graph, const Literal& weight, const Literal& bias) {
  const auto inputs = static_cast<std::size_t>(weight.shape[1]);
  // Row by row: the factors of the inputs, and a constant.
  using Forms = Eigen::Matrix<std::int64_t, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const auto row = [](int node) { return static_cast<Eigen::Index>(node); };
  const auto scale = [](int shift) { return std::int64_t{1} << shift; };
  const auto constant = static_cast<Eigen::Index>(inputs);
  Forms forms = Forms::Zero(row(static_cast<int>(graph.nodes.size())), constant + 1);
  for (std::size_t id = 0; id < graph.nodes.size(); ++id) {
    const AdderGraph::Node& node = graph.nodes[id];
    auto form = forms.row(row(static_cast<int>(id)));
    if (node.kind == AdderGraph::Kind::input) {
      form(static_cast<Eigen::Index>(id)) = 1;
    } else if (node.kind == AdderGraph::Kind::constant) {
      form(constant) = node.interval.lo;
    } else {
      form = scale(node.shift_a) * forms.row(row(node.a)) +
             (node.subtract ? -1 : 1) * scale(node.shift_b) * forms.row(row(node.b));
    }
  }
  for (std::size_t o = 0; o < graph.outputs.size(); ++o) {
    const AdderGraph::Output& output = graph.outputs[o];
    const std::int64_t factor = output.node < 0 ? 0 : scale(output.shift);
    const auto form = forms.row(row(std::max(0, output.node)));
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
