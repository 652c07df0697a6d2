// Functions between quantizers as exact tables.
#include "rtlgen/lowering/exact_function.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "primitives/table.hpp"
#include "rtlgen/lowering/quantize_model.hpp"
#include "rtlgen/model/activation_functions.hpp"
#include "tests/support/exact_models.hpp"
#include "tests/support/graph_builder.hpp"

namespace rtlgen::testing {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

FormatSpec exact_format() {
  FormatSpec spec;
  spec.exact = true;
  spec.automatic = false;
  return spec;
}

/// Layers one behind another, from an event of `features` features.
class Chain {
 public:
  Chain(int tokens, int features, const Quantizer& event) {
    model_.name = "chain";
    model_.tokens = tokens;
    model_.features = features;
    model_.input_format.automatic = false;
    model_.input_format.quantizer = event;
    model_.default_precision.activation = exact_format();
    Layer layer;
    layer.name = "event";
    layer.tokens = tokens;
    layer.features = features;
    model_.layers.push_back(layer);
  }

  Layer& push(Layer::What what) {
    Layer layer;
    layer.name = "layer" + std::to_string(model_.layers.size());
    layer.what = std::move(what);
    layer.inputs = {model_.layers.size() - 1};
    layer.tokens = model_.tokens;
    layer.features = model_.layers.back().features;
    model_.layers.push_back(layer);
    return model_.layers.back();
  }

  void function(const std::string& name) { push(ActivationLayer{name}); }

  void clip(double low, double high) { push(ClipLayer{low, high}); }

  void affine(const VectorXd& factor, const VectorXd& bias) { push(AffineLayer{factor, bias, {}}); }

  void dense(Dice& dice, int units, double step) {
    const int inputs = model_.layers.back().features;
    DenseLayer dense;
    dense.weight_step = VectorXd::Constant(units, step);
    dense.weight = RowMatrix::NullaryExpr(units, inputs, [&] { return step * dice.number(-20, 20); });
    dense.bias = VectorXd::NullaryExpr(units, [&] { return dice.normal(); });
    push(std::move(dense)).features = units;
  }

  void quantize(const UniformQuantizer& quantizer) { push(QuantizeLayer{quantizer}); }

  Model& model() { return model_; }

 private:
  Model model_;
};

/// A quantizer with scales of any size, one for all features or one a feature.
UniformQuantizer random_uniform(Dice& dice, int features, int least_bits, int most_bits) {
  const int bits = dice.number(least_bits, most_bits);
  UniformQuantizer quantizer =
      uniform_quantizer({Format{dice.percent(50), bits, 2}, Rounding::rnd_conv, Overflow::sat}, features);
  const bool per_feature = dice.percent(50);
  const bool binary = dice.percent(30);
  const auto scale = [&] { return (binary ? std::ldexp(1.0, dice.number(-1, 1)) : std::exp2(dice.normal())) * 4; };
  const double common = scale();
  for (Index f = 0; f < features; ++f) {
    quantizer.scale[f] = (per_feature ? scale() : common) * std::ldexp(1.0, -bits);
  }
  if (dice.percent(30)) {
    quantizer.zero_point.setConstant(dice.number(-3, 3));
    quantizer.shift = quantizer.zero_point;
  }
  return quantizer;
}

/// Functions, limits and affine maps between two quantizers, the first on its own or in front of a dense layer.
Model random_functions(Dice& dice) {
  Chain chain(dice.number(1, 3), dice.number(1, 5), random_quantizer(dice, 1, 11, 5));
  if (dice.percent(40)) {
    chain.quantize(random_uniform(dice, chain.model().features, 1, 8));
  }
  const bool wide = dice.percent(70) && chain.model().layers.size() == 1;
  if (wide) {
    chain.dense(dice, dice.number(1, 4), std::exp2(dice.normal() - 6));
  }
  const int features = chain.model().layers.back().features;
  const std::vector<std::string> names = {"sigmoid", "tanh", "gelu", "silu", "relu"};
  for (int i = dice.number(1, 3); i > 0; --i) {
    const auto numbers = [&](double mean) {
      return VectorXd::NullaryExpr(features, [&] { return mean + dice.normal(); });
    };
    if (dice.percent(30)) {
      chain.affine(numbers(0.5), numbers(0));
    }
    if (dice.percent(20)) {
      chain.clip(-0.7, 1.9);
    }
    chain.function(names[static_cast<std::size_t>(dice.number(0, 4))]);
  }
  chain.quantize(random_uniform(dice, features, 1, 8));
  return chain.model();
}

const Node& output_node(const Graph& graph) { return graph.node(graph.output()); }

TEST_CASE("exact functions: golden is the formula for any functions, scales and zero points", "[exact]") {
  std::map<std::string, int> made;
  for (unsigned seed = 1; seed <= 400; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const Model model = random_functions(dice);
    const Graph graph = quantize_model(model, {});
    CHECK(differences_from_formula(model, graph, random_events(dice, graph, 200)) == 0);
    ++made[std::string(output_node(graph).op())];
  }
  CHECK(made["table"] > 50);
  CHECK(made["step_table"] > 40);
}

TEST_CASE("exact functions: RTL equals golden", "[exact][rtl]") {
  for (unsigned seed = 1; seed <= 30; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    CHECK(rtl_verdict(random_functions(dice), dice, seed) == "ok");
  }
}

TEST_CASE("exact functions: functions that are said to be monotonic are", "[exact]") {
  for (const char* name : {"relu", "sigmoid", "tanh"}) {
    CAPTURE(name);
    CHECK(is_monotonic(name));
    for (int i = -4000; i < 4000; ++i) {
      CHECK(activation_function(name, i * 0.01) <= activation_function(name, (i + 1) * 0.01));
    }
  }
  CHECK_FALSE(is_monotonic("gelu"));
  CHECK_FALSE(is_monotonic("silu"));
}

Quantizer fixed(bool is_signed, int width, int integer) {
  return {Format{is_signed, width, integer}, Rounding::rnd_conv, Overflow::sat};
}

TEST_CASE("exact functions: a table for all features where they are alike, and one a feature where not", "[exact]") {
  for (const double second : {1.0, 0.75}) {
    Chain chain(1, 2, fixed(true, 6, 3));
    chain.affine(Eigen::Vector2d(1.0, second), Eigen::Vector2d(0, 0));
    chain.function("sigmoid");
    chain.quantize(uniform_quantizer(fixed(false, 8, 0), 2));
    const Graph graph = quantize_model(chain.model(), {});
    const auto* const table = output_node(graph).as<Table>();
    REQUIRE(table != nullptr);
    CHECK(table->values.shape == (second == 1.0 ? std::vector<int>{64} : std::vector<int>{2, 64}));
    Dice dice(3);
    CHECK(differences_from_formula(chain.model(), graph, random_events(dice, graph, 100)) == 0);
  }
}

TEST_CASE("exact functions: a function that several quantizers read has a table for each", "[exact]") {
  Chain chain(1, 3, fixed(true, 7, 3));
  chain.function("tanh");
  const std::size_t function = chain.model().layers.size() - 1;
  chain.quantize(uniform_quantizer(fixed(true, 4, 1), 3));
  chain.quantize(uniform_quantizer(fixed(true, 9, 1), 3));
  chain.model().layers.back().inputs = {function};
  Layer& join = chain.push(ConcatLayer{});
  join.inputs = {function + 1, function + 2};
  join.features = 6;
  const Graph graph = quantize_model(chain.model(), {});
  Dice dice(4);
  CHECK(differences_from_formula(chain.model(), graph, random_events(dice, graph, 100)) == 0);
}

std::string complaint(Chain& chain) {
  try {
    quantize_model(chain.model(), {});
  } catch (const SourceError& error) {
    return error.what();
  }
  return "none";
}

TEST_CASE("exact functions: what has no table is refused", "[exact]") {
  Chain without(1, 2, fixed(true, 6, 3));
  without.function("sigmoid");
  CHECK_THAT(complaint(without),
             Catch::Contains("'layer1' has any real numbers; expected a quantize layer behind it, or "
                             "a format of its own, `precision: {activation: FORMAT}`"));
  Chain many(1, 1, fixed(true, 16, 3));
  many.function("tanh");
  many.quantize(uniform_quantizer(fixed(true, 14, 1), 1));
  CHECK_THAT(complaint(many), Catch::Contains("steps over numbers of 16 bits, expected at most 4095"));
  Chain wide(1, 1, fixed(true, 24, 3));
  wide.function("gelu");
  wide.quantize(uniform_quantizer(fixed(true, 4, 1), 1));
  CHECK_THAT(complaint(wide), Catch::Contains("rises and falls over 16777216 numbers"));
}

}  // namespace
}  // namespace rtlgen::testing
