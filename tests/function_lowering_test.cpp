// Functions of one number against their formulas.
#include "rtlgen/lowering/function_lowering.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <map>

#include "primitives/solve_dense.hpp"
#include "rtlgen/deliver/compile_model.hpp"
#include "tests/support/graph_builder.hpp"
#include "tests/support/random_model.hpp"
#include "tests/support/rtl_bench.hpp"

namespace rtlgen::testing {
namespace {

using Function = double (*)(double);

/// By their definitions, written a second time.
const std::map<std::string, Function>& formulas() {
  static const std::map<std::string, Function> kFormulas = {
      {"sigmoid", [](double x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }},
      {"tanh", [](double x) { return 1 - 2 / (1 + std::exp(2 * x)); }},
      {"softsign", [](double x) { return x < 0 ? x / (1 - x) : x / (1 + x); }},
      {"gelu", [](double x) { return x * (1 + std::erf(x / std::sqrt(2))) / 2; }},
      {"silu", [](double x) { return x / (1 + std::exp(-x)); }},
      {"elu", [](double x) { return x < 0 ? std::exp(x) - 1 : x; }},
      {"selu", [](double x) { return 1.0507009873554805 * (x < 0 ? 1.6732632423543772 * (std::exp(x) - 1) : x); }},
      {"softplus", [](double x) { return x > 30 ? x : std::log(1 + std::exp(x)); }},
      {"hard_swish", [](double x) { return x < -3  ? 0
                                           : x > 3 ? x
                                                   : x * (x + 3) / 6; }},
  };
  return kFormulas;
}

/// y = function(x), alone.
struct FunctionGraph {
  Graph graph;
  LoweredFunction lowered;
};

FunctionGraph function_graph(const Format& input, const FunctionSpec& spec, int features = 2) {
  GraphBuilder builder({1, 1, MaskKind::none, 200});
  const auto x = builder.input(features, {input, Rounding::rnd, Overflow::sat});
  FunctionGraph made{builder.graph(), {}};
  made.lowered = lower_function(made.graph, x, spec, "y");
  made.graph.set_outputs({made.lowered.node});
  return made;
}

/// Every mantissa of a format, or every n-th where there are many, with the ends.
IntegerEvents all_numbers(const Format& format, int features) {
  const std::int64_t step = std::max<std::int64_t>(1, (format.max() - format.min()) / 60011);
  std::vector<double> numbers;
  for (std::int64_t m = format.min(); m <= format.max(); m += step) {
    numbers.push_back(static_cast<double>(m));
  }
  numbers.push_back(static_cast<double>(format.max()));
  IntegerEvents events;
  events.count = (numbers.size() + static_cast<std::size_t>(features) - 1) / static_cast<std::size_t>(features);
  numbers.resize(events.count * static_cast<std::size_t>(features));
  events.x = Eigen::Map<const RowMatrix>(numbers.data(), static_cast<Eigen::Index>(events.count), features);
  return events;
}

/// Largest difference to the formula, both limited to the output's range.
double worst_error(const FunctionGraph& made, const IntegerEvents& events, const Format& input, const Quantizer& output,
                   const std::function<double(double)>& formula) {
  const double step = std::ldexp(1.0, -output.format.frac());
  const Mantissas y = golden_output(made.graph, events);
  double worst = 0;
  for (Eigen::Index i = 0; i < y.size(); ++i) {
    const double right =
        std::clamp(formula(std::ldexp(events.x.data()[i], -input.frac())), static_cast<double>(output.lowest()) * step,
                   static_cast<double>(output.format.max()) * step);
    worst = std::max(worst, std::abs(y.data()[i] * step - right));
  }
  return worst;
}

int count_ops(const Graph& graph, const std::string& op) {
  int count = 0;
  for (Graph::NodeId id = 0; id < graph.size(); ++id) {
    count += graph.node(id).op() == op ? 1 : 0;
  }
  return count;
}

Quantizer fixed(int width, int integer) { return {Format{true, width, integer}, Rounding::rnd, Overflow::sat}; }

TEST_CASE("functions: no result is further off than is said", "[functions][slow]") {
  for (const auto& [name, formula] : formulas()) {
    for (const Format& input : {Format{true, 16, 8}, Format{true, 18, 4}, Format{false, 15, 6}, Format{true, 9, 4}}) {
      for (const int bits : {6, 9, 10}) {
        for (const Quantizer& output : {fixed(16, 4), fixed(18, 9), fixed(8, 3)}) {
          FunctionSpec spec;
          spec.function = name;
          spec.output = output;
          spec.table_bits = bits;
          const FunctionGraph made = function_graph(input, spec);
          INFO(name << " of " << to_string(input) << " to " << to_string(output) << " with " << bits << " bits");
          // Rounding adds half a step; guard bits of up to three tables an eighth.
          const double half = std::ldexp(0.5, -output.format.frac());
          const double worst = worst_error(made, all_numbers(input, 2), input, output, formula);
          CHECK(worst <= made.lowered.error * (1 + 1e-9) + 1.25 * half + 1e-12);
        }
      }
    }
  }
}

TEST_CASE("functions: tables of the default size are good for 16 bits over any range of the input",
          "[functions][slow]") {
  // dB of a normal signal; what rounding the input costs is left out. softsign moves everywhere, so it is not here.
  const std::map<std::string, double> least = {{"sigmoid", 74}, {"tanh", 74}, {"gelu", 72},     {"silu", 68},
                                               {"elu", 70},     {"selu", 70}, {"softplus", 74}, {"hard_swish", 72}};
  for (const auto& [name, level] : least) {
    for (const Format& input : {Format{true, 16, 4}, Format{true, 20, 8}, Format{true, 24, 12}}) {
      FunctionSpec spec;
      spec.function = name;
      spec.output = fixed(18, 5);
      const FunctionGraph made = function_graph(input, spec);
      Dice dice(17);
      IntegerEvents events;
      events.count = 5000;
      events.x = RowMatrix::NullaryExpr(5000, 2, [&] {
        const double x = std::round(std::ldexp(1.5 * dice.normal(), input.frac()));
        return std::clamp(x, static_cast<double>(input.min()), static_cast<double>(input.max()));
      });
      const Mantissas y = golden_output(made.graph, events);
      double signal = 0;
      double noise = 0;
      for (Eigen::Index i = 0; i < y.size(); ++i) {
        const double right = formulas().at(name)(std::ldexp(events.x.data()[i], -input.frac()));
        const double off = std::ldexp(y.data()[i], -13) - right;
        signal += right * right;
        noise += off * off;
      }
      INFO(name << " of " << to_string(input));
      CHECK(!made.lowered.is_coarse);
      CHECK(10 * std::log10(signal / noise) > level);
    }
  }
}

TEST_CASE("functions: tails beyond the tables are what the function is there", "[functions]") {
  for (const auto& [name, formula] : formulas()) {
    if (name == "softsign") {  // has not come to an end there
      continue;
    }
    const Format input{true, 20, 9};
    FunctionSpec spec;
    spec.function = name;
    spec.output = fixed(20, 10);
    const FunctionGraph made = function_graph(input, spec, 1);
    IntegerEvents events = all_numbers(input, 1);
    const Mantissas y = golden_output(made.graph, events);
    INFO(name);
    for (Eigen::Index i = 0; i < y.size(); ++i) {
      const double x = std::ldexp(events.x.data()[i], -input.frac());
      if (std::abs(x) > 20) {
        // selu has a factor that is no binary fraction: it may go the other way where it is half way between two.
        REQUIRE(std::abs(y.data()[i] - std::ldexp(formula(x), 10)) <= (name == "selu" ? 0.63 : 0.501));
      }
    }
  }
}

TEST_CASE("functions: two lines are no table, and round once", "[functions]") {
  for (const double slope : {0.1, 0.25, 0.01, -0.5, -1.0, 1.75, 0.0, 1.0, 3.3}) {
    for (const Format& input : {Format{true, 16, 6}, Format{true, 7, 3}, Format{false, 10, 4}}) {
      for (const Quantizer& output : {fixed(16, 8), fixed(20, 4), fixed(6, 4)}) {
        FunctionSpec spec;
        spec.function = "leaky_relu";
        spec.slope = slope;
        spec.output = output;
        const FunctionGraph made = function_graph(input, spec);
        INFO(slope << " of " << to_string(input) << " to " << to_string(output));
        CHECK(count_ops(made.graph, "table") == 0);
        if (slope == 0 || slope == 1) {
          CHECK(made.graph.size() == 2);
          CHECK(count_ops(made.graph, "quantize") == 1);
        }
        const double step = std::ldexp(1.0, -output.format.frac());
        const auto formula = [slope](double x) { return x < 0 ? slope * x : x; };
        CHECK(worst_error(made, all_numbers(input, 2), input, output, formula) <= 0.625 * step);
      }
    }
  }
}

TEST_CASE("functions: every way to compute one, golden and RTL", "[functions][rtl]") {
  struct Case {
    std::string function;
    Format input;
    int table_bits;
    Quantizer output;
    std::string last;  ///< operation of the result
    int tables;
  };
  const std::vector<Case> cases = {
      {"tanh", {true, 8, 3}, 10, fixed(9, 2), "table", 1},        // all numbers
      {"tanh", {true, 16, 8}, 6, fixed(6, 2), "table", 1},        // rounded numbers
      {"softsign", {true, 16, 8}, 6, fixed(6, 2), "table", 1},    //
      {"silu", {true, 16, 8}, 8, fixed(12, 9), "add", 1},         // a line and a table
      {"sigmoid", {true, 16, 8}, 6, fixed(12, 2), "add", 2},      // two tables
      {"sigmoid", {false, 14, 6}, 6, fixed(12, 2), "add", 2},     //
      {"selu", {true, 16, 8}, 6, fixed(14, 5), "add", 2},         // a line and two tables
      {"leaky_relu", {true, 12, 4}, 6, fixed(14, 5), "add", 0},   //
      {"relu", {true, 12, 4}, 6, fixed(14, 5), "quantize", 0},    //
      {"linear", {true, 12, 4}, 6, fixed(10, 5), "quantize", 0},  //
  };
  for (const Case& each : cases) {
    FunctionSpec spec;
    spec.function = each.function;
    spec.slope = 0.3;
    spec.table_bits = each.table_bits;
    spec.output = each.output;
    FunctionGraph made = function_graph(each.input, spec, 3);
    solve_dense(made.graph, Effort::fast, SolutionCache());
    INFO(each.function << " of " << to_string(each.input) << " to " << to_string(each.output));
    CHECK(made.graph.node(made.lowered.node).op() == each.last);
    CHECK(count_ops(made.graph, "table") == each.tables);
    Dice dice(4);
    CHECK(run_bench(made.graph, random_events(dice, made.graph, 60)).verdict() == "ok");
  }
}

/// Golden against float in dB, of the output of a model with one function behind a dense layer.
CompiledModel dense_and(const std::string& layer, const std::string& formats, ModelFolder& folder) {
  Dice dice(8);
  folder.array(dice, "d.weight", {4, 4});
  folder.array(dice, "d.bias", {4});
  folder.write(dice,
               "model: m\ninput: {tokens: 1, features: 4, format: \"fixed<12,4>\"}\nweights: weights.npz\n"
               "precision: {default: " +
                   formats + "}\nlayers:\n  - {name: d, type: dense, units: 4}\n  - {name: a, type: activation, " +
                   layer + "}\n",
               1, 4, "none");
  return folder.compile();
}

TEST_CASE("functions: table_bits that no table of a function has is refused", "[functions]") {
  ModelFolder folder;
  const std::string formats = "{activation: \"fixed<16,6>\", table_bits: 16}";
  std::string message = "no error";
  try {
    dense_and("function: sigmoid", formats, folder);
  } catch (const SourceError& error) {
    message = error.what();
  }
  CHECK(message == folder.folder().file("model.yaml") +
                       ":7:5: error: 'table_bits' of 'a' is 16, expected at most 12 for the table of a function");
  ModelFolder lines;
  CHECK_NOTHROW(dense_and("function: leaky_relu, slope: 0.1", formats, lines));
}

TEST_CASE("functions: an exact dense may be followed by a function with many results", "[functions]") {
  for (const std::string function : {"leaky_relu, slope: 0.1", "tanh"}) {
    ModelFolder folder;
    const CompiledModel compiled = dense_and("precision: {activation: \"fixed<18,4>\"}, function: " + function,
                                             "{weight: auto<6>, bias: auto<8>, activation: exact}", folder);
    CHECK(compiled.graph.contains("a"));
  }
}

TEST_CASE("functions: a clip to one number is that number", "[functions]") {
  for (const std::string activation : {"exact", "\"fixed<16,6>\""}) {
    ModelFolder folder;
    const CompiledModel compiled =
        dense_and("function: clip, low: 0.75, high: 0.75", "{weight: auto<6>, activation: " + activation + "}", folder);
    Dice dice(3);
    const IntegerEvents events = random_events(dice, compiled.graph, 20);
    const Node& node = compiled.graph.node(compiled.graph.output());
    const RowMatrix y = to_real(golden_output(compiled.graph, events), node.type.frac, node.scale);
    CHECK((y.array() == 0.75).all());
  }
}

}  // namespace
}  // namespace rtlgen::testing
