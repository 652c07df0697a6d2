#include "rtlgen/schedule/schedule.hpp"

namespace rtlgen {

std::map<WaitingTensor, std::set<int>> waits(const Graph& graph, const Schedule& schedule) {
  std::map<WaitingTensor, std::set<int>> delays;
  for (Graph::NodeId id = 0; id < graph.size(); ++id) {
    const std::vector<Graph::NodeId> operands = graph.operands(id);
    for (std::size_t i = 0; i < operands.size(); ++i) {
      const Alignment& alignment = schedule.nodes[id].alignments[i];
      delays[{operands[i], alignment.replay_start}].insert(alignment.delay);
    }
  }
  return delays;
}

BufferBits buffer_bits(const Graph& graph, const Schedule& schedule) {
  const Hardware hardware = hardware_of(graph);
  BufferBits bits;
  for (const auto& [source, delays] : waits(graph, schedule)) {
    const long beat = hardware.beat_bits(graph.node(source.first).type);
    bits.delay += beat * *delays.rbegin();
    bits.replay += source.second ? beat * schedule.beats : 0;
  }
  return bits;
}

}  // namespace rtlgen
