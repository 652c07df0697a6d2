// token_quantize: constants and formats that differ from token to token.
#include "primitives/token_quantize.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "primitives/attention.hpp"
#include "tests/support/graph_builder.hpp"
#include "tests/support/integer_model.hpp"
#include "tests/support/rtl_bench.hpp"

namespace rtlgen::testing {
namespace {

Mantissas plain_token_quantize(const NodeView& view, const std::vector<const Mantissas*>& operands) {
  const TokenQuantize& operation = *view.node.as<TokenQuantize>();
  const Mantissas& x = *operands[0];
  const Quantizer& all = operation.output.quantizer;
  const int x_frac = view.operand(0).frac;
  const int bias_frac = operation.bias ? operation.bias_frac : x_frac;
  const int frac = std::max(x_frac, bias_frac);
  Mantissas y(x.rows(), x.cols());
  for (Eigen::Index row = 0; row < x.rows(); ++row) {
    for (Eigen::Index f = 0; f < x.cols(); ++f) {
      const auto element = static_cast<std::size_t>(row % view.operand(0).tokens * x.cols() + f);
      Wide sum = static_cast<std::int64_t>(x(row, f)) * power_of_two(frac - x_frac);
      if (operation.bias) {
        sum += operation.bias->values[element] * power_of_two(frac - bias_frac);
      }
      if (operation.relu && sum < 0) {
        sum = 0;
      }
      Quantizer own = all;
      if (!operation.output.formats.empty()) {
        own.format = operation.output.formats[element];
      }
      const Wide mantissa =
          own.format.width == 0 ? 0 : to_format(sum, frac, own) * power_of_two(all.format.frac() - own.format.frac());
      y(row, f) = static_cast<double>(mantissa);
    }
  }
  return y;
}

/// Formats of all elements that fit into `all`: some features have one for all tokens, some elements have no bits.
FormatArray random_formats(Dice& dice, const CoreShape& shape, int features, const Quantizer& all) {
  FormatArray output(all);
  output.shape = {shape.tokens, features};
  output.formats.resize(static_cast<std::size_t>(shape.tokens * features));
  for (int f = 0; f < features; ++f) {
    const bool common = dice.percent(25);
    for (int token = 0; token < shape.tokens; ++token) {
      Format& format = output.formats[static_cast<std::size_t>(token * features + f)];
      if (common && token > 0) {
        format = output.formats[static_cast<std::size_t>(f)];
        continue;
      }
      format.is_signed = all.format.is_signed && dice.percent(60);
      const int spare = all.format.width - (all.format.is_signed && !format.is_signed ? 1 : 0);
      const int align = dice.number(0, std::max(0, spare - 1));
      format.width = spare == 0 || dice.percent(15) ? 0 : dice.number(1, spare - align);
      format.integer = format.width - (all.format.frac() - align);
    }
  }
  return output;
}

TokenQuantize token_quantize(FormatArray output, Literal bias, int bias_frac) {
  TokenQuantize operation;
  operation.output = std::move(output);
  operation.bias = std::move(bias);
  operation.bias_frac = bias_frac;
  return operation;
}

Graph random_graph(Dice& dice, int index) {
  CoreShape shape = random_shape(dice, index, 9);
  shape.mask = MaskKind::none;
  GraphBuilder builder(shape);
  const int features = dice.number(1, 4);
  const auto x = builder.input(features, random_quantizer(dice, 1, 10, 4));
  const int frac = builder.graph().node(x).type.frac;
  const Quantizer output = random_quantizer(dice, 1, 12, frac + dice.number(-4, 4));
  TokenQuantize operation;
  operation.relu = dice.percent(30);
  const int form = dice.number(0, 9);
  operation.output = form < 8 ? random_formats(dice, shape, features, output) : output;
  if (form % 2 == 0) {
    operation.bias = random_literal(dice, {shape.tokens, features}, dice.number(1, 10));
    operation.bias_frac = frac + dice.number(-5, 5);
  }
  return builder.finish(builder.add("y", operation, {x}));
}

TEST_CASE("token_quantize: the golden model is its definition", "[token_quantize]") {
  for (unsigned seed = 1; seed <= 400; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const Graph graph = random_graph(dice, static_cast<int>(seed));
    CHECK(compare_with_plain_model(graph, random_events(dice, graph, 40), plain_token_quantize) == "");
  }
}

TEST_CASE("token_quantize: RTL equals golden to the bit and clock", "[token_quantize][rtl]") {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const Graph graph = random_graph(dice, static_cast<int>(seed));
    CHECK(run_bench(graph, random_events(dice, graph, 40), {seed}).verdict() == "ok");
  }
}

TEST_CASE("token_quantize: every rounding with every overflow, RTL and golden", "[token_quantize][rtl]") {
  for (unsigned mode = 0; mode < 27; ++mode) {
    CAPTURE(mode);
    Dice dice(mode + 1000);
    const CoreShape shape{7, 2, MaskKind::none, 200};
    GraphBuilder builder(shape);
    const auto x = builder.input(3, signed_quantizer(9, 5));
    const Quantizer output{Format{true, 7, 3}, static_cast<Rounding>(mode / 3), static_cast<Overflow>(mode % 3)};
    const FormatArray formats = random_formats(dice, shape, 3, output);
    const Graph graph =
        builder.finish(builder.add("y", token_quantize(formats, random_literal(dice, {7, 3}, 6), 6), {x}));
    const IntegerEvents events = random_events(dice, graph, 60);
    CHECK(compare_with_plain_model(graph, events, plain_token_quantize) == "");
    CHECK(run_bench(graph, events, {mode}).verdict() == "ok");
  }
}

TEST_CASE("token_quantize: behind a buffer that replays the event", "[token_quantize][rtl]") {
  constexpr unsigned kSeed = 5;
  Dice dice(kSeed);
  const CoreShape shape{5, 2, MaskKind::none, 360};
  GraphBuilder builder(shape);
  const auto x = builder.input(2, signed_quantizer(6, 3));
  Attention attention;
  attention.row_max = true;
  attention.score = signed_quantizer(8, 4);
  attention.output = signed_quantizer(8, 5);
  set_tables(attention.tables, {4, 8, 5, 6, 3});
  const auto mixed = builder.add("mixed", attention, {x, x, x});
  const FormatArray formats = random_formats(dice, shape, 2, signed_quantizer(6, 4, Rounding::rnd_conv));
  const Graph graph =
      builder.finish(builder.add("y", token_quantize(formats, random_literal(dice, {5, 2}, 5), 4), {mixed}));
  const IntegerEvents events = random_events(dice, graph, 40);
  CHECK(compare_with_plain_model(graph, events, plain_token_quantize) == "");
  CHECK(run_bench(graph, events, {kSeed}).verdict() == "ok");
}

TEST_CASE("token_quantize: a count of beats that does not start anew is seen", "[token_quantize][rtl]") {
  constexpr unsigned kSeed = 6;
  Dice dice(kSeed);
  GraphBuilder builder({4, 1, MaskKind::none, 200});
  const auto x = builder.input(1, signed_quantizer(6, 3));
  const Graph graph =
      builder.finish(builder.add("y", token_quantize(signed_quantizer(8, 3), {{4, 1}, {1, 2, 3, 4}}, 3), {x}));
  const IntegerEvents events = random_events(dice, graph, 20);
  CHECK(run_bench(graph, events, {kSeed}).clean());
  BenchOptions faulty{kSeed};
  faulty.alter = [](std::map<std::string, std::string>& files) {
    std::string& text = files.at("beat_index");
    const std::string restart = "in_first ? {BEAT_W{1'b0}} : count";
    const std::size_t place = text.find(restart);
    REQUIRE(place != std::string::npos);
    text.replace(place, restart.size(), "count | {BEAT_W{in_first & 1'b0}}");
  };
  CHECK(run_bench(graph, events, faulty).mismatches > 0);
}

TEST_CASE("token_quantize: formats and constants that do not fit are refused", "[token_quantize]") {
  using Change = std::function<void(TokenQuantize&)>;
  const auto refusal = [](const Change& change) {
    GraphBuilder builder({2, 1, MaskKind::none, 200});
    const auto x = builder.input(1, signed_quantizer(6, 3));
    TokenQuantize operation = token_quantize(signed_quantizer(6, 3), {{2, 1}, {1, 2}}, 3);
    operation.output.shape = {2, 1};
    operation.output.formats = {Format{true, 6, 3}, Format{true, 4, 2}};
    change(operation);
    try {
      builder.add("y", operation, {x});
    } catch (const IrError& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  const std::string head = "node 'y' (token_quantize): ";
  CHECK(refusal([](TokenQuantize& y) { y.relu = true; }) == "accepted");
  CHECK(refusal([](TokenQuantize& y) { y.output.shape = {2}; }) == head + "literal 'formats' has a wrong shape");
  CHECK(refusal([](TokenQuantize& y) { y.output.formats[1].integer = 0; }) ==
        head + "fixed<4,0> does not fit into fixed<6,3>");
  CHECK(refusal([](TokenQuantize& y) { y.output.limits = {{0, 1}}; }) == head + "literal 'limits' must not be there");
  CHECK(refusal([](TokenQuantize& y) { y.bias->shape = {2}; }) == head + "literal 'bias' has a wrong shape");
  CHECK(refusal([](TokenQuantize& y) { y.bias_frac = 52; }) ==
        head + "the binary points of 'bias' and of what goes in are more than 48 bits apart");
  CHECK(refusal([](TokenQuantize& y) { y.bias->values[1] = std::int64_t{1} << 52; }) ==
        head + "exact sums need more than 52 bits; choose narrower formats");
}

}  // namespace
}  // namespace rtlgen::testing
