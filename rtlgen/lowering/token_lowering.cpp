#include "rtlgen/lowering/token_lowering.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "primitives/token_quantize.hpp"
#include "rtlgen/lowering/exact_node.hpp"
#include "rtlgen/lowering/exact_sums.hpp"

namespace rtlgen {
namespace {

using Eigen::Index;
using NodeId = Graph::NodeId;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr int kMostFractionBits = 64;  // of a constant

std::size_t at(Index index) { return static_cast<std::size_t>(index); }

/// Whether the tensor's only limits are those of a relu.
bool has_relu(const ExactTensor& tensor) {
  return (tensor.low.array() == 0).all() && (tensor.high.array() == kInfinity).all();
}

/// A node, and what reads it; its output is still to come.
struct TokenSums {
  NodeId x = 0;
  int frac = 0;  ///< fraction bits of the sums
  TokenQuantize operation;
};

/// The constants as whole multiples of one binary fraction.
void set_constants(TokenSums& sums, const RowMatrix& constants, int x_frac, const std::string& name) {
  if ((constants.array() == 0).all()) {
    return;
  }
  int frac = x_frac;
  const auto fits = [&] {
    const RowMatrix scaled = constants * std::ldexp(1.0, frac);
    return (scaled.array() == scaled.array().floor()).all();
  };
  while (frac < kMostFractionBits && !fits()) {
    ++frac;
  }
  const RowMatrix scaled = constants * std::ldexp(1.0, frac);
  if (!fits() || scaled.cwiseAbs().maxCoeff() >= kMaxMantissa) {
    throw IrError("'" + name +
                  "' adds constants that are no whole multiples of a power of two with at most 48 bits; expected "
                  "rounded constants, or a format of the layer's own");
  }
  Literal& bias = sums.operation.bias.emplace();
  bias.shape = {static_cast<int>(constants.rows()), static_cast<int>(constants.cols())};
  for (Index i = 0; i < scaled.size(); ++i) {
    bias.values.push_back(static_cast<std::int64_t>(scaled.data()[i]));
  }
  sums.frac = frac;
  sums.operation.bias_frac = frac;
}

/// The tensor before its limits, which are none or those of a relu.
TokenSums token_sums(Graph& graph, const ExactTensor& tensor, const std::string& name) {
  ExactTensor source = tensor;
  source.low.setConstant(-kInfinity);
  source.high.setConstant(kInfinity);
  source.token_offset.resize(0, 0);
  // Offsets are constants as well.
  const Index tokens = graph.node(tensor.node).type.tokens;
  RowMatrix constants = RowMatrix::Zero(tokens, tensor.features());
  if (source.is_node()) {
    constants.rowwise() += source.offset.transpose();
    source.offset.setZero();
  }
  if (tensor.token_offset.size() > 0) {
    constants += tensor.token_offset;
  }
  source = materialize_binary(graph, source, name + ".sum");
  TokenSums sums;
  sums.x = source.node;
  sums.frac = graph.node(source.node).type.frac;
  sums.operation.relu = tensor.is_limited();
  set_constants(sums, constants, sums.frac, name);
  return sums;
}

/// The node that rounds nothing, with as many bits as its sums need.
ExactTensor exact_node(Graph& graph, TokenSums sums, const std::string& name) {
  const NodeId id = append_exact(graph, name, std::move(sums.operation), {sums.x}, sums.frac);
  return tensor_of_node(id, graph.node(id).type);
}

/// The formats of a quantizer, whose scales are powers of two and whose codes have all of a format's values.
class TokenFormats {
 public:
  TokenFormats(const UniformQuantizer& quantizer, Index tokens, Index features) {
    for (Index i = 0; i < tokens * features; ++i) {
      add(quantizer, i % quantizer.features());
    }
    if (point_ == std::numeric_limits<int>::min()) {
      point_ = 0;
    }
    shape_ = {static_cast<int>(tokens), static_cast<int>(features)};
    rounding_ = quantizer.rounding;
    overflow_ = quantizer.wraps ? Overflow::wrap : symmetric_ ? Overflow::sat_sym : Overflow::sat;
  }

  /// Whether the quantizer is of this kind.
  bool possible() const { return possible_ && !(symmetric_ && full_); }

  FormatArray output() const {
    const Format all = common_format();
    FormatArray output = Quantizer{all, rounding_, overflow_};
    if (std::any_of(formats_.begin(), formats_.end(), [&](const Format& format) { return !(format == all); })) {
      output.shape = shape_;
      for (const Format& format : formats_) {
        output.formats.push_back(format.width == 0 ? Format{false, 0, -point_} : format);
      }
    }
    return output;
  }

 private:
  void add(const UniformQuantizer& quantizer, Index i) {
    const Interval codes{quantizer.low[at(i)], quantizer.high[at(i)]};
    if (codes == Interval{0, 0}) {
      formats_.push_back({false, 0, 0});
      return;
    }
    int exponent = 0;
    const bool power_of_two = std::frexp(quantizer.scale[i], &exponent) == 0.5;
    const int frac = 1 - exponent;
    const bool is_signed = codes.lo < 0;
    const int width = signed_width(codes) - (is_signed ? 0 : 1);
    const Format format{is_signed, width, width - frac};
    const bool symmetric = is_signed && codes.lo == -format.max();
    possible_ = possible_ && power_of_two && quantizer.shift[i] == 0 && quantizer.zero_point[i] == 0 &&
                codes.hi == format.max() && (codes.lo == format.min() || symmetric);
    symmetric_ = symmetric_ || symmetric;
    full_ = full_ || (is_signed && !symmetric);
    point_ = std::max(point_, frac);
    any_signed_ = any_signed_ || is_signed;
    formats_.push_back(format);
  }

  /// The format that holds those of all elements.
  Format common_format() const {
    int width = 1;
    for (const Format& format : formats_) {
      const int needed = format.width + point_ - format.frac() + (any_signed_ && !format.is_signed ? 1 : 0);
      width = format.width == 0 ? width : std::max(width, needed);
    }
    if (width > kMaxFormatWidth) {
      throw IrError("the formats of the tokens are too far apart, expected at most 48 bits in all");
    }
    return {any_signed_, width, width - point_};
  }

  std::vector<int> shape_;
  std::vector<Format> formats_;  ///< width 0: pruned
  Rounding rounding_ = Rounding::trn;
  Overflow overflow_ = Overflow::sat;
  int point_ = std::numeric_limits<int>::min();
  bool any_signed_ = false;
  bool symmetric_ = false;
  bool full_ = false;
  bool possible_ = true;
};

}  // namespace

ExactTensor materialize_tokens(Graph& graph, const ExactTensor& tensor, const std::string& name) {
  if (!tensor.is_limited() || has_relu(tensor)) {
    return exact_node(graph, token_sums(graph, tensor, name), name);
  }
  ExactTensor sums = tensor;
  sums.low.setConstant(-kInfinity);
  sums.high.setConstant(kInfinity);
  sums = exact_node(graph, token_sums(graph, sums, name), name + ".exact");
  sums.low = tensor.low;
  sums.high = tensor.high;
  return materialize_sums(graph, sums, name);
}

bool has_token_formats(const UniformQuantizer& quantizer) {
  return TokenFormats(quantizer, 1, quantizer.features()).possible();
}

ExactTensor quantize_tokens(Graph& graph, const ExactTensor& tensor, const UniformQuantizer& quantizer,
                            const std::string& name) {
  const Index tokens = graph.node(tensor.node).type.tokens;
  const TokenFormats formats(quantizer, tokens, tensor.features());
  if (!formats.possible()) {
    throw IrError("'" + name + "' has formats of tokens that are no fixed-point formats of one kind");
  }
  ExactTensor source = tensor;
  if (tensor.is_limited() && !has_relu(tensor)) {
    source = tensor.token_offset.size() > 0 ? materialize_tokens(graph, tensor, name + ".exact")
                                            : materialize_sums(graph, tensor, name + ".exact");
  }
  TokenSums sums = token_sums(graph, source, name);
  sums.operation.output = formats.output();
  const NodeId id = append_node(graph, name, std::move(sums.operation), {sums.x});
  return tensor_of_node(id, graph.node(id).type);
}

}  // namespace rtlgen
