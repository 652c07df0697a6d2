// Models whose layers round nothing between quantize layers.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "rtlgen/lowering/exact_lowering.hpp"
#include "rtlgen/lowering/quantize_model.hpp"
#include "tests/support/exact_models.hpp"
#include "tests/support/graph_builder.hpp"
#include "tests/support/rtl_bench.hpp"

namespace rtlgen::testing {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

VectorXd random_vector(Dice& dice, int size, double scale) {
  return VectorXd::NullaryExpr(size, [&] { return dice.normal() * scale; });
}

/// Scales: one for all or one a feature, powers of two or any number.
VectorXd random_scales(Dice& dice, int size, bool per_feature) {
  const bool binary = dice.percent(40);
  const auto one = [&] { return binary ? std::ldexp(1.0, dice.number(-3, 2)) : std::exp2(dice.normal()); };
  const double common = one();
  return VectorXd::NullaryExpr(size, [&] { return per_feature ? one() : common; });
}

/// Layers one behind another, built by hand.
class ChainBuilder {
 public:
  ChainBuilder(Dice& dice, int tokens, int features) : dice_(dice) {
    model_.name = "chain";
    model_.tokens = tokens;
    model_.features = features;
    FormatSpec format;
    format.automatic = false;
    format.quantizer = {Format{dice.percent(50), dice.number(1, 5), 3}, Rounding::rnd, Overflow::sat};
    model_.input_format = format;
    FormatSpec exact;
    exact.exact = true;
    exact.automatic = false;
    model_.default_precision.activation = exact;
    Layer event;
    event.name = "event";
    event.tokens = tokens;
    event.features = features;
    model_.layers.push_back(event);
  }

  Layer& push(const std::string& name, Layer::What what) {
    Layer layer;
    layer.name = name;
    layer.what = std::move(what);
    layer.inputs = {model_.layers.size() - 1};
    layer.tokens = model_.tokens;
    layer.features = model_.layers.back().features;
    model_.layers.push_back(layer);
    return model_.layers.back();
  }

  void dense(const std::string& name, bool with_relu = true) {
    const int inputs = model_.layers.back().features;
    const int units = dice_.number(1, 5);
    DenseLayer dense;
    dense.weight_step = random_scales(dice_, units, dice_.percent(50));
    dense.weight = RowMatrix::NullaryExpr(units, inputs, [&] { return static_cast<double>(dice_.number(-4, 4)); });
    dense.weight = dense.weight_step.asDiagonal() * dense.weight;
    dense.bias = random_vector(dice_, units, 2);
    dense.relu = with_relu && dice_.percent(30);
    push(name, std::move(dense)).features = units;
  }

  void middle(const std::string& name) {
    const int features = model_.layers.back().features;
    if (dice_.percent(40)) {
      AffineLayer affine;
      affine.factor = random_vector(dice_, features, 1);
      affine.bias = random_vector(dice_, features, 1);
      push(name + "_affine", std::move(affine));
    }
    if (dice_.percent(40)) {
      push(name + "_clip", ClipLayer{-2.1, 3.3});
    }
  }

  /// `related`: scales are powers of two of one another, so that a dense layer can follow without rounding.
  void quantize(const std::string& name) {
    const int features = model_.layers.back().features;
    UniformQuantizer quantizer = uniform_quantizer(random_quantizer(dice_, 1, 8, 2), features);
    quantizer.wraps = false;
    if (dice_.percent(60)) {
      quantizer.scale = random_scales(dice_, features, false);
    }
    if (dice_.percent(30)) {
      quantizer.zero_point.setConstant(dice_.number(-3, 3));
      quantizer.shift = quantizer.zero_point;
    }
    if (dice_.percent(20)) {  // a sign
      quantizer.rounding = Rounding::trn;
      quantizer.shift.setZero();
      quantizer.zero_point.setConstant(-0.5);
      std::fill(quantizer.low.begin(), quantizer.low.end(), -1);
      std::fill(quantizer.high.begin(), quantizer.high.end(), 0);
    }
    for (std::size_t f = 0; f < quantizer.low.size(); ++f) {
      if (dice_.percent(10)) {  // pruned
        quantizer.low[f] = quantizer.high[f] = 0;
        quantizer.zero_point[static_cast<Index>(f)] = 0;
      } else if (dice_.percent(20)) {  // features of different widths
        quantizer.high[f] = std::max<std::int64_t>(quantizer.low[f] + 1, quantizer.high[f] / 2);
      }
    }
    push(name, QuantizeLayer{std::move(quantizer)});
  }

  const Model& model() const { return model_; }

 private:
  Dice& dice_;
  Model model_;
};

Model random_chain(Dice& dice) {
  ChainBuilder chain(dice, dice.number(1, 3), dice.number(1, 5));
  const int depth = dice.number(1, 3);
  for (int i = 0; i < depth; ++i) {
    const std::string suffix = std::to_string(i);
    chain.dense("dense" + suffix);
    chain.middle("middle" + suffix);
    chain.quantize("codes" + suffix);
  }
  if (dice.percent(30)) {
    chain.dense("last", false);
  }
  return chain.model();
}

TEST_CASE("exact models: golden is the real formula for any scales, zero points, limits and signs", "[exact]") {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const Model model = random_chain(dice);
    const Graph graph = quantize_model(model, {});
    const IntegerEvents events = random_events(dice, graph, 100);
    CHECK(differences_from_formula(model, graph, events) == 0);
  }
}

/// A mean of ten tokens in whole numbers, rounded to even.
Model mean_of_ten() {
  Model model;
  model.name = "mean";
  model.tokens = 10;
  model.features = 1;
  model.input_format.automatic = false;
  model.input_format.quantizer = {Format{true, 6, 6}, Rounding::rnd, Overflow::sat};
  FormatSpec exact;
  exact.exact = true;
  exact.automatic = false;
  model.default_precision.activation = exact;
  Layer event;
  event.name = "event";
  event.tokens = 10;
  Layer pool;
  pool.name = "pool";
  pool.what = PoolLayer{PoolMode::mean};
  pool.inputs = {0};
  Layer codes;
  codes.name = "codes";
  codes.inputs = {1};
  codes.what = QuantizeLayer{uniform_quantizer({Format{true, 6, 6}, Rounding::rnd_conv, Overflow::sat}, 1)};
  model.layers = {event, pool, codes};
  return model;
}

TEST_CASE("exact models: means half way between two codes are rounded to even", "[exact]") {
  const Graph graph = quantize_model(mean_of_ten(), {});
  constexpr unsigned kSeed = 5;
  Dice dice(kSeed);
  const IntegerEvents events = random_events(dice, graph, 2000);
  const Mantissas codes = golden_output(graph, events);
  int halves = 0;
  int different = 0;
  for (Index event = 0; event < codes.rows(); ++event) {
    const auto sum = static_cast<int>(events.x.middleRows(event * 10, 10).sum());
    const int below = sum >= 0 ? sum / 10 : -((9 - sum) / 10);
    const int rest = sum - 10 * below;
    const int expected = rest == 5 ? below + std::abs(below % 2) : below + (rest > 5 ? 1 : 0);
    halves += rest == 5 ? 1 : 0;
    different += codes(event, 0) == expected ? 0 : 1;
  }
  CHECK(different == 0);
  CHECK(halves > 50);
  CHECK(run_bench(graph, slice_events(graph, events, 0, 40), {kSeed}).verdict() == "ok");
}

/// Wide sums of an exact dense layer, times and plus real numbers, in a format that the layer itself has.
Model normalised_sums(Dice& dice) {
  constexpr int kInputs = 16;
  constexpr int kUnits = 6;
  Model model;
  model.name = "normalised";
  model.tokens = 2;
  model.features = kInputs;
  model.input_format.automatic = false;
  model.input_format.quantizer = {Format{true, 18, 8}, Rounding::rnd, Overflow::sat};
  FormatSpec exact;
  exact.exact = true;
  exact.automatic = false;
  model.default_precision.activation = exact;
  Layer event;
  event.name = "event";
  event.tokens = 2;
  event.features = kInputs;
  Layer sums;
  sums.name = "sums";
  sums.tokens = 2;
  sums.features = kUnits;
  sums.inputs = {0};
  DenseLayer dense;
  dense.weight_step = VectorXd::Constant(kUnits, 0x1p-5);
  dense.weight = RowMatrix::NullaryExpr(kUnits, kInputs, [&] { return dice.number(-31, 31) * 0x1p-5; });
  dense.bias = VectorXd::Zero(kUnits);
  sums.what = dense;
  Layer affine;
  affine.name = "affine";
  affine.tokens = 2;
  affine.features = kUnits;
  affine.inputs = {1};
  AffineLayer map;
  map.factor = random_vector(dice, kUnits, 0.1);
  map.bias = random_vector(dice, kUnits, 3);
  affine.what = map;
  FormatSpec format;
  format.automatic = false;
  format.quantizer = {Format{true, 18, 8}, Rounding::rnd, Overflow::sat};
  affine.precision.activation = format;
  model.layers = {event, sums, affine};
  return model;
}

TEST_CASE("exact models: a layer's own format rounds any sums, to the nearest code but for ties", "[exact][slow]") {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const Model model = normalised_sums(dice);
    const Graph graph = quantize_model(model, {});
    const IntegerEvents events = random_events(dice, graph, 100);
    const Mantissas codes = golden_output(graph, events);
    const auto& sums = *model.layers[1].as<DenseLayer>();
    const auto& affine = *model.layers[2].as<AffineLayer>();
    double largest = 0;
    for (Index row = 0; row < codes.rows(); ++row) {
      for (Index o = 0; o < codes.cols(); ++o) {
        double value = 0;
        for (Index i = 0; i < sums.weight.cols(); ++i) {
          value += sums.weight(o, i) * static_cast<double>(events.x(row, i)) * 0x1p-10;
        }
        value = std::clamp(affine.factor[o] * value + affine.bias[o], -128.0, 128.0 - 0x1p-10);
        largest = std::max(largest, std::abs(static_cast<double>(codes(row, o)) * 0x1p-10 - value));
      }
    }
    CHECK(largest < 0.52 * 0x1p-10);
  }
  constexpr unsigned kSeed = 3;
  Dice dice(kSeed);
  CHECK(rtl_verdict(normalised_sums(dice), dice, kSeed) == "ok");
}

TEST_CASE("exact models: RTL equals golden", "[exact][rtl]") {
  for (unsigned seed = 1; seed <= 30; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    CHECK(rtl_verdict(random_chain(dice), dice, seed) == "ok");
  }
}

}  // namespace
}  // namespace rtlgen::testing
