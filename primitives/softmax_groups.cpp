#include "primitives/softmax_groups.hpp"

#include <fmt/format.h>

#include "primitives/node_rules.hpp"

namespace rtlgen {

SoftmaxGroups::SoftmaxGroups(const NodeView& view)
    : groups(view.node.has("groups") ? static_cast<int>(view.node.integer("groups")) : 1),
      count(groups > 0 ? view.operand(0).features / groups : 0),
      masked(view.operands.size() == 2) {}

void require_softmax_groups(const NodeView& view) {
  require(view, view.operands.size() == 1 || view.operands.size() == 2, "needs operand x and at most a mask");
  const SoftmaxGroups softmax(view);
  require(view, softmax.groups >= 1 && view.operand(0).features % softmax.groups == 0,
          "features must divide into groups");
  if (softmax.masked) {
    require_mask(view, 1);
    require(view, softmax.count == view.operand(1).tokens, "masked groups must have a feature for each token");
  }
}

Timing softmax_timing(const NodeView& view, int latency) {
  return {SoftmaxGroups(view).masked ? Timing::Kind::attention : Timing::Kind::tokenwise, latency};
}

std::string emit_enable(const NodeView& view, const Hardware& hardware, int delay, const std::string& suffix,
                        Emission& emission) {
  const SoftmaxGroups softmax(view);
  if (!softmax.masked) {
    return fmt::format("{{{}{{1'b1}}}}", softmax.count);
  }
  std::string wire = emission.local(suffix);
  emission.line(fmt::format("wire [{}:0] {};", softmax.count - 1, wire));
  Instance instance{"key_mask", emission.local(suffix + "_mask"), {}, {}};
  instance.with("TOKENS", softmax.count).with("LANES", hardware.lanes_of(view.operand(1))).with("DELAY", delay);
  instance.port("clk", "clk").port("valid", emission.control(1).valid).port("last", emission.control(1).last);
  instance.port("mask", emission.input(1)).port("enable", wire);
  emission.instance(instance);
  return wire;
}

}  // namespace rtlgen
