// The one definition of rounding and overflow, and the operation quantize that is nothing else.
#include "primitives/requantize.hpp"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <functional>

#include "primitives/quantize.hpp"
#include "tests/support/graph_builder.hpp"
#include "tests/support/integer_model.hpp"
#include "tests/support/rtl_bench.hpp"

namespace rtlgen::testing {
namespace {

/// All modes and signs, at all widths up to `most_width`, with binary points from `least_frac` to `most_frac`.
void for_each_quantizer(int most_width, int least_frac, int most_frac,
                        const std::function<void(const Quantizer&)>& visit) {
  for (std::size_t mode = 0; mode < kRoundingNames.size(); ++mode) {
    const auto rounding = static_cast<Rounding>(mode);
    for (const Overflow overflow : {Overflow::wrap, Overflow::sat, Overflow::sat_sym}) {
      for (const bool is_signed : {false, true}) {
        for (int width = 1; width <= most_width; ++width) {
          for (int frac = least_frac; frac <= most_frac; ++frac) {
            visit({Format{is_signed, width, width - frac}, rounding, overflow});
          }
        }
      }
    }
  }
}

Mantissas plain_quantize(const NodeView& view, const std::vector<const Mantissas*>& operands) {
  const Quantize& quantize = *view.node.as<Quantize>();
  return operands[0]->unaryExpr([&](double x) {
    const bool cut = quantize.relu && x < 0;
    return static_cast<double>(
        to_format(cut ? 0 : static_cast<std::int64_t>(x), view.operand(0).frac, quantize.output));
  });
}

TEST_CASE("requantize: scalar and vector are the definition for all small numbers and formats", "[requantize]") {
  constexpr int kFrac = 3;
  Mantissas all(1, 256);
  for (int i = 0; i < 256; ++i) {
    all(0, i) = i - 128;
  }
  for_each_quantizer(6, kFrac - 10, kFrac + 4, [&](const Quantizer& quantizer) {
    for (const bool relu : {false, true}) {
      Mantissas vector = all;
      requantize(vector, kFrac, quantizer, relu);
      const Interval range = requantize(Interval{-128, 127}, kFrac, quantizer, relu);
      for (int i = 0; i < 256; ++i) {
        const int x = i - 128;
        const std::int64_t expected = to_format(relu && x < 0 ? 0 : x, kFrac, quantizer);
        const std::int64_t scalar = requantize(x, kFrac, quantizer, relu);
        const std::int64_t real = quantize_real(std::ldexp(relu && x < 0 ? 0 : x, -kFrac), quantizer);
        if (scalar != expected || vector(0, i) != static_cast<double>(expected) || real != expected ||
            expected < range.lo || expected > range.hi) {
          FAIL_CHECK(fmt::format("{} x {} relu {}: expected {}, scalar {}, vector {}, real {}, interval [{}, {}]",
                                 to_string(quantizer), x, relu, expected, scalar, vector(0, i), real, range.lo,
                                 range.hi));
        }
      }
    }
  });
}

TEST_CASE("requantize: wide numbers are exact in doubles", "[requantize]") {
  constexpr int kFrac = 20;
  for (unsigned seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    Quantizer quantizer = random_quantizer(dice, 1, 48, 0);
    const int shift = dice.number(-6, 48);
    quantizer.format.integer = quantizer.format.width - (kFrac - shift);
    const int bits = shift < 0 ? 44 : 51;
    const bool relu = dice.percent(30);
    Mantissas x(1, 200);
    for (Eigen::Index i = 0; i < x.size(); ++i) {
      // A number next to a tie, or any.
      const std::int64_t half = shift > 0 ? std::int64_t{1} << (shift - 1) : 0;
      const std::int64_t top = (std::int64_t{1} << bits) - 1;
      const std::int64_t tie = shift > 0 && shift < bits ? (dice.between(-top, top) >> shift << shift) + half : 0;
      x(0, i) = static_cast<double>(i % 2 == 0 ? dice.between(-top, top) : tie + dice.number(-1, 1));
    }
    Mantissas y = x;
    requantize(y, kFrac, quantizer, relu);
    for (Eigen::Index i = 0; i < x.size(); ++i) {
      const auto exact = static_cast<std::int64_t>(x(0, i));
      const std::int64_t expected = to_format(relu && exact < 0 ? 0 : exact, kFrac, quantizer);
      CAPTURE(exact, to_string(quantizer), shift);
      REQUIRE(y(0, i) == static_cast<double>(expected));
      REQUIRE(requantize(exact, kFrac, quantizer, relu) == expected);
    }
  }
}

TEST_CASE("quantize: the golden model is its definition", "[requantize]") {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    GraphBuilder builder({dice.number(1, 4), 1, MaskKind::none, 200});
    const auto x = builder.input(dice.number(1, 5), random_quantizer(dice, 1, 20, 6));
    const Quantizer output = random_quantizer(dice, 1, 20, 6 - dice.number(-8, 20));
    const Graph graph = builder.finish(builder.quantize("y", x, output, dice.percent(30)));
    CHECK(compare_with_plain_model(graph, random_events(dice, graph, 40), plain_quantize) == "");
  }
}

TEST_CASE("quantize: RTL equals golden on every number of 8 bits", "[requantize][rtl]") {
  for (unsigned seed = 1; seed <= 108; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    GraphBuilder builder({2, 1, MaskKind::none, 200});
    Quantizer format = random_quantizer(dice, 8, 8, 4);
    const auto x = builder.input(16, format);
    const int frac = format.format.frac() - dice.number(-3, 9);
    Quantizer output = random_quantizer(dice, 1, 10, frac);
    // All 54 pairs of modes and signs in turn.
    output.format.is_signed = seed % 2 == 0;
    output.rounding = static_cast<Rounding>(seed / 2 % 9);
    output.overflow = static_cast<Overflow>(seed / 18 % 3);
    const Graph graph = builder.finish(builder.quantize("y", x, output, dice.percent(30)));
    IntegerEvents events;
    events.count = 8;
    events.x.resize(16, 16);
    for (Eigen::Index i = 0; i < 256; ++i) {
      events.x.data()[i] = static_cast<double>(i + format.format.min());
    }
    CHECK(run_bench(graph, events, {seed}).verdict() == "ok");
  }
}

}  // namespace
}  // namespace rtlgen::testing
