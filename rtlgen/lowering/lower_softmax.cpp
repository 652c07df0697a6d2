#include <algorithm>

#include "primitives/quantize.hpp"
#include "primitives/softmax.hpp"
#include "rtlgen/lowering/attention_formats.hpp"
#include "rtlgen/lowering/layer_lowering.hpp"
#include "rtlgen/lowering/rounded_operand.hpp"
#include "rtlgen/model/calibrate.hpp"

namespace rtlgen {
namespace {

constexpr int kFactorBits = 11;  // of the factor between sums and scores

/// The operand in a fixed-point format: an exact one with any scale gets the format that holds it. The exponentials are
/// tables of rtlgen, so nothing is lost with factors of few bits.
Graph::NodeId fixed_point_operand(LoweringContext& context, const Layer& layer) {
  const ExactTensor& tensor = context.input_node(layer);
  if (tensor.is_plain(context.type(tensor.node))) {
    return tensor.node;
  }
  const int index_bits = context.precision().exp_index_bits(layer);
  const int needed = integer_bits(largest_magnitude(context.graph(), tensor));
  const int whole = std::clamp(needed, 2, kMaxSoftmaxWidth - index_bits);
  const Format format{true, whole + index_bits, whole};
  return rounded_operand(context.graph(), tensor, format, kFactorBits, layer.name + ".score");
}

/// The same, rounded to the fraction bits that the table of exponentials has.
Graph::NodeId score_operand(LoweringContext& context, const Layer& layer) {
  const Graph::NodeId x = fixed_point_operand(context, layer);
  const Format format = tensor_format(context.graph().node(x));
  const int index_bits = std::clamp(format.frac(), 0, context.precision().exp_index_bits(layer));
  if (index_bits == format.frac()) {
    return x;
  }
  const int width = std::max(2, format.integer + (format.is_signed ? 0 : 1) + index_bits);
  const Quantizer score{Format{true, width, width - index_bits}, Rounding::rnd, Overflow::sat};
  return context.append(layer.name + ".score", Quantize(score), {x}).node;
}

}  // namespace

ExactTensor lower(LoweringContext& context, const Layer& layer, const SoftmaxLayer& what) {
  const PrecisionRules& precision = context.precision();
  std::vector<Graph::NodeId> operands{score_operand(context, layer)};
  if (layer.inputs.size() > 1) {
    operands.push_back(context.operand(layer, 1));
  }
  FormatSpec chosen = precision.activation(layer);
  if (chosen.automatic) {  // probabilities: 0 to 1
    chosen.quantizer.format = Format{false, chosen.bits, 0};
  }
  Softmax softmax;
  softmax.tables = softmax_tables(tensor_format(context.graph().node(operands[0])).frac(), precision.exp_bits(layer),
                                  precision.table_bits(layer), clog2(layer.features / what.groups));
  softmax.groups = what.groups;
  softmax.output = chosen.quantizer;
  return context.append(layer.name, std::move(softmax), operands);
}

}  // namespace rtlgen
