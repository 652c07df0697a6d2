#include "primitives/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "ir/numerics/table_kernels.hpp"
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
    const int bits = view.operand(0).width - (index_signed ? 0 : 1);
    require(view, view.node.has("index_low") ? index_width <= bits : index_width == bits,
            "index_width is not the operand's width");
    const int low = index_low(view);
    require(view, low >= 0 && low <= index_width, "index_low must be 0 to index_width");
    const std::vector<int>& shape = view.node.literal("values").shape;
    require(view,
            shape == std::vector<int>{1 << index_width} ||
                shape == std::vector<int>{view.operand(0).features, 1 << index_width},
            fmt::format("values must have shape [{0}] or [{1}, {0}]", 1 << index_width, view.operand(0).features));
    TensorType type = quantized_type(view.operand(0).tokens, view.operand(0).features, view.node.quantizer("output"));
    for (std::size_t f = 0; f < type.intervals.size(); ++f) {
      const std::vector<std::int64_t> entries = entries_of(view, static_cast<int>(f));
      const auto [lo, hi] = std::minmax_element(entries.begin(), entries.end());
      Interval& interval = type.intervals[f];
      require(view, *lo >= interval.lo && *hi <= interval.hi, "a table value does not fit the output format");
      interval = {*lo, *hi};
    }
    return type;
  }

  Mantissas evaluate(const NodeView& view, const std::vector<const Mantissas*>& operands) const override {
    const Mantissas& x = *operands[0];
    const int index_width = static_cast<int>(view.node.integer("index_width"));
    const int low = index_low(view);
    const int dropped = index_bits(view) - index_width;  // between the highest and the lowest bits
    const auto address = [&](std::int64_t code) {
      return (code >> (low + dropped)) * (std::int64_t{1} << low) + (code & ((std::int64_t{1} << low) - 1));
    };
    Mantissas y(x.rows(), x.cols());
    for (Eigen::Index f = 0; f < x.cols(); ++f) {
      const std::vector<std::int64_t> entries = entries_of(view, static_cast<int>(f));
      y.col(f) = x.col(f).unaryExpr([&](double code) {
        return static_cast<double>(
            table_entry(entries.data(), entries.size(), address(static_cast<std::int64_t>(code))));
      });
    }
    return y;
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
    const int features = view.node.type.features;
    const int rows = has_rows(view) ? features : 1;
    // Features of equal tables share a module.
    std::map<std::vector<std::int64_t>, std::string> modules;
    std::vector<std::string> module_of;
    for (int row = 0; row < rows; ++row) {
      const std::vector<std::int64_t> entries = entries_of(view, row);
      std::string& name = modules[entries];
      if (name.empty()) {
        name = emission.module_name(rows == 1 ? "" : fmt::format("feature{}", row));
        emission.add_module(name, module_text(name, entries, index_width, output_width));
      }
      module_of.push_back(name);
    }
    const int elements = hardware.lanes_of(view.node.type) * features;
    for (int element = 0; element < elements; ++element) {
      const std::string& name = module_of[static_cast<std::size_t>(rows == 1 ? 0 : element % features)];
      Instance instance{name, emission.local(fmt::format("element{}", element)), {}, {}};
      instance.port("clk", "clk");
      instance.port("x", address(view, emission.input(0), element));
      instance.port("y", slice(emission.output(), element, output_width));
      emission.instance(instance);
    }
  }

 private:
  /// Whether each feature has a table of its own.
  static bool has_rows(const NodeView& view) { return view.node.literal("values").shape.size() == 2; }

  /// Bits of the operand that the table may look at.
  static int index_bits(const NodeView& view) {
    return view.operand(0).width - (view.node.integer("index_signed") != 0 ? 0 : 1);
  }

  /// The lowest bits of the operand that are part of the address, below the highest ones.
  static int index_low(const NodeView& view) {
    return static_cast<int>(view.node.integer(view.node.has("index_low") ? "index_low" : "index_width"));
  }

  /// The wires of an element's address.
  static std::string address(const NodeView& view, const std::string& x, int element) {
    const int first = element * view.operand(0).width;
    const int low = index_low(view);
    const int high = static_cast<int>(view.node.integer("index_width")) - low;
    const std::string high_bits = fmt::format("{}[{} +: {}]", x, first + index_bits(view) - high, high);
    const std::string low_bits = fmt::format("{}[{} +: {}]", x, first, low);
    return high == 0 ? low_bits : low == 0 ? high_bits : "{" + high_bits + ", " + low_bits + "}";
  }

  /// The table of a feature.
  static std::vector<std::int64_t> entries_of(const NodeView& view, int feature) {
    const Literal& values = view.node.literal("values");
    if (!has_rows(view)) {
      return values.values;
    }
    const auto begin = values.values.begin() + std::ptrdiff_t{feature} * values.shape[1];
    return {begin, begin + values.shape[1]};
  }

  static std::string module_text(const std::string& name, const std::vector<std::int64_t>& values, int index_width,
                                 int output_width) {
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
    return text;
  }
};

}  // namespace

std::unique_ptr<Primitive> make_table() { return std::make_unique<Table>(); }

}  // namespace rtlgen
