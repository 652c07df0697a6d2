// What becomes of every tensor of a core on given events: ranges, saturation, distance from the float model.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "ir/events.hpp"
#include "ir/graph.hpp"
#include "rtlgen/model/model.hpp"

namespace rtlgen {

/// Of a node of the graph, or (name NODE:PART) of numbers inside it, over the real tokens of some events.
struct TensorProfile {
  std::string name;
  Format format;
  bool is_layer = false;    ///< of the float model: its range is the float tensor's, else golden's before limiting
  bool is_limiter = false;  ///< a quantizer or clip of the model itself, which is there to limit
  double lowest = 0;
  double highest = 0;
  double signal = 0;  ///< sum of squares of the float tensor
  double noise = 0;   ///< of golden's differences from it
  std::size_t values = 0;
  std::size_t saturated = 0;  ///< golden results that the format limits (the event: of the float event)
  std::vector<std::size_t> saturated_features;  ///< the same feature by feature; empty inside a node

  /// 999 where golden and float are equal.
  double sqnr_db() const;
};

/// In topological order, numbers inside a node behind it. `graph` is made of `model`.
std::vector<TensorProfile> profile_tensors(const Model& model, const Graph& graph, const Events& events);

/// A line for each tensor of which more than a hundredth, or of one feature more than a tenth, saturates, but for the
/// model's own limiters. `where` says on which events.
std::vector<std::string> saturation_warnings(const std::vector<TensorProfile>& profiles, const std::string& where);

/// Profiles the events, says the warnings and returns them.
std::vector<std::string> warn_of_saturation(const Model& model, const Graph& graph, const Events& events,
                                            const std::string& where);

}  // namespace rtlgen
