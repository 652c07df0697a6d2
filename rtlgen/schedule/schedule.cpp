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
  found[{graph.output(), std::nullopt, schedule.output.lanes}].push_back(schedule.output_delay);
  for (auto& [reading, delays] : found) {
    std::sort(delays.begin(), delays.end());
    delays.erase(std::unique(delays.begin(), delays.end()), delays.end());
  }
  return found;
}

Hardware hardware_of(const Graph& graph, const Schedule& schedule, Graph::NodeId id) {
  Hardware hardware = hardware_of(graph, id);
  const std::vector<Stream>& operands = schedule.nodes[id].operands;
  hardware.start = operands.empty() ? 0 : operands.front().start.ps;
  return hardware;
}

BufferBits buffer_bits(const Graph& graph, const Schedule& schedule) {
  BufferBits bits;
  for (const auto& [reading, delays] : readings(graph, schedule)) {
    const long beat = graph.node(reading.node).type.beat_bits(reading.lanes);
    const Stream& made = schedule.nodes[reading.node].output;
    bits.delay += beat * delays.back();
    bits.replay += reading.replay_start ? beat * replayed(made, reading.lanes, *reading.replay_start).beats() : 0;
  }
  return bits;
}

}  // namespace rtlgen
