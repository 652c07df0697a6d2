#include "primitives/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "ir/numerics/table_kernels.hpp"
#include "primitives/block_costs.hpp"
#include "primitives/emission.hpp"
#include "primitives/node_rules.hpp"

namespace rtlgen {
namespace {

/// Whether each feature has a table of its own.
bool has_rows(const Table& table) { return table.values.shape.size() == 2; }

/// Bits of the operand that the table may look at.
int index_bits(const Table& table, const NodeView& view) {
  return view.operand(0).width - (table.index_signed ? 0 : 1);
}

/// The lowest bits of the operand that are part of the address, below the highest ones.
int low_bits(const Table& table) { return table.index_low.value_or(table.index_width); }

/// The table of a feature.
std::vector<std::int64_t> entries_of(const Table& table, int feature) {
  const Literal& values = table.values;
  if (!has_rows(table)) {
    return values.values;
  }
  const auto begin = values.values.begin() + std::ptrdiff_t{feature} * values.shape[1];
  return {begin, begin + values.shape[1]};
}

/// The wires of an element's address.
Expression address(const Table& table, const NodeView& view, const Expression& x, int element) {
  const Expression own = x.element(element, view.operand(0).width);
  const int low = low_bits(table);
  const int high = table.index_width - low;
  std::vector<Expression> parts;
  if (high > 0) {
    parts.push_back(own.bits(index_bits(table, view) - high, high));
  }
  if (low > 0) {
    parts.push_back(own.bits(0, low));
  }
  return Expression::concatenation(parts);
}

Module table_module(const std::string& name, const std::vector<std::int64_t>& values, int index_width,
                    int output_width) {
  Module module{
      name, fmt::format("{}: y = table[x], {} entries of signed {} bits. Latency: 0, combinational. Generated.", name,
                        values.size(), output_width)};
  module.ports = {{PortKind::input, "x", index_width}, {PortKind::output_reg, "y", output_width}};
  std::string text = "  always @* begin\n    case (x)\n";
  const std::uint64_t mask = (std::uint64_t{1} << output_width) - 1;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::string label = i + 1 < values.size() ? fmt::format("{}'d{}", index_width, i) : "default";
    text += fmt::format("      {}: y = {}'h{:x};\n", label, output_width, static_cast<std::uint64_t>(values[i]) & mask);
  }
  module.body.text(text + "    endcase\n  end\n");
  return module;
}

/// Adds the modules of a table, and returns their names row by row; features of equal tables share one.
std::vector<std::string> add_modules(const Table& table, const NodeView& view, Emission& emission) {
  const int rows = has_rows(table) ? view.node.type.features : 1;
  std::map<std::vector<std::int64_t>, std::string> modules;
  std::vector<std::string> module_of;
  for (int row = 0; row < rows; ++row) {
    const std::vector<std::int64_t> entries = entries_of(table, row);
    std::string& name = modules[entries];
    if (name.empty()) {
      name = emission.module_name(rows == 1 ? "" : fmt::format("feature{}", row));
      emission.add_module(table_module(name, entries, table.index_width, view.node.type.width));
    }
    module_of.push_back(name);
  }
  return module_of;
}

}  // namespace

void Table::visit(AttributeVisitor& visitor) {
  visitor("index_width", index_width);
  visitor("index_signed", index_signed);
  visitor("index_low", index_low);
  visitor("values", values);
  visitor("output", output);
}

TensorType Table::infer(const NodeView& view) const {
  require_operands(view, 1);
  require(view, index_width >= 1 && index_width <= kMaxTableBits,
          fmt::format("index_width must be 1 to {}", kMaxTableBits));
  const int bits = index_bits(*this, view);
  require(view, index_low ? index_width <= bits : index_width == bits, "index_width is not the operand's width");
  const int low = low_bits(*this);
  require(view, low >= 0 && low <= index_width, "index_low must be 0 to index_width");
  const int features = view.operand(0).features;
  require(view,
          values.shape == std::vector<int>{1 << index_width} ||
              values.shape == std::vector<int>{features, 1 << index_width},
          fmt::format("values must have shape [{0}] or [{1}, {0}]", 1 << index_width, features));
  TensorType type = quantized_type(view.operand(0).tokens, features, output);
  for (std::size_t f = 0; f < type.intervals.size(); ++f) {
    const std::vector<std::int64_t> entries = entries_of(*this, static_cast<int>(f));
    const auto [lo, hi] = std::minmax_element(entries.begin(), entries.end());
    Interval& interval = type.intervals[f];
    require(view, *lo >= interval.lo && *hi <= interval.hi, "a table value does not fit the output format");
    interval = {*lo, *hi};
  }
  return type;
}

Mantissas Table::evaluate(const NodeView& view, const std::vector<const Mantissas*>& operands) const {
  const Mantissas& x = *operands[0];
  const int low = low_bits(*this);
  const int dropped = index_bits(*this, view) - index_width;  // between the highest and the lowest bits
  Mantissas y(x.rows(), x.cols());
  for (Eigen::Index f = 0; f < x.cols(); ++f) {
    const std::vector<std::int64_t> entries = entries_of(*this, static_cast<int>(f));
    y.col(f) = x.col(f).unaryExpr([&](double code) {
      const std::int64_t address = address_of_ends(static_cast<std::int64_t>(code), low, dropped);
      return static_cast<double>(table_entry(entries.data(), entries.size(), address));
    });
  }
  return y;
}

Timing Table::timing(const NodeView& /*view*/, const Hardware& hardware) const {
  return Timing(Pipeline(hardware.device, {0, hardware.start}, {{"", {{hardware.device.table(index_width), 0}}}}));
}

Cost Table::cost(const NodeView& view, const Hardware& hardware) const {
  Cost token;
  for (int f = 0; f < view.node.type.features; ++f) {
    token += table_cost(entries_of(*this, f), output.format.width);
  }
  return hardware.lanes_of(view.node.type) * token;
}

void Table::emit(const NodeView& view, const Hardware& hardware, Emission& emission) const {
  const std::vector<std::string> module_of = add_modules(*this, view, emission);
  const int features = view.node.type.features;
  for (int element = 0; element < hardware.lanes_of(view.node.type) * features; ++element) {
    const std::string& name = module_of[module_of.size() == 1 ? 0 : static_cast<std::size_t>(element % features)];
    Cell& cell = emission.cell(name, fmt::format("element{}", element));
    cell.port("x", address(*this, view, emission.input(0), element));
    cell.port("y", emission.output().element(element, view.node.type.width));
  }
}

}  // namespace rtlgen
