// Weights and biases as mantissas.
#pragma once

#include <Eigen/Dense>
#include <cstdint>
#include <vector>

#include "ir/numerics/format.hpp"
#include "rtlgen/model/model.hpp"

namespace rtlgen {

/// Real numbers as mantissas with one binary point.
struct QuantizedArray {
  std::vector<std::int64_t> mantissas;
  int frac = 0;

  /// The numbers that the mantissas stand for.
  Eigen::VectorXd reals() const;
};

/// Weights [rows, columns]. Automatic: `bits` bits for each row, whose steps are powers of two of their own, at most 64
/// times finer than the coarsest.
QuantizedArray quantize_weights(const RowMatrix& weight, const FormatSpec& spec);

/// The format that biases are rounded to.
Quantizer bias_quantizer(const Eigen::VectorXd& bias, const FormatSpec& spec);

/// Biases rounded to their format, then brought to the accumulator's binary point (rounded once more if that is
/// coarser).
std::vector<std::int64_t> quantize_bias(const Eigen::VectorXd& bias, const FormatSpec& spec, int accumulator_frac);

}  // namespace rtlgen
