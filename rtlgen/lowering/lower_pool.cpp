#include <algorithm>

#include "primitives/pool.hpp"
#include "rtlgen/lowering/exact_combination.hpp"
#include "rtlgen/lowering/layer_lowering.hpp"

namespace rtlgen {
namespace {

ExactTensor exact(LoweringContext& context, const Layer& layer, PoolMode mode) {
  const ExactTensor& x = context.input_node(layer);
  const bool masked = layer.inputs.size() > 1;
  const auto mask = masked ? std::optional(context.operand(layer, 1)) : std::nullopt;
  return context.finish(layer, exact_pool(context.graph(), x, mode, mask, context.exact_name(layer)));
}

}  // namespace

ExactTensor lower(LoweringContext& context, const Layer& layer, const PoolLayer& what) {
  if (context.is_exact(layer)) {
    return exact(context, layer, what.mode);
  }
  Pool pool;
  pool.mode = what.mode;
  pool.output = context.output(layer);
  if (pool.mode == PoolMode::mean) {
    pool.scale_width = std::min(context.precision().activation_bits(layer) + 4, 18);
    pool.scales = make_mean_scales(context.model().tokens, pool.scale_width);
  }
  return context.append(layer.name, std::move(pool), context.operands(layer));
}

}  // namespace rtlgen
