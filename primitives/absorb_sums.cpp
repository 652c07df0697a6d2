#include "primitives/absorb_sums.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "primitives/add.hpp"
#include "primitives/dense.hpp"
#include "primitives/elementwise.hpp"
#include "primitives/quantize.hpp"

namespace rtlgen {
namespace {

using NodeId = Graph::NodeId;

/// Most that a weight may become when the binary point of the sums moves.
constexpr std::int64_t kMostWeight = std::int64_t{1} << 46;

bool is_read_once(const Graph& graph, NodeId id) {
  const std::vector<NodeId>& outputs = graph.outputs();
  const std::vector<NodeId> users = graph.users(id);
  if (users.size() != 1 || std::find(outputs.begin(), outputs.end(), id) != outputs.end()) {
    return false;
  }
  const std::vector<NodeId> operands = graph.operands(users.front());
  return std::count(operands.begin(), operands.end(), id) == 1;
}

/// Whether a result of these formats is the sum itself.
bool keeps(const TensorType& result, const TensorType& sum) {
  return result.frac == sum.frac && result.intervals == sum.intervals;
}

/// The dense node if its sums are rounded nowhere and only one node reads them.
const Dense* open_product(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  const auto* const dense = node.as<Dense>();
  const bool open = dense != nullptr && !dense->relu && !dense->adders && dense->output.formats.empty() &&
                    dense->output.limits.empty() && graph.operands(id).size() == 1 && is_read_once(graph, id);
  if (!open) {
    return nullptr;
  }
  const NodeView view = view_of(graph, id);
  return keeps(node.type, accumulator_type(dense->weight, dense->bias, dense->weight_frac, view.operand(0))) ? dense
                                                                                                             : nullptr;
}

/// Times 2^shift; false where a number gets too large.
bool lift(Literal& literal, int shift) {
  return std::all_of(literal.values.begin(), literal.values.end(), [&](std::int64_t& value) {
    if (std::abs(value) > kMostWeight >> shift) {
      return false;
    }
    value *= std::int64_t{1} << shift;
    return true;
  });
}

/// The product of `id` with `other` as its addend, in the format of the sum.
std::optional<Dense> with_addend(const Graph& graph, NodeId id, NodeId other, const Add& add) {
  const Dense* const product = open_product(graph, id);
  if (product == nullptr) {
    return std::nullopt;
  }
  Dense dense = *product;
  const int missing = graph.node(other).type.frac - graph.node(id).type.frac;
  if (missing > 0) {
    if (missing > 40 || !lift(dense.weight, missing) || !lift(dense.bias, missing)) {
      return std::nullopt;
    }
    dense.weight_frac += missing;
  }
  dense.relu = add.relu;
  dense.output = add.output;
  return dense;
}

class Absorption {
 public:
  explicit Absorption(const Graph& graph) : graph_(graph) {}

  Graph run() {
    for (const NodeId id : graph_.topological_order()) {
      if (graph_.node(id).as<Add>() != nullptr) {
        absorb(id);
      }
    }
    for (const NodeId id : graph_.topological_order()) {
      if (graph_.node(id).as<Dense>() != nullptr) {
        absorb_quantizer(id);
      }
    }
    erase_dead();
    return std::move(graph_);
  }

 private:
  /// Readers first.
  void erase_dead() {
    while (!dead_.empty()) {
      const auto next = std::find_if(dead_.begin(), dead_.end(), [&](NodeId id) { return graph_.users(id).empty(); });
      const NodeId gone = *next;
      graph_.erase(gone);
      dead_.erase(next);
      for (NodeId& id : dead_) {
        id -= id > gone ? 1 : 0;
      }
    }
  }

  void absorb(NodeId id) {
    const std::vector<NodeId> operands = graph_.operands(id);
    const Add& add = *graph_.node(id).as<Add>();
    for (const std::size_t which : {std::size_t{1}, std::size_t{0}}) {
      const NodeId product = operands[which];
      const NodeId other = operands[1 - which];
      if (std::optional<Dense> dense = with_addend(graph_, product, other, add)) {
        if (put(id, std::move(*dense), {graph_.operands(product)[0], other})) {
          dead_.push_back(product);
          return;
        }
      }
    }
  }

  /// The quantizer behind a sum, or an elementwise node that is nothing but one.
  void absorb_quantizer(NodeId id) {
    const NodeView view = view_of(graph_, id);
    if (view.operands.size() != 2 || !is_read_once(graph_, id) || !is_exact_sum(id)) {
      return;
    }
    const NodeId user = graph_.users(id).front();
    Dense dense = *graph_.node(id).as<Dense>();
    if (const auto* const quantize = graph_.node(user).as<Quantize>()) {
      dense.output = quantize->output;
      dense.relu = quantize->relu;
    } else if (const auto* const element = graph_.node(user).as<Elementwise>()) {
      const std::int64_t one =
          element->weight_frac >= 0 && element->weight_frac < 40 ? std::int64_t{1} << element->weight_frac : 0;
      for (std::size_t o = 0; o < dense.bias.values.size(); ++o) {
        if (one == 0 || element->factor.values[o] != one || element->bias.values[o] % one != 0) {
          return;
        }
        dense.bias.values[o] += element->bias.values[o] / one;
      }
      dense.output = element->output;
      dense.relu = element->relu;
    } else {
      return;
    }
    if (put(user, std::move(dense), graph_.operands(id))) {
      dead_.push_back(id);
    }
  }

  bool is_exact_sum(NodeId id) const {
    const auto& dense = *graph_.node(id).as<Dense>();
    Node open = graph_.node(id);
    Dense wide = dense;
    const int frac = dense.sum_frac(view_of(graph_, id));
    wide.output = Quantizer{Format{true, kMaxFormatWidth, kMaxFormatWidth - frac}, Rounding::trn, Overflow::wrap};
    open.set(std::move(wide));
    try {
      return !dense.relu && keeps(graph_.node(id).type, open.operation->infer({open, view_of(graph_, id).operands}));
    } catch (const IrError&) {
      return false;
    }
  }

  /// Puts the product in the place of a node of the same type; false where it would be another.
  bool put(NodeId id, Dense dense, const std::vector<NodeId>& operands) {
    Node node = graph_.node(id);
    node.set(std::move(dense));
    std::vector<const TensorType*> types;
    for (const NodeId operand : operands) {
      types.push_back(&graph_.node(operand).type);
    }
    try {
      const TensorType type = node.operation->infer({node, types});
      if (type.width != node.type.width || !keeps(type, node.type)) {
        return false;
      }
    } catch (const IrError&) {
      return false;
    }
    graph_.replace(id, graph_.add(std::move(node), operands));
    dead_.push_back(id);
    return true;
  }

  Graph graph_;
  std::vector<NodeId> dead_;
};

}  // namespace

Graph absorb_sums(const Graph& graph) { return Absorption(graph).run(); }

}  // namespace rtlgen
