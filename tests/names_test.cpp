// Names: of nodes, of what the Verilog is made of, and of the core itself.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <sstream>
#include <string>
#include <vector>

#include "ir/golden.hpp"
#include "rtlgen/deliver/compile_model.hpp"
#include "rtlgen/deliver/emit_core.hpp"
#include "rtlgen/files/file_bytes.hpp"
#include "rtlgen/files/text_file.hpp"
#include "rtlgen/frontend/verilog_names.hpp"
#include "rtlgen/frontend/yaml_frontend.hpp"
#include "rtlgen/netlist/rtl_library.hpp"
#include "tests/support/graph_builder.hpp"
#include "tests/support/random_model.hpp"
#include "tests/support/rtl_bench.hpp"
#include "tests/support/tools.hpp"

namespace rtlgen::testing {
namespace {

constexpr int kTokens = 3;
constexpr int kFeatures = 4;

/// Exact layers but for what `layers` say; arrays for dense layers and affines of four features.
class SmallModel {
 public:
  explicit SmallModel(const std::string& layers, const std::vector<std::string>& arrays_of = {},
                      const std::string& name = "m") {
    Dice dice(5);
    for (const std::string& layer : arrays_of) {
      folder_.array(dice, layer + ".weight", {kFeatures, kFeatures});
      folder_.array(dice, layer + ".bias", {kFeatures});
    }
    folder_.write(dice,
                  "model: " + name + "\ninput: {tokens: 3, features: 4, format: \"fixed<8,3>\"}\n" +
                      (arrays_of.empty() ? "" : "weights: weights.npz\n") +
                      "precision: {default: {weight: auto<6>, bias: auto<8>, activation: exact}}\nlayers:\n" + layers,
                  kTokens, kFeatures, "none");
  }

  CompiledModel compile() const { return folder_.compile(); }

 private:
  ModelFolder folder_;
};

RowMatrix real_tensor(const CompiledModel& compiled, const std::string& node, const IntegerEvents& events) {
  const std::vector<Mantissas> tensors = golden_tensors(compiled.graph, events);
  const Graph::NodeId id = compiled.graph.find(node);
  return to_real(tensors[id], compiled.graph.node(id).type.frac, compiled.graph.node(id).scale);
}

IntegerEvents events_of(const CompiledModel& compiled) {
  Dice dice(6);
  return random_events(dice, compiled.graph, 30);
}

TEST_CASE("names: a concat with a format is its inputs side by side, rounded", "[names]") {
  const CompiledModel compiled =
      SmallModel("  - {name: m, concat: [event, event], precision: {activation: \"fixed<6,3>\"}}\n").compile();
  const IntegerEvents events = events_of(compiled);
  const RowMatrix y = real_tensor(compiled, "m", events);
  REQUIRE(y.cols() == 2 * kFeatures);
  for (Eigen::Index i = 0; i < y.rows(); ++i) {
    for (Eigen::Index f = 0; f < y.cols(); ++f) {
      // fixed<8,3> has 5 fraction bits, fixed<6,3> has 3; halves go up, and there is an end.
      const double rounded = std::min(std::floor(events.x(i, f % kFeatures) / 4 + 0.5), 31.0) / 8;
      REQUIRE(y(i, f) == rounded);
    }
  }
}

TEST_CASE("names: the sum of an exact dense and the event is rounded once", "[names]") {
  const CompiledModel compiled = SmallModel(
                                     "  - {name: d, type: dense, units: 4}\n"
                                     "  - {name: s, add: [d, event], precision: {activation: \"fixed<10,4>\"}}\n"
                                     "  - {name: both, concat: [s, d]}\n",
                                     {"d"})
                                     .compile();
  const IntegerEvents events = events_of(compiled);
  const RowMatrix d = real_tensor(compiled, "d", events);
  const RowMatrix s = real_tensor(compiled, "s", events);
  for (Eigen::Index i = 0; i < s.size(); ++i) {
    const double sum = d.data()[i] + events.x.data()[i] / 32;
    REQUIRE(s.data()[i] == std::clamp(std::floor(sum * 64 + 0.5) / 64, -8.0, 8 - 1.0 / 64));
  }
}

TEST_CASE("names: an exact layer of any kind with a format has one node of its name", "[names]") {
  const std::string format = "precision: {activation: \"fixed<9,4>\"}";
  const std::vector<std::string> kinds = {
      "add: [d, event], " + format,
      "add: [d, event], activation: relu, " + format,
      "add: [q, event], " + format,
      "add: [q, q3], " + format,
      "add: [q, q3], activation: relu, " + format,
      "concat: [d, q3, event], " + format,
      "scores: [q, q3], heads: 2, " + format,
      "mix: [q1, q3], heads: 1, " + format,
      "type: pool, mode: max, input: q, " + format,
      "type: pool, mode: sum, input: q3, " + format,
      "type: pool, mode: mean, input: q3, " + format,
      "type: activation, function: clip, low: -0.25, high: 2, input: d, " + format,
      "type: activation, function: relu, input: d, " + format,
      "type: activation, function: tanh, input: q3, " + format,
      "type: dense, units: 4, input: q3, " + format,
      "type: dense, units: 4, activation: relu, input: q3, " + format,
      "type: affine, input: q3, " + format,
  };
  for (const std::string& kind : kinds) {
    // What this one does not read goes into the output beside it; reduced to a token as x is where that is a pool.
    const bool pools = kind.find("pool") != std::string::npos;
    std::string layers =
        "  - {name: q, type: quantize, format: \"fixed<5,2>\", input: event}\n"
        "  - {name: q3, type: quantize, signed: true, bits: 5, scale: 0.3, input: event}\n";
    layers += pools ? ""
                    : "  - {name: d, type: dense, units: 4, input: event}\n"
                      "  - {name: sq, type: dense, units: 3, input: event}\n"
                      "  - {name: q1, type: quantize, signed: true, bits: 4, scale: 0.25, input: sq}\n";
    layers += "  - {name: x, " + kind + "}\n";
    std::string beside = "q, q3, q1, d";
    if (pools) {
      layers += "  - {name: pq, type: pool, mode: max, input: q}\n  - {name: pq3, type: pool, mode: max, input: q3}\n";
      beside = "pq, pq3";
    }
    const std::string out = "  - {name: y, concat: [x, " + beside + "], precision: {activation: \"fixed<12,6>\"}}\n";
    INFO(kind);
    Dice dice(5);
    ModelFolder folder;
    folder.array(dice, "d.weight", {4, 4});
    folder.array(dice, "d.bias", {4});
    folder.array(dice, "sq.weight", {3, 4});
    folder.array(dice, "sq.bias", {3});
    folder.array(
        dice, "x.weight",
        kind.find("affine") != std::string::npos ? std::vector<std::size_t>{4} : std::vector<std::size_t>{4, 4});
    folder.array(dice, "x.bias", {4});
    folder.write(dice,
                 "model: m\ninput: {tokens: 3, features: 4, format: \"fixed<8,3>\"}\nweights: weights.npz\n"
                 "precision: {default: {weight: auto<6>, bias: auto<8>, activation: exact}}\nlayers:\n" +
                     layers + out,
                 kTokens, kFeatures, "none");
    const CompiledModel compiled = folder.compile();
    CHECK(compiled.graph.contains("x"));
    CHECK(to_string(tensor_format(compiled.graph.node(compiled.graph.find("x")))) == "fixed<9,4>");
  }
}

/// A model with a layer `x`, on whose way to its result a node x.`suffix` is made.
struct Suffix {
  std::string suffix;
  std::string layers;  ///< without `before`, which x reads
};

TEST_CASE("names: a layer may be called as what another makes on its way, and keeps its name", "[names]") {
  const std::vector<Suffix> cases = {
      {"accumulator",
       "  - {name: x, type: dense, units: 4, precision: {activation: \"fixed<8,4>\", accumulator: "
       "\"fixed<12,6>\"}}\n"},
      {"exact",
       "  - {name: q, type: quantize, signed: true, bits: 4, scale: 0.3}\n"
       "  - {name: x, type: pool, mode: max, precision: {activation: \"fixed<8,4>\"}}\n"},
      {"exact", "  - {name: x, concat: [BEFORE, event], precision: {activation: \"fixed<8,4>\"}}\n"},
      {"exact.parts",
       "  - {name: q, type: quantize, signed: true, bits: 4, scale: 0.3}\n"
       "  - {name: x, add: [q, event], precision: {activation: \"fixed<8,4>\"}}\n"},
      {"score", "  - {name: x, type: softmax, precision: {activation: \"ufixed<8,0>\", exp_index_bits: 2}}\n"},
      {"index",
       "  - {name: x, type: activation, function: tanh, precision: {activation: \"fixed<8,2>\", table_bits: "
       "4}}\n"},
      {"exact.in",
       "  - {name: q, type: quantize, signed: true, bits: 4, scale: 0.25, zero_point: 2}\n"
       "  - {name: x, type: pool, mode: sum, precision: {activation: \"fixed<8,4>\"}}\n"},
      {"exact.left",
       "  - {name: q, type: quantize, signed: true, bits: 4, scale: 0.25, zero_point: 2}\n"
       "  - {name: x, scores: [q, event], heads: 1, precision: {activation: \"fixed<8,4>\"}}\n"},
      {"exact.right",
       "  - {name: q, type: quantize, signed: true, bits: 4, scale: 0.25, zero_point: 2}\n"
       "  - {name: x, scores: [event, q], heads: 1, precision: {activation: \"fixed<8,4>\"}}\n"},
      {"sum",
       "  - {name: e, type: dense, units: 4}\n  - {name: x, type: activation, function: tanh, precision: "
       "{activation: \"fixed<8,2>\"}}\n"},
  };
  for (const Suffix& each : cases) {
    const auto compile = [&](const std::string& before) {
      std::string layers = each.layers;
      const std::size_t at = layers.find("BEFORE");
      if (at != std::string::npos) {
        layers.replace(at, 6, before);
      }
      Dice dice(9);
      ModelFolder folder;
      for (const char* layer : {"e", "x"}) {
        folder.array(dice, std::string(layer) + ".weight", {4, 4});
        folder.array(dice, std::string(layer) + ".bias", {4});
      }
      // A quantizer with a format: what is before x may be asked for one.
      folder.write(dice,
                   "model: m\ninput: {tokens: 3, features: 4, format: \"fixed<8,3>\"}\nweights: weights.npz\n"
                   "precision: {default: {weight: auto<6>, bias: auto<8>, activation: exact}}\nlayers:\n"
                   "  - {name: " +
                       before + ", type: quantize, format: \"fixed<7,3>\"}\n" + layers,
                   kTokens, kFeatures, "none");
      return folder.compile();
    };
    INFO(each.suffix << ":\n" << each.layers);
    const CompiledModel plain = compile("before");
    const CompiledModel clash = compile("x." + each.suffix);
    const IntegerEvents events = events_of(plain);
    CHECK(plain.graph.contains("x." + each.suffix));  // made on the way
    CHECK(clash.graph.contains("x." + each.suffix + "_2"));
    CHECK(real_tensor(plain, "before", events) == real_tensor(clash, "x." + each.suffix, events));
    CHECK(real_tensor(plain, "x", events) == real_tensor(clash, "x", events));
  }
}

TEST_CASE("names: layers called as each other's wires, instances and modules make a right core", "[names][rtl]") {
  const std::string format = "precision: {activation: \"fixed<7,3>\"}";
  std::vector<std::string> names = {"x_lane0", "x_d1", "x_d2_line", "x_d1_line", "X", "x_lane0_", "x.unit"};
  std::string layers = "  - {name: x, type: dense, units: 4, " + format + "}\n";
  std::string all = "x";
  for (std::size_t i = 0; i < names.size(); ++i) {
    layers += fmt::format("  - {{name: {}, type: dense, units: 4, input: {}, {}}}\n", names[i],
                          i % 3 == 0 ? "x" : names[i - 1], format);
    all += ", " + names[i];
  }
  layers += "  - {name: y, concat: [" + all + "], " + format + "}\n";
  // x_weights of a flatten's ROM, and a dense of that name.
  layers += "  - {name: y_weights, type: dense, units: 2, input: y, " + format +
            "}\n  - {name: f, type: flatten, input: y_weights}\n  - {name: Y, type: dense, units: 4, " + format +
            "}\n  - {name: Y_weights, type: dense, units: 4, " + format + "}\n";
  Dice dice(5);
  ModelFolder folder;
  names.insert(names.begin(), "x");
  names.push_back("Y_weights");
  for (const std::string& layer : names) {
    folder.array(dice, layer + ".weight", {4, 4});
    folder.array(dice, layer + ".bias", {4});
  }
  folder.array(dice, "y_weights.weight", {2, 32});
  folder.array(dice, "y_weights.bias", {2});
  folder.array(dice, "Y.weight", {4, 6});
  folder.array(dice, "Y.bias", {4});
  // The top is called as one of the wires would be.
  folder.write(dice,
               "model: t_x\ninput: {tokens: 3, features: 4, format: \"fixed<6,3>\"}\nweights: weights.npz\n"
               "precision: {default: {weight: auto<5>, bias: auto<8>}}\nlayers:\n" +
                   layers,
               kTokens, kFeatures, "none");
  const CompiledModel compiled = folder.compile();
  CHECK(run_bench(compiled.graph, events_of(compiled)).verdict() == "ok");
}

/// Complaints of Verilator and Icarus Verilog about a core, neither told which module is the top; then files that
/// nothing instantiates.
std::string complaints_without_top(const CompiledModel& compiled) {
  const TemporaryFolder folder;
  const auto files = emit_core(compiled.graph, compiled.schedule);
  std::string list;
  std::string all;
  for (const auto& [name, text] : files) {
    write_file(folder.path() / (name + ".v"), text);
    list += name + ".v\n";
    all += text;
  }
  write_file(folder.path() / "core.f", list);
  std::string problems = complaints(folder, {"verilator", "--lint-only", "-Wall", "-f", "core.f"}) +
                         complaints(folder, {"iverilog", "-Wall", "-g2005", "-t", "null", "-c", "core.f"});
  for (const auto& [name, text] : files) {
    bool is_used = false;
    std::istringstream lines(all);
    for (std::string line; std::getline(lines, line);) {
      line.erase(0, line.find_first_not_of(' '));
      is_used = is_used || line.rfind(name + " ", 0) == 0;
    }
    problems += is_used || name == compiled.signature.top ? "" : name + " is never instantiated\n";
  }
  return problems;
}

TEST_CASE("names: a core's files are the modules that it instantiates, and no other", "[names][lint]") {
  const std::string format = "precision: {activation: \"fixed<7,3>\"}";
  const std::vector<std::string> models = {
      std::string("  - {name: x, type: quantize, format: \"fixed<5,2>\"}\n"),
      std::string("  - {name: x, type: quantize, signed: true, bits: 4, scale: 0.3}\n"),
      std::string("  - {name: x, type: quantize, format: \"fixed<10,4>\"}\n"),
      "  - {name: x, type: activation, function: clip, low: -0.5, high: 1, " + format + "}\n",
      "  - {name: x, type: activation, function: tanh, " + format + "}\n",
      "  - {name: x, type: dense, units: 4}\n",
      "  - {name: x, type: dense, units: 4, " + format + "}\n",
      "  - {name: x, type: pool, mode: mean, " + format + "}\n",
      "  - {name: x, type: pool, mode: max, " + format + "}\n",
      "  - {name: x, type: softmax, precision: {activation: \"ufixed<7,0>\"}}\n",
      std::string("  - {name: x, type: argmax}\n"),
      "  - {name: q, type: quantize, format: \"fixed<5,2>\"}\n  - {name: x, scores: [q, q], heads: 1, " + format +
          "}\n",
  };
  for (const std::string& layers : models) {
    INFO(layers);
    CHECK(complaints_without_top(SmallModel(layers, {"x"}).compile()) == "");
  }
  for (int index = 0; index < 3; ++index) {
    ModelFolder folder;
    Dice dice(2100 + static_cast<unsigned>(index));
    write_random_model(folder, dice, index);
    INFO("model " << index << ":\n" << folder.yaml());
    CHECK(complaints_without_top(folder.compile()) == "");
  }
}

/// The error of a model called `name`; empty where there is none.
std::string name_error(const TemporaryFolder& folder, const std::string& name) {
  write_file_bytes(folder.file("model.yaml"),
                   "model: \"" + name +
                       "\"\ninput: {tokens: 2, features: 2, format: \"fixed<6,3>\"}\nlayers:\n"
                       "  - {name: q, type: quantize, format: \"fixed<4,2>\"}\n");
  try {
    load_model(folder.file("model.yaml"), {});
  } catch (const SourceError& error) {
    return error.what();
  }
  return "";
}

TEST_CASE("names: keywords, ports, inner names and library modules are refused as names of the core", "[names]") {
  const TemporaryFolder folder;
  for (const std::string& name : reserved_names()) {
    INFO(name);
    CHECK(name_error(folder, name).find("model.yaml:1:8: error: 'model' must not be the ") != std::string::npos);
  }
  for (const auto& module : rtl_library()) {
    INFO(module.first);
    CHECK(name_error(folder, module.first).find("the library module '") != std::string::npos);
  }
  const std::string at = folder.file("model.yaml") + ":1:8: error: 'model' must not be the ";
  CHECK(name_error(folder, "wire") == at + "Verilog keyword 'wire'");
  CHECK(name_error(folder, "logic") == at + "SystemVerilog keyword 'logic'");
  CHECK(name_error(folder, "priority") == at + "SystemVerilog keyword 'priority'");
  CHECK(name_error(folder, "Entity") == at + "VHDL keyword 'Entity'");
  CHECK(name_error(folder, "namespace") == at + "C++ keyword 'namespace'");
  CHECK(name_error(folder, "clk") == at + "port of the core 'clk'");
  CHECK(name_error(folder, "Delay_Line") == at + "library module 'Delay_Line'");
  CHECK(name_error(folder, "sc_core") == at + "SystemC name 'sc_core'");
  CHECK(name_error(folder, "token_0_valid") == at + "inner name of the core 'token_0_valid'");
  CHECK(name_error(folder, "replay_17_last") == at + "inner name of the core 'replay_17_last'");
  CHECK(name_error(folder, "Logic").empty());
  CHECK(name_error(folder, "token_valid").empty());
}

TEST_CASE("names: what is not refused makes a core that tools read", "[names][lint]") {
  // Names of the testbench, of tools, and of what is inside modules.
  for (const char* name :
       {"core", "bench",  "main",    "std",     "Vcore", "Driver",    "TOP",   "x", "y",    "i",    "value",
        "beat", "result", "element", "t_event", "t_x",   "t_x_lane0", "m_t_x", "_", "a__b", "Logic"}) {
    INFO(name);
    const CompiledModel compiled =
        SmallModel("  - {name: x, type: dense, units: 4, precision: {activation: \"fixed<7,3>\"}}\n", {"x"}, name)
            .compile();
    CHECK(complaints_without_top(compiled) == "");
  }
}

}  // namespace
}  // namespace rtlgen::testing
