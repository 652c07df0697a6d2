#include "primitives/slice.hpp"

#include <fmt/format.h>

#include <cmath>

#include "primitives/emission.hpp"
#include "primitives/node_rules.hpp"

namespace rtlgen {
namespace {

/// Low bits that are dropped.
int dropped_bits(const NodeView& view) { return view.operand(0).frac - view.node.quantizer("output").format.frac(); }

class Slice final : public Primitive {
 public:
  std::string_view op() const override { return "slice"; }

  TensorType infer(const NodeView& view) const override {
    require_operands(view, 1);
    const TensorType& operand = view.operand(0);
    const std::int64_t first = view.node.integer("first");
    const std::int64_t count = view.node.integer("count");
    require(view, first >= 0 && count >= 1 && first <= operand.features && count <= operand.features - first,
            "the features are not in the operand");
    const int dropped = dropped_bits(view);
    TensorType type = quantized_type(operand.tokens, static_cast<int>(count), view.node.quantizer("output"));
    require(view, dropped >= 0 && type.width + dropped <= operand.width,
            "the format is finer or wider than the operand");
    for (std::size_t i = 0; i < type.intervals.size(); ++i) {
      const Interval& all = operand.intervals[static_cast<std::size_t>(first) + i];
      type.intervals[i] = {all.lo >> dropped, all.hi >> dropped};
      require(view, signed_width(type.intervals[i]) <= type.width, "the format does not hold the operand's values");
    }
    return type;
  }

  Mantissas evaluate(const NodeView& view, const std::vector<const Mantissas*>& operands) const override {
    const auto columns = operands[0]->middleCols(static_cast<Eigen::Index>(view.node.integer("first")),
                                                 static_cast<Eigen::Index>(view.node.integer("count")));
    return (columns * std::ldexp(1.0, -dropped_bits(view))).array().floor();
  }

  Timing timing(const NodeView& /*view*/, const Hardware& /*hardware*/) const override {
    return {Timing::Kind::tokenwise, 0};
  }

  Cost cost(const NodeView& /*view*/, const Hardware& /*hardware*/) const override { return {}; }

  void emit(const NodeView& view, const Hardware& hardware, Emission& emission) const override {
    const TensorType& from = view.operand(0);
    const TensorType& to = view.node.type;
    for (int lane = 0; lane < hardware.lanes_of(to); ++lane) {
      for (int f = 0; f < to.features; ++f) {
        const int source = lane * from.features + static_cast<int>(view.node.integer("first")) + f;
        emission.line(fmt::format("assign {} = {}[{} +: {}];",
                                  slice(emission.output(), lane * to.features + f, to.width), emission.input(0),
                                  source * from.width + dropped_bits(view), to.width));
      }
    }
  }
};

}  // namespace

std::unique_ptr<Primitive> make_slice() { return std::make_unique<Slice>(); }

}  // namespace rtlgen
