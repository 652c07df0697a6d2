#include "rtlgen/frontend/expansion.hpp"

#include <algorithm>
#include <variant>

namespace rtlgen {
namespace {

/// Most features of a layer: a slip of the pen must not fill the memory.
constexpr int kMaxFeatures = 16384;

}  // namespace

void Expansion::run(std::size_t (*expand)(Expansion& model, const LayerSpec& spec)) {
  make_inputs();
  for (current_ = 0; current_ < ordered_.layers.size(); ++current_) {
    outputs_.push_back(expand(*this, checked_current()));
  }
  check_flat(ordered_.layers.size() - 1);
}

void Expansion::make_inputs() {
  Layer event;
  event.name = kEventName;
  event.tokens = model_.tokens;
  event.features = model_.features;
  event.where = model_.where;
  Layer mask = event;
  push(std::move(event));
  if (model_.mask != MaskKind::none) {
    mask.name = kMaskName;
    mask.what = MaskLayer{};
    mask.features = 1;
    push(std::move(mask));
  }
}

const LayerSpec& Expansion::checked_current() const {
  const LayerSpec& spec = ordered_.layers[current_];
  if (!std::holds_alternative<DenseSpec>(spec.what)) {
    for (const std::size_t producer : ordered_.producers[current_]) {
      check_flat(producer);
    }
  }
  return spec;
}

std::size_t Expansion::input(std::size_t i) const {
  const std::size_t producer = ordered_.producers[current_][i];
  return producer == kEventProducer ? 0 : outputs_[producer];
}

bool Expansion::is_only_user() const {
  const std::size_t producer = ordered_.producers[current_][0];
  return producer != kEventProducer && ordered_.users[producer] == 1;
}

bool Expansion::has_format_before() const {
  return ordered_.layers[ordered_.producers[current_][0]].precision.activation.has_value();
}

bool Expansion::is_flat(std::size_t spec) const {
  return spec != kEventProducer && std::holds_alternative<FlattenSpec>(ordered_.layers[spec].what) &&
         model_.layers[outputs_[spec]].tokens > 1;
}

/// A flatten only means something to a dense behind it.
void Expansion::check_flat(std::size_t spec) const {
  if (is_flat(spec)) {
    fail(ordered_.layers[spec], "flatten '" + ordered_.layers[spec].name.name + "' must be followed by a dense layer");
  }
}

std::vector<std::size_t> Expansion::with_mask(std::vector<std::size_t> inputs) const {
  if (model_.mask != MaskKind::none && model_.layers[inputs[0]].tokens == model_.tokens) {
    inputs.push_back(1);
  }
  return inputs;
}

Eigen::VectorXd Expansion::bias(const LayerSpec& spec, bool used, const std::string& name,
                                const std::vector<std::size_t>& shape) const {
  if (used) {
    return weights_.vector(name, shape, spec.where);
  }
  std::size_t size = 1;
  for (const std::size_t dimension : shape) {
    size *= dimension;
  }
  return Eigen::VectorXd::Zero(static_cast<Eigen::Index>(size));
}

Layer Expansion::make(const LayerSpec& spec, const std::string& name, const std::vector<std::size_t>& inputs,
                      Layer::What what) const {
  const Layer& from = model_.layers[inputs[0]];
  return {name,       inputs,         from.tokens, from.features, precisions_.resolve(name, spec.precision),
          spec.where, std::move(what)};
}

std::size_t Expansion::push(Layer made) {
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

std::size_t Expansion::push_wide(Layer made) {
  if (made.features > kMaxFeatures) {
    throw SourceError(made.where, "layer '" + made.name + "' has " + std::to_string(made.features) +
                                      " features, expected at most " + std::to_string(kMaxFeatures));
  }
  return push(std::move(made));
}

std::size_t Expansion::push_dense(const LayerSpec& spec, const std::string& name, std::size_t from, DenseLayer dense) {
  Layer made = make(spec, name, {from}, {});
  made.features = static_cast<int>(dense.weight.rows());
  made.tokens = dense.flatten ? 1 : made.tokens;
  made.what = std::move(dense);
  return push(std::move(made));
}

std::size_t Expansion::push_affine(const LayerSpec& spec, const std::string& name, std::size_t from,
                                   const Eigen::VectorXd& factors, const Eigen::VectorXd& offsets) {
  return push(make(spec, name, {from}, AffineLayer{factors, offsets, {}}));
}

std::size_t Expansion::push_function(const LayerSpec& spec, const std::string& name, std::size_t from,
                                     const std::string& function, double slope) {
  return push(make(spec, name, {from}, ActivationLayer{function, slope}));
}

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

std::string shape_of(const Layer& layer) {
  return "[" + std::to_string(layer.tokens) + "," + std::to_string(layer.features) + "]";
}

void fail(const LayerSpec& spec, const std::string& message) { throw SourceError(spec.where, message); }

}  // namespace rtlgen
