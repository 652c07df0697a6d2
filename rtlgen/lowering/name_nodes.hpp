// Names of nodes after the layers that they are.
#pragma once

#include <vector>

#include "rtlgen/lowering/exact_tensor.hpp"
#include "rtlgen/model/model.hpp"

namespace rtlgen {

/// Nodes that are a layer's tensor (`tensors`, one a layer) get its name and what their mantissas stand for; where
/// layers share a node, the output comes first, then the first of them. The others are what is made on the way: they
/// keep the names that they were given where no layer and no other node has these.
void name_nodes(Graph& graph, const Model& model, const std::vector<ExactTensor>& tensors);

}  // namespace rtlgen
