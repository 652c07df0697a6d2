#include "rtlgen/import/onnx_recognition.hpp"

#include <algorithm>
#include <cmath>

namespace rtlgen {
namespace {

constexpr double kClose = 1e-6;  ///< constants of float32 graphs, such as sqrt(2), are off by 2^-24

bool is_close(double a, double b) { return std::abs(a - b) <= kClose * std::max(std::abs(a), std::abs(b)); }

/// The number that all elements are, if they are one.
std::optional<double> uniform(const std::vector<double>& list) {
  const bool same = !list.empty() && std::all_of(list.begin(), list.end(), [&](double x) { return x == list[0]; });
  return same ? std::optional<double>(list[0]) : std::nullopt;
}

/// k with `a` = k * `b`, feature by feature.
std::optional<double> ratio(const OnnxNetwork& network, std::size_t a, std::size_t b) {
  const NetLinear left = network.linear(a);
  const NetLinear right = network.linear(b);
  if (left.root != right.root) {
    return std::nullopt;
  }
  std::optional<double> k;
  for (std::size_t i = 0; i < left.factors.size(); ++i) {
    if (right.factors[i] == 0) {
      return std::nullopt;
    }
    const double here = left.factors[i] / right.factors[i];
    if ((k && !is_close(*k, here)) ||
        std::abs(left.offsets[i] - here * right.offsets[i]) > kClose * std::abs(left.offsets[i])) {
      return std::nullopt;
    }
    k = k.value_or(here);
  }
  return k;
}

std::size_t scaled(OnnxNetwork& network, std::size_t x, double factor, const NetNode& origin) {
  if (is_close(factor, 1)) {
    return x;
  }
  const auto features = static_cast<std::size_t>(network.at(x).features);
  return network.add_affine(x, std::vector<double>(features, factor), std::vector<double>(features, 0), origin);
}

/// outer * function(inner * x)
std::size_t scaled_function(OnnxNetwork& network, const std::string& function, std::size_t x, double inner,
                            double outer, const NetNode& origin) {
  const std::size_t made = network.add_unary(NetOp::function, scaled(network, x, inner, origin), origin);
  network.at(made).function = function;
  return scaled(network, made, outer, origin);
}

/// x * f, where f is made of erf or sigmoid of a multiple of x.
std::optional<std::size_t> gated(OnnxNetwork& network, std::size_t x, std::size_t gate, const NetNode& origin) {
  const NetLinear map = network.linear(gate);
  const NetNode& root = network.at(map.root);
  const auto factor = uniform(map.factors);
  const auto offset = uniform(map.offsets);
  const bool error_function = root.op == NetOp::error_function;
  if (!factor || !offset || (!error_function && (root.op != NetOp::function || root.function != "sigmoid"))) {
    return std::nullopt;
  }
  const auto k = ratio(network, root.inputs[0], x);
  if (!k || *k == 0 || (error_function ? !is_close(*factor, *offset) : *offset != 0)) {
    return std::nullopt;
  }
  if (!error_function) {
    return scaled_function(network, "silu", x, *k, *factor / *k, origin);
  }
  const double inner = *k * std::sqrt(2.0);
  return scaled_function(network, "gelu", x, inner, 2 * *factor / inner, origin);
}

/// `deviation` = sqrt(mean(x^2) + epsilon): x, and epsilon.
struct Deviation {
  std::size_t of = 0;
  double epsilon = 0;
};

std::optional<Deviation> as_deviation(const OnnxNetwork& network, std::size_t node) {
  if (network.at(node).op != NetOp::root) {
    return std::nullopt;
  }
  const NetLinear sum = network.linear(network.at(node).inputs[0]);
  const NetNode& mean = network.at(sum.root);
  if (mean.op != NetOp::mean || sum.factors[0] != 1 || sum.offsets[0] < 0 ||
      network.at(mean.inputs[0]).op != NetOp::square) {
    return std::nullopt;
  }
  return Deviation{network.at(mean.inputs[0]).inputs[0], sum.offsets[0]};
}

}  // namespace

std::optional<std::size_t> recognize_product(OnnxNetwork& network, std::size_t a, std::size_t b,
                                             const NetNode& origin) {
  if (network.at(b).op == NetOp::inverse) {
    return recognize_quotient(network, a, network.at(b).inputs[0], origin);
  }
  if (network.at(a).features != network.at(b).features) {
    return std::nullopt;
  }
  if (a == b) {
    return network.add_unary(NetOp::square, a, origin);
  }
  const auto made = gated(network, a, b, origin);
  return made ? made : gated(network, b, a, origin);
}

std::optional<std::size_t> recognize_quotient(OnnxNetwork& network, std::size_t a, std::size_t b,
                                              const NetNode& origin) {
  const auto deviation = as_deviation(network, b);
  const NetLinear dividend = network.linear(a);
  if (!deviation || (dividend.root != deviation->of && a != deviation->of)) {
    return std::nullopt;
  }
  const bool whole = a == deviation->of;
  const std::size_t x = whole ? a : dividend.root;
  const bool centered = network.at(x).op == NetOp::centered;
  const auto features = static_cast<std::size_t>(network.at(x).features);
  const std::size_t made =
      network.add_unary(centered ? NetOp::layer_norm : NetOp::rms_norm, centered ? network.at(x).inputs[0] : x, origin);
  NetNode& norm = network.at(made);
  norm.epsilon = deviation->epsilon;
  norm.factors.assign(features, 1);
  norm.offsets.assign(features, 0);
  if (whole) {
    return made;
  }
  return std::all_of(dividend.offsets.begin(), dividend.offsets.end(), [](double x) { return x == 0; })
             ? std::optional<std::size_t>(network.add_affine(made, dividend.factors, dividend.offsets, origin))
             : std::nullopt;
}

}  // namespace rtlgen
