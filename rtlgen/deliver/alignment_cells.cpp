#include "rtlgen/deliver/alignment_cells.hpp"

#include "primitives/block_costs.hpp"

namespace rtlgen {
namespace {

/// rtl_lib/event_convert.v: two counters, a register for each bit of an event, and a selection of a beat, of which a
/// LUT6 takes four to one.
Cost convert_cost(const Stream& written, int width, int lanes) {
  const int read = ceil_div(written.tokens, lanes);
  const double out = lanes * width;
  const double counters = clog2(written.beats()) + clog2(read);
  return {2 * counters + out * ceil_div(read, 3),
          counters + static_cast<double>(written.beats() * written.lanes * width) + out, 0, 0};
}

}  // namespace

void AlignmentCells::add(Body& body, const Reading& reading, const std::vector<int>& delays) const {
  if (reading.replay_start) {
    add_event_buffer(body, reading);
  }
  int previous = 0;
  for (const int delay : delays) {
    if (delay > 0) {
      add_delay_line(body, reading, previous, delay);
      previous = delay;
    }
  }
}

void AlignmentCells::add_event_buffer(Body& body, const Reading& reading) const {
  const Stream& written = schedule_.nodes[reading.node].output;
  const Node& node = graph_.node(reading.node);
  const int token_bits = node.type.beat_bits(1);
  const bool converts = reading.lanes != written.lanes;
  const Expression output = nets_.read(reading, 0);
  body.net(output.text(), output.width());
  Cell& buffer =
      body.cell(converts ? "event_convert" : "event_replay", nets_.driver(output, "buffer"), CellKind::event_buffer);
  buffer.owner = node.name;
  if (converts) {
    buffer.with("TOKENS", node.type.tokens).with("WIDTH", token_bits);
    buffer.with("IN_LANES", written.lanes).with("OUT_LANES", reading.lanes);
    buffer.cost = convert_cost(written, token_bits, reading.lanes);
  } else {
    buffer.with("WIDTH", output.width()).with("BEATS", written.beats());
    buffer.cost = event_replay_cost(output.width(), written.beats());
  }
  const ControlWires write = controls_.of(written);
  buffer.port("clk").port("rst").port("in_valid", write.valid).port("in_first", write.first);
  buffer.port("in_data", nets_.made(reading.node)).port("start", controls_.event_end(*reading.replay_start));
  buffer.port("out_data", output);
}

void AlignmentCells::add_delay_line(Body& body, const Reading& reading, int from, int to) const {
  const Expression output = nets_.read(reading, to);
  body.net(output.text(), output.width());
  Cell& line = body.cell("delay_line", nets_.driver(output, "line"), CellKind::delay_line);
  line.owner = graph_.node(reading.node).name;
  line.with("WIDTH", output.width()).with("DEPTH", to - from);
  line.port("clk").port("d", nets_.read(reading, from)).port("q", output);
  line.cost = delay_line_cost(output.width(), to - from);
}

}  // namespace rtlgen
