// The function behind a sum: that of a dense or an add.
#pragma once

#include <cstddef>
#include <string>

#include "rtlgen/frontend/expansion.hpp"

namespace rtlgen {

/// The name of a layer that makes a sum, where `function` follows under the name itself.
std::string sum_name(const std::string& name, const std::string& function);

/// Applies `function` (none, relu, softmax or one of activation_function()) to the sum that sum_name() named; returns
/// the last layer's index.
std::size_t finish_sum(Expansion& model, const LayerSpec& spec, const std::string& name, const std::string& function,
                       std::size_t sum);

}  // namespace rtlgen
