// Base-2 exponential and reciprocal by literal tables: what rtl_lib/masked_exp2.v and rtl_lib/reciprocal.v compute.
#pragma once

#include <cstdint>
#include <vector>

#include "ir/graph.hpp"
#include "primitives/primitive.hpp"
#include "rtlgen/netlist/cell.hpp"

namespace rtlgen {

/// The literals and widths of the two.
struct SoftmaxTables {
  Literal exp_table;     ///< [2^exp_frac()]
  int exp_width = 2;     ///< bits of 2^x; table entries have their top bit set
  Literal recip_table;   ///< [2^recip_index()]
  int recip_width = 2;   ///< bits of its entries
  int recip_lz_max = 0;  ///< most leading zeros that are normalised away

  /// The attributes exp_table, exp_width, recip_table, recip_width, recip_lz_max.
  void visit(AttributeVisitor& visitor);

  /// Fraction bits of x, and address bits of the reciprocal's table: known from their sizes.
  int exp_frac() const;
  int recip_index() const;
  /// Fraction bits of the reciprocal of x of x_width bits, in units of 1 / (unit of x): 1/x = r * 2^-that.
  int recip_frac(int x_width) const { return recip_width + x_width - 1; }
};

/// Table 2^(f / 2^frac), scaled so that the top bit of `width` is always set.
Literal make_exp_table(int frac, int width);
/// Table 2^width / (1 + (i + 1/2) / 2^index).
Literal make_reciprocal_table(int index, int width);

/// Checks the tables of a softmax or attention node.
void require_softmax_tables(const NodeView& view, const SoftmaxTables& tables);

/// Estimated logic of rtl_lib/masked_exp2.v and of rtl_lib/reciprocal.v, of x of `x_width` bits.
Cost exp2_cost(const SoftmaxTables& tables, int x_width);
Cost reciprocal_cost(const SoftmaxTables& tables, int x_width);

/// The steps of `count` rtl_lib/masked_exp2.v, and of rtl_lib/reciprocal.v. Masks are not in the bits.
std::vector<Step> exp2_steps(const DeviceModel& device, const SoftmaxTables& tables, int x_width, long count);
std::vector<Step> reciprocal_steps(const DeviceModel& device, const SoftmaxTables& tables, int x_width);

/// The steps of `count` products (rtl_lib/multiply.v) of numbers of `width` bits and one factor of `factor_width` bits,
/// which have `frac` fraction bits, and of their requantizers.
std::vector<Step> normalise_steps(const DeviceModel& device, int count, int width, int factor_width, int frac,
                                  const Quantizer& output);

/// Adds the parameters EXP_FRAC ... RECIP_TABLE that the modules softmax and attention share.
void with_softmax_tables(Cell& cell, const SoftmaxTables& tables);

}  // namespace rtlgen
