#include "rtlgen/lowering/exact_sums.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "rtlgen/lowering/binary_parts.hpp"
#include "rtlgen/lowering/exact_node.hpp"
#include "rtlgen/lowering/whole_product.hpp"

namespace rtlgen {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

// Weights without a common unit are rounded to as many bits, fewer where sums would have more than the second number.
constexpr int kRoundedBits = 32;
constexpr int kRoundedSumBits = 46;
constexpr double kMaxBinary = 0x1p24;  // the odd part of a scale that is taken as it is

std::size_t at(Index index) { return static_cast<std::size_t>(index); }

/// The sums of a product as integers of a node, limits left out.
ExactTensor exact_sums(Graph& graph, const ExactTensor& tensor, const std::string& name) {
  const Index features = tensor.features();
  // Offsets become part of the sums where they are whole numbers of the sums' unit.
  std::vector<std::int64_t> bias(at(features));
  VectorXd offset = tensor.offset;
  const VectorXd offsets = (tensor.factor.array() != 0).select(tensor.offset.array() / tensor.factor.array(), 0.0);
  if ((offsets.array() == offsets.array().floor()).all() && (offsets.array().abs() < kMaxMantissa).all()) {
    for (Index f = 0; f < features; ++f) {
      bias[at(f)] = whole_number(offsets[f]);
    }
    offset = (tensor.factor.array() != 0).select(0.0, offset);
  }
  // A binary point that makes the factors 1 to 2, where it is the same for all.
  const int exponent = binary_parts(tensor.factor[0]).exponent;
  const bool common = std::all_of(tensor.factor.data(), tensor.factor.data() + features,
                                  [&](double factor) { return binary_parts(factor).exponent == exponent; });
  const int frac = common ? -exponent : graph.node(tensor.node).type.frac;
  const Graph::NodeId id =
      append_sums(graph, name, {tensor.product, tensor.weight, vector_literal(bias), frac}, tensor.node);
  return tensor_of_node(id, tensor.factor, offset);
}

/// The mantissa at a limit of a feature whose mantissas are within `interval`; `otherwise` where there is no limit.
std::int64_t limit_mantissa(double mantissa, const Interval& interval, std::int64_t otherwise,
                            const std::string& name) {
  if (!std::isfinite(mantissa)) {
    return otherwise;
  }
  if (mantissa != std::floor(mantissa)) {
    throw IrError("'" + name + "' is limited between two exact values; expected a quantize layer behind it");
  }
  return std::clamp(static_cast<std::int64_t>(std::clamp(mantissa, -kMaxMantissa, kMaxMantissa)), interval.lo,
                    interval.hi);
}

/// The smallest and largest mantissas of `sums` that the limits of `tensor` leave.
std::vector<Interval> limits_of(const Graph& graph, const ExactTensor& tensor, const ExactTensor& sums,
                                const std::string& name) {
  std::vector<Interval> limits;
  for (Index f = 0; f < tensor.features(); ++f) {
    const Interval& interval = graph.node(sums.node).type.intervals[at(f)];
    const auto mantissa = [&](double end, std::int64_t otherwise) {
      return limit_mantissa((end - sums.offset[f]) / tensor.factor[f], interval, otherwise, name);
    };
    const bool falls = tensor.factor[f] < 0;
    const std::int64_t lo = mantissa(falls ? tensor.high[f] : tensor.low[f], interval.lo);
    limits.push_back({lo, mantissa(falls ? tensor.low[f] : tensor.high[f], interval.hi)});
  }
  return limits;
}

/// One unit for all features: the smallest scale, if the others are powers of two of it.
double unit_of(const VectorXd& scales) {
  double unit = std::numeric_limits<double>::infinity();
  for (const double scale : scales) {
    unit = scale == 0 ? unit : std::min(unit, std::abs(scale));
  }
  return std::isinf(unit) ? 1.0 : unit;
}

}  // namespace

int rounded_bits(const TensorType& input, Index columns) {
  const Interval range = input.range();
  const double largest = static_cast<double>(std::max(-range.lo, range.hi)) * static_cast<double>(columns);
  return std::min(kRoundedBits, kRoundedSumBits - static_cast<int>(std::ceil(std::log2(std::max(1.0, largest)))));
}

ExactTensor exact_product(const Graph& graph, const ExactTensor& x, Product product, const RowMatrix& weight,
                          const VectorXd& step, const VectorXd& bias) {
  const Index features = x.features();
  const int bits = rounded_bits(graph.node(x.node).type, weight.cols());
  const double unit = unit_of(x.factor);
  const VectorXd ratios = x.factor / unit;
  const bool related = std::all_of(ratios.data(), ratios.data() + features,
                                   [](double ratio) { return ratio == 0 || odd_part(ratio) == 1; });
  ExactTensor result = tensor_of_node(x.node, VectorXd::Zero(weight.rows()), bias);
  result.product = product;
  if (!related) {
    result.unrounded = RowMatrix(weight.rows(), weight.cols());
  }
  result.weight.shape = {static_cast<int>(weight.rows()), static_cast<int>(weight.cols())};
  for (Index o = 0; o < weight.rows(); ++o) {
    double row_step = step[o];
    if (!related) {
      double largest = 0;
      for (Index i = 0; i < weight.cols(); ++i) {
        result.unrounded(o, i) = weight(o, i) * ratios[i % features];
        largest = std::max(largest, std::abs(result.unrounded(o, i)));
      }
      row_step = std::ldexp(1.0, binary_parts(largest).exponent - bits);
      result.unrounded.row(o) /= row_step;
    }
    for (Index i = 0; i < weight.cols(); ++i) {
      const double mantissa =
          related ? std::round(weight(o, i) / row_step) * ratios[i % features] : std::round(result.unrounded(o, i));
      result.weight.values.push_back(whole_number(mantissa));
      result.offset[o] += weight(o, i) * x.offset[i % features];
    }
    result.factor[o] = row_step * unit;
  }
  return result;
}

void warn_if_rounded(const ExactTensor& product, const std::string& layer) {
  if (product.unrounded.size() > 0) {
    spdlog::warn(
        "layer '{}': the scales of its input's features are not related by powers of two; its weights times these "
        "scales are rounded to 32 bits",
        layer);
  }
}

ExactTensor separate_sums(Graph& graph, const ExactTensor& tensor, const std::string& name) {
  if (tensor.product == Product::none) {
    return tensor;
  }
  ExactTensor sums = exact_sums(graph, tensor, name);
  sums.low = tensor.low;
  sums.high = tensor.high;
  sums.steps = tensor.steps;
  return sums;
}

ExactTensor materialize_sums(Graph& graph, const ExactTensor& tensor, const std::string& name) {
  const bool limited = tensor.is_limited();
  const ExactTensor sums =
      tensor.product == Product::none ? tensor : exact_sums(graph, tensor, name + (limited ? ".sum" : ""));
  if (!limited) {
    return sums;
  }
  const TensorType& type = graph.node(sums.node).type;
  FormatArray output = exact_quantizer(signed_width(type.range()), type.frac);
  output.limits = limits_of(graph, tensor, sums, name);
  const std::vector<std::int64_t> ones(at(tensor.features()), 1);
  const std::vector<std::int64_t> zeros(at(tensor.features()), 0);
  const WholeProduct identity{Product::none, vector_literal(ones), vector_literal(zeros), type.frac};
  return tensor_of_node(append_rounded(graph, name, identity, output, false, sums.node), tensor.factor, sums.offset);
}

ExactTensor materialize_binary(Graph& graph, const ExactTensor& tensor, const std::string& name) {
  const TensorType& type = graph.node(tensor.node).type;
  if (tensor.is_plain(type)) {
    return tensor;
  }
  int frac = type.frac;
  for (Index f = 0; f < tensor.features(); ++f) {
    if (odd_part(tensor.factor[f]) >= kMaxBinary || odd_part(tensor.offset[f]) >= kMaxMantissa) {
      throw IrError("'" + name + "' needs values in powers of two; expected a quantize layer with 'format' before it");
    }
    for (const double x : {tensor.factor[f], tensor.offset[f]}) {
      frac = x == 0 ? frac : std::max(frac, fraction_bits(x));
    }
  }
  std::vector<std::int64_t> multipliers;
  std::vector<std::int64_t> bias;
  for (Index f = 0; f < tensor.features(); ++f) {
    multipliers.push_back(whole_number(std::ldexp(tensor.factor[f], frac)));
    bias.push_back(whole_number(std::ldexp(tensor.offset[f], frac)));
  }
  const Graph::NodeId id = append_sums(graph, name, multiplied_product(tensor, multipliers, bias, frac), tensor.node);
  return tensor_of_node(id, graph.node(id).type);
}

}  // namespace rtlgen
