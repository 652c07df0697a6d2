// The nets of a core's tensors.
#pragma once

#include <vector>

#include "ir/graph.hpp"
#include "rtlgen/netlist/expression.hpp"
#include "rtlgen/netlist/name_scope.hpp"
#include "rtlgen/schedule/schedule.hpp"

namespace rtlgen {

/// A net for each tensor as it is made, and for each way in which it is read; each holds a beat.
class TensorNets {
 public:
  /// All must outlive this.
  TensorNets(const Graph& graph, const Schedule& schedule, NameScope& names);

  /// A tensor as its node makes it.
  Expression made(Graph::NodeId id) const;
  /// A tensor as it is read, so many clocks later.
  Expression read(const Reading& reading, int delay) const;
  /// The name of the cell that drives a net.
  const std::string& driver(const Expression& net, const char* kind) const { return names_.part(net.text(), kind); }

 private:
  const Graph& graph_;
  const Schedule& schedule_;
  NameScope& names_;
  std::vector<std::string> made_;  ///< by node id
};

}  // namespace rtlgen
