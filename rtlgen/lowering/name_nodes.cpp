#include "rtlgen/lowering/name_nodes.hpp"

#include <cmath>
#include <map>
#include <set>
#include <string>

namespace rtlgen {
namespace {

/// The layer of each node that is one's tensor.
std::map<Graph::NodeId, std::size_t> claimed_nodes(const std::vector<ExactTensor>& tensors) {
  std::map<Graph::NodeId, std::size_t> layer_of;
  const auto claim = [&](std::size_t index) {
    if (tensors[index].is_node() && !tensors[index].is_limited()) {
      layer_of.try_emplace(tensors[index].node, index);
    }
  };
  claim(tensors.size() - 1);
  for (std::size_t index = 0; index < tensors.size(); ++index) {
    claim(index);
  }
  return layer_of;
}

void set_scale(Node& node, const ExactTensor& tensor) {
  if (tensor.is_plain(node.type)) {
    return;
  }
  for (Eigen::Index f = 0; f < tensor.features(); ++f) {
    node.scale.scale.push_back(std::ldexp(tensor.factor[f], node.type.frac));
    node.scale.offset.push_back(tensor.offset[f]);
  }
}

}  // namespace

void name_nodes(Graph& graph, const Model& model, const std::vector<ExactTensor>& tensors) {
  const std::map<Graph::NodeId, std::size_t> layer_of = claimed_nodes(tensors);
  std::set<std::string> taken;
  for (const Layer& layer : model.layers) {
    taken.insert(layer.name);
  }
  for (Graph::NodeId id = 0; id < graph.size(); ++id) {
    Node& node = graph.node(id);
    const auto found = layer_of.find(id);
    if (found != layer_of.end()) {
      node.name = model.layers[found->second].name;
      set_scale(node, tensors[found->second]);
      continue;
    }
    const std::string wish = node.name;
    for (int number = 2; !taken.insert(node.name).second; ++number) {
      node.name = wish + "_" + std::to_string(number);
    }
  }
}

}  // namespace rtlgen
