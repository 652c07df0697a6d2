// What softmax and table_softmax have in common: groups of features, and masked keys.
#pragma once

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

  /// Whether feature `f` of a row of the event whose rows begin at `top` is one of a real token.
  bool is_real(const std::vector<const Mantissas*>& operands, Eigen::Index top, Eigen::Index f) const {
    return !masked || (*operands[1])(top + f, 0) != 0;
  }
};

/// Throws IrError unless operands and `groups` fit.
void require_softmax_groups(const NodeView& view, int groups);

/// Queries wait for the event's mask, if there is one.
Timing softmax_timing(const SoftmaxGroups& groups, int latency);

/// Adds what brings the mask to the wire that is returned, `delay` clocks after the operand x: [count] bits, all ones
/// without a mask.
std::string emit_enable(const NodeView& view, const SoftmaxGroups& groups, const Hardware& hardware, int delay,
                        const std::string& suffix, Emission& emission);

}  // namespace rtlgen
