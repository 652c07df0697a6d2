#include "rtlgen/deliver/control_chains.hpp"

#include <fmt/format.h>

#include "primitives/block_costs.hpp"

namespace rtlgen {
namespace {

/// A counter of beats that is compared with the last one: rtl_lib/stream_control.v.
Cost counter_cost(int beats) {
  const double bits = clog2(beats);
  return {2 * bits, bits, 0, 0};
}

/// Such a counter and the valid bit: rtl_lib/replay_control.v.
Cost replay_cost(int beats) {
  Cost cost = counter_cost(beats);
  cost += Cost{1, 1, 0, 0};
  return cost;
}

}  // namespace

Expression ControlChains::event_end(int clock) {
  const ControlWires end = tap(input_chain(), clock);
  return end.valid && end.last;
}

std::string ControlChains::name(const Chain& chain, int start) const {
  if (chain.anchor == Anchor::beat) {
    return fmt::format("token_{}", start);
  }
  const bool usual = chain.beats == input_.beats();
  return chain.beats == 1 ? fmt::format("event_{}", start)
                          : fmt::format("replay{}_{}", usual ? "" : std::to_string(chain.beats), start);
}

ControlWires ControlChains::wires(const Chain& chain, int start) {
  const auto wire = [&](const char* part) { return Expression(names_.part(name(chain, start), part), 1); };
  return {wire("valid"), wire("first"), wire("last")};
}

ControlWires ControlChains::tap(const Chain& chain, int start) {
  taps_[chain].insert(start);
  return wires(chain, start);
}

ControlWires ControlChains::declare(Body& body, const Chain& chain, int start) {
  ControlWires declared = wires(chain, start);
  for (const Expression& wire : {declared.valid, declared.first, declared.last}) {
    body.wire(wire.text());
  }
  return declared;
}

Body ControlChains::body() {
  // Streams that follow the event start behind a tap of the input's, which has to be there before its chain is built.
  std::map<Chain, Expression> starts;
  for (const auto& [chain, taps] : std::map<Chain, std::set<int>>(taps_)) {
    if (chain.anchor == Anchor::event && chain.beats > 1) {
      starts.emplace(chain, event_end(*taps.begin() - 1));
    }
  }
  Body body;
  add_input(body);
  for (const auto& [chain, taps] : taps_) {
    if (chain.anchor == Anchor::event && chain.beats > 1) {
      add_replay(body, chain, starts.at(chain));
    } else if (chain.anchor == Anchor::event) {
      add_event(body, chain);
    }
  }
  return body;
}

void ControlChains::add_input(Body& body) {
  const ControlWires out = declare(body, input_chain(), 0);
  body.assign(out.valid, "in_valid");
  body.assign(out.first, "in_first");
  Cell& counter = body.cell("stream_control", names_.make("input_control"), CellKind::control);
  counter.with("BEATS", input_.beats());
  counter.port("clk").port("rst").port("in_valid").port("in_first").port("out_last", out.last);
  counter.cost = counter_cost(input_.beats());
  add_delays(body, input_chain(), 0);
}

void ControlChains::add_replay(Body& body, const Chain& chain, const Expression& start) {
  const int first = *taps_[chain].begin();
  const ControlWires out = declare(body, chain, first);
  Cell& replay = body.cell("replay_control", names_.part(name(chain, first), "control"), CellKind::control);
  replay.with("BEATS", chain.beats).port("clk").port("rst").port("start", start);
  replay.port("out_valid", out.valid).port("out_first", out.first).port("out_last", out.last);
  replay.cost = replay_cost(chain.beats);
  add_delays(body, chain, first);
}

/// The only beat of an event: that in which the input's last one comes.
void ControlChains::add_event(Body& body, const Chain& chain) {
  const ControlWires end = wires(input_chain(), 0);
  const ControlWires out = declare(body, chain, 0);
  body.assign(out.valid, end.valid && end.last);
  body.assign(out.first, Expression::verilog("1'b1", 1));
  body.assign(out.last, Expression::verilog("1'b1", 1));
  add_delays(body, chain, 0);
}

void ControlChains::add_delays(Body& body, const Chain& chain, int from) {
  int previous = from;
  for (const int tap : taps_[chain]) {
    if (tap == from) {
      continue;
    }
    const ControlWires in = wires(chain, previous);
    const ControlWires out = declare(body, chain, tap);
    Cell& delay = body.cell("control_delay", names_.part(name(chain, tap), "control"), CellKind::control);
    delay.with("DEPTH", tap - previous).port("clk").port("rst");
    delay.port("in_valid", in.valid).port("in_first", in.first).port("in_last", in.last);
    delay.port("out_valid", out.valid).port("out_first", out.first).port("out_last", out.last);
    delay.cost = control_delay_cost(tap - previous);
    previous = tap;
  }
}

}  // namespace rtlgen
