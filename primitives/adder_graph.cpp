#include "primitives/adder_graph.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <queue>
#include <tuple>
#include <utility>

#include "primitives/adder_cost.hpp"

namespace rtlgen {
namespace {

/// A signed, shifted node: one summand.
struct Term {
  int node = -1;
  int shift = 0;
  bool negative = false;
};

class Builder {
 public:
  explicit Builder(const std::vector<Interval>& inputs) {
    for (const Interval& interval : inputs) {
      graph_.nodes.push_back({AdderGraph::Kind::input, -1, -1, 0, 0, false, interval, 0});
    }
  }

  void add_output(const std::int64_t* weights, std::size_t count, std::int64_t bias) {
    std::vector<Term> terms;
    for (std::size_t i = 0; i < count; ++i) {
      if (weights[i] != 0) {
        terms.push_back(product(static_cast<int>(i), weights[i]));
      }
    }
    if (bias != 0) {
      terms.push_back({constant(bias), 0, false});
    }
    if (terms.empty()) {
      graph_.outputs.push_back({});
      return;
    }
    const Term sum = add_all(terms);
    if (sum.negative) {
      const Term negated = add({constant(0), 0, false}, sum);
      graph_.outputs.push_back({negated.node, negated.shift});
    } else {
      graph_.outputs.push_back({sum.node, sum.shift});
    }
  }

  AdderGraph take() { return std::move(graph_); }

 private:
  /// weight * input: the odd part from the cache, then a shift and a sign.
  Term product(int input, std::int64_t weight) {
    const bool negative = weight < 0;
    std::int64_t odd = negative ? -weight : weight;
    int shift = 0;
    while ((odd & 1) == 0) {
      odd >>= 1;
      ++shift;
    }
    const auto key = std::make_pair(input, odd);
    auto found = multiples_.find(key);
    if (found == multiples_.end()) {
      std::vector<Term> terms;
      for (const SignedDigit& digit : canonical_signed_digits(odd)) {
        terms.push_back({input, digit.shift, digit.negative});
      }
      found = multiples_.emplace(key, add_all(terms)).first;
    }
    const Term& multiple = found->second;
    return {multiple.node, multiple.shift + shift, multiple.negative != negative};
  }

  /// The sum of the terms, always combining the two of least depth (Huffman's order).
  Term add_all(const std::vector<Term>& terms) {
    using Entry = std::tuple<int, std::size_t, Term>;  // level, age
    const auto later = [](const Entry& x, const Entry& y) {
      return std::tie(std::get<0>(x), std::get<1>(x)) > std::tie(std::get<0>(y), std::get<1>(y));
    };
    std::priority_queue<Entry, std::vector<Entry>, decltype(later)> queue(later);
    std::size_t age = 0;
    for (const Term& term : terms) {
      queue.emplace(level(term.node), age++, term);
    }
    while (queue.size() > 1) {
      const Term a = std::get<2>(queue.top());
      queue.pop();
      const Term b = std::get<2>(queue.top());
      queue.pop();
      const Term sum = add(a, b);
      queue.emplace(level(sum.node), age++, sum);
    }
    return std::get<2>(queue.top());
  }

  Term add(Term a, Term b) {
    if (a.negative && !b.negative) {
      std::swap(a, b);
    }
    const int common = std::min(a.shift, b.shift);
    const bool subtract = a.negative != b.negative;
    AdderGraph::Node node{AdderGraph::Kind::adder, a.node, b.node, a.shift - common, b.shift - common, subtract, {}, 0};
    if (!subtract && std::tie(node.a, node.shift_a) > std::tie(node.b, node.shift_b)) {
      std::swap(node.a, node.b);
      std::swap(node.shift_a, node.shift_b);
    }
    const auto key = std::make_tuple(node.a, node.shift_a, node.b, node.shift_b, subtract);
    const auto found = adders_.find(key);
    if (found != adders_.end()) {
      return {found->second, common, a.negative && b.negative};
    }
    const Interval left = (std::int64_t{1} << node.shift_a) * graph_.nodes[static_cast<std::size_t>(node.a)].interval;
    const Interval right = (std::int64_t{1} << node.shift_b) * graph_.nodes[static_cast<std::size_t>(node.b)].interval;
    node.interval = left + (subtract ? std::int64_t{-1} : std::int64_t{1}) * right;
    node.level = 1 + std::max(level(node.a), level(node.b));
    const int id = append(node);
    adders_.emplace(key, id);
    return {id, common, a.negative && b.negative};
  }

  int constant(std::int64_t value) {
    const auto found = constants_.find(value);
    if (found != constants_.end()) {
      return found->second;
    }
    const int id = append({AdderGraph::Kind::constant, -1, -1, 0, 0, false, {value, value}, 0});
    constants_.emplace(value, id);
    return id;
  }

  int append(const AdderGraph::Node& node) {
    graph_.nodes.push_back(node);
    return static_cast<int>(graph_.nodes.size()) - 1;
  }

  int level(int node) const { return graph_.nodes[static_cast<std::size_t>(node)].level; }

  AdderGraph graph_;
  std::map<std::pair<int, std::int64_t>, Term> multiples_;
  std::map<std::tuple<int, int, int, int, bool>, int> adders_;
  std::map<std::int64_t, int> constants_;
};

}  // namespace

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

AdderGraph build_adder_graph(const Literal& weight, const Literal& bias, const std::vector<Interval>& inputs) {
  Builder builder(inputs);
  for (std::size_t o = 0; o < bias.values.size(); ++o) {
    builder.add_output(weight.values.data() + o * inputs.size(), inputs.size(), bias.values[o]);
  }
  return builder.take();
}

}  // namespace rtlgen
