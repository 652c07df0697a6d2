#include "rtlgen/deliver/tensor_nets.hpp"

#include <fmt/format.h>

#include <cctype>

namespace rtlgen {
namespace {

/// A Verilog name for a node: the prefix keeps clear of keywords, ports and control wires.
std::string name_of(const Node& node) {
  std::string name = "t_";
  for (const char c : node.name) {
    name += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  }
  return name;
}

}  // namespace

TensorNets::TensorNets(const Graph& graph, const Schedule& schedule, NameScope& names)
    : graph_(graph), schedule_(schedule), names_(names) {
  for (Graph::NodeId id = 0; id < graph.size(); ++id) {
    made_.push_back(names.make(name_of(graph.node(id))));
  }
}

Expression TensorNets::made(Graph::NodeId id) const {
  return {made_[id], graph_.node(id).type.beat_bits(schedule_.nodes[id].output.lanes)};
}

Expression TensorNets::read(const Reading& reading, int delay) const {
  std::string name = made_[reading.node];
  if (reading.replay_start) {
    const bool converted = reading.lanes != schedule_.nodes[reading.node].output.lanes;
    const std::string lanes = converted ? fmt::format("_lanes{}", reading.lanes) : "";
    name = names_.part(name, fmt::format("replay{}{}", *reading.replay_start, lanes));
  }
  if (delay > 0) {
    name = names_.part(name, fmt::format("d{}", delay));
  }
  return {name, graph_.node(reading.node).type.beat_bits(reading.lanes)};
}

}  // namespace rtlgen
