// The golden model: the IR's integers, event by event.
#pragma once

#include <functional>
#include <vector>

#include "ir/events.hpp"
#include "ir/graph.hpp"

namespace rtlgen {

/// Events as the core sees them.
struct IntegerEvents {
  std::size_t count = 0;
  Mantissas x;     ///< [count * tokens, features]
  Mantissas mask;  ///< [count * tokens, 1] of 0 and 1; no rows where the graph has no mask
};

/// Rounds real events to the input's format; the mask is kept where `masked`.
IntegerEvents quantize_events(const Quantizer& format, bool masked, const Events& events);
/// The same for a graph's input. Throws IrError where shapes do not fit.
IntegerEvents quantize_events(const Graph& graph, const Events& events);

/// The events [begin, begin + count) of a batch.
IntegerEvents slice_events(const Graph& graph, const IntegerEvents& events, std::size_t begin, std::size_t count);

/// Every node's tensor, by node id.
std::vector<Mantissas> golden_tensors(const Graph& graph, const IntegerEvents& events);

/// The output tensor [count * output tokens, features]. Works through the events in chunks that fit the caches;
/// `progress` is told how many events are done.
Mantissas golden_output(const Graph& graph, const IntegerEvents& events,
                        const std::function<void(std::size_t)>& progress = {});

/// Real values of mantissas with `frac` fraction bits.
RowMatrix to_real(const Mantissas& mantissas, int frac, const TensorScale& scale);

}  // namespace rtlgen
