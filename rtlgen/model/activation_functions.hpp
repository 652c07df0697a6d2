// The activation functions that tables are made of.
#pragma once

#include <string>
#include <vector>

namespace rtlgen {

/// Names of the functions that have no parameter, relu among them.
const std::vector<std::string>& plain_functions();

/// The function approaches this times x where x is large, and a constant where it is small; 0: it is no such function.
double asymptote(const std::string& name);

/// One of plain_functions(), leaky_relu or linear (x itself) of x. gelu is exact, with erf; gelu_tanh its approximation
/// with tanh (Hendrycks and Gimpel, Gaussian Error Linear Units, 2016); selu has the constants of Klambauer et al.,
/// Self-Normalizing Neural Networks, 2017. `slope`: leaky_relu's factor below 0. Throws std::invalid_argument on
/// another name.
double activation_function(const std::string& name, double x, double slope = 0);

}  // namespace rtlgen
