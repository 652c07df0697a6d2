#include "ir/activation_functions.hpp"

#include <cmath>
#include <stdexcept>

namespace rtlgen {

double activation_function(const std::string& name, double x) {
  constexpr double kSqrtHalf = 0.70710678118654752440084436210484904;
  if (name == "relu") {
    return x > 0 ? x : 0;
  }
  if (name == "gelu") {
    return 0.5 * x * std::erfc(-x * kSqrtHalf);
  }
  if (name == "sigmoid") {
    return 1 / (1 + std::exp(-x));
  }
  if (name == "tanh") {
    return std::tanh(x);
  }
  if (name == "silu") {
    return x / (1 + std::exp(-x));
  }
  throw std::invalid_argument("unknown activation function '" + name + "'");
}

}  // namespace rtlgen
