#include "rtlgen/schedule/make_schedule.hpp"

#include "rtlgen/schedule/asap_schedule.hpp"
#include "rtlgen/schedule/retime_schedule.hpp"

namespace rtlgen {

Schedule make_schedule(const Graph& graph) { return retime_schedule(graph, asap_schedule(graph)); }

}  // namespace rtlgen
