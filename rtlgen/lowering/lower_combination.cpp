// Layers of several tensors: add, concat, scores and mix.
#include "primitives/add.hpp"
#include "rtlgen/lowering/exact_combination.hpp"
#include "rtlgen/lowering/exact_sums.hpp"
#include "rtlgen/lowering/layer_lowering.hpp"

namespace rtlgen {

ExactTensor lower(LoweringContext& context, const Layer& layer, const AddLayer& what) {
  if (!context.is_exact(layer)) {
    const std::vector<Graph::NodeId> operands = context.operands(layer);
    return context.append(layer.name, Add(context.output(layer), what.relu), operands);
  }
  const ExactTensor& a = context.input_node(layer, 0);
  const ExactTensor& b = context.input_node(layer, 1);
  ExactTensor sum = exact_sum(context.graph(), a, b, context.exact_name(layer));
  warn_if_rounded(sum, layer.name);
  return context.finish(layer, std::move(sum));
}

ExactTensor lower(LoweringContext& context, const Layer& layer, const ConcatLayer& /*what*/) {
  std::vector<ExactTensor> parts;
  for (const std::size_t input : layer.inputs) {
    parts.push_back(context.node(input));
  }
  return context.finish(layer, exact_concatenation(context.graph(), parts, context.exact_name(layer)));
}

ExactTensor lower(LoweringContext& context, const Layer& layer, const BankProductLayer& what) {
  const ExactTensor& a = context.input_node(layer, 0);
  const ExactTensor& b = context.input_node(layer, 1);
  return context.finish(layer, exact_bank_product(context.graph(), a, b, what, context.exact_name(layer)));
}

}  // namespace rtlgen
