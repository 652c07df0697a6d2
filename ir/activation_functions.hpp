// The activation functions that tables are made of.
#pragma once

#include <string>

namespace rtlgen {

/// relu, gelu (exact, with erf), sigmoid, tanh or silu of x; throws std::invalid_argument on another name.
double activation_function(const std::string& name, double x);

}  // namespace rtlgen
