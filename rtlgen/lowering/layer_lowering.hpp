// The lowering of each kind of layer, in the file that is called lower_ and its name.
#pragma once

#include "rtlgen/lowering/lowering_context.hpp"

namespace rtlgen {

/// Appends what a layer needs to the graph; the result is its tensor, which may be none of a node yet. Throws IrError,
/// and SourceError where formats are impossible.
ExactTensor lower(LoweringContext& context, const Layer& layer, const InputLayer& what);
ExactTensor lower(LoweringContext& context, const Layer& layer, const MaskLayer& what);
ExactTensor lower(LoweringContext& context, const Layer& layer, const DenseLayer& what);
ExactTensor lower(LoweringContext& context, const Layer& layer, const AffineLayer& what);
ExactTensor lower(LoweringContext& context, const Layer& layer, const AddLayer& what);
ExactTensor lower(LoweringContext& context, const Layer& layer, const NormalizeLayer& what);
ExactTensor lower(LoweringContext& context, const Layer& layer, const AttentionLayer& what);
ExactTensor lower(LoweringContext& context, const Layer& layer, const ActivationLayer& what);
ExactTensor lower(LoweringContext& context, const Layer& layer, const ClipLayer& what);
ExactTensor lower(LoweringContext& context, const Layer& layer, const QuantizeLayer& what);
ExactTensor lower(LoweringContext& context, const Layer& layer, const ConcatLayer& what);
ExactTensor lower(LoweringContext& context, const Layer& layer, const PoolLayer& what);
ExactTensor lower(LoweringContext& context, const Layer& layer, const BankProductLayer& what);
ExactTensor lower(LoweringContext& context, const Layer& layer, const SoftmaxLayer& what);
ExactTensor lower(LoweringContext& context, const Layer& layer, const TableSoftmaxLayer& what);
ExactTensor lower(LoweringContext& context, const Layer& layer, const ArgmaxLayer& what);

}  // namespace rtlgen
