#include "rtlgen/model/activation_functions.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <stdexcept>

namespace rtlgen {
namespace {

using Function = double (*)(double);

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

double gelu(double x) {
  constexpr double kSqrtHalf = 0.70710678118654752440084436210484904;
  return 0.5 * x * std::erfc(-x * kSqrtHalf);
}

double gelu_tanh(double x) {
  constexpr double kSqrtTwoOverPi = 0.79788456080286535587989211986876374;
  constexpr double kCubic = 0.044715;
  return 0.5 * x * (1 + std::tanh(kSqrtTwoOverPi * (x + kCubic * x * x * x)));
}

double elu(double x) { return x > 0 ? x : std::expm1(x); }

constexpr double kSeluScale = 1.0507009873554804934193349852946;

double selu(double x) {
  constexpr double kAlpha = 1.6732632423543772848170429916717;
  return kSeluScale * (x > 0 ? x : kAlpha * std::expm1(x));
}

/// log(1 + e^x), also where e^x is too large.
double softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }

double hard_swish(double x) { return x * std::clamp(x / 6 + 0.5, 0.0, 1.0); }

const std::map<std::string, Function>& functions() {
  static const std::map<std::string, Function> kFunctions = {
      {"relu", [](double x) { return x > 0 ? x : 0.0; }},
      {"gelu", gelu},
      {"gelu_tanh", gelu_tanh},
      {"sigmoid", sigmoid},
      {"tanh", [](double x) { return std::tanh(x); }},
      {"silu", [](double x) { return x / (1 + std::exp(-x)); }},
      {"elu", elu},
      {"selu", selu},
      {"softplus", softplus},
      {"softsign", [](double x) { return x / (1 + std::abs(x)); }},
      {"hard_swish", hard_swish},
  };
  return kFunctions;
}

}  // namespace

const std::vector<std::string>& plain_functions() {
  static const std::vector<std::string> kNames = {"relu", "gelu", "gelu_tanh", "sigmoid",  "tanh",      "silu",
                                                  "elu",  "selu", "softplus",  "softsign", "hard_swish"};
  return kNames;
}

double asymptote(const std::string& name) {
  static const std::set<std::string> kLinear = {"relu", "gelu", "gelu_tanh", "silu", "elu", "softplus", "hard_swish"};
  return name == "selu" ? kSeluScale : kLinear.count(name) != 0 ? 1 : 0;
}

double activation_function(const std::string& name, double x, double slope) {
  if (name == "linear") {
    return x;
  }
  if (name == "leaky_relu") {
    return x > 0 ? x : slope * x;
  }
  const auto found = functions().find(name);
  if (found == functions().end()) {
    throw std::invalid_argument("unknown activation function '" + name + "'");
  }
  return found->second(x);
}

}  // namespace rtlgen
