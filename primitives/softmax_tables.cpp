#include "primitives/softmax_tables.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "primitives/block_costs.hpp"
#include "primitives/block_steps.hpp"
#include "primitives/node_rules.hpp"
#include "primitives/products.hpp"
#include "primitives/requantize.hpp"
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

namespace {

/// Bits of a right shift by which not all of `width` bits vanish.
int amount_bits(int width) { return clog2(width); }

}  // namespace

Cost exp2_cost(const SoftmaxTables& tables, int x_width) {
  const int width = tables.exp_width;
  // A LUT shifts a bit by two bits of the amount.
  return table_cost(tables.exp_table.values, width) + Cost{0.5 * width * clog2(width + 1) + 0.3 * x_width, 0, 0, 0};
}

Cost reciprocal_cost(const SoftmaxTables& tables, int x_width) {
  const int shifts = tables.recip_lz_max + 1;
  const int out_width = tables.recip_width + tables.recip_lz_max;
  // A LUT chooses among four bits: of x for a bit of the index, of the entry for a bit of the result.
  const int choices = tables.recip_index() * ceil_div(shifts, 4) + out_width * ceil_div(shifts, 4);
  return table_cost(tables.recip_table.values, tables.recip_width) +
         Cost{choices + static_cast<double>(x_width), 0, 0, 0};
}

std::vector<Step> exp2_steps(const DeviceModel& device, const SoftmaxTables& tables, int x_width, long count) {
  const int width = tables.exp_width;
  const int amount = amount_bits(width);
  const int whole_bits = std::max(1, x_width - tables.exp_frac());
  // Beside each other: the entry, the amount, and whether all of it vanishes, for which the enable is looked at too.
  // Each takes a LUT level more where it shares LUTs with the others.
  const int table = std::max({device.table(tables.exp_frac()), device.adder(amount), device.gate(whole_bits + 1)});
  // Entries have their top bit set. What vanishes is one more choice.
  return {{table + device.luts(1), count * x_width},
          {device.choice(width + 1) + device.luts(1), count * (width - 1 + amount + 1)}};
}

std::vector<Step> reciprocal_steps(const DeviceModel& device, const SoftmaxTables& tables, int x_width) {
  const int shifts = tables.recip_lz_max + 1;
  const int amount = clog2(shifts);
  const int index = tables.recip_index();
  const int read = std::min(x_width, shifts + index);
  const int zeros = shifts > 1 ? device.leading_zeros(tables.recip_lz_max) : 0;
  const int shift = shifts > 1 ? device.choice(shifts) : 0;
  return {{zeros, read},
          {shift, read + amount},
          {device.table(index), index + amount},
          {shift, tables.recip_width + amount}};
}

std::vector<Step> normalise_steps(const DeviceModel& device, int count, int width, int factor_width, int frac,
                                  const Quantizer& output) {
  std::vector<Step> products = side_by_side(count, products_of(device, 1, width, factor_width).steps);
  products.front().bits = long{count} * width + factor_width;
  return in_a_row(std::move(products),
                  requantize_steps(device, width + factor_width, frac, output, false, long{count}));
}

void with_softmax_tables(Cell& cell, const SoftmaxTables& tables) {
  cell.with("EXP_FRAC", tables.exp_frac())
      .with("EXP_W", tables.exp_width)
      .with("EXP_TABLE", verilog_table(tables.exp_table.values, tables.exp_width))
      .with("RECIP_INDEX_W", tables.recip_index())
      .with("RECIP_TABLE_W", tables.recip_width)
      .with("RECIP_LZ_MAX", tables.recip_lz_max)
      .with("RECIP_TABLE", verilog_table(tables.recip_table.values, tables.recip_width));
}

}  // namespace rtlgen
