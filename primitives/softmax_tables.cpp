#include "primitives/softmax_tables.hpp"

#include <algorithm>
#include <cmath>
#include <string>

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

Cost exp2_cost(const SoftmaxTables& tables, int x_width) {
  const int index = tables.exp_frac();
  const double table = index <= 6 ? 1 : 1.2 * (1 << (index - 6));
  const double width = tables.exp_width;
  return {width * table + 0.5 * width * clog2(tables.exp_width + 1) + 0.3 * x_width, width, 0, 0};
}

Cost reciprocal_cost(const SoftmaxTables& tables, int x_width) {
  const int index = tables.recip_index();
  const double table = index <= 6 ? 1 : 1.2 * (1 << (index - 6));
  const double shifts = 0.5 * clog2(x_width) * (x_width + tables.recip_width + tables.recip_lz_max);
  return {tables.recip_width * table + shifts, 2.0 * tables.recip_width + tables.recip_lz_max, 0, 0};
}

Cost multiplier_cost(int a_width, int b_width) {
  // DSP48E2: 27 x 18 signed; larger factors are tiled.
  const int wide = std::max(a_width, b_width);
  const int narrow = std::min(a_width, b_width);
  const int tiles =
      std::min(ceil_div(wide - 1, 26) * ceil_div(narrow - 1, 17), ceil_div(wide - 1, 17) * ceil_div(narrow - 1, 26));
  Cost cost;
  cost.dsp = std::max(1, tiles);
  cost.ff = a_width + b_width;
  return cost;
}

Cost adder_tree_cost(int count, int width, int levels) {
  Cost cost;
  int level = 0;
  for (int left = count; left > 1; left = (left + 1) / 2) {
    ++level;
    cost.lut += (left / 2) * (width + level);
    if (level % levels == 0 || left <= 2) {
      cost.ff += ((left + 1) / 2) * (width + level);
    }
  }
  return cost;
}

Cost max_tree_cost(int count, int width) { return {(count - 1) * 1.5 * width, (count - 1) * 0.5 * width, 0, 0}; }

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
