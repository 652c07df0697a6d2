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

/// k x + c
struct Line {
  double k = 0;
  double c = 0;
};

/// The line with `a` = k * `b` + c for all features.
std::optional<Line> line_of(const OnnxNetwork& network, std::size_t a, std::size_t b) {
  const NetLinear left = network.linear(a);
  const NetLinear right = network.linear(b);
  if (left.root != right.root) {
    return std::nullopt;
  }
  std::optional<Line> line;
  for (std::size_t i = 0; i < left.factors.size(); ++i) {
    if (right.factors[i] == 0) {
      return std::nullopt;
    }
    const double k = left.factors[i] / right.factors[i];
    double c = left.offsets[i] - k * right.offsets[i];
    c = std::abs(c) <= kClose * std::abs(left.offsets[i]) ? 0 : c;
    if (line && (!is_close(line->k, k) || !is_close(line->c, c))) {
      return std::nullopt;
    }
    line = line ? line : std::optional<Line>({k, c});
  }
  return line;
}

/// k with `a` = k * `b`, feature by feature.
std::optional<double> ratio(const OnnxNetwork& network, std::size_t a, std::size_t b) {
  const auto line = line_of(network, a, b);
  return line && line->c == 0 ? std::optional<double>(line->k) : std::nullopt;
}

/// The number that `x` is but for the rounding of the constants it was made of: one, if it is close to that.
double snapped(double x) { return is_close(x, 1) ? 1 : x; }

std::size_t scaled(OnnxNetwork& network, std::size_t x, double factor, const NetNode& origin) {
  if (snapped(factor) == 1) {
    return x;
  }
  const auto features = static_cast<std::size_t>(network.at(x).features);
  return network.add_affine(x, std::vector<double>(features, factor), std::vector<double>(features, 0), origin);
}

/// whole / inner * function(inner * x)
std::size_t scaled_function(OnnxNetwork& network, const std::string& function, std::size_t x, double inner,
                            double whole, const NetNode& origin) {
  inner = snapped(inner);
  const std::size_t made = network.add_unary(NetOp::function, scaled(network, x, inner, origin), origin);
  network.at(made).function = function;
  return scaled(network, made, whole / inner, origin);
}

/// c1 x + c3 x^3 as a tensor of the network.
struct Cubic {
  std::size_t x = 0;
  double linear = 0;
  double cubic = 0;
};

/// The factor of a tensor that is a multiple of another one; `root` is that one.
std::optional<double> multiple(const NetLinear& map) {
  const auto factor = uniform(map.factors);
  const auto offset = uniform(map.offsets);
  return factor && offset && *offset == 0 ? factor : std::nullopt;
}

std::optional<Cubic> as_cubic(const OnnxNetwork& network, std::size_t node) {
  const NetLinear outer = network.linear(node);
  const NetNode& sum = network.at(outer.root);
  const auto scale = multiple(outer);
  if (!scale || sum.op != NetOp::add || sum.inputs.size() != 2) {
    return std::nullopt;
  }
  for (const bool swapped : {false, true}) {
    const NetLinear high = network.linear(sum.inputs[swapped ? 0 : 1]);
    const auto third = multiple(high);
    const NetNode& cube = network.at(high.root);
    if (!third || cube.op != NetOp::cube) {
      continue;
    }
    if (const auto first = ratio(network, sum.inputs[swapped ? 1 : 0], cube.inputs[0])) {
      return Cubic{cube.inputs[0], *scale * *first, *scale * *third};
    }
  }
  return std::nullopt;
}

/// x * (a + a tanh(c1 x + c3 x^3)): GELU by tanh.
std::optional<std::size_t> gated_by_tanh(OnnxNetwork& network, std::size_t x, const NetLinear& gate,
                                         const NetNode& origin) {
  constexpr double kSqrtTwoOverPi = 0.79788456080286535587989211986876374;
  constexpr double kCubic = 0.044715;
  constexpr double kLoose = 1e-4;  // exporters write the constants with some digits
  const auto factor = uniform(gate.factors);
  const auto offset = uniform(gate.offsets);
  const auto argument = as_cubic(network, network.at(gate.root).inputs[0]);
  const auto k = argument ? ratio(network, argument->x, x) : std::nullopt;
  if (!k || !factor || !offset || !is_close(*factor, *offset)) {
    return std::nullopt;
  }
  double inner = argument->linear * *k / kSqrtTwoOverPi;
  inner = std::abs(inner - 1) < kLoose ? 1 : inner;
  const double cubic = argument->cubic * *k * *k * *k / (kSqrtTwoOverPi * inner * inner * inner);
  if (std::abs(cubic - kCubic) > kLoose * kCubic) {
    return std::nullopt;
  }
  return scaled_function(network, "gelu_tanh", x, inner, 2 * *factor, origin);
}

/// x * clip(c x + d), which is 0 for x = -3 and constant from x = 3 on.
std::optional<std::size_t> gated_by_clip(OnnxNetwork& network, std::size_t x, const NetLinear& gate,
                                         const NetNode& origin) {
  const NetNode& clip = network.at(gate.root);
  const auto line = line_of(network, clip.inputs[0], x);
  const auto outer = multiple(gate);
  if (!outer || !line || clip.low != 0 || !is_close(line->k, clip.high / 6) || !is_close(line->c, clip.high / 2)) {
    return std::nullopt;
  }
  return scaled_function(network, "hard_swish", x, 1, *outer * clip.high, origin);
}

/// x * (c + d x^2) as a sum with a cube.
std::optional<std::size_t> times_square(OnnxNetwork& network, std::size_t x, std::size_t square,
                                        const NetNode& origin) {
  const NetLinear right = network.linear(square);
  const auto quadratic = uniform(right.factors);
  const auto constant = uniform(right.offsets);
  if (!quadratic || !constant || network.at(right.root).op != NetOp::square) {
    return std::nullopt;
  }
  const auto k = ratio(network, network.at(right.root).inputs[0], x);
  if (!k) {
    return std::nullopt;
  }
  const std::size_t cube = network.add_unary(NetOp::cube, x, origin);
  const std::size_t high = scaled(network, cube, *quadratic * *k * *k, origin);
  if (*constant == 0) {
    return high;
  }
  const std::size_t low = scaled(network, x, *constant, origin);
  const std::size_t sum = network.add_unary(NetOp::add, low, origin);
  network.at(sum).inputs.push_back(high);
  return sum;
}

/// x * f, where f is made of erf, tanh, sigmoid or a clip of a multiple of x.
std::optional<std::size_t> gated(OnnxNetwork& network, std::size_t x, std::size_t gate, const NetNode& origin) {
  const NetLinear map = network.linear(gate);
  const NetNode& root = network.at(map.root);
  if (root.op == NetOp::function && root.function == "tanh") {
    return gated_by_tanh(network, x, map, origin);
  }
  if (root.op == NetOp::clip) {
    return gated_by_clip(network, x, map, origin);
  }
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
    return scaled_function(network, "silu", x, *k, *factor, origin);
  }
  return scaled_function(network, "gelu", x, *k * std::sqrt(2.0), 2 * *factor, origin);
}

/// k x / (c + d |x|) as a softsign.
std::optional<std::size_t> over_magnitude(OnnxNetwork& network, std::size_t a, std::size_t b, const NetNode& origin) {
  const NetLinear divisor = network.linear(b);
  const auto factor = uniform(divisor.factors);
  const auto offset = uniform(divisor.offsets);
  if (!factor || !offset || *factor <= 0 || *offset <= 0 || network.at(divisor.root).op != NetOp::magnitude) {
    return std::nullopt;
  }
  const std::size_t x = network.at(divisor.root).inputs[0];
  const auto k = ratio(network, a, x);
  return k ? std::optional<std::size_t>(
                 scaled_function(network, "softsign", x, *factor / *offset, *k / *offset, origin))
           : std::nullopt;
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

/// The tensor whose inverse deviation from its mean a tensor is a multiple of, feature by feature.
struct Gain {
  std::size_t of = 0;
  double epsilon = 0;
  std::vector<double> factors;  ///< one, or one per feature
};

std::optional<Gain> as_gain(const OnnxNetwork& network, std::size_t node) {
  const NetNode& made = network.at(node);
  if (made.op == NetOp::gain) {
    return Gain{made.inputs[0], made.epsilon, made.factors};
  }
  const NetLinear map = network.linear(node);
  const auto factor = multiple(map);
  if (!factor || network.at(map.root).op != NetOp::inverse) {
    return std::nullopt;
  }
  const auto deviation = as_deviation(network, network.at(map.root).inputs[0]);
  if (!deviation || network.at(deviation->of).op != NetOp::centered) {
    return std::nullopt;
  }
  return Gain{network.at(deviation->of).inputs[0], deviation->epsilon, {*factor}};
}

/// x, or the mean of x, times a gain of x.
std::optional<std::size_t> times_gain(OnnxNetwork& network, std::size_t x, std::size_t gain, const NetNode& origin) {
  const auto found = as_gain(network, gain);
  if (!found) {
    return std::nullopt;
  }
  const bool mean = network.at(x).op == NetOp::mean && network.at(x).inputs[0] == found->of;
  const bool centered = network.at(x).op == NetOp::centered && network.at(x).inputs[0] == found->of;
  if (!mean && !centered && x != found->of) {
    return std::nullopt;
  }
  const auto features = static_cast<std::size_t>(network.at(found->of).features);
  const std::size_t made = network.add_unary(centered ? NetOp::layer_norm : NetOp::norm_part, found->of, origin);
  NetNode& part = network.at(made);
  part.epsilon = found->epsilon;
  const std::vector<double> none(features, 0);
  const std::vector<double> all =
      found->factors.size() == 1 ? std::vector<double>(features, found->factors[0]) : found->factors;
  part.factors = mean ? none : all;
  part.mean_factors = mean ? all : none;  // a layer norm has none
  part.offsets = none;
  return made;
}

}  // namespace

std::optional<std::size_t> recognize_gain(OnnxNetwork& network, std::size_t inverse, const std::vector<double>& factors,
                                          const NetNode& origin) {
  const auto found = as_gain(network, inverse);
  if (!found || found->factors.size() != 1 ||
      static_cast<std::int64_t>(factors.size()) != network.at(found->of).features) {
    return std::nullopt;
  }
  const std::size_t made = network.add_unary(NetOp::gain, found->of, origin);
  NetNode& gain = network.at(made);
  gain.epsilon = found->epsilon;
  gain.factors = factors;
  for (double& factor : gain.factors) {
    factor *= found->factors[0];
  }
  return made;
}

std::optional<std::size_t> recognize_norm_sum(OnnxNetwork& network, std::size_t a, std::size_t b,
                                              const NetNode& origin) {
  const NetLinear left = network.linear(a);
  const NetLinear right = network.linear(b);
  const NetNode first = network.at(left.root);
  const NetNode second = network.at(right.root);
  if (first.op != NetOp::norm_part || second.op != NetOp::norm_part || first.inputs != second.inputs ||
      first.epsilon != second.epsilon) {
    return std::nullopt;
  }
  NetNode sum = first;
  bool centered = true;
  for (std::size_t f = 0; f < sum.factors.size(); ++f) {
    sum.factors[f] = left.factors[f] * first.factors[f] + right.factors[f] * second.factors[f];
    sum.mean_factors[f] = left.factors[f] * first.mean_factors[f] + right.factors[f] * second.mean_factors[f];
    sum.offsets[f] =
        left.factors[f] * first.offsets[f] + left.offsets[f] + right.factors[f] * second.offsets[f] + right.offsets[f];
    centered = centered && sum.factors[f] == -sum.mean_factors[f];
  }
  sum.name = origin.name;
  sum.label = origin.label;
  if (centered) {
    sum.op = NetOp::layer_norm;
    sum.mean_factors.clear();
  }
  return network.add(std::move(sum));
}

std::optional<std::size_t> recognize_product(OnnxNetwork& network, std::size_t a, std::size_t b,
                                             const NetNode& origin) {
  if (network.at(b).op == NetOp::inverse) {
    if (const auto made = recognize_quotient(network, a, network.at(b).inputs[0], origin)) {
      return made;
    }
  }
  if (const auto made = times_gain(network, a, b, origin)) {
    return made;
  }
  if (network.at(a).features != network.at(b).features) {
    return std::nullopt;
  }
  if (const auto k = ratio(network, a, b)) {
    return scaled(network, network.add_unary(NetOp::square, b, origin), *k, origin);
  }
  if (const auto made = times_square(network, a, b, origin)) {
    return made;
  }
  const auto made = gated(network, a, b, origin);
  return made ? made : gated(network, b, a, origin);
}

std::optional<std::size_t> recognize_quotient(OnnxNetwork& network, std::size_t a, std::size_t b,
                                              const NetNode& origin) {
  if (const auto made = over_magnitude(network, a, b, origin)) {
    return made;
  }
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
