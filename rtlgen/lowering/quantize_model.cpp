#include "rtlgen/lowering/quantize_model.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "ir/numerics/rounding.hpp"
#include "ir/verify.hpp"
#include "primitives/add.hpp"
#include "primitives/argmax.hpp"
#include "primitives/attention.hpp"
#include "primitives/dense.hpp"
#include "primitives/elementwise.hpp"
#include "primitives/flatten_dense.hpp"
#include "primitives/normalize.hpp"
#include "primitives/pool.hpp"
#include "primitives/primitive.hpp"
#include "primitives/quantize.hpp"
#include "primitives/softmax.hpp"
#include "primitives/softmax_tables.hpp"
#include "primitives/sources.hpp"
#include "primitives/table.hpp"
#include "primitives/table_softmax.hpp"
#include "rtlgen/lowering/attention_formats.hpp"
#include "rtlgen/lowering/exact_combination.hpp"
#include "rtlgen/lowering/exact_function.hpp"
#include "rtlgen/lowering/exact_lowering.hpp"
#include "rtlgen/lowering/exact_node.hpp"
#include "rtlgen/lowering/exact_sums.hpp"
#include "rtlgen/lowering/function_lowering.hpp"
#include "rtlgen/lowering/quantize_weights.hpp"
#include "rtlgen/model/activation_functions.hpp"
#include "rtlgen/model/calibrate.hpp"
#include "rtlgen/model/float_reference.hpp"

namespace rtlgen {
namespace {

constexpr int kLeastExpBits = 8;  // automatic widths inside attention are not made narrower
constexpr int kLeastTableBits = 6;

constexpr int kFunctionFactorBits = 12;  // of the factor between sums and the operand of a function
constexpr int kFunctionGuardBits = 6;    // of its offsets, behind its fraction

constexpr int kScoreFactorBits = 11;  // of the factor between sums and scores of a softmax
constexpr int kScoreGuardBits = 6;    // of the scores' offsets, behind their fraction

/// x with so many significant bits.
double round_significand(double x, int bits) {
  int exponent = 0;
  const double significand = std::frexp(x, &exponent);
  return std::ldexp(std::round(std::ldexp(significand, bits)), exponent - bits);
}

PoolMode pool_mode(const Layer& layer) {
  return layer.function == "mean" ? PoolMode::mean : layer.function == "max" ? PoolMode::max : PoolMode::sum;
}

/// `exp_frac` and `recip_index`: address bits of the two tables.
SoftmaxTables softmax_tables(int exp_frac, int exp_width, int recip_index, int recip_lz_max) {
  const int recip_width = recip_entry_bits(recip_index);
  return {make_exp_table(exp_frac, exp_width), exp_width, make_reciprocal_table(recip_index, recip_width), recip_width,
          recip_lz_max};
}

class ModelQuantizer {
 public:
  ModelQuantizer(const Model& model, const Events& calibration) : model_(model), calibration_(calibration) {}

  Graph run() {
    graph_.name = model_.name;
    graph_.target = {model_.clock_mhz, model_.device, model_.tokens_per_beat};
    if (calibration_.count > 0) {
      tensors_ = evaluate_float(model_, calibration_);
    }
    count_users();
    for (std::size_t index = 0; index < model_.layers.size(); ++index) {
      const Layer& layer = model_.layers[index];
      try {
        exact_.push_back(lower(index));
      } catch (const IrError& error) {
        throw SourceError(layer.where, error.what());
      }
    }
    try {
      graph_.set_outputs({as_node(model_.layers.size() - 1).node});
    } catch (const IrError& error) {
      throw SourceError(model_.layers.back().where, error.what());
    }
    name_nodes();
    verify(graph_);
    return std::move(graph_);
  }

 private:
  using NodeId = Graph::NodeId;

  // --- Precision: a layer's own word, the model's default, then the rule in docs/yaml.md. ---

  FormatSpec spec(const Layer& layer, std::optional<FormatSpec> Precision::*which, int default_bits) const {
    if (layer.precision.*which) {
      return *(layer.precision.*which);
    }
    if (model_.default_precision.*which) {
      return *(model_.default_precision.*which);
    }
    FormatSpec fallback;
    fallback.bits = default_bits;
    return fallback;
  }

  int number(const Layer& layer, std::optional<int> Precision::*which, int fallback) const {
    return (layer.precision.*which).value_or((model_.default_precision.*which).value_or(fallback));
  }

  FormatSpec activation(const Layer& layer) const { return spec(layer, &Precision::activation, 16); }
  int activation_bits(const Layer& layer) const {
    const FormatSpec chosen = activation(layer);
    return chosen.automatic ? chosen.bits : chosen.quantizer.format.width;
  }
  int exp_bits(const Layer& layer) const {
    return number(layer, &Precision::exp_bits, std::clamp(activation_bits(layer) + 2, 8, 16));
  }
  /// Six address bits are one LUT6 a table bit.
  int exp_index_bits(const Layer& layer) const {
    return number(layer, &Precision::exp_index_bits, exp_bits(layer) <= 12 ? 6 : 8);
  }
  int table_bits(const Layer& layer) const {
    return number(layer, &Precision::table_bits, std::clamp(activation_bits(layer) - 1, 6, 10));
  }

  /// The quantizer of a layer's tensor, or of another float tensor with the layer's activation format.
  Quantizer quantizer_for(const Layer& layer, const FormatSpec& chosen, std::size_t tensor) const {
    Quantizer quantizer = chosen.quantizer;
    if (chosen.automatic) {
      require_calibration(layer);
      quantizer.format = calibrated_format(real_tokens(tensors_[tensor], calibration_), chosen.bits);
    }
    return quantizer;
  }
  Quantizer output_quantizer(std::size_t index) const {
    const Layer& layer = model_.layers[index];
    FormatSpec chosen = activation(layer);
    if (chosen.automatic && layer.op == LayerOp::normalize) {
      // The affine layer behind rounds once more: two guard bits keep that from adding up.
      chosen.bits = layer.precision.activation ? chosen.bits : chosen.bits + 2;
    }
    return quantizer_for(layer, chosen, index);
  }
  void require_calibration(const Layer& layer) const {
    if (calibration_.count == 0) {
      throw SourceError(layer.where,
                        "layer '" + layer.name + "' has an automatic format, expected `calibration: events.npz`");
    }
  }

  // --- Lowering: one function an operation. ---

  template <typename T>
  NodeId append(const std::string& name, T operation, const std::vector<NodeId>& operands) {
    return append_node(graph_, name, std::move(operation), operands);
  }

  const TensorType& type(NodeId id) const { return graph_.node(id).type; }

  /// An operand as a node whose mantissas are the real numbers but for the binary point.
  NodeId operand(const Layer& layer, std::size_t which = 0) {
    const ExactTensor& tensor = as_node(layer.inputs.at(which));
    if (!tensor.is_plain(type(tensor.node))) {
      throw SourceError(layer.where,
                        "layer '" + layer.name + "' needs its input '" + model_.layers[layer.inputs.at(which)].name +
                            "' in a fixed-point format; expected a quantize layer with `format` before it");
    }
    return tensor.node;
  }

  /// An operand whose features compare as its mantissas do.
  NodeId comparable_operand(const Layer& layer) {
    const ExactTensor& tensor = as_node(layer.inputs.at(0));
    const bool same = (tensor.factor.array() == tensor.factor[0]).all() && tensor.factor[0] > 0 &&
                      (tensor.offset.array() == tensor.offset[0]).all();
    return same ? tensor.node : operand(layer);
  }

  /// The tensor of layer `index`, made into a node if it is none.
  const ExactTensor& as_node(std::size_t index) {
    ExactTensor& tensor = exact_[index];
    if (!tensor.is_node() || tensor.is_limited()) {
      tensor = materialize(graph_, tensor, model_.layers[index].name);
    }
    return tensor;
  }

  void count_users() {
    users_.assign(model_.layers.size(), 0);
    for (const Layer& layer : model_.layers) {
      for (const std::size_t input : layer.inputs) {
        ++users_[input];
      }
    }
  }

  /// Nodes that are a layer's tensor get its name and what their mantissas stand for; where layers share a node, the
  /// output comes first, then the first of them. The others are what is made on the way: they keep the names that they
  /// were given where no layer and no other node has these.
  void name_nodes() {
    std::map<NodeId, std::size_t> layer_of;
    const auto claim = [&](std::size_t index) {
      if (exact_[index].is_node() && !exact_[index].is_limited()) {
        layer_of.try_emplace(exact_[index].node, index);
      }
    };
    claim(model_.layers.size() - 1);
    std::set<std::string> taken;
    for (std::size_t index = 0; index < model_.layers.size(); ++index) {
      claim(index);
      taken.insert(model_.layers[index].name);
    }
    for (NodeId id = 0; id < graph_.size(); ++id) {
      std::string& name = graph_.node(id).name;
      const auto found = layer_of.find(id);
      if (found != layer_of.end()) {
        name = model_.layers[found->second].name;
        set_scale(exact_[found->second]);
        continue;
      }
      const std::string wish = name;
      for (int number = 2; !taken.insert(name).second; ++number) {
        name = wish + "_" + std::to_string(number);
      }
    }
  }

  void set_scale(const ExactTensor& tensor) {
    const TensorType& mantissas = type(tensor.node);
    if (tensor.is_plain(mantissas)) {
      return;
    }
    TensorScale& scale = graph_.node(tensor.node).scale;
    for (Eigen::Index f = 0; f < tensor.features(); ++f) {
      scale.scale.push_back(std::ldexp(tensor.factor[f], mantissas.frac));
      scale.offset.push_back(tensor.offset[f]);
    }
  }

  // --- Layers that need not round: see ExactTensor. ---

  /// Whether the layer is one of exact arithmetic: it is said to be so, its weights are mantissas, or its operands have
  /// scales that are no powers of two.
  bool is_exact(const Layer& layer) const {
    const bool linear = layer.op == LayerOp::dense || layer.op == LayerOp::flatten_dense ||
                        layer.op == LayerOp::affine || layer.op == LayerOp::add || layer.op == LayerOp::concat ||
                        layer.op == LayerOp::activation ||
                        // The mean of so many tokens as are real divides by another number in each event.
                        (layer.op == LayerOp::pool && (layer.function != "mean" || layer.inputs.size() == 1));
    if (layer.op == LayerOp::quantize || layer.op == LayerOp::concat || layer.op == LayerOp::scores ||
        layer.op == LayerOp::mix || layer.function == "clip" || layer.function == "linear" ||
        layer.token_bias.size() > 0) {
      return true;
    }
    if (!linear) {
      return false;
    }
    return activation(layer).exact || layer.weight_step.size() > 0 ||
           std::any_of(layer.inputs.begin(), layer.inputs.end(),
                       [&](std::size_t input) { return !exact_[input].is_plain(type(exact_[input].node)); });
  }

  ExactTensor lower_exact(std::size_t index) {
    const Layer& layer = model_.layers[index];
    const bool rounds = layer.op != LayerOp::quantize && !activation(layer).exact;
    ExactTensor tensor = exact_layer(layer, layer.name + (rounds || layer.relu ? ".exact" : ""));
    if (layer.relu) {
      tensor.limit(0, std::numeric_limits<double>::infinity());
    }
    if (rounds) {
      tensor = quantize_exact(graph_, tensor, uniform_quantizer(output_quantizer(index), layer.features), layer.name,
                              Equality::nearly);
    }
    // What several layers use is made once, but a function has no integers before it is quantized.
    return users_[index] > 1 && tensor.steps.empty() ? materialize(graph_, tensor, layer.name) : tensor;
  }

  /// A layer before its relu and its format; `name` is for the node where that needs one.
  ExactTensor exact_layer(const Layer& layer, const std::string& name) {
    const auto input = [&](std::size_t which) -> const ExactTensor& { return exact_[layer.inputs.at(which)]; };
    switch (layer.op) {
      case LayerOp::dense:
        return exact_dense(layer, Product::dense);
      case LayerOp::flatten_dense:
        return exact_dense(layer, Product::flatten);
      case LayerOp::quantize:
        if (&layer != &model_.layers.back() && is_unchanged(graph_, input(0), layer.quantizer)) {
          return input(0);  // the output is a node of its own
        }
        return quantize_exact(graph_, input(0), layer.quantizer, name);
      case LayerOp::add:
        return exact_add(layer, name);
      case LayerOp::concat:
        return exact_concat(layer, name);
      case LayerOp::pool:
        return exact_pool(graph_, as_node(layer.inputs.at(0)), pool_mode(layer),
                          layer.inputs.size() > 1 ? std::optional(operand(layer, 1)) : std::nullopt, name);
      case LayerOp::scores:
      case LayerOp::mix:
        return exact_bank_product(graph_, as_node(layer.inputs.at(0)), as_node(layer.inputs.at(1)),
                                  {layer.op == LayerOp::mix, layer.heads, layer.kv_heads}, name);
      default:
        break;
    }
    if (layer.token_bias.size() > 0) {
      return exact_token_affine(layer);
    }
    ExactTensor tensor = input(0);
    if (layer.op == LayerOp::affine) {
      tensor.transform(layer.weight.row(0).transpose(), layer.bias);
    } else if (layer.function == "relu") {
      tensor.limit(0, std::numeric_limits<double>::infinity());
    } else if (layer.function == "clip" && layer.low == layer.high && tensor.steps.empty()) {
      tensor = as_node(layer.inputs.at(0));
      tensor.transform(Eigen::VectorXd::Zero(layer.features), Eigen::VectorXd::Constant(layer.features, layer.low));
    } else if (layer.function == "clip") {
      tensor.limit(layer.low, layer.high);
    } else if (layer.function == "leaky_relu" && layer.slope == 0) {
      tensor.limit(0, std::numeric_limits<double>::infinity());
    } else if (layer.function != "linear" && (layer.function != "leaky_relu" || layer.slope != 1)) {
      tensor = tensor.token_offset.size() > 0 ? as_node(layer.inputs.at(0)) : tensor;
      const auto function = [name = layer.function, slope = layer.slope](double x) {
        return activation_function(name, x, slope);
      };
      tensor.apply(function, is_monotonic(layer.function) && layer.slope >= 0);
    }
    return tensor;
  }

  ExactTensor exact_dense(const Layer& layer, Product product) {
    Eigen::VectorXd step = layer.weight_step;
    RowMatrix weight = layer.weight;
    if (step.size() == 0) {
      const QuantizedArray quantized = quantize_weights(weight, spec(layer, &Precision::weight, 16));
      step = Eigen::VectorXd::Constant(weight.rows(), std::ldexp(1.0, -quantized.frac));
      for (Eigen::Index i = 0; i < weight.size(); ++i) {
        weight.data()[i] =
            std::ldexp(static_cast<double>(quantized.mantissas[static_cast<std::size_t>(i)]), -quantized.frac);
      }
    }
    bool rounded = false;
    ExactTensor tensor = exact_product(graph_, as_node(layer.inputs.at(0)), product, weight, step, layer.bias, rounded);
    warn_if(rounded, layer);
    return tensor;
  }

  ExactTensor exact_add(const Layer& layer, const std::string& name) {
    bool rounded = false;
    ExactTensor sum = exact_sum(graph_, as_node(layer.inputs.at(0)), as_node(layer.inputs.at(1)), name, rounded);
    warn_if(rounded, layer);
    return sum;
  }

  /// `rounded`: as exact_product() says.
  static void warn_if(bool rounded, const Layer& layer) {
    if (rounded) {
      spdlog::warn(
          "layer '{}': the scales of its input's features are not related by powers of two; its weights times these "
          "scales are rounded to 32 bits",
          layer.name);
    }
  }

  /// An affine layer with constants of tokens; where its result is rounded, so are its weights and constants.
  ExactTensor exact_token_affine(const Layer& layer) {
    Eigen::VectorXd weight = layer.weight.row(0).transpose();
    RowMatrix constants = layer.token_bias.rowwise() + layer.bias.transpose();
    if (!activation(layer).exact) {
      const QuantizedArray factors = quantize_weights(weight, spec(layer, &Precision::weight, 16));
      for (Eigen::Index f = 0; f < weight.size(); ++f) {
        weight[f] = std::ldexp(static_cast<double>(factors.mantissas[static_cast<std::size_t>(f)]), -factors.frac);
      }
      const Quantizer format = bias_quantizer(constants.reshaped(), spec(layer, &Precision::bias, 16));
      constants = constants.unaryExpr([&](double value) {
        return std::ldexp(static_cast<double>(quantize_real(value, format)), -format.format.frac());
      });
    }
    ExactTensor tensor = as_node(layer.inputs.at(0));
    tensor.transform(weight, Eigen::VectorXd::Zero(weight.size()));
    tensor.token_offset = constants;
    return tensor;
  }

  ExactTensor exact_concat(const Layer& layer, const std::string& name) {
    std::vector<ExactTensor> parts;
    for (const std::size_t index : layer.inputs) {
      parts.push_back(as_node(index));
    }
    return exact_concatenation(graph_, parts, name);
  }

  ExactTensor lower(std::size_t index) {
    const Layer& layer = model_.layers[index];
    if (is_exact(layer)) {
      return has_many_results(layer) ? lower_long_function(index) : lower_exact(index);
    }
    const NodeId node = lower_rounded(index);
    return tensor_of_node(node, type(node));
  }

  /// Whether it is a function whose results are more than a table of all of them is sure to have.
  bool has_many_results(const Layer& layer) const {
    if (layer.op != LayerOp::activation || layer.function == "clip" || layer.function == "relu" ||
        layer.function == "linear") {
      return false;
    }
    const ExactTensor& operand = exact_[layer.inputs.at(0)];
    return !activation(layer).exact && activation_bits(layer) > kMaxTableBits && operand.steps.empty() &&
           operand.token_offset.size() == 0;
  }

  /// Such a function: exact where that can be, else of its operand rounded to a quarter of the result's step.
  ExactTensor lower_long_function(std::size_t index) {
    const Graph graph_before = graph_;
    const std::vector<ExactTensor> exact_before = exact_;
    try {
      return lower_exact(index);
    } catch (const IrError&) {
      graph_ = graph_before;
      exact_ = exact_before;
    }
    const Layer& layer = model_.layers[index];
    const std::size_t input = layer.inputs.at(0);
    exact_[input] = separate_sums(graph_, exact_[input], model_.layers[input].name);
    const ExactTensor& tensor = exact_[input];
    double largest = 0;
    for (Eigen::Index f = 0; f < tensor.features(); ++f) {
      const Interval& interval = type(tensor.node).intervals[static_cast<std::size_t>(f)];
      largest = std::max({largest, std::abs(tensor.at(f, interval.lo)), std::abs(tensor.at(f, interval.hi))});
    }
    const int whole = integer_bits(largest);
    const int width = std::clamp(whole + output_quantizer(index).format.frac() + 2, 2, kMaxFormatWidth);
    const Quantizer format{Format{true, width, whole}, Rounding::rnd, Overflow::sat};
    // Factors of few bits and offsets of few steps are shifts and additions.
    ExactTensor operand = tensor;
    operand.factor =
        tensor.factor.unaryExpr([](double factor) { return round_significand(factor, kFunctionFactorBits); });
    const double unit = std::ldexp(1.0, -format.format.frac() - kFunctionGuardBits);
    operand.offset = (tensor.offset.array() / unit).round() * unit;
    const UniformQuantizer quantizer = uniform_quantizer(format, layer.features);
    const NodeId node = lower_activation(index, quantize_exact(graph_, operand, quantizer, layer.name + ".in").node);
    return tensor_of_node(node, type(node));
  }

  NodeId lower_rounded(std::size_t index) {
    const Layer& layer = model_.layers[index];
    if (layer.op != LayerOp::input && layer.op != LayerOp::mask && layer.op != LayerOp::argmax &&
        layer.op != LayerOp::table_softmax && activation(layer).exact) {
      throw SourceError(layer.where,
                        "layer '" + layer.name + "' cannot be exact, expected `precision: {activation: FORMAT}`");
    }
    switch (layer.op) {
      case LayerOp::input:
        return lower_input(index);
      case LayerOp::mask:
        return append(layer.name, Mask(model_.tokens, model_.mask), {});
      case LayerOp::dense:
        return lower_dense(index);
      case LayerOp::flatten_dense:
        return lower_flatten_dense(index);
      case LayerOp::affine:
        return lower_affine(index);
      case LayerOp::add:
        return lower_add(index);
      case LayerOp::normalize:
        return lower_normalize(index);
      case LayerOp::attention:
        return lower_attention(index);
      case LayerOp::activation:
        return lower_activation(index, operand(layer));
      case LayerOp::pool:
        return lower_pool(index);
      case LayerOp::softmax:
        return lower_softmax(index);
      case LayerOp::table_softmax:
        return lower_table_softmax(index);
      case LayerOp::argmax:
        return append(layer.name, Argmax(), {comparable_operand(layer)});
      case LayerOp::quantize:
      case LayerOp::concat:
      case LayerOp::scores:
      case LayerOp::mix:
        break;
    }
    throw IrError("layer '" + layer.name + "' has no lowering");
  }

  NodeId lower_input(std::size_t index) {
    const Layer& layer = model_.layers[index];
    const Quantizer format = quantizer_for(layer, model_.input_format, index);
    return append(layer.name, Input(model_.tokens, model_.features, format), {});
  }

  NodeId lower_add(std::size_t index) {
    const Layer& layer = model_.layers[index];
    const std::vector<NodeId> operands{operand(layer, 0), operand(layer, 1)};
    return append(layer.name, Add(output_quantizer(index), layer.relu), operands);
  }

  NodeId lower_dense(std::size_t index) {
    const Layer& layer = model_.layers[index];
    const QuantizedArray weight = quantize_weights(layer.weight, spec(layer, &Precision::weight, 16));
    Dense dense;
    dense.weight = {{static_cast<int>(layer.weight.rows()), static_cast<int>(layer.weight.cols())}, weight.mantissas};
    return append_linear(index, std::move(dense), weight.frac);
  }

  NodeId lower_flatten_dense(std::size_t index) {
    const Layer& layer = model_.layers[index];
    const QuantizedArray weight = quantize_weights(layer.weight, spec(layer, &Precision::weight, 16));
    FlattenDense dense;
    dense.weight = {{static_cast<int>(layer.weight.rows()), static_cast<int>(layer.weight.cols())}, weight.mantissas};
    return append_linear(index, std::move(dense), weight.frac);
  }

  NodeId lower_affine(std::size_t index) {
    const Layer& layer = model_.layers[index];
    // A row a feature: each has a step of its own.
    const QuantizedArray factors =
        quantize_weights(layer.weight.row(0).transpose(), spec(layer, &Precision::weight, 16));
    Elementwise affine;
    affine.factor = vector_literal(factors.mantissas);
    return append_linear(index, std::move(affine), factors.frac);
  }

  /// Adds a product that has its weight, with `weight_frac` fraction bits.
  template <typename T>
  NodeId append_linear(std::size_t index, T operation, int weight_frac) {
    const Layer& layer = model_.layers[index];
    const NodeId x = operand(layer);
    operation.bias =
        vector_literal(quantize_bias(layer.bias, spec(layer, &Precision::bias, 16), type(x).frac + weight_frac));
    operation.weight_frac = weight_frac;
    const Quantizer output = output_quantizer(index);
    const auto& own = layer.precision.accumulator;
    const auto& accumulator = own ? own : model_.default_precision.accumulator;
    if (!accumulator) {
      operation.relu = layer.relu;
      operation.output = output;
      return append(layer.name, std::move(operation), {x});
    }
    // The float tensor is behind the relu; twice its range stands for what is before it.
    operation.output = accumulator->automatic ? widened(output, accumulator->bits) : accumulator->quantizer;
    const NodeId sum = append(layer.name + ".accumulator", std::move(operation), {x});
    return append(layer.name, Quantize(output, layer.relu), {sum});
  }

  /// A signed format of `bits` bits with one whole bit more than `quantizer`'s.
  static Quantizer widened(const Quantizer& quantizer, int bits) {
    const Format& format = quantizer.format;
    return {Format{true, bits, format.integer + (format.is_signed ? 1 : 2)}, Rounding::rnd, Overflow::sat};
  }

  NodeId lower_normalize(std::size_t index) {
    const Layer& layer = model_.layers[index];
    const NodeId x = narrow_enough(layer, operand(layer));
    const int bits = table_bits(layer);
    const RsqrtTable table = make_rsqrt_table(type(x).features, bits + 1, bits + 3);
    Normalize normalize;
    normalize.center = layer.center;
    normalize.epsilon = integer_epsilon(layer, type(x));
    normalize.rsqrt_table = table.table;
    normalize.rsqrt_width = table.width;
    normalize.rsqrt_scale = table.scale;
    normalize.output = output_quantizer(index);
    return append(layer.name, std::move(normalize), {x});
  }

  /// V is d^3 (centered) or d times what epsilon is added to, in units of the squared step.
  static std::int64_t integer_epsilon(const Layer& layer, const TensorType& x) {
    const double factor = layer.center ? std::pow(x.features, 3) : x.features;
    return std::llround(std::min(std::ldexp(layer.epsilon * factor, 2 * x.frac), 0x1p60));
  }

  /// The operand of a norm without the low bits that its sum of squares has no room for.
  NodeId narrow_enough(const Layer& layer, NodeId x) {
    const Format format = tensor_format(graph_.node(x));
    const int excess =
        normalize_variance_width(type(x), layer.center, integer_epsilon(layer, type(x))) - kMaxVarianceWidth;
    const int dropped = (excess + 1) / 2;
    if (excess <= 0 || dropped >= format.width) {
      return x;
    }
    const Quantizer narrow{{format.is_signed, format.width - dropped, format.integer}, Rounding::rnd, Overflow::sat};
    spdlog::warn("layer '{}': the squares of {} features in {} need more than {} bits: rounded to {}", layer.name,
                 type(x).features, to_string(format), kMaxVarianceWidth, to_string(narrow.format));
    return append(layer.name + ".narrowed", Quantize(narrow), {x});
  }

  NodeId lower_attention(std::size_t index) {
    const Layer& layer = model_.layers[index];
    std::vector<NodeId> operands;
    for (std::size_t which = 0; which < layer.inputs.size(); ++which) {
      operands.push_back(operand(layer, which));
    }
    const AttentionFormats formats = attention_formats(layer, type(operands.at(2)));
    Attention attention;
    attention.heads = layer.heads;
    attention.kv_heads = layer.kv_heads;
    attention.row_max = formats.row_max;
    attention.score = formats.score;
    attention.exp_bias = formats.exp_bias();
    attention.tables = softmax_tables(formats.score.format.frac(), formats.exp_width, formats.recip_index,
                                      formats.zeros(model_.tokens));
    attention.output = output_quantizer(index);
    return append(layer.name, std::move(attention), operands);
  }

  /// The formats that the description asks for; what it leaves open so that everything fits.
  AttentionFormats attention_formats(const Layer& layer, const TensorType& values) const {
    AttentionFormats formats;
    formats.exp_width = exp_bits(layer);
    formats.recip_index = table_bits(layer);
    std::optional<ScoreRange> range;
    if (calibration_.count > 0) {
      range = score_range(layer, tensors_[layer.inputs.at(0)], tensors_[layer.inputs.at(1)], calibration_);
    }
    formats.score = score_quantizer(layer, range);
    const auto too_wide = [&] { return formats.product_width(model_.tokens, values.range()) > kMaxNormalisedWidth; };
    if (layer.row_max) {
      formats.row_max = *layer.row_max;
    } else if (range) {
      // Without the row maximum a row's exponentials must keep enough bits below the largest score of all.
      formats.row_max = false;
      const double lost = std::ceil(std::max(range->largest, 0.0)) + 1 - range->least_row_max;
      formats.row_max = lost > formats.exp_width - std::min(activation_bits(layer), 10) || too_wide();
    }
    const bool open_exp = !(layer.precision.exp_bits || model_.default_precision.exp_bits);
    const bool open_table = !(layer.precision.table_bits || model_.default_precision.table_bits);
    while (too_wide() && open_exp && formats.exp_width > kLeastExpBits) {
      --formats.exp_width;
    }
    while (too_wide() && open_table && formats.recip_index > kLeastTableBits) {
      --formats.recip_index;
    }
    if (too_wide()) {
      throw SourceError(
          layer.where,
          fmt::format("layer '{}': sums over {} tokens of exponentials (exp_bits {}) and values of {} bits, normalised "
                      "(table_bits {}), need {} bits, expected at most {}: lower exp_bits, table_bits or the values' "
                      "format",
                      layer.name, model_.tokens, formats.exp_width, values.width, formats.recip_index,
                      formats.product_width(model_.tokens, values.range()), kMaxNormalisedWidth));
    }
    return formats;
  }

  /// Scores in units of log2; `range`: what calibration saw of them.
  Quantizer score_quantizer(const Layer& layer, const std::optional<ScoreRange>& range) const {
    Quantizer score;
    const auto& own = layer.precision.score;
    const auto& chosen = own ? own : model_.default_precision.score;
    if (chosen && !chosen->automatic) {
      score = chosen->quantizer;
    } else {
      require_calibration(layer);
      const int whole = std::clamp(integer_bits(range->largest_magnitude * 1.125), 2, kMaxScoreWidth - 1);
      const int width = chosen ? chosen->bits : std::min(whole + exp_index_bits(layer), kMaxScoreWidth);
      score.format = Format{true, width, whole};
    }
    const int index_bits = score.format.frac();
    if (index_bits < 0 || index_bits > 12 || score.format.width > kMaxScoreWidth) {
      throw SourceError(layer.where, fmt::format("layer '{}': the score format {} has {} bits, {} of them of the "
                                                 "fraction, expected at most {} bits and 0 to 12 of the fraction",
                                                 layer.name, to_string(score.format), score.format.width, index_bits,
                                                 kMaxScoreWidth));
    }
    return score;
  }

  NodeId lower_activation(std::size_t index, NodeId x) {
    const Layer& layer = model_.layers[index];
    FunctionSpec function;
    function.function = layer.function;
    function.slope = layer.slope;
    function.output = output_quantizer(index);
    function.table_bits = number(layer, &Precision::table_bits, std::min(activation_bits(layer), 10));
    if (calibration_.count > 0) {
      function.seen = quantizer_for(layer, FormatSpec(), layer.inputs.at(0)).format;
    }
    const LoweredFunction lowered = lower_function(graph_, x, function, layer.name);
    if (lowered.is_coarse) {
      spdlog::warn(
          "layer '{}': the tables of its function are up to {:.2g} off; expected more `table_bits` (now {}, at most "
          "{}), "
          "calibration events, or an input whose format has less range",
          layer.name, lowered.error, function.table_bits, kMaxTableBits);
    }
    return lowered.node;
  }

  NodeId lower_pool(std::size_t index) {
    const Layer& layer = model_.layers[index];
    Pool pool;
    pool.mode = pool_mode(layer);
    pool.output = output_quantizer(index);
    if (pool.mode == PoolMode::mean) {
      pool.scale_width = std::min(activation_bits(layer) + 4, 18);
      pool.scales = make_mean_scales(model_.tokens, pool.scale_width);
    }
    std::vector<NodeId> operands{operand(layer)};
    if (layer.inputs.size() > 1) {
      operands.push_back(operand(layer, 1));
    }
    return append(layer.name, std::move(pool), operands);
  }

  /// The operand of a softmax in a fixed-point format: an exact one with any scale gets the format that holds it.
  NodeId softmax_operand(const Layer& layer) {
    const ExactTensor& tensor = as_node(layer.inputs.at(0));
    const TensorType& input = type(tensor.node);
    if (tensor.is_plain(input)) {
      return tensor.node;
    }
    double largest = 0;
    for (Eigen::Index f = 0; f < tensor.features(); ++f) {
      const Interval& interval = input.intervals[static_cast<std::size_t>(f)];
      for (const std::int64_t end : {interval.lo, interval.hi}) {
        largest = std::max(largest, std::abs(tensor.factor[f] * static_cast<double>(end) + tensor.offset[f]));
      }
    }
    const int whole = std::clamp(integer_bits(largest), 2, kMaxSoftmaxWidth - exp_index_bits(layer));
    const int width = whole + exp_index_bits(layer);
    const Quantizer score{Format{true, width, whole}, Rounding::rnd, Overflow::sat};
    // The exponentials are tables of rtlgen, so nothing is lost with factors of few bits, which are shifts and
    // additions.
    ExactTensor rounded = tensor;
    rounded.factor = tensor.factor.unaryExpr([](double factor) { return round_significand(factor, kScoreFactorBits); });
    const double unit = std::ldexp(1.0, -exp_index_bits(layer) - kScoreGuardBits);
    rounded.offset = (tensor.offset.array() / unit).round() * unit;
    return quantize_exact(graph_, rounded, uniform_quantizer(score, layer.features), layer.name + ".score").node;
  }

  /// Operands of a softmax: the mask, too, where the layer has it.
  std::vector<NodeId> with_mask(const Layer& layer, NodeId x) {
    std::vector<NodeId> operands{x};
    if (layer.inputs.size() > 1) {
      operands.push_back(operand(layer, 1));
    }
    return operands;
  }

  NodeId lower_softmax(std::size_t index) {
    const Layer& layer = model_.layers[index];
    NodeId x = softmax_operand(layer);
    const Format format = tensor_format(graph_.node(x));
    const int index_bits = std::clamp(format.frac(), 0, exp_index_bits(layer));
    if (index_bits != format.frac()) {
      const int whole = format.integer + (format.is_signed ? 0 : 1);
      const Quantizer score{Format{true, std::max(2, whole + index_bits), std::max(2, whole + index_bits) - index_bits},
                            Rounding::rnd, Overflow::sat};
      x = append(layer.name + ".score", Quantize(score), {x});
    }
    FormatSpec chosen = activation(layer);
    if (chosen.automatic) {  // probabilities: 0 to 1
      chosen.quantizer.format = Format{false, chosen.bits, 0};
    }
    Softmax softmax;
    softmax.tables =
        softmax_tables(index_bits, exp_bits(layer), table_bits(layer), clog2(layer.features / layer.groups));
    softmax.groups = layer.groups;
    softmax.output = chosen.quantizer;
    return append(layer.name, std::move(softmax), with_mask(layer, x));
  }

  NodeId lower_table_softmax(std::size_t index) {
    const Layer& layer = model_.layers[index];
    const auto stage = [](const LookupTable& table) {
      return LookupStage{table.index, vector_literal(table.values), table.frac};
    };
    TableSoftmax softmax;
    softmax.exp = stage(layer.exp_table);
    softmax.inv = stage(layer.inv_table);
    softmax.groups = layer.groups;
    softmax.output = probability_quantizer(layer);
    return append(layer.name, std::move(softmax), with_mask(layer, operand(layer)));
  }

  /// What the product of both tables' entries is rounded to; exact: the format that holds it.
  Quantizer probability_quantizer(const Layer& layer) const {
    const FormatSpec chosen = activation(layer);
    if (chosen.automatic) {  // probabilities: 0 to 1
      return {Format{false, chosen.bits, 0}, chosen.quantizer.rounding, chosen.quantizer.overflow};
    }
    if (!chosen.exact) {
      return chosen.quantizer;
    }
    const auto largest = [](const LookupTable& table) {
      return *std::max_element(table.values.begin(), table.values.end());
    };
    const std::int64_t product = largest(layer.exp_table) * largest(layer.inv_table);
    const int width = std::max(1, signed_width({0, product}) - 1);
    return {Format{false, width, width - layer.exp_table.frac - layer.inv_table.frac}, Rounding::trn, Overflow::wrap};
  }

  const Model& model_;
  const Events& calibration_;
  Graph graph_;
  std::vector<RowMatrix> tensors_;
  std::vector<ExactTensor> exact_;  // one a layer
  std::vector<int> users_;          // layers that read a layer's tensor
};

}  // namespace

Graph quantize_model(const Model& model, const Events& calibration) { return ModelQuantizer(model, calibration).run(); }

}  // namespace rtlgen
