#include "primitives/softmax_groups.hpp"

#include "primitives/block_costs.hpp"
#include "primitives/node_rules.hpp"

namespace rtlgen {

SoftmaxGroups::SoftmaxGroups(const NodeView& view, int attribute)
    : groups(attribute), count(groups > 0 ? view.operand(0).features / groups : 0), masked(view.operands.size() == 2) {}

void require_softmax_groups(const NodeView& view, int groups) {
  require(view, view.operands.size() == 1 || view.operands.size() == 2, "needs operand x and at most a mask");
  require(view, groups >= 1 && view.operand(0).features % groups == 0, "features must divide into groups");
  const SoftmaxGroups grouping(view, groups);
  if (grouping.masked) {
    require_mask(view, 1);
    require(view, grouping.count == view.operand(1).tokens, "masked groups must have a feature for each token");
  }
}

Timing softmax_timing(const SoftmaxGroups& groups, const Pipeline& pipeline) {
  const Timing timing(pipeline);
  return groups.masked ? timing.behind_others(2) : timing;
}

Cost enable_cost(const NodeView& view, const SoftmaxGroups& groups, const Hardware& hardware, int delay) {
  if (!groups.masked) {
    return {};
  }
  const int lanes = hardware.lanes_of(view.operand(1));
  return delay_line_cost(2 + lanes, delay) + token_bank_cost(groups.count, lanes, 1);
}

Expression emit_enable(const NodeView& view, const SoftmaxGroups& groups, const Hardware& hardware, int delay,
                       const std::string& suffix, Emission& emission) {
  if (!groups.masked) {
    return Expression::ones(groups.count);
  }
  Expression enable = emission.net(suffix, groups.count);
  Cell& cell = emission.cell("key_mask", suffix + "_mask");
  cell.with("TOKENS", groups.count).with("LANES", hardware.lanes_of(view.operand(1))).with("DELAY", delay);
  cell.port("clk").port("valid", emission.control(1).valid).port("last", emission.control(1).last);
  cell.port("mask", emission.input(1)).port("enable", enable);
  return enable;
}

}  // namespace rtlgen
