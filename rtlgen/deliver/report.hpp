// report.json and the table on the terminal.
#pragma once

#include <nlohmann/json.hpp>

#include "ir/events.hpp"
#include "rtlgen/deliver/build_core.hpp"
#include "rtlgen/deliver/compile_model.hpp"

namespace rtlgen {

/// What is known without any event: sizes, timing, estimated resources of the core, buffers.
nlohmann::ordered_json core_report(const CompiledModel& compiled, const CoreNetlist& core);

/// Warns where the estimate of a core_report() is more than the device has, and by how much.
void warn_about_capacity(const nlohmann::ordered_json& report);

/// Float, golden and RTL against labels and against each other. `rtl` may be empty.
nlohmann::ordered_json accuracy_report(const CompiledModel& compiled, const Events& events, const Mantissas& golden,
                                       const Mantissas& rtl);

/// Prints the table of a report on standard output.
void print_report(const nlohmann::ordered_json& report);

}  // namespace rtlgen
