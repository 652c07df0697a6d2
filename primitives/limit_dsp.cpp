#include "primitives/limit_dsp.hpp"

#include "primitives/constant_product.hpp"
#include "primitives/primitive.hpp"

namespace rtlgen {
namespace {

/// More than any DSP block saves.
constexpr int kMostLuts = 1 << 20;

double dsp_blocks(const Graph& graph) {
  double blocks = 0;
  for (Graph::NodeId id = 0; id < graph.size(); ++id) {
    // Constant products have none, and their cost takes long to find.
    if (graph.node(id).as<ConstantProduct>() == nullptr) {
      blocks += primitive_of(graph.node(id)).cost(view_of(graph, id), hardware_of(graph, id)).dsp;
    }
  }
  return blocks;
}

}  // namespace

void limit_dsp(Graph& graph, int limit) {
  int low = 0;
  int high = kMostLuts;
  while (low < high) {
    const int middle = low + (high - low) / 2;
    graph.target.dsp_luts = middle;
    if (dsp_blocks(graph) <= limit) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  graph.target.dsp_luts = low;
}

}  // namespace rtlgen
