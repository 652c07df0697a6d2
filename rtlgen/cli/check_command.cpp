#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "primitives/primitive.hpp"
#include "rtlgen/cli/commands.hpp"
#include "rtlgen/deliver/build_core.hpp"
#include "rtlgen/deliver/compile_model.hpp"
#include "rtlgen/deliver/report.hpp"

namespace rtlgen {
namespace {

/// Clocks from the same input beat, or from the event's last, and nanoseconds behind the last register.
std::string start_text(const Stream& stream) {
  return fmt::format("{}+{} {:.2f}", stream.anchor == Anchor::beat ? "beat" : "event", stream.start.clock,
                     stream.start.ps / 1000.0);
}

/// Literal integers of a node that are not zero: weights, biases and tables.
class ParameterCounter final : public AttributeVisitor {
 public:
  using AttributeVisitor::operator();
  void operator()(const char* /*name*/, Literal& literal) override {
    count +=
        literal.values.size() - static_cast<std::size_t>(std::count(literal.values.begin(), literal.values.end(), 0));
  }

  std::size_t count = 0;
};

std::size_t parameter_count(const Node& node) {
  ParameterCounter counter;
  node.operation->clone()->visit(counter);
  return counter.count;
}

/// A row for each node, and one for each kind of cell that is of no node.
class CostTable {
 public:
  explicit CostTable(const CompiledModel& compiled)
      : compiled_(compiled), core_(build_core(compiled.graph, compiled.schedule)) {
    for (Graph::NodeId id = 0; id < compiled.graph.size(); ++id) {
      name_width_ = std::max(name_width_, compiled.graph.node(id).name.size());
    }
  }

  const CoreNetlist& core() const { return core_; }

  void print() const {
    print_row({"node", "operation", "shape", "format", "nonzero", "lat", "there at", "tokens"}, "LUT", "FF", "DSP");
    for (const Graph::NodeId id : compiled_.graph.topological_order()) {
      const Node& node = compiled_.graph.node(id);
      const Stream& output = compiled_.schedule.nodes[id].output;
      const int latency =
          primitive_of(node)
              .timing(view_of(compiled_.graph, id), hardware_of(compiled_.graph, compiled_.schedule, id))
              .latency;
      print_cost({node.name, std::string(node.op()), fmt::format("{}x{}", node.type.tokens, node.type.features),
                  to_string(tensor_format(node)), std::to_string(parameter_count(node)), std::to_string(latency),
                  start_text(output), std::to_string(output.lanes)},
                 cost_of_node(core_.top, node.name));
    }
    print_cost({"", "delay lines"}, cost_of(core_.top, CellKind::delay_line));
    print_cost({"", "event buffers"}, cost_of(core_.top, CellKind::event_buffer));
    print_cost({"", "control"}, cost_of(core_.top, CellKind::control));
  }

 private:
  using Words = std::array<std::string, 8>;

  void print_cost(const Words& words, const Cost& cost) const {
    const auto whole = [](double number) { return fmt::format("{:.0f}", number); };
    print_row(words, whole(cost.lut), whole(cost.ff), whole(cost.dsp));
  }

  void print_row(const Words& words, const std::string& lut, const std::string& ff, const std::string& dsp) const {
    fmt::print("{:<{}} {:<13} {:>9} {:>14} {:>7} {:>4} {:>10} {:>7} {:>8} {:>8} {:>6}\n", words[0], name_width_,
               words[1], words[2], words[3], words[4], words[5], words[6], words[7], lut, ff, dsp);
  }

  const CompiledModel& compiled_;
  CoreNetlist core_;
  std::size_t name_width_ = 4;
};

}  // namespace

int run_check(const ModelSource& source) {
  const CompiledModel compiled = compile_model(source.path, source.overrides, source.dump_ir);
  const CostTable table(compiled);
  table.print();
  fmt::print(
      "\n`there at` counts clocks from the same input beat, or from the event's last input beat, to the first beat; "
      "`tokens` are per beat.\n\n");
  const nlohmann::ordered_json report = core_report(compiled, table.core());
  print_report(report);
  warn_about_capacity(report);
  warn_of_calibration(compiled);
  return 0;
}

}  // namespace rtlgen
