// The event buffers and delay lines of a core.
#pragma once

#include <vector>

#include "ir/graph.hpp"
#include "rtlgen/deliver/control_chains.hpp"
#include "rtlgen/deliver/tensor_nets.hpp"
#include "rtlgen/netlist/module.hpp"
#include "rtlgen/schedule/schedule.hpp"

namespace rtlgen {

/// What stands between tensors and those who read them.
class AlignmentCells {
 public:
  /// All must outlive this.
  AlignmentCells(const Graph& graph, const Schedule& schedule, const TensorNets& nets, ControlChains& controls)
      : graph_(graph), schedule_(schedule), nets_(nets), controls_(controls) {}

  /// A tensor's event buffer, where it is read behind one, and its delay lines, each starting where the shorter one
  /// ends. `delays` are ascending.
  void add(Body& body, const Reading& reading, const std::vector<int>& delays) const;

 private:
  void add_event_buffer(Body& body, const Reading& reading) const;
  void add_delay_line(Body& body, const Reading& reading, int from, int to) const;

  const Graph& graph_;
  const Schedule& schedule_;
  const TensorNets& nets_;
  ControlChains& controls_;
};

}  // namespace rtlgen
