// Outputs of a model as a .npy file.
#pragma once

#include <string>

#include "ir/row_matrix.hpp"

namespace rtlgen {

/// Writes real outputs [events * tokens, features] as float64 [events, tokens, features], or [events, features] where
/// there is one token an event.
void write_outputs(const std::string& path, const RowMatrix& output, int tokens);

}  // namespace rtlgen
