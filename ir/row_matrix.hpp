// Matrices as tensors lie in memory: tokens one after the other.
#pragma once

#include <Eigen/Dense>

namespace rtlgen {

using RowMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Mantissas of a batch of events: [events * tokens, features], whole numbers below 2^51 in magnitude.
using Mantissas = RowMatrix;

}  // namespace rtlgen
