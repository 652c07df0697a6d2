#include "ir/exact_lowering.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "ir/exact_function.hpp"
#include "ir/exact_node.hpp"
#include "ir/step_fit.hpp"
#include "ir/token_lowering.hpp"
#include "primitives/primitive.hpp"
#include "primitives/step_table.hpp"
#include "primitives/table.hpp"

namespace rtlgen {
namespace {

using Eigen::Index;
using Eigen::VectorXd;
using NodeId = Graph::NodeId;

// Weights without a common unit are rounded to as many bits, fewer where sums would have more than the second number.
constexpr int kRoundedBits = 32;
constexpr int kRoundedSumBits = 46;
// Real factors of single features are rounded so that their products have as many bits, and to what makes a difference.
constexpr int kNearSumBits = 50;
constexpr int kNearGuardBits = 8;
constexpr double kMaxBinary = 0x1p24;  // the odd part of a scale that is taken as it is
constexpr double kFewBits = 0x1p12;    // a scale with more than these bits is not multiplied as it is

std::size_t at(Index index) { return static_cast<std::size_t>(index); }

/// x = significand * 2^exponent with 1 <= |significand| < 2; for 0 both are 0.
struct Binary {
  double significand = 0;
  int exponent = 0;
};

Binary binary(double x) {
  Binary result;
  result.significand = 2 * std::frexp(x, &result.exponent);
  result.exponent -= x == 0 ? 0 : 1;
  return result;
}

/// The least n with x * 2^n whole.
int fraction_bits(double x) {
  Binary parts = binary(x);
  int bits = -parts.exponent;
  while (parts.significand != std::floor(parts.significand)) {
    parts.significand *= 2;
    ++bits;
  }
  return bits;
}

/// The odd part of x.
double odd_part(double x) { return x == 0 ? 0 : std::abs(std::ldexp(x, fraction_bits(x))); }

/// Bits of a rounded weight of a product with `columns` columns, so that its sums keep to their bound.
int rounded_bits(const TensorType& input, Index columns) {
  const Interval range = input.range();
  const double largest = static_cast<double>(std::max(-range.lo, range.hi)) * static_cast<double>(columns);
  return std::min(kRoundedBits, kRoundedSumBits - static_cast<int>(std::ceil(std::log2(std::max(1.0, largest)))));
}

/// The weight of a tensor whose rows are multiplied; `rows` where the tensor is a node.
Literal scaled_weight(const ExactTensor& tensor, const std::vector<std::int64_t>& rows) {
  if (tensor.is_node()) {
    return diagonal(rows);
  }
  Literal weight = tensor.weight;
  const std::size_t columns = weight.values.size() / rows.size();
  for (std::size_t i = 0; i < weight.values.size(); ++i) {
    weight.values[i] = whole_number(static_cast<double>(weight.values[i]) * static_cast<double>(rows[i / columns]));
  }
  return weight;
}

/// The sums of a product as integers of a node, limits left out.
ExactTensor exact_sums(Graph& graph, const ExactTensor& tensor, const std::string& name) {
  const Index features = tensor.features();
  // Offsets become part of the sums where they are whole numbers of the sums' unit.
  std::vector<std::int64_t> bias(at(features));
  VectorXd offset = tensor.offset;
  const VectorXd offsets = (tensor.factor.array() != 0).select(tensor.offset.array() / tensor.factor.array(), 0.0);
  if ((offsets.array() == offsets.array().floor()).all() && (offsets.array().abs() < kMaxMantissa).all()) {
    for (Index f = 0; f < features; ++f) {
      bias[at(f)] = whole_number(offsets[f]);
    }
    offset = (tensor.factor.array() != 0).select(0.0, offset);
  }
  // A binary point that makes the factors 1 to 2, where it is the same for all.
  const int point = graph.node(tensor.node).type.frac;
  const int exponent = binary(tensor.factor[0]).exponent;
  const bool common = std::all_of(tensor.factor.data(), tensor.factor.data() + features,
                                  [&](double factor) { return binary(factor).exponent == exponent; });
  Attributes attributes{{"weight", tensor.weight},
                        {"bias", vector_literal(bias)},
                        {"weight_frac", std::int64_t{common ? -exponent - point : 0}},
                        {"relu", std::int64_t{0}}};
  const NodeId id = append_product(graph, name, tensor.op, std::move(attributes), tensor.node);
  return tensor_of_node(id, tensor.factor, offset);
}

// --- Quantizing ---

/// A feature's codes on their way into a format.
struct FeatureCodes {
  Format format;         ///< with the feature's own binary point
  std::int64_t low = 0;  ///< of the codes that can come out
  std::int64_t high = 0;
  bool pruned = false;  ///< 0 is the only code
};

/// The formats of all features, and what they need of the operation.
class CodeFormats {
 public:
  CodeFormats(const ExactTensor& tensor, const UniformQuantizer& quantizer) : quantizer_(quantizer) {
    for (Index f = 0; f < quantizer.features(); ++f) {
      features_.push_back(feature(tensor, f));
    }
    for (const FeatureCodes& codes : features_) {
      point_ = codes.pruned ? point_ : std::max(point_, codes.format.frac());
      any_signed_ = any_signed_ || (!codes.pruned && codes.format.is_signed);
    }
    point_ = point_ == std::numeric_limits<int>::min() ? 0 : point_;
  }

  const std::vector<FeatureCodes>& features() const { return features_; }
  /// Fraction bits of the tensor.
  int point() const { return point_; }
  /// Real value of a code's unit where the tensor's is 2^-point: 1 to 2.
  VectorXd significands() const {
    return quantizer_.scale.unaryExpr([](double scale) { return binary(scale).significand; });
  }

  /// The attributes `output`, `formats`, `limits` and `relu` of an operation that rounds sums in units of codes;
  /// `rounding` is Rounding::trn where the sums are rounded already. `relu`: 0 is the least of the unrounded sums.
  Attributes attributes(Rounding rounding, bool relu) const {
    Quantizer output;
    output.rounding = rounding;
    output.overflow = quantizer_.wraps ? Overflow::wrap : Overflow::sat;
    output.format = {any_signed_, 1, 1 - point_};
    Literal formats{{static_cast<int>(features_.size()), 3}, {}};
    Literal limits{{static_cast<int>(features_.size()), 2}, {}};
    bool limited = false;
    for (const FeatureCodes& codes : features_) {
      const Format& format = codes.format;
      if (codes.pruned) {
        formats.values.insert(formats.values.end(), {0, 0, point_});
        limits.values.insert(limits.values.end(), {0, 0});  // set below
        continue;
      }
      const int width = format.width + point_ - format.frac() + (any_signed_ && !format.is_signed ? 1 : 0);
      if (width > kMaxFormatWidth) {
        throw IrError("the formats of the features are too far apart, expected at most 48 bits in all");
      }
      output.format = {any_signed_, std::max(output.format.width, width),
                       std::max(output.format.width, width) - point_};
      formats.values.insert(formats.values.end(), {format.is_signed ? 1 : 0, format.width, format.frac()});
      limits.values.insert(limits.values.end(), {codes.low, codes.high});
      limited = limited || codes.low != format.min() || codes.high != format.max();
    }
    Attributes result{{"relu", std::int64_t{relu}}};
    if (limited && all_symmetric()) {
      output.overflow = Overflow::sat_sym;
      limited = false;
    }
    const bool equal = std::all_of(features_.begin(), features_.end(), [&](const FeatureCodes& codes) {
      return !codes.pruned && codes.format == output.format;
    });
    if (!equal) {
      result["formats"] = std::move(formats);
    }
    if (limited) {
      fix_pruned(limits, output);
      result["limits"] = std::move(limits);
    }
    result["output"] = output;
    return result;
  }

 private:
  FeatureCodes feature(const ExactTensor& tensor, Index f) const {
    FeatureCodes codes;
    codes.low = quantizer_.low[at(f)];
    codes.high = quantizer_.high[at(f)];
    codes.pruned = codes.low == 0 && codes.high == 0;
    const bool is_signed = codes.low < 0;
    const int width =
        is_signed ? signed_width({codes.low, codes.high}) : std::max(1, signed_width({0, codes.high}) - 1);
    const int frac = -binary(quantizer_.scale[f]).exponent;
    codes.format = {is_signed, width, width - frac};
    if (!quantizer_.wraps) {
      // Rounding keeps the order, so limits before it are limits of codes.
      codes.low = std::isinf(tensor.low[f]) ? codes.low : std::max(codes.low, quantizer_.code(f, tensor.low[f]));
      codes.high = std::isinf(tensor.high[f]) ? codes.high : std::min(codes.high, quantizer_.code(f, tensor.high[f]));
    }
    return codes;
  }

  bool all_symmetric() const {
    return std::all_of(features_.begin(), features_.end(), [](const FeatureCodes& codes) {
      return !codes.pruned && codes.format.is_signed && codes.low == -codes.high && codes.high == codes.format.max();
    });
  }

  /// Pruned features have the tensor's format, so their limits are its own.
  void fix_pruned(Literal& limits, const Quantizer& output) const {
    for (std::size_t f = 0; f < features_.size(); ++f) {
      if (features_[f].pruned) {
        limits.values[2 * f] = output.lowest();
        limits.values[2 * f + 1] = output.format.max();
      }
    }
  }

  const UniformQuantizer& quantizer_;
  std::vector<FeatureCodes> features_;
  int point_ = std::numeric_limits<int>::min();
  bool any_signed_ = false;
};

/// A product with its sums in units of 2^-(weight_frac + frac of the operand).
struct ScaledProduct {
  Literal weight;
  Literal bias;
  int frac = 0;  ///< fraction bits of the sums
};

/// The product whose sums are codes with some bits behind the point, where scales have few bits.
std::optional<ScaledProduct> shifted_product(const ExactTensor& tensor, const UniformQuantizer& quantizer,
                                             const CodeFormats& formats) {
  const VectorXd factors = tensor.factor.array() / quantizer.scale.array();
  const VectorXd offsets = tensor.offset.array() / quantizer.scale.array() + quantizer.shift.array();
  int frac = std::numeric_limits<int>::min();
  for (Index f = 0; f < factors.size(); ++f) {
    if (odd_part(factors[f]) >= kFewBits || odd_part(offsets[f]) >= kMaxMantissa) {
      return std::nullopt;
    }
    const int point = formats.features()[at(f)].format.frac();
    for (const double x : {factors[f], offsets[f]}) {
      frac = x == 0 ? frac : std::max(frac, point + fraction_bits(x));
    }
  }
  frac = frac == std::numeric_limits<int>::min() ? formats.point() : frac;
  std::vector<std::int64_t> rows;
  std::vector<std::int64_t> bias;
  for (Index f = 0; f < factors.size(); ++f) {
    const int lift = frac - formats.features()[at(f)].format.frac();
    if (std::abs(std::ldexp(factors[f], lift)) > kMaxMantissa ||
        std::abs(std::ldexp(offsets[f], lift)) > kMaxMantissa) {
      return std::nullopt;
    }
    rows.push_back(whole_number(std::ldexp(factors[f], lift)));
    bias.push_back(whole_number(std::ldexp(offsets[f], lift)));
  }
  return ScaledProduct{scaled_weight(tensor, rows), vector_literal(bias), frac};
}

/// The product whose sums are codes with bits behind the point, where the weight is not whole: rounded once, in units
/// of the codes.
ScaledProduct rounded_product(const ExactTensor& tensor, const TensorType& input, const UniformQuantizer& quantizer,
                              const CodeFormats& formats) {
  const Index rows = tensor.unrounded.rows();
  const int bits = rounded_bits(input, tensor.unrounded.cols());
  RowMatrix products = tensor.unrounded;
  std::vector<int> points;  // fraction bits of a row's sums
  for (Index o = 0; o < rows; ++o) {
    products.row(o) *= tensor.factor[o] / quantizer.scale[o];
    const double largest = products.row(o).cwiseAbs().maxCoeff();
    points.push_back(formats.features()[at(o)].format.frac() + bits - binary(largest).exponent);
  }
  const int frac = *std::max_element(points.begin(), points.end());
  ScaledProduct result{tensor.weight, {{static_cast<int>(rows)}, {}}, frac};
  for (Index o = 0; o < rows; ++o) {
    const int point = points[at(o)] - formats.features()[at(o)].format.frac();  // of the rounding, in units of codes
    const auto mantissa = [&](double x) {
      return whole_number(std::ldexp(std::round(std::ldexp(x, point)), frac - points[at(o)]));
    };
    for (Index i = 0; i < products.cols(); ++i) {
      result.weight.values[at(o * products.cols() + i)] = mantissa(products(o, i));
    }
    result.bias.values.push_back(mantissa(tensor.offset[o] / quantizer.scale[o] + quantizer.shift[o]));
  }
  return result;
}

/// A product of single features that gives the codes themselves, rounded by fit_rounding(), for every mantissa of the
/// node. Nothing where there is none: a mean of ten numbers lies half way between two codes now and then, which
/// rounding to even takes up here and down there.
std::optional<ScaledProduct> fitted_product(const ExactTensor& tensor, const TensorType& type,
                                            const UniformQuantizer& quantizer, const CodeFormats& formats) {
  std::vector<StepFit> fits;
  int frac = std::numeric_limits<int>::min();
  for (Index f = 0; f < tensor.features(); ++f) {
    const FeatureCodes& codes = formats.features()[at(f)];
    const StepFunction function{tensor.factor[f] / quantizer.scale[f],
                                tensor.offset[f] / quantizer.scale[f] + quantizer.shift[f], codes.low, codes.high,
                                quantizer.rounding};
    const auto fit = fit_steps(function, type.intervals[at(f)]);
    if (!fit) {
      return std::nullopt;
    }
    fits.push_back(*fit);
    frac = std::max(frac, codes.format.frac() + fit->shift);
  }
  std::vector<std::int64_t> rows;
  std::vector<std::int64_t> bias;
  for (std::size_t f = 0; f < fits.size(); ++f) {
    const int lift = frac - formats.features()[f].format.frac() - fits[f].shift;
    rows.push_back(whole_number(std::ldexp(static_cast<double>(fits[f].multiplier), lift)));
    bias.push_back(whole_number(std::ldexp(static_cast<double>(fits[f].offset), lift)));
  }
  return ScaledProduct{diagonal(rows), vector_literal(bias), frac};
}

/// The product of single features whose codes, of one format, are those of the real formula but near a boundary.
ScaledProduct near_product(const ExactTensor& tensor, const TensorType& type, const UniformQuantizer& quantizer,
                           const CodeFormats& formats) {
  const VectorXd factors = tensor.factor.array() / quantizer.scale.array();
  const VectorXd offsets = tensor.offset.array() / quantizer.scale.array() + quantizer.shift.array();
  double reach = 1;
  for (Index f = 0; f < factors.size(); ++f) {
    const Interval& interval = type.intervals[at(f)];
    const auto largest = static_cast<double>(std::max(-interval.lo, interval.hi));
    reach = std::max(reach, std::abs(factors[f]) * largest + std::abs(offsets[f]));
  }
  const int spare = kNearSumBits - binary(reach).exponent - 1;
  const int bits = std::clamp(spare, 0, type.width + kNearGuardBits);
  std::vector<std::int64_t> rows;
  std::vector<std::int64_t> bias;
  for (Index f = 0; f < factors.size(); ++f) {
    rows.push_back(whole_number(std::round(std::ldexp(factors[f], bits))));
    bias.push_back(whole_number(std::round(std::ldexp(offsets[f], bits))));
  }
  return {diagonal(rows), vector_literal(bias), formats.point() + bits};
}

/// Whether quantize_function() can have a table of the codes of such numbers.
bool has_table(const TensorType& type, const CodeFormats& formats) {
  return type.width <= kMaxTableBits ||
         std::all_of(formats.features().begin(), formats.features().end(),
                     [](const FeatureCodes& codes) { return codes.high - codes.low <= kMaxThresholds; });
}

/// Nobody needs the sums of pruned features.
void clear_pruned(ScaledProduct& product, const CodeFormats& formats) {
  const std::size_t features = formats.features().size();
  const std::size_t columns = product.weight.values.size() / features;
  for (std::size_t f = 0; f < features; ++f) {
    if (formats.features()[f].pruned) {
      product.bias.values[f] = 0;
      std::fill_n(product.weight.values.begin() + static_cast<std::ptrdiff_t>(f * columns), columns, 0);
    }
  }
}

}  // namespace

ExactTensor exact_product(const Graph& graph, const ExactTensor& x, const std::string& op, const RowMatrix& weight,
                          const VectorXd& step, const VectorXd& bias, bool& rounded) {
  const Index features = x.features();
  const int bits = rounded_bits(graph.node(x.node).type, weight.cols());
  // One unit for all features: the smallest scale, if the others are powers of two of it.
  double unit = std::numeric_limits<double>::infinity();
  for (Index i = 0; i < features; ++i) {
    unit = x.factor[i] == 0 ? unit : std::min(unit, std::abs(x.factor[i]));
  }
  unit = std::isinf(unit) ? 1.0 : unit;
  const VectorXd ratios = x.factor / unit;
  const bool related = std::all_of(ratios.data(), ratios.data() + features,
                                   [](double ratio) { return ratio == 0 || odd_part(ratio) == 1; });
  ExactTensor result = tensor_of_node(x.node, VectorXd::Zero(weight.rows()), bias);
  result.op = op;
  if (!related) {
    rounded = true;
    result.unrounded = RowMatrix(weight.rows(), weight.cols());
  }
  result.weight.shape = {static_cast<int>(weight.rows()), static_cast<int>(weight.cols())};
  for (Index o = 0; o < weight.rows(); ++o) {
    double row_step = step[o];
    if (!related) {
      double largest = 0;
      for (Index i = 0; i < weight.cols(); ++i) {
        result.unrounded(o, i) = weight(o, i) * ratios[i % features];
        largest = std::max(largest, std::abs(result.unrounded(o, i)));
      }
      row_step = std::ldexp(1.0, binary(largest).exponent - bits);
      result.unrounded.row(o) /= row_step;
    }
    for (Index i = 0; i < weight.cols(); ++i) {
      const double mantissa =
          related ? std::round(weight(o, i) / row_step) * ratios[i % features] : std::round(result.unrounded(o, i));
      result.weight.values.push_back(whole_number(mantissa));
      result.offset[o] += weight(o, i) * x.offset[i % features];
    }
    result.factor[o] = row_step * unit;
  }
  return result;
}

ExactTensor separate_sums(Graph& graph, const ExactTensor& tensor, const std::string& name) {
  if (tensor.op.empty()) {
    return tensor;
  }
  ExactTensor sums = exact_sums(graph, tensor, name);
  sums.low = tensor.low;
  sums.high = tensor.high;
  sums.steps = tensor.steps;
  return sums;
}

ExactTensor materialize(Graph& graph, const ExactTensor& tensor, const std::string& name) {
  if (!tensor.steps.empty()) {
    throw IrError("'" + name +
                  "' has any real numbers; expected a quantize layer behind it, or a format of its own, `precision: "
                  "{activation: FORMAT}`");
  }
  if (tensor.token_offset.size() > 0) {
    return materialize_tokens(graph, tensor, name);
  }
  const bool limited = tensor.is_limited();
  ExactTensor sums = tensor.is_node() ? tensor : exact_sums(graph, tensor, name + (limited ? ".sum" : ""));
  if (!limited) {
    return sums;
  }
  const Index features = tensor.features();
  const TensorType type = graph.node(sums.node).type;
  Literal limits{{static_cast<int>(features), 2}, {}};
  for (Index f = 0; f < features; ++f) {
    const Interval& interval = type.intervals[at(f)];
    const auto mantissa = [&](double end, std::int64_t otherwise) {
      const double scaled = (end - sums.offset[f]) / tensor.factor[f];
      if (!std::isfinite(scaled)) {
        return otherwise;
      }
      if (scaled != std::floor(scaled)) {
        throw IrError("'" + name + "' is limited between two exact values; expected a quantize layer behind it");
      }
      return std::clamp(static_cast<std::int64_t>(std::clamp(scaled, -kMaxMantissa, kMaxMantissa)), interval.lo,
                        interval.hi);
    };
    const bool falls = tensor.factor[f] < 0;
    limits.values.push_back(mantissa(falls ? tensor.high[f] : tensor.low[f], interval.lo));
    limits.values.push_back(mantissa(falls ? tensor.low[f] : tensor.high[f], interval.hi));
  }
  const Quantizer output = exact_quantizer(signed_width(type.range()), type.frac);
  const NodeId id = append_node(graph, name, "dense",
                                {{"weight", diagonal(std::vector<std::int64_t>(at(features), 1))},
                                 {"bias", vector_literal(std::vector<std::int64_t>(at(features)))},
                                 {"weight_frac", std::int64_t{0}},
                                 {"relu", std::int64_t{0}},
                                 {"limits", std::move(limits)},
                                 {"output", output}},
                                {sums.node});
  return tensor_of_node(id, tensor.factor, sums.offset);
}

ExactTensor materialize_binary(Graph& graph, const ExactTensor& tensor, const std::string& name) {
  const TensorType& type = graph.node(tensor.node).type;
  if (tensor.is_plain(type)) {
    return tensor;
  }
  int frac = type.frac;
  for (Index f = 0; f < tensor.features(); ++f) {
    if (odd_part(tensor.factor[f]) >= kMaxBinary || odd_part(tensor.offset[f]) >= kMaxMantissa) {
      throw IrError("'" + name + "' needs values in powers of two; expected a quantize layer with 'format' before it");
    }
    for (const double x : {tensor.factor[f], tensor.offset[f]}) {
      frac = x == 0 ? frac : std::max(frac, fraction_bits(x));
    }
  }
  std::vector<std::int64_t> rows;
  std::vector<std::int64_t> bias;
  for (Index f = 0; f < tensor.features(); ++f) {
    rows.push_back(whole_number(std::ldexp(tensor.factor[f], frac)));
    bias.push_back(whole_number(std::ldexp(tensor.offset[f], frac)));
  }
  const NodeId id = append_product(graph, name, tensor.is_node() ? "dense" : tensor.op,
                                   {{"weight", scaled_weight(tensor, rows)},
                                    {"bias", vector_literal(bias)},
                                    {"weight_frac", std::int64_t{frac - type.frac}},
                                    {"relu", std::int64_t{0}}},
                                   tensor.node);
  return tensor_of_node(id, graph.node(id).type);
}

bool is_unchanged(const Graph& graph, const ExactTensor& tensor, const UniformQuantizer& quantizer) {
  const TensorType& type = graph.node(tensor.node).type;
  if (!tensor.is_plain(type) || quantizer.features() != tensor.features()) {
    return false;
  }
  for (Index f = 0; f < tensor.features(); ++f) {
    const bool on_grid =
        binary(quantizer.scale[f]).significand == 1 && binary(quantizer.scale[f]).exponent <= -type.frac;
    const double zero = quantizer.zero_point[f];
    if (!on_grid || quantizer.shift[f] != zero || zero != std::floor(zero)) {
      return false;
    }
    const Interval& range = type.intervals[at(f)];
    const double unit = std::ldexp(1 / quantizer.scale[f], -type.frac);
    if (static_cast<double>(range.lo) * unit + zero < static_cast<double>(quantizer.low[at(f)]) ||
        static_cast<double>(range.hi) * unit + zero > static_cast<double>(quantizer.high[at(f)])) {
      return false;
    }
  }
  return true;
}

ExactTensor quantize_exact(Graph& graph, const ExactTensor& source, const UniformQuantizer& quantizer,
                           const std::string& name, Equality equality) {
  const bool of_tokens = quantizer.features() > source.features();
  if (!source.steps.empty()) {
    if (of_tokens) {
      throw IrError("'" + name + "' has formats of tokens behind a function; expected another quantize layer between");
    }
    return quantize_function(graph, source, quantizer, name);
  }
  if (source.token_offset.size() > 0 || of_tokens) {
    return quantize_tokens(graph, source, quantizer, name);
  }
  ExactTensor tensor = source;
  if (tensor.op == "flatten_dense") {  // its sums come from a module that has no formats of features
    tensor = separate_sums(graph, tensor, name + ".sum");
  }
  if (quantizer.wraps) {
    const bool only_relu = (tensor.high.array() == std::numeric_limits<double>::infinity()).all() &&
                           (tensor.low.array() == 0 || tensor.low.array() == tensor.low[0]).all() &&
                           (tensor.low[0] == 0 || std::isinf(tensor.low[0]));
    if (!only_relu) {
      throw IrError("a quantizer that wraps around cannot follow a limit other than relu; expected overflow sat");
    }
  }
  const bool relu = quantizer.wraps && tensor.low[0] == 0;
  const CodeFormats formats(tensor, quantizer);
  const VectorXd factor = formats.significands() * std::ldexp(1.0, -formats.point());
  const VectorXd offset = -(quantizer.zero_point.array() * quantizer.scale.array());
  if (tensor.is_plain(graph.node(tensor.node).type)) {
    Attributes attributes = formats.attributes(quantizer.rounding, relu);
    if (attributes.count("formats") == 0 && attributes.count("limits") == 0 &&
        (formats.significands().array() == 1).all() && (quantizer.shift.array() == 0).all()) {
      return tensor_of_node(append_node(graph, name, "quantize", std::move(attributes), {tensor.node}), factor, offset);
    }
  }
  std::optional<ScaledProduct> product = tensor.unrounded.size() > 0
                                             ? rounded_product(tensor, graph.node(tensor.node).type, quantizer, formats)
                                             : shifted_product(tensor, quantizer, formats);
  Rounding rounding = quantizer.rounding;
  NodeId x = tensor.node;
  if (!product) {
    if (quantizer.wraps) {
      throw IrError("a scale that is no power of two cannot wrap around, expected a saturating quantizer");
    }
    if (!tensor.is_node()) {
      const Attributes sums{{"weight", tensor.weight},
                            {"bias", vector_literal(std::vector<std::int64_t>(at(tensor.features())))},
                            {"weight_frac", std::int64_t{0}},
                            {"relu", std::int64_t{0}}};
      x = append_product(graph, name + ".sum", tensor.op, sums, tensor.node);
    }
    product = fitted_product(tensor, graph.node(x).type, quantizer, formats);
    if (product) {
      rounding = fit_rounding(quantizer.rounding);
    } else {
      ExactTensor sums = tensor_of_node(x, tensor.factor, tensor.offset);
      sums.low = tensor.low;
      sums.high = tensor.high;
      if (equality == Equality::everywhere || has_table(graph.node(x).type, formats)) {
        return quantize_function(graph, sums, quantizer, name);
      }
      product = near_product(sums, graph.node(x).type, quantizer, formats);
    }
  }
  clear_pruned(*product, formats);
  Attributes attributes = formats.attributes(rounding, relu);
  attributes["weight"] = product->weight;
  attributes["bias"] = product->bias;
  attributes["weight_frac"] = std::int64_t{product->frac - graph.node(x).type.frac};
  return tensor_of_node(append_node(graph, name, "dense", std::move(attributes), {x}), factor, offset);
}

}  // namespace rtlgen
