#include "rtlgen/lowering/exact_combination.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "primitives/add.hpp"
#include "primitives/bank_product.hpp"
#include "primitives/concat.hpp"
#include "primitives/pool.hpp"
#include "rtlgen/lowering/exact_node.hpp"
#include "rtlgen/lowering/exact_sums.hpp"
#include "rtlgen/lowering/whole_product.hpp"

namespace rtlgen {
namespace {

using Eigen::Index;
using Eigen::VectorXd;
using NodeId = Graph::NodeId;

constexpr double kMostRatio = 0x1p12;  // of the scales of two features

/// Whether x is a whole number but for the rounding of doubles: zero points come multiplied by their scale.
bool is_nearly_whole(double x) { return std::abs(x - std::round(x)) <= 0x1p-40 * std::max(1.0, std::abs(x)); }

/// The largest unit of which all scales and offsets of the features [first, first + count) are whole multiples: the
/// least scale, or that divided by a small power of two (a sign has offsets of halves). Nothing where there is none.
std::optional<double> common_unit(const ExactTensor& tensor, Index first, Index count) {
  constexpr int kMostHalvings = 8;
  double unit = std::numeric_limits<double>::infinity();
  for (Index f = first; f < first + count; ++f) {
    unit = tensor.factor[f] == 0 ? unit : std::min(unit, std::abs(tensor.factor[f]));
  }
  unit = std::isinf(unit) ? 1.0 : unit;
  for (int halvings = 0; halvings <= kMostHalvings; ++halvings, unit /= 2) {
    bool fits = true;
    for (Index f = first; f < first + count; ++f) {
      const double ratio = tensor.factor[f] / unit;
      fits = fits && is_nearly_whole(ratio) && is_nearly_whole(tensor.offset[f] / unit) && std::abs(ratio) < kMostRatio;
    }
    if (fits) {
      return unit;
    }
  }
  return std::nullopt;
}

/// The tensor with one scale for all features of a group and no offsets, as integers of a node: made where it is not so
/// already, by shifts and the addition of zero points.
ExactTensor equal_scales(Graph& graph, const ExactTensor& tensor, int groups, const std::string& name) {
  const Index features = tensor.features();
  const Index count = features / groups;
  std::vector<std::int64_t> ratios;
  std::vector<std::int64_t> bias;
  VectorXd factor(features);
  for (Index first = 0; first < features; first += count) {
    const auto unit = common_unit(tensor, first, count);
    if (!unit) {
      throw IrError("'" + name + "': the scales of a head's features are not related by powers of two, or its zero " +
                    "points are not whole; expected a quantizer with one scale for the tensor");
    }
    for (Index f = first; f < first + count; ++f) {
      ratios.push_back(whole_number(std::round(tensor.factor[f] / *unit)));
      bias.push_back(whole_number(std::round(tensor.offset[f] / *unit)));
      factor[f] = *unit;
    }
  }
  const auto all = [](const std::vector<std::int64_t>& list, std::int64_t value) {
    return std::all_of(list.begin(), list.end(), [value](std::int64_t entry) { return entry == value; });
  };
  if (all(ratios, 1) && all(bias, 0)) {
    return tensor;
  }
  const WholeProduct product{Product::none, vector_literal(ratios), vector_literal(bias),
                             graph.node(tensor.node).type.frac};
  return tensor_of_node(append_sums(graph, name, product, tensor.node), factor, VectorXd::Zero(features));
}

template <typename T>
NodeId append_bank_product(Graph& graph, const std::string& name, const BankProductLayer& layer, NodeId a, NodeId b) {
  T operation;
  operation.heads = layer.heads;
  operation.kv_heads = layer.kv_heads;
  return append_node(graph, name, operation, {a, b});
}

}  // namespace

ExactTensor exact_sum(Graph& graph, const ExactTensor& a, const ExactTensor& b, const std::string& name) {
  const TensorType& left = graph.node(a.node).type;
  const TensorType& right = graph.node(b.node).type;
  const VectorXd unit = a.factor * std::ldexp(1.0, left.frac);
  if (!(unit.array() == (b.factor * std::ldexp(1.0, right.frac)).array()).all()) {
    const ExactTensor parts = exact_concatenation(graph, {a, b}, name + ".parts");
    RowMatrix ones(a.features(), 2 * a.features());
    ones << RowMatrix::Identity(a.features(), a.features()), RowMatrix::Identity(a.features(), a.features());
    return exact_product(graph, parts, Product::dense, ones, VectorXd::Ones(a.features()),
                         VectorXd::Zero(a.features()));
  }
  const int frac = std::max(left.frac, right.frac);
  const int width = std::max(left.width + frac - left.frac, right.width + frac - right.frac) + 1;
  const Quantizer output = exact_quantizer(std::min(width, kMaxFormatWidth), frac);
  const NodeId id = append_node(graph, name, Add(output), {a.node, b.node});
  return tensor_of_node(id, unit * std::ldexp(1.0, -frac), a.offset + b.offset);
}

ExactTensor exact_bank_product(Graph& graph, const ExactTensor& a, const ExactTensor& b, const BankProductLayer& layer,
                               const std::string& name) {
  // The scales of b may differ from sum to sum: those of a mix are over tokens.
  const ExactTensor left = equal_scales(graph, a, layer.heads, name + ".left");
  const ExactTensor right =
      equal_scales(graph, b, layer.mix ? static_cast<int>(b.features()) : layer.kv_heads, name + ".right");
  const NodeId id = layer.mix ? append_bank_product<Mix>(graph, name, layer, left.node, right.node)
                              : append_bank_product<Scores>(graph, name, layer, left.node, right.node);
  const Index results = graph.node(id).type.features / layer.heads;
  const Index dim = b.features() / layer.kv_heads;
  VectorXd factor(results * layer.heads);
  for (Index head = 0; head < layer.heads; ++head) {
    const Index first = (layer.kv_heads == 1 ? 0 : head) * dim;
    for (Index result = 0; result < results; ++result) {
      factor[head * results + result] =
          left.factor[head * (a.features() / layer.heads)] * right.factor[first + (layer.mix ? result : 0)];
    }
  }
  return tensor_of_node(id, factor, VectorXd::Zero(factor.size()));
}

ExactTensor exact_pool(Graph& graph, const ExactTensor& x, PoolMode mode, std::optional<NodeId> mask,
                       const std::string& name) {
  // Where there is no token the result is 0, so mantissas must have no offset; a maximum needs them to rise.
  const ExactTensor centred = equal_scales(graph, x, static_cast<int>(x.features()), name + ".in");
  const TensorType& type = graph.node(centred.node).type;
  const auto tokens = static_cast<double>(type.tokens);
  std::vector<NodeId> operands = {centred.node};
  if (mask) {
    operands.push_back(*mask);
  }
  Pool pool;
  pool.mode = mode == PoolMode::max ? PoolMode::max : PoolMode::sum;
  const NodeId id = append_exact(graph, name, pool, operands, type.frac);
  ExactTensor pooled = tensor_of_node(id, centred.factor, VectorXd::Zero(x.features()));
  if (mode == PoolMode::mean) {
    pooled.transform(VectorXd::Constant(x.features(), 1 / tokens), VectorXd::Zero(x.features()));
  }
  return pooled;
}

ExactTensor exact_concatenation(Graph& graph, const std::vector<ExactTensor>& parts, const std::string& name) {
  std::vector<NodeId> operands;
  operands.reserve(parts.size());
  for (const ExactTensor& part : parts) {
    operands.push_back(part.node);
  }
  const NodeId id = append_node(graph, name, Concat(), operands);
  const TensorType& type = graph.node(id).type;
  VectorXd factor(type.features);
  VectorXd offset(type.features);
  Index first = 0;
  for (const ExactTensor& part : parts) {
    const int shift = type.frac - graph.node(part.node).type.frac;
    factor.segment(first, part.features()) = part.factor * std::ldexp(1.0, -shift);
    offset.segment(first, part.features()) = part.offset;
    first += part.features();
  }
  return tensor_of_node(id, factor, offset);
}

}  // namespace rtlgen
