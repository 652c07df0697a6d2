#include "rtlgen/schedule/schedule.hpp"

#include <algorithm>

namespace rtlgen {

std::map<Reading, std::vector<int>> readings(const Graph& graph, const Schedule& schedule) {
  std::map<Reading, std::vector<int>> found;
  for (Graph::NodeId id = 0; id < graph.size(); ++id) {
    const NodeSchedule& node = schedule.nodes[id];
    const std::vector<Graph::NodeId> operands = graph.operands(id);
    for (std::size_t i = 0; i < operands.size(); ++i) {
      const Alignment& alignment = node.alignments[i];
      found[{operands[i], alignment.replay_start, node.operands[i].lanes}].push_back(alignment.delay);
    }
  }
  for (auto& [reading, delays] : found) {
    std::sort(delays.begin(), delays.end());
    delays.erase(std::unique(delays.begin(), delays.end()), delays.end());
  }
  return found;
}

int registers_between(const Time& from, const Time& to) { return to.clock - from.clock; }

BufferBits buffer_bits(const Graph& graph, const Schedule& schedule) {
  BufferBits bits;
  for (const auto& [reading, delays] : readings(graph, schedule)) {
    const TensorType& type = graph.node(reading.node).type;
    const long token = long{type.features} * type.width;
    const Time made = schedule.nodes[reading.node].output.start;
    const Time last{made.clock + delays.back(), made.level};
    bits.delay += token * reading.lanes * registers_between(made, last);
    bits.replay +=
        reading.replay_start ? token * reading.lanes * ((type.tokens + reading.lanes - 1) / reading.lanes) : 0;
  }
  return bits;
}

}  // namespace rtlgen
