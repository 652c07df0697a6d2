#include "rtlgen/schedule/make_schedule.hpp"

#include "rtlgen/schedule/asap_schedule.hpp"
#include "rtlgen/schedule/check_schedule.hpp"
#include "rtlgen/schedule/retime_schedule.hpp"

namespace rtlgen {

Schedule make_schedule(const Graph& graph) {
  Schedule schedule = retime_schedule(graph, asap_schedule(graph));
  check_schedule(graph, schedule);
  return schedule;
}

}  // namespace rtlgen
