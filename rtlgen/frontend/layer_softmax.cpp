#include <algorithm>
#include <cmath>

#include "primitives/table.hpp"
#include "primitives/table_softmax.hpp"
#include "rtlgen/frontend/layer_types.hpp"
#include "rtlgen/model/layer_traits.hpp"

namespace rtlgen {
namespace {

constexpr double kLog2E = 1.44269504088896340735992468100189214;
constexpr int kMaxTableFrac = 32;

/// The format that makes the address of a table.
Quantizer read_index(const LayerKeys& keys, const std::string& key) {
  const YamlNode& node = keys.need(key);
  const FormatSpec spec = read_format(node, key);
  if (spec.automatic || spec.quantizer.format.width > kMaxTableBits) {
    throw SourceError(node.where, "'" + key + "' must be fixed<W,I> or ufixed<W,I> with W up to " +
                                      std::to_string(kMaxTableBits) + ", not " + describe(node));
  }
  return spec.quantizer;
}

/// The keys of a softmax by tables: all of them or none.
std::optional<SoftmaxTableSpec> read_tables(const LayerKeys& keys) {
  const std::vector<const char*> names = {"exp_index", "exp_frac", "inv_index", "inv_frac"};
  if (std::none_of(names.begin(), names.end(), [&](const char* name) { return keys.find(name) != nullptr; })) {
    return std::nullopt;
  }
  const LayerKeys tables(keys.node(), keys.what() + " with tables");
  SoftmaxTableSpec spec;
  spec.exp_index = read_index(tables, "exp_index");
  spec.exp_frac = tables.whole("exp_frac", 0, kMaxTableFrac);
  spec.inv_index = read_index(tables, "inv_index");
  spec.inv_frac = tables.whole("inv_frac", 0, kMaxTableFrac);
  return spec;
}

/// Groups, and the mask, fit the input.
void check(Expansion& expansion, const LayerSpec& spec, const SoftmaxSpec& said) {
  const Model& model = expansion.model();
  const Layer& from = expansion.layer(expansion.input());
  const std::string what = "softmax '" + spec.name.name + "' of " + std::to_string(from.features) + " features ";
  if (from.features % said.groups != 0) {
    fail(spec, what + "cannot have " + std::to_string(said.groups) + " equal groups");
  }
  if (said.masked && model.mask == MaskKind::none) {
    fail(spec, what + "is masked, expected an `input` with a mask");
  }
  if (said.masked && (from.tokens != model.tokens || from.features != said.groups * from.tokens)) {
    fail(spec,
         what + "is masked, expected groups of a feature for each of the " + std::to_string(model.tokens) + " tokens");
  }
}

/// A table of the weight file, with an entry for each code of `index`.
LookupTable lookup_table(const WeightFile& weights, const LayerSpec& spec, const std::string& array,
                         const Quantizer& index, int frac) {
  const std::string name = spec.name.name + "." + array;
  const std::size_t size = std::size_t{1} << static_cast<unsigned>(index.format.width);
  LookupTable table{index, {}, frac};
  for (const double entry : weights.vector(name, {size}, spec.where)) {
    if (entry != std::floor(entry) || entry < 0 || entry >= std::ldexp(1.0, kMaxSoftmaxEntryBits)) {
      fail(spec,
           "array '" + name + "' must be whole numbers from 0 to 2^" + std::to_string(kMaxSoftmaxEntryBits) + " - 1");
    }
    table.values.push_back(static_cast<std::int64_t>(entry));
  }
  return table;
}

std::size_t push(Expansion& model, const LayerSpec& spec, const SoftmaxSpec& said, const std::string& name,
                 std::size_t from, Layer::What what) {
  const std::vector<std::size_t> inputs{from};
  return model.push(model.make(spec, name, said.masked ? model.with_mask(inputs) : inputs, std::move(what)));
}

std::size_t expand_tables(Expansion& model, const LayerSpec& spec, const SoftmaxSpec& said) {
  const SoftmaxTableSpec& tables = *said.tables;
  TableSoftmaxLayer made;
  made.exp_table = lookup_table(model.weights(), spec, "exp_table", tables.exp_index, tables.exp_frac);
  made.inv_table = lookup_table(model.weights(), spec, "inv_table", tables.inv_index, tables.inv_frac);
  made.groups = said.groups;
  return push(model, spec, said, spec.name.name, model.input(), std::move(made));
}

}  // namespace

LayerSpec::What read_softmax(const LayerKeys& keys) {
  SoftmaxSpec softmax;
  softmax.groups = keys.maybe_whole("groups", 1, kMaxHeads).value_or(1);
  softmax.masked = keys.flag("masked", false);
  softmax.tables = read_tables(keys);
  return softmax;
}

std::size_t expand_softmax(Expansion& model, const LayerSpec& spec, const SoftmaxSpec& said, const std::string& name,
                           std::size_t from, bool only_user) {
  const Eigen::VectorXd factors = Eigen::VectorXd::Constant(model.layer(from).features, kLog2E);
  std::size_t scaled = from;
  if (only_user && takes_factors(model.layer(from))) {
    scale_outputs(model.layer(from), factors);
  } else {
    // What the softmax says of its result does not hold for what goes in.
    LayerSpec before = spec;
    before.precision.activation.reset();
    scaled = model.push_affine(before, name + ".scaled", from, factors, Eigen::VectorXd::Zero(factors.size()));
  }
  return push(model, spec, said, name, scaled, SoftmaxLayer{said.groups});
}

std::size_t expand(Expansion& model, const LayerSpec& spec, const SoftmaxSpec& said) {
  check(model, spec, said);
  return said.tables ? expand_tables(model, spec, said)
                     : expand_softmax(model, spec, said, spec.name.name, model.input(), model.is_only_user());
}

}  // namespace rtlgen
