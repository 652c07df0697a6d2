#include "rtlgen/frontend/layer_expansion.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "primitives/table_softmax.hpp"
#include "rtlgen/frontend/quantizer_spec.hpp"
#include "rtlgen/model/layer_traits.hpp"

namespace rtlgen {
namespace {

constexpr double kLog2E = 1.44269504088896340735992468100189214;
/// Largest merged query matrix (elements).
constexpr std::size_t kMaxMergedWeights = std::size_t{1} << 24;
/// Most features of a layer; quantizers of them are square matrices.
constexpr int kMaxFeatures = 4096;

std::size_t size_of(int dimension) { return static_cast<std::size_t>(dimension); }

/// Multiplies the outputs of a layer that takes factors.
void scale_outputs(Layer& layer, const Eigen::VectorXd& factors) {
  if (auto* const affine = layer.as<AffineLayer>()) {
    affine->factor.array() *= factors.array();
    affine->bias.array() *= factors.array();
    return;
  }
  auto& dense = *layer.as<DenseLayer>();
  dense.weight = factors.asDiagonal() * dense.weight;
  dense.bias.array() *= factors.array();
  if (dense.weight_step.size() > 0) {
    dense.weight_step.array() *= factors.array();
  }
}

/// Adds to the outputs of a layer that takes offsets.
void shift_outputs(Layer& layer, const Eigen::VectorXd& offsets) {
  auto* const affine = layer.as<AffineLayer>();
  (affine != nullptr ? affine->bias : layer.as<DenseLayer>()->bias) += offsets;
}

/// Takes the layers apart one after another.
class Expander {
 public:
  Expander(const OrderedLayers& ordered, const WeightFile& weights, const PrecisionTable& precisions, Model& model)
      : ordered_(ordered), weights_(weights), precisions_(precisions), model_(model) {}

  void run() {
    make_inputs();
    for (std::size_t i = 0; i < ordered_.layers.size(); ++i) {
      current_ = i;
      outputs_.push_back(expand(ordered_.layers[i]));
    }
    check_flat(ordered_.layers.size() - 1);
  }

 private:
  void make_inputs() {
    Layer event;
    event.name = kEventName;
    event.tokens = model_.tokens;
    event.features = model_.features;
    event.where = model_.where;
    used_names_[kEventName] = kEventName;
    model_.layers.push_back(event);
    if (model_.mask != MaskKind::none) {
      Layer mask = event;
      mask.name = kMaskName;
      mask.what = MaskLayer{};
      mask.features = 1;
      used_names_[kMaskName] = kMaskName;
      model_.layers.push_back(mask);
    }
  }

  [[noreturn]] static void fail(const LayerSpec& spec, const std::string& message) {
    throw SourceError(spec.where, message);
  }

  Layer& layer(std::size_t index) { return model_.layers[index]; }

  /// The elementary layer that makes input `i` of the current layer.
  std::size_t input(std::size_t i = 0) const {
    const std::size_t producer = ordered_.producers[current_][i];
    return producer == kEventProducer ? 0 : outputs_[producer];
  }

  /// Whether nothing but the current layer uses the layer that makes its input.
  bool is_only_user() const {
    const std::size_t producer = ordered_.producers[current_][0];
    return producer != kEventProducer && ordered_.users[producer] == 1;
  }

  /// Whether the layer is a flatten of more than one token; of one token it is nothing.
  bool is_flat(std::size_t spec) const {
    return ordered_.layers[spec].type == LayerType::flatten && model_.layers[outputs_[spec]].tokens > 1;
  }

  /// A flatten only means something to a dense behind it.
  void check_flat(std::size_t spec) const {
    if (spec != kEventProducer && is_flat(spec)) {
      fail(ordered_.layers[spec],
           "flatten '" + ordered_.layers[spec].name.name + "' must be followed by a dense layer");
    }
  }

  /// A layer of the spec with the shape of its first input.
  Layer make(const LayerSpec& spec, const std::string& name, const std::vector<std::size_t>& inputs,
             Layer::What what) const {
    Layer made;
    made.name = name;
    made.what = std::move(what);
    made.inputs = inputs;
    made.tokens = model_.layers[inputs[0]].tokens;
    made.features = model_.layers[inputs[0]].features;
    made.precision = precisions_.resolve(name, spec.precision);
    made.where = spec.where;
    return made;
  }

  std::size_t push(Layer made) {
    std::string flat_name = made.name;
    std::replace(flat_name.begin(), flat_name.end(), '.', '_');
    const auto [found, fresh] = used_names_.emplace(flat_name, made.name);
    if (!fresh) {
      throw SourceError(made.where, found->second == made.name ? "two layers have the name '" + made.name + "'"
                                                               : "the names '" + found->second + "' and '" + made.name +
                                                                     "' are the same but for '.' and '_'");
    }
    model_.layers.push_back(std::move(made));
    return model_.layers.size() - 1;
  }

  std::size_t expand(const LayerSpec& spec) {
    if (spec.type != LayerType::dense) {
      for (const std::size_t producer : ordered_.producers[current_]) {
        check_flat(producer);
      }
    }
    switch (spec.type) {
      case LayerType::dense:
        return expand_dense(spec);
      case LayerType::activation:
        return push_function(spec, spec.name.name, spec.function, input());
      case LayerType::multi_head_attention:
        return expand_attention(spec);
      case LayerType::layer_norm:
      case LayerType::rms_norm:
        return expand_norm(spec);
      case LayerType::batch_norm:
        return expand_batch_norm(spec);
      case LayerType::feed_forward:
        return expand_feed_forward(spec);
      case LayerType::add:
        return expand_add(spec);
      case LayerType::pool:
        return expand_pool(spec);
      case LayerType::flatten:
        return input();
      case LayerType::softmax:
        check_softmax(spec);
        return spec.softmax_tables ? expand_table_softmax(spec)
                                   : expand_softmax(spec, spec.name.name, input(), is_only_user());
      case LayerType::affine:
        return expand_affine(spec);
      case LayerType::quantize:
        return expand_quantize(spec);
      case LayerType::concat:
        return expand_concat(spec);
      case LayerType::scores:
      case LayerType::mix:
        return expand_product(spec);
      case LayerType::argmax:
        break;
    }
    Layer made = make(spec, spec.name.name, {input()}, ArgmaxLayer{});
    made.features = 1;
    return push(std::move(made));
  }

  Eigen::VectorXd bias(const LayerSpec& spec, const std::string& name, const std::vector<std::size_t>& shape) const {
    if (spec.use_bias) {
      return weights_.vector(name, shape, spec.where);
    }
    std::size_t size = 1;
    for (const std::size_t dimension : shape) {
      size *= dimension;
    }
    return Eigen::VectorXd::Zero(static_cast<Eigen::Index>(size));
  }

  std::size_t push_function(const LayerSpec& spec, const std::string& name, const std::string& function,
                            std::size_t from) {
    if (function == "clip") {
      return push(make(spec, name, {from}, ClipLayer{spec.low, spec.high}));
    }
    return push(make(spec, name, {from}, ActivationLayer{function, spec.slope}));
  }

  /// A dense layer without activation.
  std::size_t push_dense(const LayerSpec& spec, const std::string& name, std::size_t from, DenseLayer dense) {
    Layer made = make(spec, name, {from}, {});
    made.features = static_cast<int>(dense.weight.rows());
    made.tokens = dense.flatten ? 1 : made.tokens;
    made.what = std::move(dense);
    return push(std::move(made));
  }

  /// The name of a layer that makes a sum, where `function` follows under the name itself.
  static std::string sum_name(const std::string& name, const std::string& function) {
    return function == "none" || function == "relu" ? name : name + ".linear";
  }

  /// Applies `function` to the sum that `sum_name` named.
  std::size_t finish_sum(const LayerSpec& spec, const std::string& name, const std::string& function, std::size_t sum) {
    if (function == "none") {
      return sum;
    }
    if (function == "relu") {
      if (auto* const dense = layer(sum).as<DenseLayer>()) {
        dense->relu = true;
      } else {
        layer(sum).as<AddLayer>()->relu = true;
      }
      return sum;
    }
    return function == "softmax" ? expand_softmax(spec, name, sum, true) : push_function(spec, name, function, sum);
  }

  std::size_t expand_dense(const LayerSpec& spec) {
    const std::size_t producer = ordered_.producers[current_][0];
    const bool flat = producer != kEventProducer && is_flat(producer);
    const Layer& from = layer(input());
    const std::size_t width = size_of(from.features) * (flat ? size_of(from.tokens) : 1);
    const std::size_t units = size_of(*spec.units);
    const std::string& name = spec.name.name;
    DenseLayer dense;
    dense.weight = weights_.matrix(name + ".weight", {units, width}, spec.where);
    dense.weight_step = weight_step(spec, units);
    if (dense.weight_step.size() > 0) {
      dense.weight = dense.weight_step.asDiagonal() * dense.weight;
    }
    dense.bias = bias(spec, name + ".bias", {units});
    dense.flatten = flat;
    const std::size_t sum = push_dense(spec, sum_name(name, spec.function), input(), std::move(dense));
    return finish_sum(spec, name, spec.function, sum);
  }

  /// The unit of each row of integer weights; empty where weights are real numbers.
  Eigen::VectorXd weight_step(const LayerSpec& spec, std::size_t units) const {
    const std::string name = spec.name.name + ".weight_scale";
    if (!weights_.contains(name)) {
      return {};
    }
    if (!weights_.is_integral(spec.name.name + ".weight")) {
      fail(spec, "array '" + name + "' belongs to an integer array '" + spec.name.name + ".weight'");
    }
    Eigen::VectorXd step = weights_.vector_or_number(name, units, spec.where);
    if ((step.array() <= 0).any()) {
      fail(spec, "array '" + name + "' must be positive");
    }
    return step;
  }

  std::size_t expand_affine(const LayerSpec& spec) {
    const std::size_t width = size_of(layer(input()).features);
    const Eigen::VectorXd factors = weights_.vector(spec.name.name + ".weight", {width}, spec.where);
    const std::string constants = spec.name.name + ".bias";
    if (!spec.use_bias || weights_.rank(constants) != 2) {
      return push_affine(spec, spec.name.name, input(), factors, bias(spec, constants, {width}));
    }
    // Constants of each token; where they agree they are those of a plain affine layer.
    const RowMatrix rows = weights_.matrix(constants, {size_of(layer(input()).tokens), width}, spec.where);
    if (rows == rows.row(0).replicate(rows.rows(), 1)) {
      return push_affine(spec, spec.name.name, input(), factors, rows.row(0).transpose());
    }
    const std::size_t made = push_affine(spec, spec.name.name, input(), factors, Eigen::VectorXd::Zero(factors.size()));
    layer(made).as<AffineLayer>()->token_bias = rows;
    return made;
  }

  std::size_t expand_quantize(const LayerSpec& spec) {
    const Layer& from = layer(input());
    const UniformQuantizer quantizer = make_quantizer(spec, weights_, from.tokens, from.features);
    return push(make(spec, spec.name.name, {input()}, QuantizeLayer{quantizer}));
  }

  std::size_t expand_concat(const LayerSpec& spec) {
    std::vector<std::size_t> inputs;
    int features = 0;
    for (std::size_t i = 0; i < spec.inputs.size(); ++i) {
      inputs.push_back(input(i));
      features += layer(inputs.back()).features;
      if (layer(inputs.back()).tokens != layer(inputs.front()).tokens) {
        throw SourceError(spec.inputs[i].where, "cannot put '" + spec.inputs[i].name + "' " +
                                                    shape_of(layer(inputs.back())) + " beside '" + spec.inputs[0].name +
                                                    "' " + shape_of(layer(inputs.front())) +
                                                    ": they must have the same tokens");
      }
    }
    Layer made = make(spec, spec.name.name, inputs, ConcatLayer{});
    made.features = features;
    check_features(made);
    return push(std::move(made));
  }

  /// Layers whose features are not said in the description may not have any number of them.
  static void check_features(const Layer& made) {
    if (made.features > kMaxFeatures) {
      throw SourceError(made.where, "layer '" + made.name + "' has " + std::to_string(made.features) +
                                        " features, expected at most " + std::to_string(kMaxFeatures));
    }
  }

  /// scores and mix.
  std::size_t expand_product(const LayerSpec& spec) {
    const Layer& a = layer(input(0));
    const Layer& b = layer(input(1));
    const bool mix = spec.type == LayerType::mix;
    const auto shapes = [&] {
      return "'" + spec.inputs[0].name + "' " + shape_of(a) + " and '" + spec.inputs[1].name + "' " + shape_of(b);
    };
    if (a.tokens != b.tokens) {
      throw SourceError(spec.inputs[1].where, shapes() + " must have the same tokens");
    }
    const int dim = b.features / spec.kv_heads;
    if (b.features % spec.kv_heads != 0 || a.features != spec.heads * (mix ? a.tokens : dim)) {
      throw SourceError(spec.inputs[0].where, shapes() + " do not fit, expected features [heads, " +
                                                  (mix ? "tokens" : "dim") + "] and [kv_heads, dim] with " +
                                                  std::to_string(spec.heads) + " and " + std::to_string(spec.kv_heads) +
                                                  " heads");
    }
    Layer made = make(spec, spec.name.name, {input(0), input(1)}, BankProductLayer{mix, spec.heads, spec.kv_heads});
    made.features = spec.heads * (mix ? dim : a.tokens);
    check_features(made);
    return push(std::move(made));
  }

  std::size_t expand_feed_forward(const LayerSpec& spec) {
    const std::string& name = spec.name.name;
    const std::string hidden_name = name + ".hidden";
    const std::size_t width = size_of(layer(input()).features);
    const std::size_t hidden = size_of(spec.hidden);
    RowMatrix w1 = weights_.matrix(name + ".w1", {hidden, width}, spec.where);
    RowMatrix w2 = weights_.matrix(name + ".w2", {width, hidden}, spec.where);
    const std::size_t sum = push_dense(spec, sum_name(hidden_name, spec.function), input(),
                                       {std::move(w1), bias(spec, name + ".b1", {hidden}), {}});
    const std::size_t middle = finish_sum(spec, hidden_name, spec.function, sum);
    return push_dense(spec, name, middle, {std::move(w2), bias(spec, name + ".b2", {width}), {}});
  }

  std::size_t expand_add(const LayerSpec& spec) {
    const std::string& name = spec.name.name;
    std::size_t sum = input();
    for (std::size_t i = 1; i < spec.inputs.size(); ++i) {
      const Layer& left = layer(sum);
      const Layer& right = layer(input(i));
      if (left.tokens != right.tokens || left.features != right.features) {
        throw SourceError(spec.inputs[i].where, "cannot add '" + spec.inputs[i].name + "' " + shape_of(right) +
                                                    " to '" + spec.inputs[0].name + "' " + shape_of(left) +
                                                    ": shapes must be equal");
      }
      const bool last = i + 1 == spec.inputs.size();
      const std::string part = last ? sum_name(name, spec.function) : name + ".partial" + std::to_string(i);
      sum = push(make(spec, part, {sum, input(i)}, AddLayer{}));
    }
    return finish_sum(spec, name, spec.function, sum);
  }

  static std::string shape_of(const Layer& made) {
    return "[" + std::to_string(made.tokens) + "," + std::to_string(made.features) + "]";
  }

  /// The mask where the layer's tokens are those of the event.
  std::vector<std::size_t> with_mask(std::vector<std::size_t> inputs) const {
    if (model_.mask != MaskKind::none && model_.layers[inputs[0]].tokens == model_.tokens) {
      inputs.push_back(1);
    }
    return inputs;
  }

  std::size_t expand_pool(const LayerSpec& spec) {
    const PoolMode mode = spec.function == "mean"  ? PoolMode::mean
                          : spec.function == "max" ? PoolMode::max
                                                   : PoolMode::sum;
    Layer made = make(spec, spec.name.name, with_mask({input()}), PoolLayer{mode});
    made.tokens = 1;
    return push(std::move(made));
  }

  std::size_t expand_norm(const LayerSpec& spec) {
    const std::string& name = spec.name.name;
    const bool center = spec.type == LayerType::layer_norm;
    const std::size_t width = size_of(layer(input()).features);
    Layer normalized = make(spec, name + ".normalized", {input()}, NormalizeLayer{spec.epsilon, center});
    const Eigen::VectorXd factors = weights_.vector(name + ".weight", {width}, spec.where);
    const Eigen::VectorXd offsets = center ? weights_.vector(name + ".bias", {width}, spec.where)
                                           : Eigen::VectorXd(Eigen::VectorXd::Zero(static_cast<Eigen::Index>(width)));
    const std::size_t from = push(std::move(normalized));
    return push_affine(spec, name, from, factors, offsets);
  }

  std::size_t push_affine(const LayerSpec& spec, const std::string& name, std::size_t from,
                          const Eigen::VectorXd& factors, const Eigen::VectorXd& offsets) {
    return push(make(spec, name, {from}, AffineLayer{factors, offsets, {}}));
  }

  std::size_t expand_batch_norm(const LayerSpec& spec) {
    const std::string& name = spec.name.name;
    const std::size_t width = size_of(layer(input()).features);
    const Eigen::VectorXd gamma = weights_.vector(name + ".gamma", {width}, spec.where);
    const Eigen::VectorXd beta = weights_.vector(name + ".beta", {width}, spec.where);
    const Eigen::VectorXd mean = weights_.vector(name + ".mean", {width}, spec.where);
    const Eigen::VectorXd variance = weights_.vector(name + ".variance", {width}, spec.where);
    const Eigen::ArrayXd power = variance.array() + spec.epsilon;
    if ((power <= 0).any()) {
      fail(spec, "array '" + name + ".variance' plus epsilon must be positive");
    }
    const Eigen::VectorXd factors = gamma.array() / power.sqrt();
    const Eigen::VectorXd offsets = beta.array() - mean.array() * factors.array();
    Layer& from = layer(input());
    if (!is_only_user() || !takes_factors(from) || has_own_activation_format()) {
      return push_affine(spec, name, input(), factors, offsets);
    }
    scale_outputs(from, factors);
    shift_outputs(from, offsets);
    from.precision = overlay(from.precision, spec.precision);
    return input();
  }

  /// Whether the description asks for a format between the layer before and this one.
  bool has_own_activation_format() const {
    return ordered_.layers[ordered_.producers[current_][0]].precision.activation.has_value();
  }

  /// Groups, and the mask, fit the input.
  void check_softmax(const LayerSpec& spec) const {
    const Layer& from = model_.layers[input()];
    const std::string what = "softmax '" + spec.name.name + "' of " + std::to_string(from.features) + " features ";
    if (from.features % spec.groups != 0) {
      fail(spec, what + "cannot have " + std::to_string(spec.groups) + " equal groups");
    }
    if (spec.masked && model_.mask == MaskKind::none) {
      fail(spec, what + "is masked, expected an `input` with a mask");
    }
    if (spec.masked && (from.tokens != model_.tokens || from.features != spec.groups * from.tokens)) {
      fail(spec, what + "is masked, expected groups of a feature for each of the " + std::to_string(model_.tokens) +
                     " tokens");
    }
  }

  std::size_t push_softmax(const LayerSpec& spec, Layer made) {
    made.inputs = spec.masked ? with_mask(made.inputs) : made.inputs;
    return push(std::move(made));
  }

  std::size_t expand_softmax(const LayerSpec& spec, const std::string& name, std::size_t from, bool only_user) {
    const Eigen::VectorXd factors = Eigen::VectorXd::Constant(layer(from).features, kLog2E);
    std::size_t scaled = from;
    if (only_user && takes_factors(layer(from))) {
      scale_outputs(layer(from), factors);
    } else {
      // What the softmax says of its result does not hold for what goes in.
      LayerSpec before = spec;
      before.precision.activation.reset();
      scaled = push_affine(before, name + ".scaled", from, factors, Eigen::VectorXd::Zero(layer(from).features));
    }
    return push_softmax(spec, make(spec, name, {scaled}, SoftmaxLayer{spec.groups}));
  }

  std::size_t expand_table_softmax(const LayerSpec& spec) {
    const SoftmaxTableSpec& said = *spec.softmax_tables;
    TableSoftmaxLayer softmax;
    softmax.exp_table = lookup_table(spec, "exp_table", said.exp_index, said.exp_frac);
    softmax.inv_table = lookup_table(spec, "inv_table", said.inv_index, said.inv_frac);
    softmax.groups = spec.groups;
    return push_softmax(spec, make(spec, spec.name.name, {input()}, std::move(softmax)));
  }

  /// A table of the weight file, with an entry for each code of `index`.
  LookupTable lookup_table(const LayerSpec& spec, const std::string& array, const Quantizer& index, int frac) const {
    const std::string name = spec.name.name + "." + array;
    const Eigen::VectorXd entries =
        weights_.vector(name, {std::size_t{1} << static_cast<unsigned>(index.format.width)}, spec.where);
    LookupTable table{index, {}, frac};
    for (const double entry : entries) {
      if (entry != std::floor(entry) || entry < 0 || entry >= std::ldexp(1.0, kMaxSoftmaxEntryBits)) {
        fail(spec,
             "array '" + name + "' must be whole numbers from 0 to 2^" + std::to_string(kMaxSoftmaxEntryBits) + " - 1");
      }
      table.values.push_back(static_cast<std::int64_t>(entry));
    }
    return table;
  }

  /// Weights of one attention layer; rows of wq, wk, wv are head-major, columns of wo too.
  struct AttentionWeights {
    RowMatrix wq, wk, wv, wo;
    Eigen::VectorXd bq, bk, bv, bo;
  };

  std::size_t expand_attention(const LayerSpec& spec) {
    const std::string& name = spec.name.name;
    const int width = layer(input()).features;
    if (!spec.key_dim && width % spec.heads != 0) {
      fail(spec, "layer '" + name + "': " + std::to_string(width) + " features do not divide into " +
                     std::to_string(spec.heads) + " heads; give 'key_dim'");
    }
    const int key_dim = spec.key_dim.value_or(width / spec.heads);
    const int value_dim = spec.value_dim.value_or(key_dim);
    const std::size_t heads = size_of(spec.heads);
    const std::size_t d = size_of(width);
    const std::size_t k = size_of(key_dim);
    const std::size_t v = size_of(value_dim);
    const std::size_t units = size_of(spec.units.value_or(width));

    AttentionWeights w;
    w.wq = per_head(weights_.vector(name + ".wq", {heads, k, d}, spec.where), heads * k);
    w.wk = per_head(weights_.vector(name + ".wk", {heads, k, d}, spec.where), heads * k);
    w.wv = per_head(weights_.vector(name + ".wv", {heads, v, d}, spec.where), heads * v);
    w.wo = weights_.matrix(name + ".wo", {units, heads, v}, spec.where);
    w.bq = bias(spec, name + ".bq", {heads, k});
    w.bk = bias(spec, name + ".bk", {heads, k});
    w.bv = bias(spec, name + ".bv", {heads, v});
    w.bo = bias(spec, name + ".bo", {units});
    const double scale = kLog2E / std::sqrt(static_cast<double>(key_dim));
    w.wq *= scale;
    w.bq *= scale;
    return merges(spec, d, std::min(k, v)) ? push_merged(spec, w, width) : push_separate(spec, w);
  }

  static RowMatrix per_head(const Eigen::VectorXd& flat, std::size_t rows) {
    const auto row_count = static_cast<Eigen::Index>(rows);
    return Eigen::Map<const RowMatrix>(flat.data(), row_count, flat.size() / row_count);
  }

  /// Whether the projections are merged into d x d products.
  bool merges(const LayerSpec& spec, std::size_t d, std::size_t head_dim) const {
    if (spec.projection == "merged") {
      if (d * d > kMaxMergedWeights / size_of(spec.heads)) {
        fail(spec, "layer '" + spec.name.name + "' is too wide for 'projection: merged'");
      }
      return true;
    }
    const std::string heads_name = spec.name.name + ".heads";
    const bool formats_given = precisions_.distinguishes(spec.name.name + ".q", heads_name) ||
                               precisions_.distinguishes(spec.name.name + ".k", heads_name) ||
                               precisions_.distinguishes(spec.name.name + ".v", heads_name);
    return spec.projection == "auto" && 2 * d <= head_dim && !formats_given;
  }

  std::size_t push_separate(const LayerSpec& spec, AttentionWeights& w) {
    const std::string& name = spec.name.name;
    const std::size_t x = input();
    const std::size_t q = push_dense(spec, name + ".q", x, {std::move(w.wq), std::move(w.bq), {}});
    // bk adds the same to the scores of a query with all keys, which a softmax does not see.
    const std::size_t k = push_dense(spec, name + ".k", x, {std::move(w.wk), Eigen::VectorXd::Zero(w.bk.size()), {}});
    const std::size_t v = push_dense(spec, name + ".v", x, {std::move(w.wv), std::move(w.bv), {}});
    return push_heads(spec, {q, k, v}, layer(v).features, spec.heads, std::move(w.wo), std::move(w.bo));
  }

  /// q.k = x_i Wq^T Wk x_j + bq Wk x_j + what is constant over j; and the weights of a row sum to 1.
  std::size_t push_merged(const LayerSpec& spec, const AttentionWeights& w, int width) {
    const Eigen::Index heads = spec.heads;
    const Eigen::Index d = width;
    const Eigen::Index k = w.wq.rows() / heads;
    const Eigen::Index v = w.wv.rows() / heads;
    RowMatrix query(heads * d, d);
    Eigen::VectorXd query_bias(heads * d);
    RowMatrix output(w.wo.rows(), heads * d);
    Eigen::VectorXd output_bias = w.bo;
    for (Eigen::Index head = 0; head < heads; ++head) {
      const auto key = w.wk.middleRows(head * k, k);
      const auto mix = w.wo.middleCols(head * v, v);
      query.middleRows(head * d, d) = key.transpose() * w.wq.middleRows(head * k, k);
      query_bias.segment(head * d, d) = key.transpose() * w.bq.segment(head * k, k);
      output.middleCols(head * d, d) = mix * w.wv.middleRows(head * v, v);
      output_bias += mix * w.bv.segment(head * v, v);
    }
    const std::size_t x = input();
    const std::size_t q = push_dense(spec, spec.name.name + ".q", x, {std::move(query), std::move(query_bias), {}});
    return push_heads(spec, {q, x, x}, spec.heads * width, 1, std::move(output), std::move(output_bias));
  }

  std::size_t push_heads(const LayerSpec& spec, const std::vector<std::size_t>& inputs, int features, int kv_heads,
                         RowMatrix output, Eigen::VectorXd output_bias) {
    Layer made =
        make(spec, spec.name.name + ".heads", with_mask(inputs), AttentionLayer{spec.heads, kv_heads, spec.row_max});
    made.features = features;
    const std::size_t attended = push(std::move(made));
    return push_dense(spec, spec.name.name, attended, {std::move(output), std::move(output_bias), {}});
  }

  const OrderedLayers& ordered_;
  const WeightFile& weights_;
  const PrecisionTable& precisions_;
  Model& model_;
  std::size_t current_ = 0;
  std::vector<std::size_t> outputs_;               ///< of each spec: its elementary output
  std::map<std::string, std::string> used_names_;  ///< with '.' as '_': the name itself
};

}  // namespace

void expand_layers(const OrderedLayers& ordered, const WeightFile& weights, const PrecisionTable& precisions,
                   Model& model) {
  Expander(ordered, weights, precisions, model).run();
}

}  // namespace rtlgen
