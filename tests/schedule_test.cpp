// The schedule brings operands together, whatever way they come.
#include "rtlgen/schedule/schedule.hpp"

#include <catch2/catch.hpp>

#include "primitives/add.hpp"
#include "primitives/attention.hpp"
#include "primitives/pool.hpp"
#include "rtlgen/schedule/asap_schedule.hpp"
#include "rtlgen/schedule/make_schedule.hpp"
#include "tests/support/graph_builder.hpp"
#include "tests/support/rtl_bench.hpp"

namespace rtlgen::testing {
namespace {

using NodeId = Graph::NodeId;

const Quantizer kFormat = signed_quantizer(6, 2);

/// Appends `clocks` operations of one clock each.
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
/// is taken from.
Graph random_chain(Dice& dice, int index) {
  const CoreShape shape = random_shape(dice, index, 6);
  GraphBuilder builder(shape);
  const NodeId x = builder.input(2, kFormat);
  NodeId mask = 0;
  NodeId* masked = nullptr;
  if (shape.mask != MaskKind::none) {
    mask = builder.with_mask({}).front();
    masked = &mask;
  }
  const auto late = [&](const std::string& name, NodeId from) { return delayed(builder, name, from, dice.below(7)); };
  const NodeId first = attention(builder, "first", late("q", x), late("k", x), late("v", x), masked);
  const NodeId residual = sum(builder, "residual", first, late("skip", x));
  const auto either = [&] { return dice.percent(50) ? x : residual; };
  const NodeId query = dice.percent(30) ? x : residual;
  const NodeId second =
      attention(builder, "second", late("q2_", query), late("k2_", either()), late("v2_", either()), masked);
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

TEST_CASE("schedule: operands of every node come together and after their producers", "[schedule]") {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const Graph graph = random_chain(dice, static_cast<int>(seed));
    const Schedule schedule = make_schedule(graph);
    const Hardware hardware = hardware_of(graph);
    CHECK(schedule.interval == schedule.beats);
    const Schedule asap = asap_schedule(graph);
    CHECK(schedule.latency == asap.latency);
    CHECK(schedule.output == asap.output);
    CHECK(buffer_bits(graph, schedule).delay <= buffer_bits(graph, asap).delay);
    CHECK(buffer_bits(graph, schedule).replay <= buffer_bits(graph, asap).replay);
    for (NodeId id = 0; id < graph.size(); ++id) {
      INFO(graph.node(id).name);
      const NodeSchedule& node = schedule.nodes[id];
      const std::vector<NodeId> operands = graph.operands(id);
      REQUIRE(node.operands.size() == operands.size());
      const Timing timing = primitive_of(graph.node(id)).timing(view_of(graph, id), hardware);
      const std::size_t first = timing.kind == Timing::Kind::attention ? 1 : 0;
      for (std::size_t i = 0; i < operands.size(); ++i) {
        CHECK(node.alignments[i].delay >= 0);
        if (i > first) {
          CHECK(node.operands[i] == node.operands[first]);
        }
        // An operand's clock is its producer's, plus what stands between.
        const Arrival& made = schedule.nodes[operands[i]].output;
        if (node.alignments[i].replay_start) {
          CHECK(made.base == TimeBase::token);
          CHECK(node.operands[i].base == TimeBase::replay);
          const int start = *node.alignments[i].replay_start;
          CHECK(node.operands[i].offset == start + 1 + node.alignments[i].delay);
          // docs/rtl.md: every beat is written before it is read, and read before the next event's is there.
          CHECK(start >= 0);
          CHECK(start >= made.offset - (schedule.beats - 2));
          CHECK(start <= made.offset + 1);
        } else {
          CHECK(node.operands[i] == Arrival{made.base, made.offset + node.alignments[i].delay});
        }
      }
      if (timing.kind == Timing::Kind::tokenwise) {
        CHECK(node.output == Arrival{node.operands[0].base, node.operands[0].offset + timing.latency});
      }
      if (timing.kind == Timing::Kind::attention) {
        // The queries' first beat comes one clock after the keys' last.
        const bool behind = node.operands[1].base == TimeBase::replay;
        CHECK(node.operands[0].offset == node.operands[1].offset + (behind ? schedule.beats : 1));
        CHECK(node.output == Arrival{node.operands[0].base, node.operands[0].offset + timing.latency});
      }
      if (timing.kind == Timing::Kind::reduction) {
        const int wait = node.operands[0].base == TimeBase::replay ? schedule.beats - 1 : 0;
        CHECK(node.output.offset == node.operands[0].offset + wait + timing.latency);
      }
    }
  }
}

TEST_CASE("schedule: what waits is the narrow side of an operation", "[schedule]") {
  GraphBuilder builder({1, 1, MaskKind::none, 200});
  const NodeId x = builder.input(2, signed_quantizer(4, 2));
  const NodeId wide = builder.quantize("wide", x, signed_quantizer(10, 8));
  const Graph graph = builder.finish(sum(builder, "sum", delayed(builder, "late", x, 5), wide));
  CHECK(buffer_bits(graph, asap_schedule(graph)).delay == 4 * 2 * 10);
  CHECK(buffer_bits(graph, make_schedule(graph)).delay == 4 * 2 * 4);
}

TEST_CASE("schedule: what waits anyway is tapped", "[schedule]") {
  GraphBuilder builder({1, 1, MaskKind::none, 200});
  const NodeId x = builder.input(2, signed_quantizer(4, 2));
  const NodeId narrow = builder.quantize("narrow", x, signed_quantizer(3, 1));
  const NodeId residual = sum(builder, "residual", delayed(builder, "late", x, 5), x);
  const Graph graph = builder.finish(sum(builder, "sum", residual, narrow));
  CHECK(buffer_bits(graph, asap_schedule(graph)).delay == 5 * 2 * 4 + 5 * 2 * 3);
  CHECK(buffer_bits(graph, make_schedule(graph)).delay == 5 * 2 * 4);
}

TEST_CASE("schedule: an event buffer is read as late as it may be", "[schedule]") {
  GraphBuilder builder({4, 1, MaskKind::none, 200});
  const NodeId x = builder.input(2, signed_quantizer(4, 2));
  const auto own = [&](const char* name) { return builder.quantize(name, x, kFormat); };
  const NodeId heads = attention(builder, "heads", own("q"), own("k"), own("v"), nullptr);
  const Graph graph = builder.finish(sum(builder, "sum", heads, x));
  const Schedule asap = asap_schedule(graph);
  const Schedule schedule = make_schedule(graph);
  CHECK(asap.nodes[graph.output()].alignments[1].replay_start == 0);
  CHECK(schedule.nodes[graph.output()].alignments[1].replay_start == 1);
  CHECK(buffer_bits(graph, schedule).delay == buffer_bits(graph, asap).delay - 2 * 4);
}

TEST_CASE("schedule: RTL of residual chains and attention behind attention equals golden", "[schedule][rtl]") {
  for (unsigned seed = 1; seed <= 14; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const Graph graph = random_chain(dice, static_cast<int>(seed));
    CHECK(run_bench(graph, random_events(dice, graph, 20), {seed}).verdict() == "ok");
  }
}

TEST_CASE("schedule: the latency stays, also where an event buffer could be read sooner", "[schedule]") {
  GraphBuilder builder({4, 1, MaskKind::none, 200});
  const NodeId x = builder.input(2, signed_quantizer(4, 2));
  const NodeId heads = attention(builder, "heads", x, x, x, nullptr);
  const Graph graph = builder.finish(sum(builder, "sum", heads, delayed(builder, "late", x, 40)));
  const Schedule schedule = make_schedule(graph);
  CHECK(schedule.nodes[graph.output()].alignments[1].replay_start == 40);
  CHECK(schedule.output == Arrival{TimeBase::replay, 42});
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
