#include "primitives/cmvm/adder_netlist.hpp"

#include <fmt/format.h>

#include "primitives/cmvm/value_bits.hpp"

namespace rtlgen {
namespace {

std::size_t at(int node) { return static_cast<std::size_t>(node); }

}  // namespace

/// Wire or register that holds the node's varying bits in a stage.
std::string AdderNetlist::name(int node, int stage) const {
  const int age = stage - pipeline_.stage[at(node)];
  return age == 0 ? fmt::format("n{}", node) : fmt::format("n{}_r{}", node, age);
}

/// The node's value as carried_bits() bits.
std::string AdderNetlist::operand(int node, int stage) const {
  const Interval& interval = pipeline_.graph.nodes[at(node)].interval;
  const int varying = value_bits(interval);
  const int constant = carried_bits(interval) - varying;
  if (varying == 0) {
    return constant_bits(interval, 0, constant);
  }
  return constant == 0 ? name(node, stage)
                       : fmt::format("{{{}, {}}}", constant_bits(interval, varying, constant), name(node, stage));
}

std::string AdderNetlist::adder(int node) const {
  const AdderGraph::Node& sum = pipeline_.graph.nodes[at(node)];
  if (sum.is_ternary()) {
    return ternary_adder(node);
  }
  const Interval& a = pipeline_.graph.nodes[at(sum.a)].interval;
  const Interval& b = pipeline_.graph.nodes[at(sum.b)].interval;
  const int stage = pipeline_.stage[at(node)];
  return fmt::format(
      "  shift_add #(.A_W({}), .A_SIGNED({:d}), .SHIFT_A({}), .B_W({}), .B_SIGNED({:d}), .SHIFT_B({}), "
      ".SUBTRACT({:d}), .OUT_W({})) add_{} (.a({}), .b({}), .y(n{}));\n",
      carried_bits(a), a.lo < 0, sum.shift_a, carried_bits(b), b.lo < 0, sum.shift_b, sum.subtract,
      value_bits(sum.interval), node, operand(sum.a, stage), operand(sum.b, stage), node);
}

std::string AdderNetlist::ternary_adder(int node) const {
  const AdderGraph::Node& sum = pipeline_.graph.nodes[at(node)];
  const int stage = pipeline_.stage[at(node)];
  std::string parameters;
  std::string ports;
  char port = 'a';
  for (const AdderGraph::Operand& operand : sum.operands()) {
    const Interval& interval = pipeline_.graph.nodes[at(operand.node)].interval;
    const char upper = static_cast<char>(port - 'a' + 'A');
    parameters += fmt::format(".{0}_W({1}), .{0}_SIGNED({2:d}), .SHIFT_{0}({3}), ", upper, carried_bits(interval),
                              interval.lo < 0, operand.shift);
    ports += fmt::format(".{}({}), ", port, this->operand(operand.node, stage));
    ++port;
  }
  const int negative = (sum.subtract ? 1 : 0) + (sum.subtract_b ? 1 : 0);
  return fmt::format("  shift_add3 #({}.SUBTRACT({}), .OUT_W({})) add_{} ({}.y(n{}));\n", parameters, negative,
                     value_bits(sum.interval), node, ports, node);
}

std::string AdderNetlist::body() const {
  std::string text;
  for (int id = 0; id < static_cast<int>(pipeline_.graph.nodes.size()); ++id) {
    if (!pipeline_.is_wire(id)) {
      continue;
    }
    const AdderGraph::Node& node = pipeline_.graph.nodes[at(id)];
    const int bits = value_bits(node.interval);
    if (node.kind == AdderGraph::Kind::input) {
      text += fmt::format("  wire [{}:0] n{} = {}[{} +: {}];\n", bits - 1, id, bus_, id * stride_, bits);
    } else {
      text += fmt::format("  wire [{}:0] n{};\n", bits - 1, id) + adder(id);
    }
    for (int stage = pipeline_.stage[at(id)] + 1; stage <= pipeline_.last_use[at(id)]; ++stage) {
      text += fmt::format("  reg  [{}:0] {};\n", bits - 1, name(id, stage));
    }
  }
  return text;
}

std::string AdderNetlist::registers() const {
  std::string text;
  for (int id = 0; id < static_cast<int>(pipeline_.graph.nodes.size()); ++id) {
    if (pipeline_.is_wire(id)) {
      for (int stage = pipeline_.stage[at(id)] + 1; stage <= pipeline_.last_use[at(id)]; ++stage) {
        text += fmt::format("    {} <= {};\n", name(id, stage), name(id, stage - 1));
      }
    }
  }
  return text;
}

std::string AdderNetlist::output(std::size_t index, int width) const {
  const AdderGraph::Output& source = pipeline_.graph.outputs[index];
  if (source.node < 0) {
    return constant_bits({0, 0}, 0, width);
  }
  const Interval& interval = pipeline_.graph.nodes[at(source.node)].interval;
  const int varying = value_bits(interval);
  if (varying == 0) {
    return constant_bits(pipeline_.graph.interval(source), 0, width);
  }
  std::string value = name(source.node, pipeline_.output_stage);
  const int above = width - varying - source.shift;
  if (above == 0 && source.shift == 0) {
    return value;
  }
  std::string upper;
  if (above > 0) {
    const bool has_sign = interval.lo < 0 && interval.hi >= 0;
    upper = has_sign ? fmt::format("{{{}{{{}[{}]}}}}, ", above, value, varying - 1)
                     : constant_bits(interval, varying, above) + ", ";
  }
  return fmt::format("{{{}{}{}}}", upper, value, source.shift > 0 ? fmt::format(", {}'b0", source.shift) : "");
}

}  // namespace rtlgen
