// Operations of several exact tensors, or of several tokens of one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ir/pool_mode.hpp"
#include "rtlgen/lowering/exact_tensor.hpp"
#include "rtlgen/model/layer.hpp"

namespace rtlgen {

/// The exact sum of two nodes; where their scales differ, a product of both side by side (`name`.parts) with ones, for
/// which see exact_product(). Throws IrError.
ExactTensor exact_sum(Graph& graph, const ExactTensor& a, const ExactTensor& b, const std::string& name);

/// Products of a and b, which must be nodes, head by head. Scales within the sums of a head must be equal but for
/// powers of two, and offsets whole multiples of them. Throws IrError.
ExactTensor exact_bank_product(Graph& graph, const ExactTensor& a, const ExactTensor& b, const BankProductLayer& layer,
                               const std::string& name);

/// The tokens of x, which must be a node, into one; with `mask` of the real tokens only, which a mean cannot be. Throws
/// IrError.
ExactTensor exact_pool(Graph& graph, const ExactTensor& x, PoolMode mode, std::optional<Graph::NodeId> mask,
                       const std::string& name);

/// The features of two or more nodes side by side.
ExactTensor exact_concatenation(Graph& graph, const std::vector<ExactTensor>& parts, const std::string& name);

}  // namespace rtlgen
