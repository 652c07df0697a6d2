// A testbench in Verilog-2005 that any simulator runs: it compares every bit and every clock of a core with a plan.
#pragma once

#include <map>
#include <string>

#include "rtlgen/deliver/test_plan.hpp"

namespace rtlgen {

/// Files by name: testbench.v, which instantiates the core, and the vectors stimuli.mem and expected.mem that it reads
/// from the folder in which the simulation runs. It prints the first errors, then
/// `RESULT beats mismatches latency_errors protocol_errors` (output beats that came, those with a wrong bit, clocks in
/// which a beat was due and none came or the other way round, beats too many or too few and misplaced first or last),
/// then PASS or FAIL.
std::map<std::string, std::string> verilog_testbench(const TestPlan& plan);

}  // namespace rtlgen
