// Quantizers of QKeras: what they say, and weights quantized by them.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "rtlgen/import/hdf5_file.hpp"
#include "rtlgen/import/imported_model.hpp"

namespace rtlgen {

/// A quantizer as of QKeras 0.9, at inference. With m = 2^bits, one bit less where there is a sign:
/// `fixed`   alpha 2^integer clip(round_half_even(m x / 2^integer), low, m - 1) / m; low is -m, -m + 1 or 0
/// `sign`    alpha for x >= 0, else -alpha (`zero_one`: else 0)
/// `ternary` alpha sign(x) where |x| >= threshold, else 0
/// `softmax` softmax over the last axis, rounded half to even to a multiple of 2^-bits; 1 is one of them
/// `tanh`    fixed of tanh(x) without integer bits; `sigmoid` fixed of sigmoid(x), unsigned, low 0
/// `power`   sign(x) 2^e, where e is log2 |x| rounded (`quadratic`: to an even number) and limited to exponents of
///           `bits` bits, one less where there is a sign, and one less unless max_value is at most 1; |x| is limited to
///           max_value first; 0 and, without a sign, what is below become the smallest power
struct QKerasQuantizer {
  enum class Kind { fixed, sign, ternary, tanh, sigmoid, softmax, power };
  Kind kind = Kind::fixed;
  int bits = 8;
  int integer = 0;         ///< bits before the binary point, without the sign
  bool has_sign = true;    ///< fixed, power
  bool symmetric = false;  ///< fixed, tanh: the most negative value is left out; sigmoid: 0 is
  bool zero_one = false;   ///< sign
  bool real = false;       ///< tanh, sigmoid: the function itself, not its piecewise linear form
  double alpha = 1;        ///< factor on the result
  bool scaled = false;     ///< fixed: x is divided by alpha before it is rounded
  double slope = 0;        ///< fixed, of a relu: factor of negative numbers, which have codes down to -slope m then
  std::optional<double> max_value;  ///< power
  bool quadratic = false;           ///< power
  bool rounds_down = false;         ///< power: e is rounded down
  std::string auto_alpha;           ///< `auto` or `auto_po2` where the factor comes from the weights; else empty
  bool no_alpha = false;            ///< alpha is None: 1, but auto_po2 in a layer's kernel
  double threshold = 0.33;          ///< ternary
  bool after_0_9 = false;  ///< fixed: written by QKeras' repository after 0.9, which searches scales in another way
  std::string text;        ///< as it stands in the file
};

/// Whether an activation or quantizer of a configuration (a text or an object) is one of QKeras'.
bool is_qkeras_quantizer(const nlohmann::json& value);

/// Reads a quantizer: an object {class_name, config} or a text as `quantized_bits(6,0,alpha=1)`; nothing for null.
/// Throws KerasProblem for quantizers without a counterpart, naming the nearest.
std::optional<QKerasQuantizer> parse_qkeras_quantizer(const nlohmann::json& value);

/// A kernel's values quantized: whole numbers times `scale`, which has one entry or one for each index of the last
/// axis.
struct QuantizedKernel {
  std::vector<double> mantissas;
  std::vector<double> scale;
};

/// Quantizes the kernel of a layer. With alpha: auto_po2 each index of the last axis gets the power of two that QKeras'
/// own search finds. Throws KerasProblem where the scale would be any real number.
QuantizedKernel quantize_kernel(const QKerasQuantizer& quantizer, const Hdf5Array& kernel);

/// Quantizes a bias: the real numbers that come out.
std::vector<double> quantize_bias(const QKerasQuantizer& quantizer, const std::vector<double>& bias);

}  // namespace rtlgen
