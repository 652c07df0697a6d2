// A core under Icarus Verilog: every bit and every clock against the golden model.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "ir/golden.hpp"
#include "ir/graph.hpp"

namespace rtlgen::testing {

struct BenchOptions {
  unsigned seed = 1;
  std::size_t stress_events = 8;  ///< events sent once more with gaps, and once more with resets
  /// Changes the emitted modules (name -> text), to plant a fault.
  std::function<void(std::map<std::string, std::string>&)> alter = {};
};

struct BenchResult {
  bool ran = false;
  long beats = 0;            ///< output beats seen
  long mismatches = 0;       ///< output beats with a wrong bit
  long latency_errors = 0;   ///< clocks in which an output beat was due and none came, or the other way round
  long protocol_errors = 0;  ///< too many or too few beats, misplaced first or last
  std::string messages;      ///< what iverilog said (nothing, unless it warns), then the first errors

  bool clean() const {
    return ran && beats > 0 && mismatches == 0 && latency_errors == 0 && protocol_errors == 0 && messages.empty();
  }
  /// "ok", or all that is wrong.
  std::string verdict() const;
};

/// Emits the graph's core and simulates a TestPlan with its verilog_testbench().
BenchResult run_bench(const Graph& graph, const IntegerEvents& events, const BenchOptions& options = {});

}  // namespace rtlgen::testing
