#include "rtlgen/deliver/cmvm.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "ir/source_error.hpp"
#include "primitives/cmvm/adder_netlist.hpp"
#include "primitives/cmvm/adder_retiming.hpp"
#include "rtlgen/netlist/rtl_library.hpp"
#include "rtlgen/netlist/verilog.hpp"

namespace rtlgen {
namespace {

/// [out, in], as the solver takes it.
Literal transposed(const IntegerMatrix& matrix) {
  Literal weight{{matrix.outputs, matrix.inputs}, {}};
  for (int o = 0; o < matrix.outputs; ++o) {
    for (int i = 0; i < matrix.inputs; ++i) {
      weight.values.push_back(matrix.at(i, o));
    }
  }
  return weight;
}

/// Every value that output o can take.
Interval output_interval(const IntegerMatrix& matrix, const VectorFormat& input, int o) {
  Interval sum;
  for (int i = 0; i < matrix.inputs; ++i) {
    sum = sum + matrix.at(i, o) * input.intervals[static_cast<std::size_t>(i)];
  }
  return sum;
}

std::string header(const Cmvm& cmvm) {
  const AdderPipeline& pipeline = cmvm.pipeline;
  const std::string stages = cmvm.levels_per_stage == 0 ? "" : fmt::format(", {} a stage", cmvm.levels_per_stage);
  const std::string ternary =
      cmvm.ternary_adders ? fmt::format(" ({} of three operands)", pipeline.ternary_adders()) : "";
  return fmt::format(
      "cmvm: y = x W, {} inputs, {} outputs, a constant matrix as shifted additions. Exact.\n"
      "Latency: {} clocks ({} adder levels{}). Generated; {} adders{}, about {} LUTs, {} register bits.",
      cmvm.matrix.inputs, cmvm.matrix.outputs, pipeline.latency(), pipeline.graph.depth(), stages, pipeline.adders(),
      ternary, pipeline.graph.adder_bits(), pipeline.register_bits());
}

Module make_module(const Cmvm& cmvm) {
  const AdderNetlist netlist(cmvm.pipeline, "x", cmvm.input.width);
  const Expression y("y", cmvm.matrix.outputs * cmvm.output_width);
  Module module{"cmvm", header(cmvm)};
  module.ports = {
      {PortKind::input, "clk"},
      {PortKind::input, "x", cmvm.matrix.inputs * cmvm.input.width,
       fmt::format("{} x {} {}, {} fraction bits", cmvm.matrix.inputs, cmvm.input.is_signed ? "signed" : "unsigned",
                   cmvm.input.width, cmvm.input.frac)},
      {PortKind::output, "y", y.width(),
       fmt::format("{} x signed {}, {} fraction bits", cmvm.matrix.outputs, cmvm.output_width, cmvm.input.frac)}};
  module.body.text(netlist.body() + "\n");
  const std::string registers = netlist.registers();
  if (!registers.empty()) {
    module.body.text("  always @(posedge clk) begin\n" + registers + "  end\n\n");
  }
  for (int o = 0; o < cmvm.matrix.outputs; ++o) {
    const std::string sum = netlist.output(static_cast<std::size_t>(o), cmvm.output_width);
    module.body.assign(y.element(o, cmvm.output_width), Expression::verilog(sum, cmvm.output_width));
  }
  module.sinks = {"clk", "x"};  // weights may be 0, and inputs wider than what their intervals leave of them
  return module;
}

}  // namespace

Cmvm make_cmvm(IntegerMatrix matrix, VectorFormat input, const ConstantMatrixOptions& options,
               const SolutionCache& cache, const std::string& name) {
  Cmvm cmvm;
  cmvm.matrix = std::move(matrix);
  cmvm.input = std::move(input);
  cmvm.levels_per_stage = options.levels_per_stage;
  cmvm.ternary_adders = options.ternary_adders;
  for (int o = 0; o < cmvm.matrix.outputs; ++o) {
    const int width = signed_width(output_interval(cmvm.matrix, cmvm.input, o));
    if (width > kMaxTensorWidth) {
      throw SourceError({name},
                        fmt::format("output {} needs {} bits or more, expected at most {}", o, width, kMaxTensorWidth));
    }
    cmvm.output_widths.push_back(width);
    cmvm.output_width = std::max(cmvm.output_width, width);
  }
  const auto start = std::chrono::steady_clock::now();
  const Literal bias{{cmvm.matrix.outputs}, std::vector<std::int64_t>(static_cast<std::size_t>(cmvm.matrix.outputs))};
  AdderGraph graph = cache.solve(transposed(cmvm.matrix), bias, cmvm.input.intervals, options);
  cmvm.solve_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  for (int o = 0; o < cmvm.matrix.outputs; ++o) {
    if (!(graph.interval(graph.outputs.at(static_cast<std::size_t>(o))) ==
          output_interval(cmvm.matrix, cmvm.input, o))) {
      throw std::logic_error(fmt::format("the adder graph is wrong about the interval of output {}", o));
    }
  }
  // Outputs are read behind the register of the last stage, where nothing is left to compute.
  const int levels = options.levels_per_stage;
  const int latency = levels == 0 ? 0 : stages_needed(graph, levels);
  std::vector<int> retimed = retimed_stages(graph, levels, latency, levels);
  cmvm.register_bits_earliest = make_adder_pipeline(graph, earliest_stages(graph, levels), latency).register_bits();
  cmvm.pipeline = make_adder_pipeline(std::move(graph), std::move(retimed), latency);
  return cmvm;
}

std::map<std::string, std::string> emit_cmvm(const Cmvm& cmvm) {
  std::map<std::string, std::string> files = {{"cmvm", to_verilog(make_module(cmvm))}};
  add_library_modules(files);
  return files;
}

nlohmann::ordered_json to_json(const Cmvm& cmvm) {
  const AdderPipeline& pipeline = cmvm.pipeline;
  nlohmann::ordered_json report = {{"inputs", cmvm.matrix.inputs},        {"outputs", cmvm.matrix.outputs},
                                   {"input_width", cmvm.input.width},     {"input_signed", cmvm.input.is_signed},
                                   {"fraction_bits", cmvm.input.frac},    {"output_width", cmvm.output_width},
                                   {"output_widths", cmvm.output_widths}, {"levels_per_stage", cmvm.levels_per_stage},
                                   {"adders", pipeline.adders()}};
  if (cmvm.ternary_adders) {
    report["ternary_adders"] = pipeline.ternary_adders();
  }
  report["cost_bits"] = pipeline.graph.adder_bits();
  report["depth"] = pipeline.graph.depth();
  report["latency_cycles"] = pipeline.latency();
  report["register_bits"] = pipeline.register_bits();
  report["register_bits_earliest"] = cmvm.register_bits_earliest;
  report["solve_seconds"] = std::round(cmvm.solve_seconds * 1000) / 1000;
  return report;
}

}  // namespace rtlgen
