#include "rtlgen/lowering/exact_lowering.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "primitives/quantize.hpp"
#include "primitives/step_table.hpp"
#include "primitives/table.hpp"
#include "rtlgen/lowering/binary_parts.hpp"
#include "rtlgen/lowering/code_formats.hpp"
#include "rtlgen/lowering/code_products.hpp"
#include "rtlgen/lowering/exact_function.hpp"
#include "rtlgen/lowering/exact_node.hpp"
#include "rtlgen/lowering/exact_sums.hpp"
#include "rtlgen/lowering/step_fit.hpp"
#include "rtlgen/lowering/token_lowering.hpp"
#include "rtlgen/lowering/whole_product.hpp"

namespace rtlgen {
namespace {

using Eigen::Index;
using NodeId = Graph::NodeId;

std::size_t at(Index index) { return static_cast<std::size_t>(index); }

/// Whether quantize_function() can have a table of the codes of such numbers.
bool has_table(const TensorType& type, const CodeFormats& formats) {
  return type.width <= kMaxTableBits ||
         std::all_of(formats.features().begin(), formats.features().end(),
                     [](const FeatureCodes& codes) { return codes.high - codes.low <= kMaxThresholds; });
}

/// Nobody needs the sums of pruned features.
void clear_pruned(WholeProduct& product, const CodeFormats& formats) {
  const std::size_t features = formats.features().size();
  const std::size_t columns = product.weight.values.size() / features;
  for (std::size_t f = 0; f < features; ++f) {
    if (formats.features()[f].pruned) {
      product.bias.values[f] = 0;
      std::fill_n(product.weight.values.begin() + static_cast<std::ptrdiff_t>(f * columns), columns, 0);
    }
  }
}

/// Throws IrError unless the tensor has no limits but those of one relu.
void require_only_relu(const ExactTensor& tensor) {
  const bool only_relu = (tensor.high.array() == std::numeric_limits<double>::infinity()).all() &&
                         (tensor.low.array() == 0 || tensor.low.array() == tensor.low[0]).all() &&
                         (tensor.low[0] == 0 || std::isinf(tensor.low[0]));
  if (!only_relu) {
    throw IrError("a quantizer that wraps around cannot follow a limit other than relu; expected overflow sat");
  }
}

/// The tensor with the sums of its weight, nothing added, as integers of a node.
ExactTensor bare_sums(Graph& graph, const ExactTensor& tensor, const std::string& name) {
  if (tensor.product == Product::none) {
    return tensor;
  }
  const std::vector<std::int64_t> zeros(at(tensor.features()));
  const int frac = graph.node(tensor.node).type.frac;
  const NodeId id = append_sums(graph, name, {tensor.product, tensor.weight, vector_literal(zeros), frac}, tensor.node);
  ExactTensor sums = tensor_of_node(id, tensor.factor, tensor.offset);
  sums.low = tensor.low;
  sums.high = tensor.high;
  return sums;
}

/// Quantizes a tensor without functions, constants of tokens and products over all tokens.
class SumQuantizer {
 public:
  SumQuantizer(Graph& graph, ExactTensor tensor, const UniformQuantizer& quantizer, const std::string& name)
      : graph_(graph), tensor_(std::move(tensor)), quantizer_(quantizer), name_(name), formats_(tensor_, quantizer) {
    if (quantizer.wraps) {
      require_only_relu(tensor_);
      relu_ = tensor_.low[0] == 0;
    }
  }

  ExactTensor run(Equality equality) {
    if (const auto output = other_format()) {
      return formats_.tensor_of(append_node(graph_, name_, Quantize(*output, relu_), {tensor_.node}));
    }
    const std::optional<WholeProduct> product = tensor_.unrounded.size() > 0
                                                    ? rounded_product(tensor_, type_of(tensor_), quantizer_, formats_)
                                                    : shifted_product(tensor_, quantizer_, formats_);
    return product ? rounded(*product, quantizer_.rounding, tensor_.node) : of_sums(equality);
  }

 private:
  const TensorType& type_of(const ExactTensor& tensor) const { return graph_.node(tensor.node).type; }

  /// The one format that is all that is needed, where mantissas are the real numbers; else nothing.
  std::optional<Quantizer> other_format() const {
    if (!tensor_.is_plain(type_of(tensor_))) {
      return std::nullopt;
    }
    const FormatArray output = formats_.output(quantizer_.rounding);
    const bool same_units = (formats_.significands().array() == 1).all() && (quantizer_.shift.array() == 0).all();
    return output.is_uniform() && same_units ? std::optional(output.quantizer) : std::nullopt;
  }

  /// The sums on their own, and what makes codes of them.
  ExactTensor of_sums(Equality equality) {
    if (quantizer_.wraps) {
      throw IrError("a scale that is no power of two cannot wrap around, expected a saturating quantizer");
    }
    const ExactTensor sums = bare_sums(graph_, tensor_, name_ + ".sum");
    if (const auto product = fitted_product(sums, type_of(sums), quantizer_, formats_)) {
      return rounded(*product, fit_rounding(quantizer_.rounding), sums.node);
    }
    if (equality == Equality::everywhere || has_table(type_of(sums), formats_)) {
      return quantize_function(graph_, sums, quantizer_, name_);
    }
    return rounded(near_product(sums, type_of(sums), quantizer_, formats_), quantizer_.rounding, sums.node);
  }

  ExactTensor rounded(WholeProduct product, Rounding rounding, NodeId x) {
    clear_pruned(product, formats_);
    return formats_.tensor_of(append_rounded(graph_, name_, product, formats_.output(rounding), relu_, x));
  }

  Graph& graph_;
  const ExactTensor tensor_;
  const UniformQuantizer& quantizer_;
  const std::string& name_;
  const CodeFormats formats_;
  bool relu_ = false;
};

}  // namespace

ExactTensor materialize(Graph& graph, const ExactTensor& tensor, const std::string& name) {
  if (!tensor.steps.empty()) {
    throw IrError("'" + name +
                  "' has any real numbers; expected a quantize layer behind it, or a format of its own, `precision: "
                  "{activation: FORMAT}`");
  }
  return tensor.token_offset.size() > 0 ? materialize_tokens(graph, tensor, name)
                                        : materialize_sums(graph, tensor, name);
}

bool is_unchanged(const Graph& graph, const ExactTensor& tensor, const UniformQuantizer& quantizer) {
  const TensorType& type = graph.node(tensor.node).type;
  if (!tensor.is_plain(type) || quantizer.features() != tensor.features()) {
    return false;
  }
  for (Index f = 0; f < tensor.features(); ++f) {
    const BinaryParts scale = binary_parts(quantizer.scale[f]);
    const bool on_grid = scale.significand == 1 && scale.exponent <= -type.frac;
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

ExactTensor quantize_exact(Graph& graph, const ExactTensor& tensor, const UniformQuantizer& quantizer,
                           const std::string& name, Equality equality) {
  const bool of_tokens = quantizer.features() > tensor.features();
  const bool has_constants = tensor.token_offset.size() > 0;
  if (!tensor.steps.empty()) {
    if (of_tokens) {
      throw IrError("'" + name + "' has formats of tokens behind a function; expected another quantize layer between");
    }
    return quantize_function(graph, tensor, quantizer, name);
  }
  if (of_tokens || (has_constants && has_token_formats(quantizer))) {
    return quantize_tokens(graph, tensor, quantizer, name);
  }
  ExactTensor source = tensor;
  if (has_constants) {
    source = materialize_tokens(graph, tensor, name + ".exact");
  } else if (tensor.product == Product::flatten) {  // its sums come from a module that has no formats of features
    source = separate_sums(graph, tensor, name + ".sum");
  }
  return SumQuantizer(graph, std::move(source), quantizer, name).run(equality);
}

}  // namespace rtlgen
