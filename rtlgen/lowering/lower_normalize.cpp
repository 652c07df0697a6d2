#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>

#include "primitives/normalize.hpp"
#include "primitives/quantize.hpp"
#include "rtlgen/lowering/layer_lowering.hpp"

namespace rtlgen {
namespace {

/// V is d^3 (centered) or d times what epsilon is added to, in units of the squared step.
std::int64_t integer_epsilon(const NormalizeLayer& normalize, const TensorType& x) {
  const double factor = normalize.center ? std::pow(x.features, 3) : x.features;
  return std::llround(std::min(std::ldexp(normalize.epsilon * factor, 2 * x.frac), 0x1p60));
}

/// The operand without the low bits that its sum of squares has no room for.
Graph::NodeId narrow_enough(LoweringContext& context, const Layer& layer, const NormalizeLayer& normalize) {
  const Graph::NodeId x = context.operand(layer);
  const TensorType& type = context.type(x);
  const Format format = tensor_format(context.graph().node(x));
  const int excess =
      normalize_variance_width(type, normalize.center, integer_epsilon(normalize, type)) - kMaxVarianceWidth;
  const int dropped = (excess + 1) / 2;
  if (excess <= 0 || dropped >= format.width) {
    return x;
  }
  const Quantizer narrow{{format.is_signed, format.width - dropped, format.integer}, Rounding::rnd, Overflow::sat};
  spdlog::warn("layer '{}': the squares of {} features in {} need more than {} bits: rounded to {}", layer.name,
               type.features, to_string(format), kMaxVarianceWidth, to_string(narrow.format));
  return context.append(layer.name + ".narrowed", Quantize(narrow), {x}).node;
}

/// The affine layer behind rounds once more: two guard bits keep that from adding up.
Quantizer guarded_output(const LoweringContext& context, const Layer& layer) {
  FormatSpec chosen = context.precision().activation(layer);
  if (!layer.precision.activation) {
    chosen.bits += 2;  // of an automatic format
  }
  return context.quantizer(layer, chosen);
}

}  // namespace

ExactTensor lower(LoweringContext& context, const Layer& layer, const NormalizeLayer& what) {
  const Graph::NodeId x = narrow_enough(context, layer, what);
  const int bits = context.precision().table_bits(layer);
  const RsqrtTable table = make_rsqrt_table(context.type(x).features, bits + 1, bits + 3);
  Normalize normalize;
  normalize.center = what.center;
  normalize.epsilon = integer_epsilon(what, context.type(x));
  normalize.rsqrt_table = table.table;
  normalize.rsqrt_width = table.width;
  normalize.rsqrt_scale = table.scale;
  normalize.output = guarded_output(context, layer);
  return context.append(layer.name, std::move(normalize), {x});
}

}  // namespace rtlgen
