#include "primitives/table.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "primitives/emission.hpp"
#include "primitives/node_rules.hpp"

namespace rtlgen {
namespace {

class Table final : public Primitive {
 public:
  std::string_view op() const override { return "table"; }

  TensorType infer(const NodeView& view) const override {
    require_operands(view, 1);
    const auto index_width = static_cast<int>(view.node.integer("index_width"));
    const bool index_signed = view.node.integer("index_signed") != 0;
    require(view, index_width >= 1 && index_width <= kMaxTableBits,
            fmt::format("index_width must be 1 to {}", kMaxTableBits));
    require(view, view.operand(0).width == index_width + (index_signed ? 0 : 1),
            "index_width is not the operand's width");
    require_shape(view, "values", {1 << index_width});
    const auto& values = view.node.literal("values").values;
    const auto [lo, hi] = std::minmax_element(values.begin(), values.end());
    TensorType type = quantized_type(view.operand(0).tokens, view.operand(0).features, view.node.quantizer("output"));
    require(view, *lo >= type.intervals[0].lo && *hi <= type.intervals[0].hi,
            "a table value does not fit the output format");
    std::fill(type.intervals.begin(), type.intervals.end(), Interval{*lo, *hi});
    return type;
  }

  Mantissas evaluate(const NodeView& view, const std::vector<const Mantissas*>& operands) const override {
    const auto& values = view.node.literal("values").values;
    return operands[0]->unaryExpr(
        [&](double x) { return static_cast<double>(table_entry(values, static_cast<std::int64_t>(x))); });
  }

  Timing timing(const NodeView& /*view*/, const Hardware& /*hardware*/) const override {
    return {Timing::Kind::tokenwise, 1};
  }

  Cost cost(const NodeView& view, const Hardware& hardware) const override {
    // Six address bits a LUT6, and a multiplexer tree above.
    const auto index_width = static_cast<int>(view.node.integer("index_width"));
    const double luts = index_width <= 6 ? 1 : (1 << (index_width - 6)) * 1.2;
    const int width = view.node.quantizer("output").format.width;
    const double copies = hardware.lanes_of(view.node.type) * view.node.type.features;
    return copies * Cost{width * luts, static_cast<double>(width), 0, 0};
  }

  void emit(const NodeView& view, const Hardware& hardware, Emission& emission) const override {
    const auto index_width = static_cast<int>(view.node.integer("index_width"));
    const int output_width = view.node.type.width;
    const auto& values = view.node.literal("values").values;
    const std::string name = emission.module_name();
    std::string text = fmt::format(
        "// {0}: y = table[x], {1} entries of signed {2} bits. Latency: 1 clock. Generated.\n"
        "`resetall\n`timescale 1ns / 1ps\n`default_nettype none\n\n"
        "module {0} (\n  input  wire clk,\n  input  wire [{3}:0] x,\n  output reg  [{4}:0] y\n);\n\n"
        "  always @(posedge clk) begin\n    case (x)\n",
        name, values.size(), output_width, index_width - 1, output_width - 1);
    const std::uint64_t mask = (std::uint64_t{1} << output_width) - 1;
    for (std::size_t i = 0; i + 1 < values.size(); ++i) {
      text += fmt::format("      {}'d{}: y <= {}'h{:x};\n", index_width, i, output_width,
                          static_cast<std::uint64_t>(values[i]) & mask);
    }
    text += fmt::format("      default: y <= {}'h{:x};\n    endcase\n  end\n\nendmodule\n\n`resetall\n", output_width,
                        static_cast<std::uint64_t>(values.back()) & mask);
    emission.generated_module(name, text);
    const int elements = hardware.lanes_of(view.node.type) * view.node.type.features;
    for (int element = 0; element < elements; ++element) {
      Instance instance{name, emission.local(fmt::format("element{}", element)), {}, {}};
      instance.port("clk", "clk");
      instance.port("x", fmt::format("{}[{} +: {}]", emission.input(0), element * view.operand(0).width, index_width));
      instance.port("y", slice(emission.output(), element, output_width));
      emission.generated_instance(instance);
    }
  }
};

}  // namespace

std::unique_ptr<Primitive> make_table() { return std::make_unique<Table>(); }

}  // namespace rtlgen
