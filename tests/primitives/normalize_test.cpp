// normalize: layer norm and RMS norm without scale and offset.
#include "primitives/normalize.hpp"

#include <catch2/catch.hpp>
#include <vector>

#include "tests/support/graph_builder.hpp"
#include "tests/support/integer_model.hpp"
#include "tests/support/rtl_bench.hpp"

namespace rtlgen::testing {
namespace {

/// y = e R(m) / 2^(scale + k), where V = m 4^k with m in [1, 4): no width of the hardware comes into it.
Mantissas plain_normalize(const NodeView& view, const std::vector<const Mantissas*>& operands) {
  const auto& normalize = *view.node.as<Normalize>();
  const Mantissas& x = *operands[0];
  const auto features = static_cast<std::int64_t>(x.cols());
  const auto& table = normalize.rsqrt_table.values;
  Mantissas y(x.rows(), x.cols());
  for (Eigen::Index row = 0; row < x.rows(); ++row) {
    std::vector<Wide> e;
    for (Eigen::Index f = 0; f < features; ++f) {
      e.push_back(static_cast<std::int64_t>(x(row, f)));
      if (normalize.center) {
        e.back() = features * e.back() - static_cast<std::int64_t>(x.row(row).sum());
      }
    }
    Wide variance = normalize.epsilon;
    for (const Wide element : e) {
      variance += element * element;
    }
    int k = 0;
    while (power_of_two(2 * (k + 1)) <= variance) {
      ++k;
    }
    const auto index = static_cast<std::size_t>(variance * static_cast<Wide>(table.size()) / power_of_two(2 * k + 2));
    for (Eigen::Index f = 0; f < features; ++f) {
      y(row, f) = static_cast<double>(
          to_format(e[static_cast<std::size_t>(f)] * table[index], normalize.rsqrt_scale + k, normalize.output));
    }
  }
  return y;
}

Graph random_normalize(Dice& dice, int index) {
  CoreShape shape = random_shape(dice, index, 5);
  shape.mask = MaskKind::none;
  const int features = dice.percent(15) ? 1 : dice.number(2, 9);
  GraphBuilder builder(shape);
  const auto x = builder.input(features, random_quantizer(dice, 1, 12, 4));
  const RsqrtTable table = make_rsqrt_table(features, dice.number(2, 9), dice.number(2, 12));
  Normalize normalize;
  normalize.epsilon = dice.pick(std::vector<std::int64_t>{0, 0, 1, 3, 100, 12345, 3000000});
  normalize.center = dice.percent(60);
  normalize.rsqrt_table = table.table;
  normalize.rsqrt_width = table.width;
  normalize.rsqrt_scale = table.scale;
  normalize.output = random_quantizer(dice, 1, 14, 6);
  return builder.finish(builder.add("normal", normalize, {x}));
}

TEST_CASE("normalize: the golden model is its definition", "[normalize]") {
  for (unsigned seed = 1; seed <= 400; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const Graph graph = random_normalize(dice, static_cast<int>(seed));
    CHECK(compare_with_plain_model(graph, random_events(dice, graph, 40), plain_normalize) == "");
  }
}

TEST_CASE("normalize: RTL equals golden to the bit and clock", "[normalize][rtl]") {
  for (unsigned seed = 1; seed <= 28; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const Graph graph = random_normalize(dice, static_cast<int>(seed));
    CHECK(run_bench(graph, random_events(dice, graph, 40), {seed}).verdict() == "ok");
  }
}

/// A token for each number of features at the lower end of the operand's interval, all others at the upper end: the
/// largest S, Q and V are among them.
IntegerEvents tokens_at_the_ends(const Graph& graph) {
  const TensorType& type = input_node(graph).type;
  const Interval range = type.range();
  IntegerEvents events;
  events.count = static_cast<std::size_t>(type.features) + 1;
  events.x.resize(type.features + 1, type.features);
  for (Eigen::Index low = 0; low <= type.features; ++low) {
    events.x.row(low).setConstant(static_cast<double>(range.hi));
    events.x.row(low).head(low).setConstant(static_cast<double>(range.lo));
  }
  return events;
}

TEST_CASE("normalize: RTL has all bits of S, Q and V at the ends of the operand's interval", "[normalize][rtl]") {
  for (const int features : {1, 2, 7, 16}) {
    for (const bool center : {true, false}) {
      for (const std::int64_t epsilon : {std::int64_t{0}, std::int64_t{12345}}) {
        CAPTURE(features, center, epsilon);
        GraphBuilder builder(CoreShape{});
        const auto x = builder.input(features, signed_quantizer(9, 4));
        const RsqrtTable table = make_rsqrt_table(features, 8, 10);
        Normalize normalize;
        normalize.center = center;
        normalize.epsilon = epsilon;
        normalize.rsqrt_table = table.table;
        normalize.rsqrt_width = table.width;
        normalize.rsqrt_scale = table.scale;
        normalize.output = signed_quantizer(16, 12);
        const Graph graph = builder.finish(builder.add("normal", normalize, {x}));
        const IntegerEvents events = tokens_at_the_ends(graph);
        CHECK(compare_with_plain_model(graph, events, plain_normalize) == "");
        CHECK(run_bench(graph, events).verdict() == "ok");
      }
    }
  }
}

}  // namespace
}  // namespace rtlgen::testing
