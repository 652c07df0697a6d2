#include "primitives/softmax_tables.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "primitives/block_costs.hpp"
#include "primitives/node_rules.hpp"
#include "rtlgen/netlist/literals.hpp"

namespace rtlgen {

namespace {

/// Bits that address a table of a power of two entries.
int address_bits(const Literal& table) { return clog2(static_cast<std::int64_t>(table.values.size())); }

void require_power_of_two(const NodeView& view, const char* attribute, const Literal& table) {
  const bool is_power = !table.values.empty() && (table.values.size() & (table.values.size() - 1)) == 0;
  require(view, is_power, std::string("literal '") + attribute + "' must have a power of two entries");
  require_shape(view, attribute, table, {static_cast<int>(table.values.size())});
}

}  // namespace

void SoftmaxTables::visit(AttributeVisitor& visitor) {
  visitor("exp_table", exp_table);
  visitor("exp_width", exp_width);
  visitor("recip_table", recip_table);
  visitor("recip_width", recip_width);
  visitor("recip_lz_max", recip_lz_max);
}

int SoftmaxTables::exp_frac() const { return address_bits(exp_table); }

int SoftmaxTables::recip_index() const { return address_bits(recip_table); }

Literal make_exp_table(int frac, int width) {
  Literal table{{1 << frac}, {}};
  const double scale = std::ldexp(1.0, width - 1);
  const std::int64_t largest = (std::int64_t{1} << width) - 1;
  for (int f = 0; f < 1 << frac; ++f) {
    table.values.push_back(std::min<std::int64_t>(largest, std::llround(scale * std::exp2(std::ldexp(f, -frac)))));
  }
  return table;
}

Literal make_reciprocal_table(int index, int width) {
  Literal table{{1 << index}, {}};
  const std::int64_t largest = (std::int64_t{1} << width) - 1;
  for (int i = 0; i < 1 << index; ++i) {
    const double middle = 1.0 + std::ldexp(i + 0.5, -index);
    table.values.push_back(std::min<std::int64_t>(largest, std::llround(std::ldexp(1.0, width) / middle)));
  }
  return table;
}

void require_softmax_tables(const NodeView& view, const SoftmaxTables& tables) {
  require_power_of_two(view, "exp_table", tables.exp_table);
  require_power_of_two(view, "recip_table", tables.recip_table);
  require(view, tables.exp_width >= 2 && tables.exp_width <= 24, "exp_width must be 2 to 24");
  require(view, tables.recip_width >= 2 && tables.recip_width <= 24, "recip_width must be 2 to 24");
  require(view, tables.recip_lz_max >= 0, "recip_lz_max must not be negative");
  const auto fits = [](const Literal& table, int width) {
    return std::all_of(table.values.begin(), table.values.end(),
                       [width](std::int64_t entry) { return entry >= 0 && entry >> width == 0; });
  };
  require(view, fits(tables.exp_table, tables.exp_width) && fits(tables.recip_table, tables.recip_width),
          "a table entry has too many bits");
}

Cost exp2_cost(const SoftmaxTables& tables, int x_width, int stages) {
  const int width = tables.exp_width;
  // A LUT shifts a bit by two bits of the amount.
  Cost cost = table_cost(tables.exp_table.values, width);
  cost += Cost{0.5 * width * clog2(width + 1) + 0.3 * x_width, static_cast<double>(width), 0, 0};
  cost.ff += stages >= 2 ? width - 1 + clog2(width) + 1 : 0;  // entry, amount, and whether the result vanishes
  return cost;
}

Cost reciprocal_cost(const SoftmaxTables& tables, int x_width, int stages) {
  const int shifts = tables.recip_lz_max + 1;
  const int out_width = tables.recip_width + tables.recip_lz_max;
  // A LUT chooses among four bits: of x for a bit of the index, of the entry for a bit of the result.
  const int choices = tables.recip_index() * ceil_div(shifts, 4) + out_width * ceil_div(shifts, 4);
  Cost cost = table_cost(tables.recip_table.values, tables.recip_width);
  cost += Cost{choices + static_cast<double>(x_width), static_cast<double>(out_width), 0, 0};
  cost.ff += stages >= 2 ? tables.recip_index() + clog2(shifts) : 0;
  return cost;
}

int adder_tree_latency(int count, int levels) { return ceil_div(clog2(count), levels); }

int max_tree_latency(int count, int levels) { return ceil_div(clog2(count), std::max(1, levels / 2)); }

void with_softmax_tables(Cell& cell, const SoftmaxTables& tables, const DeviceModel& device) {
  cell.with("EXP_FRAC", tables.exp_frac())
      .with("EXP_W", tables.exp_width)
      .with("EXP_STAGES", device.table_stages)
      .with("EXP_TABLE", verilog_table(tables.exp_table.values, tables.exp_width))
      .with("RECIP_INDEX_W", tables.recip_index())
      .with("RECIP_TABLE_W", tables.recip_width)
      .with("RECIP_LZ_MAX", tables.recip_lz_max)
      .with("RECIP_STAGES", device.table_stages)
      .with("RECIP_TABLE", verilog_table(tables.recip_table.values, tables.recip_width));
}

}  // namespace rtlgen
