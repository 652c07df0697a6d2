#include "primitives/exact_intervals.hpp"

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace rtlgen {
namespace {

/// Coefficients that are not 0, by rising number of an input or constant.
using LinearForm = std::vector<std::pair<int, std::int64_t>>;

LinearForm sum(const LinearForm& a, std::int64_t factor_a, const LinearForm& b, std::int64_t factor_b) {
  LinearForm result;
  auto left = a.begin();
  auto right = b.begin();
  while (left != a.end() || right != b.end()) {
    const bool take_left = right == b.end() || (left != a.end() && left->first <= right->first);
    const bool take_right = left == a.end() || (right != b.end() && right->first <= left->first);
    const int source = take_left ? left->first : right->first;
    const std::int64_t coefficient =
        (take_left ? factor_a * (left++)->second : 0) + (take_right ? factor_b * (right++)->second : 0);
    if (coefficient != 0) {
      result.emplace_back(source, coefficient);
    }
  }
  return result;
}

}  // namespace

void set_exact_intervals(AdderGraph& graph) {
  std::vector<LinearForm> forms;
  forms.reserve(graph.nodes.size());
  for (AdderGraph::Node& node : graph.nodes) {
    if (node.kind != AdderGraph::Kind::adder) {
      forms.push_back({{static_cast<int>(forms.size()), 1}});
      continue;
    }
    forms.push_back(sum(forms[static_cast<std::size_t>(node.a)], std::int64_t{1} << node.shift_a,
                        forms[static_cast<std::size_t>(node.b)],
                        (node.subtract ? -1 : 1) * (std::int64_t{1} << node.shift_b)));
    node.interval = {};
    for (const auto& [source, coefficient] : forms.back()) {
      node.interval = node.interval + coefficient * graph.nodes[static_cast<std::size_t>(source)].interval;
    }
  }
}

}  // namespace rtlgen
