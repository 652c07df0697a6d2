// What softmax and table_softmax have in common: groups of features, and masked keys.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "primitives/emission.hpp"
#include "primitives/primitive.hpp"

namespace rtlgen {

/// Each group of `count` features has a softmax of its own. With a mask as second operand, feature j of a group belongs
/// to token j of the event, and those of padding tokens weigh nothing.
struct SoftmaxGroups {
  /// From the attribute `groups` and the operands.
  SoftmaxGroups(const NodeView& view, int attribute);

  int groups;
  int count;
  bool masked;
};

/// Applies a kernel (x, real, count, y) of ir/numerics/softmax_kernel.hpp to every group of every row; `take` is shown
/// each group's x, which of them are real (null: all) and what the kernel returns.
template <typename Kernel, typename Take>
Mantissas softmax_groups(const NodeView& view, const SoftmaxGroups& grouping,
                         const std::vector<const Mantissas*>& operands, const Kernel& kernel, const Take& take) {
  const Mantissas& x = *operands[0];
  const Eigen::Index count = grouping.count;
  Eigen::Matrix<std::int64_t, 1, Eigen::Dynamic> in(count);
  Eigen::Matrix<std::int64_t, 1, Eigen::Dynamic> out(count);
  Eigen::Matrix<std::uint8_t, 1, Eigen::Dynamic> real(count);
  Mantissas y(x.rows(), x.cols());
  for (Eigen::Index row = 0; row < x.rows(); ++row) {
    if (grouping.masked && row % view.operand(0).tokens == 0) {
      real = operands[1]->col(0).segment(row, count).transpose().cast<std::uint8_t>();
    }
    const std::uint8_t* const counts = grouping.masked ? real.data() : nullptr;
    for (Eigen::Index first = 0; first < x.cols(); first += count) {
      in = x.row(row).segment(first, count).cast<std::int64_t>();
      take(in, counts, kernel(in.data(), counts, grouping.count, out.data()));
      y.row(row).segment(first, count) = out.cast<double>();
    }
  }
  return y;
}

/// Throws IrError unless operands and `groups` fit.
void require_softmax_groups(const NodeView& view, int groups);

/// Queries wait for the event's mask, if there is one.
Timing softmax_timing(const SoftmaxGroups& groups, const Pipeline& pipeline);

/// Estimated resources of what emit_enable() adds.
Cost enable_cost(const NodeView& view, const SoftmaxGroups& groups, const Hardware& hardware, int delay);

/// Adds what brings the mask to the wire that is returned, `delay` clocks after the operand x: [count] bits, all ones
/// without a mask.
Expression emit_enable(const NodeView& view, const SoftmaxGroups& groups, const Hardware& hardware, int delay,
                       const std::string& suffix, Emission& emission);

}  // namespace rtlgen
