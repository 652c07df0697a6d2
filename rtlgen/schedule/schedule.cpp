#include "rtlgen/schedule/schedule.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace rtlgen {

BufferBits buffer_bits(const Graph& graph, const Schedule& schedule) {
  // The longest delay of each tensor, as it comes and behind each event buffer.
  std::map<std::pair<Graph::NodeId, std::optional<int>>, int> longest;
  for (Graph::NodeId id = 0; id < graph.size(); ++id) {
    const std::vector<Graph::NodeId> operands = graph.operands(id);
    for (std::size_t i = 0; i < operands.size(); ++i) {
      const Alignment& alignment = schedule.nodes[id].alignments[i];
      int& delay = longest[{operands[i], alignment.replay_start}];
      delay = std::max(delay, alignment.delay);
    }
  }
  const Hardware hardware = hardware_of(graph);
  BufferBits bits;
  for (const auto& [source, delay] : longest) {
    const long beat = hardware.beat_bits(graph.node(source.first).type);
    bits.delay += beat * delay;
    bits.replay += source.second ? beat * schedule.beats : 0;
  }
  return bits;
}

}  // namespace rtlgen
