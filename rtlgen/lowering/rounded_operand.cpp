#include "rtlgen/lowering/rounded_operand.hpp"

#include <algorithm>
#include <cmath>

#include "rtlgen/lowering/exact_lowering.hpp"

namespace rtlgen {
namespace {

constexpr int kGuardBits = 6;  // of offsets, behind the format's fraction

/// x with so many significant bits.
double round_significand(double x, int bits) {
  int exponent = 0;
  const double significand = std::frexp(x, &exponent);
  return std::ldexp(std::round(std::ldexp(significand, bits)), exponent - bits);
}

}  // namespace

double largest_magnitude(const Graph& graph, const ExactTensor& tensor) {
  double largest = 0;
  for (Eigen::Index f = 0; f < tensor.features(); ++f) {
    const Interval& interval = graph.node(tensor.node).type.intervals[static_cast<std::size_t>(f)];
    largest = std::max({largest, std::abs(tensor.at(f, interval.lo)), std::abs(tensor.at(f, interval.hi))});
  }
  return largest;
}

Graph::NodeId rounded_operand(Graph& graph, const ExactTensor& tensor, const Format& format, int factor_bits,
                              const std::string& name) {
  ExactTensor coarse = tensor;
  coarse.factor = tensor.factor.unaryExpr([&](double factor) { return round_significand(factor, factor_bits); });
  const double unit = std::ldexp(1.0, -format.frac() - kGuardBits);
  coarse.offset = (tensor.offset.array() / unit).round() * unit;
  const Quantizer rounding{format, Rounding::rnd, Overflow::sat};
  return quantize_exact(graph, coarse, uniform_quantizer(rounding, static_cast<int>(tensor.features())), name).node;
}

}  // namespace rtlgen
