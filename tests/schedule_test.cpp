// The schedule brings operands together, whatever way they come.
#include "rtlgen/schedule/schedule.hpp"

#include <catch2/catch.hpp>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "primitives/add.hpp"
#include "primitives/attention.hpp"
#include "primitives/pool.hpp"
#include "rtlgen/schedule/asap_schedule.hpp"
#include "rtlgen/schedule/check_schedule.hpp"
#include "rtlgen/schedule/make_schedule.hpp"
#include "tests/support/graph_builder.hpp"
#include "tests/support/rtl_bench.hpp"

namespace rtlgen::testing {
namespace {

using NodeId = Graph::NodeId;

/// Numbers of this format have no smallest one, so that each quantizer is a step of logic.
const Quantizer kFormat = signed_quantizer(6, 2, Rounding::rnd, Overflow::sat_sym);
/// So fast that every step of logic takes a clock.
constexpr double kClockAStep = 5000;

/// Appends `clocks` operations of one step each.
NodeId delayed(GraphBuilder& builder, const std::string& name, NodeId x, int clocks) {
  for (int i = 0; i < clocks; ++i) {
    x = builder.quantize(name + std::to_string(i), x, kFormat);
  }
  return x;
}

NodeId attention(GraphBuilder& builder, const std::string& name, NodeId q, NodeId k, NodeId v, NodeId* mask) {
  Attention operation;
  operation.row_max = true;
  operation.score = signed_quantizer(6, 2);
  operation.output = kFormat;
  set_tables(operation.tables, {2, 6, 3, 5, 2});
  std::vector<NodeId> operands{q, k, v};
  if (mask != nullptr) {
    operands.push_back(*mask);
  }
  return builder.add(name, operation, operands);
}

NodeId sum(GraphBuilder& builder, const std::string& name, NodeId a, NodeId b) {
  return builder.add(name, Add(kFormat), {a, b});
}

NodeId pool(GraphBuilder& builder, const std::string& name, PoolMode mode, const Quantizer& output,
            const std::vector<NodeId>& operands) {
  Pool operation;
  operation.mode = mode;
  operation.output = output;
  return builder.add(name, operation, operands);
}

/// Two attentions with residuals; the delays of queries, keys and values are thrown, and which of the two streams each
/// is taken from. `regions`: attention and sums in lanes of their own.
Graph random_chain(Dice& dice, int index, bool regions = false) {
  const CoreShape shape = random_shape(dice, index, 6);
  GraphBuilder builder(shape);
  const NodeId x = builder.input(2, kFormat);
  NodeId mask = 0;
  NodeId* masked = nullptr;
  if (shape.mask != MaskKind::none) {
    mask = builder.with_mask({}).front();
    masked = &mask;
  }
  const auto own_lanes = [&](NodeId id) {
    if (regions && dice.percent(50)) {
      builder.set_lanes(id, dice.number(1, shape.tokens));
    }
    return id;
  };
  const auto late = [&](const std::string& name, NodeId from) { return delayed(builder, name, from, dice.below(7)); };
  const NodeId first = own_lanes(attention(builder, "first", late("q", x), late("k", x), late("v", x), masked));
  const NodeId residual = own_lanes(sum(builder, "residual", first, late("skip", x)));
  const auto either = [&] { return dice.percent(50) ? x : residual; };
  const NodeId query = dice.percent(30) ? x : residual;
  const NodeId second =
      own_lanes(attention(builder, "second", late("q2_", query), late("k2_", either()), late("v2_", either()), masked));
  const NodeId all = sum(builder, "all", sum(builder, "both", second, late("skip2_", residual)), x);
  if (dice.percent(40)) {
    return builder.finish(all);
  }
  std::vector<NodeId> pooled{all};
  if (masked != nullptr) {
    pooled.push_back(mask);
  }
  const NodeId most = pool(builder, "most", PoolMode::max, kFormat, pooled);
  return builder.finish(sum(builder, "end", most, delayed(builder, "late", most, dice.below(3))));
}

TEST_CASE("schedule: every unit has what it asks for, and retiming keeps the latency", "[schedule]") {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const Graph graph = random_chain(dice, static_cast<int>(seed), seed % 2 == 0);
    const Schedule asap = asap_schedule(graph);
    CHECK_NOTHROW(check_schedule(graph, asap));
    const Schedule schedule = make_schedule(graph);
    CHECK_NOTHROW(check_schedule(graph, schedule));
    CHECK(schedule.interval >= schedule.input.beats());
    CHECK(schedule.latency == asap.latency);
    CHECK(schedule.output == asap.output);
    CHECK(buffer_bits(graph, schedule).delay <= buffer_bits(graph, asap).delay);
    CHECK(buffer_bits(graph, schedule).replay == buffer_bits(graph, asap).replay);
  }
}

TEST_CASE("schedule: the checker finds what is changed in a schedule", "[schedule]") {
  GraphBuilder builder({4, 1, MaskKind::none, 200});
  const NodeId x = builder.input(2, signed_quantizer(4, 2));
  const NodeId heads = attention(builder, "heads", x, builder.quantize("k", x, kFormat), x, nullptr);
  const Graph graph = builder.finish(sum(builder, "sum", heads, x));
  const Schedule good = make_schedule(graph);
  const auto verdict = [&](const std::function<void(Schedule&)>& change) {
    Schedule changed = good;
    change(changed);
    try {
      check_schedule(graph, changed);
    } catch (const std::logic_error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  const NodeId last = graph.output();
  CHECK(verdict([](Schedule&) {}).empty());
  CHECK_THAT(verdict([](Schedule& s) { ++s.latency; }), Catch::Contains("latency"));
  CHECK_THAT(verdict([](Schedule& s) { --s.interval; }), Catch::Contains("interval"));
  CHECK_THAT(verdict([&](Schedule& s) { ++s.nodes[last].alignments[1].delay; }), Catch::Contains("producer"));
  CHECK_THAT(verdict([&](Schedule& s) { s.nodes[last].output = s.nodes[last].output.moved(1); }),
             Catch::Contains("latency"));
  CHECK_THAT(verdict([&](Schedule& s) { s.nodes[heads].operands[0] = s.nodes[heads].operands[0].moved(1); }),
             Catch::Contains("producer"));
  // An operand and its delay moved together: only what the unit asks for is broken.
  const auto delayed_by = [](Schedule& s, NodeId id, std::size_t operand, int clocks) {
    s.nodes[id].alignments[operand].delay += clocks;
    s.nodes[id].operands[operand] = s.nodes[id].operands[operand].moved(clocks);
  };
  CHECK_THAT(verdict([&](Schedule& s) { delayed_by(s, last, 1, 1); }), Catch::Contains("do not come together"));
  CHECK_THAT(verdict([&](Schedule& s) { delayed_by(s, heads, 2, 1); }), Catch::Contains("does not follow"));
  CHECK_THAT(verdict([&](Schedule& s) {
               *s.nodes[last].alignments[1].replay_start -= 4;
               s.nodes[last].alignments[1].delay += 4;
             }),
             Catch::Contains("event buffer"));
  CHECK_THAT(verdict([&](Schedule& s) {
               *s.nodes[last].alignments[1].replay_start += 4;
               s.nodes[last].alignments[1].delay -= 4;
             }),
             Catch::Contains("written again"));
}

/// Dense nodes at 4 tokens a beat, attention behind them at `lanes`, and a sum with what went in at 4 again.
Graph regions(int tokens, int lanes, MaskKind mask) {
  GraphBuilder builder({tokens, 4, mask, 200});
  const NodeId x = builder.input(2, kFormat);
  const auto own = [&](const char* name) { return builder.select(name, x, 0, 2, kFormat); };
  std::vector<NodeId> masks = builder.with_mask({});
  const NodeId heads =
      attention(builder, "heads", own("q"), own("k"), own("v"), masks.empty() ? nullptr : masks.data());
  builder.set_lanes(heads, lanes);
  const NodeId end = sum(builder, "sum", own("skip"), heads);
  return builder.finish(end);
}

TEST_CASE("schedule: attention at one lane behind a dense at four takes its tokens one by one", "[schedule]") {
  const Graph graph = regions(8, 1, MaskKind::none);
  const Schedule schedule = make_schedule(graph);
  const NodeSchedule& heads = schedule.nodes[graph.find("heads")];
  CHECK(heads.output.lanes == 1);
  CHECK(heads.output.beats() == 8);
  CHECK(schedule.input.beats() == 2);
  CHECK(schedule.output.lanes == 4);
  CHECK(schedule.interval == 8);
  CHECK(schedule.pause() == 6);
}

TEST_CASE("schedule: RTL of regions with other lanes equals golden", "[schedule][rtl]") {
  for (const int tokens : {8, 7, 4}) {
    for (const int lanes : {1, 2, 3}) {
      const unsigned seed = static_cast<unsigned>(10 * tokens + lanes);
      CAPTURE(tokens, lanes);
      Dice dice(seed);
      const Graph graph = regions(tokens, lanes, lanes == 2 ? MaskKind::count : MaskKind::valid);
      CHECK(run_bench(graph, random_events(dice, graph, 20), {seed}).verdict() == "ok");
    }
  }
  for (unsigned seed = 1; seed <= 6; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const Graph graph = random_chain(dice, static_cast<int>(seed), true);
    CHECK(run_bench(graph, random_events(dice, graph, 20), {seed}).verdict() == "ok");
  }
}

TEST_CASE("schedule: what waits is the narrow side of an operation", "[schedule]") {
  GraphBuilder builder({1, 1, MaskKind::none, kClockAStep});
  const NodeId x = builder.input(2, signed_quantizer(4, 2));
  const NodeId wide = builder.quantize("wide", x, signed_quantizer(10, 8));
  const Graph graph = builder.finish(sum(builder, "sum", delayed(builder, "late", x, 5), wide));
  // A register stands behind each of the five, and behind the sum.
  const long links = 6 * 2 * 6;
  CHECK(buffer_bits(graph, asap_schedule(graph)).delay == links + 5 * 2 * 10);
  CHECK(buffer_bits(graph, make_schedule(graph)).delay == links + 5 * 2 * 4);
}

TEST_CASE("schedule: what waits anyway is tapped", "[schedule]") {
  GraphBuilder builder({1, 1, MaskKind::none, kClockAStep});
  const NodeId x = builder.input(2, signed_quantizer(4, 2));
  const NodeId narrow = builder.quantize("narrow", x, signed_quantizer(3, 1));
  const NodeId residual = sum(builder, "residual", delayed(builder, "late", x, 5), x);
  const Graph graph = builder.finish(sum(builder, "sum", residual, narrow));
  // A register stands behind each of the five, and behind both sums, the first of which has another inside.
  const long links = 7 * 2 * 6;
  CHECK(buffer_bits(graph, asap_schedule(graph)).delay == links + 5 * 2 * 4 + 6 * 2 * 3);
  CHECK(buffer_bits(graph, make_schedule(graph)).delay == links + 5 * 2 * 4 + 2 * 3);
}

TEST_CASE("schedule: an event buffer is read as late as it may be", "[schedule]") {
  GraphBuilder builder({4, 1, MaskKind::none, kClockAStep});
  const NodeId x = builder.input(2, signed_quantizer(4, 2));
  const auto own = [&](const char* name) { return builder.quantize(name, x, kFormat); };
  const NodeId heads = attention(builder, "heads", own("q"), own("k"), own("v"), nullptr);
  const Graph graph = builder.finish(sum(builder, "sum", heads, x));
  const Schedule asap = asap_schedule(graph);
  const Schedule schedule = make_schedule(graph);
  CHECK(asap.nodes[graph.output()].alignments[1].replay_start == 0);
  CHECK(schedule.nodes[graph.output()].alignments[1].replay_start == 1);
  CHECK(buffer_bits(graph, schedule).delay < buffer_bits(graph, asap).delay);
}

TEST_CASE("schedule: RTL of residual chains and attention behind attention equals golden", "[schedule][rtl]") {
  for (unsigned seed = 1; seed <= 14; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const Graph graph = random_chain(dice, static_cast<int>(seed));
    CHECK(run_bench(graph, random_events(dice, graph, 20), {seed}).verdict() == "ok");
  }
}

TEST_CASE("schedule: an event buffer is started as soon as its beats come in time", "[schedule]") {
  GraphBuilder builder({4, 1, MaskKind::none, kClockAStep});
  const NodeId x = builder.input(2, signed_quantizer(4, 2));
  const NodeId heads = attention(builder, "heads", x, x, x, nullptr);
  const Graph graph = builder.finish(sum(builder, "sum", heads, delayed(builder, "late", x, 40)));
  const Schedule schedule = make_schedule(graph);
  // Beat 3 is written 39 clocks after the event's last input beat, and read 40 after it.
  CHECK(schedule.nodes[graph.output()].alignments[1].replay_start.value_or(0) == 37);
  CHECK(schedule.output == Stream{4, 1, 1, Anchor::event, {40, 0}});
}

/// Input formats, masks of all kinds at all sizes: a sum of what is real shows every bit of both.
TEST_CASE("sources: unsigned inputs and masks of every size reach the core", "[sources][rtl]") {
  for (int tokens = 1; tokens <= 9; ++tokens) {
    for (const MaskKind mask : {MaskKind::count, MaskKind::valid}) {
      const unsigned seed = static_cast<unsigned>(tokens) * 2 + (mask == MaskKind::count ? 1 : 0);
      CAPTURE(seed);
      Dice dice(seed);
      GraphBuilder builder({tokens, dice.number(1, tokens), mask, 200});
      const Quantizer format{Format{dice.percent(50), dice.number(1, 9), 3}};
      const NodeId x = builder.input(dice.number(1, 3), format);
      const Graph graph = builder.finish(
          pool(builder, "sum", PoolMode::sum, signed_quantizer(14, format.format.frac()), builder.with_mask({x})));
      CHECK(run_bench(graph, random_events(dice, graph, 24), {seed}).verdict() == "ok");
    }
  }
}

}  // namespace
}  // namespace rtlgen::testing
