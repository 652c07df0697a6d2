#include "tests/support/graph_builder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "ir/verify.hpp"
#include "primitives/dense.hpp"
#include "primitives/quantize.hpp"
#include "primitives/softmax_tables.hpp"
#include "primitives/solve_dense.hpp"
#include "primitives/sources.hpp"

namespace rtlgen::testing {

const std::vector<double>& test_clocks() {
  static const std::vector<double> kClocks = {100, 200, 360, 500, 1500};
  return kClocks;
}

CoreShape random_shape(Dice& dice, int index, int most_tokens) {
  CoreShape shape;
  shape.tokens = dice.number(1, most_tokens);
  shape.lanes = dice.number(1, shape.tokens);
  shape.mask = dice.pick(std::vector<MaskKind>{MaskKind::none, MaskKind::count, MaskKind::valid});
  shape.clock_mhz = test_clocks()[static_cast<std::size_t>(index) % test_clocks().size()];
  return shape;
}

GraphBuilder::GraphBuilder(const CoreShape& shape) : shape_(shape) {
  graph_.name = "test_core";
  graph_.target = {shape.clock_mhz, "xcvu13p", shape.lanes};
}

GraphBuilder::NodeId GraphBuilder::input(int features, const Quantizer& format) {
  return add("event", Input(shape_.tokens, features, format), {});
}

std::vector<GraphBuilder::NodeId> GraphBuilder::with_mask(std::vector<NodeId> operands) {
  if (shape_.mask != MaskKind::none) {
    operands.push_back(add("mask", Mask(shape_.tokens, shape_.mask), {}));
  }
  return operands;
}

GraphBuilder::NodeId GraphBuilder::add_operation(const std::string& name, std::shared_ptr<const Operation> operation,
                                                 const std::vector<NodeId>& operands) {
  const NodeId id = graph_.add(Node{name, std::move(operation), {}, {}}, operands);
  graph_.node(id).type = graph_.node(id).operation->infer(view_of(graph_, id));
  if (graph_.node(id).as<ConstantProduct>() != nullptr) {
    solve_dense(graph_, id, Effort::fast, SolutionCache());
  }
  return id;
}

GraphBuilder::NodeId GraphBuilder::select(const std::string& name, NodeId x, int from, int count,
                                          const Quantizer& format) {
  const int features = graph_.node(x).type.features;
  Dense dense;
  dense.weight = {{count, features}, std::vector<std::int64_t>(static_cast<std::size_t>(count * features), 0)};
  for (int i = 0; i < count; ++i) {
    dense.weight.values[static_cast<std::size_t>(i * features + from + i)] = 1;
  }
  dense.bias = {{count}, std::vector<std::int64_t>(static_cast<std::size_t>(count), 0)};
  dense.output = format;
  return add(name, std::move(dense), {x});
}

GraphBuilder::NodeId GraphBuilder::quantize(const std::string& name, NodeId x, const Quantizer& format, bool relu) {
  return add(name, Quantize(format, relu), {x});
}

Graph GraphBuilder::finish(NodeId output) {
  graph_.set_outputs({output});
  verify(graph_);
  return graph_;
}

Quantizer random_quantizer(Dice& dice, int least_width, int most_width, int frac) {
  Quantizer quantizer;
  quantizer.format.is_signed = dice.percent(70);
  quantizer.format.width = dice.number(least_width, most_width);
  quantizer.format.integer = quantizer.format.width - (frac + dice.number(-2, 2));
  // Half of them in one of the three usual modes.
  quantizer.rounding = static_cast<Rounding>(dice.number(0, dice.percent(50) ? 2 : 8));
  quantizer.overflow = dice.pick(std::vector<Overflow>{Overflow::wrap, Overflow::sat, Overflow::sat_sym});
  return quantizer;
}

Quantizer signed_quantizer(int width, int frac, Rounding rounding, Overflow overflow) {
  return {Format{true, width, width - frac}, rounding, overflow};
}

std::int64_t random_mantissa(Dice& dice, const Interval& range) {
  const auto inside = [&](std::int64_t x) { return std::clamp(x, range.lo, range.hi); };
  switch (dice.below(8)) {
    case 0:
      return range.lo;
    case 1:
      return range.hi;
    case 2:
      return inside(dice.number(-2, 2));
    case 3:
      return inside(dice.number(-20, 20));
    default:
      return dice.between(range.lo, range.hi);
  }
}

Literal random_literal(Dice& dice, const std::vector<int>& shape, int bits, int zeros_percent) {
  Literal literal{shape, {}};
  std::size_t size = 1;
  for (const int extent : shape) {
    size *= static_cast<std::size_t>(extent);
  }
  const std::int64_t half = std::int64_t{1} << (bits - 1);
  while (literal.values.size() < size) {
    literal.values.push_back(dice.percent(zeros_percent) ? 0 : random_mantissa(dice, {-half, half - 1}));
  }
  return literal;
}

IntegerEvents random_events(Dice& dice, const Graph& graph, std::size_t count) {
  const TensorType& type = input_node(graph).type;
  const Interval range = type.range();
  const auto rows = static_cast<Eigen::Index>(count) * type.tokens;
  IntegerEvents events;
  events.count = count;
  events.x.resize(rows, type.features);
  if (is_masked(graph)) {
    events.mask.resize(rows, 1);
  }
  for (std::size_t event = 0; event < count; ++event) {
    const Eigen::Index top = static_cast<Eigen::Index>(event) * type.tokens;
    const int style = dice.below(6);
    const std::int64_t constant = random_mantissa(dice, range);
    for (Eigen::Index row = top; row < top + type.tokens; ++row) {
      const std::int64_t equal = random_mantissa(dice, range);
      for (Eigen::Index f = 0; f < type.features; ++f) {
        std::int64_t value = random_mantissa(dice, range);
        if (style == 0) {  // every feature alike
          value = constant;
        } else if (style == 1) {  // a token's features alike
          value = equal;
        } else if (style == 2) {  // small
          value = std::clamp<std::int64_t>(dice.number(-3, 3), range.lo, range.hi);
        } else if (style == 3) {
          value = dice.percent(50) ? range.lo : range.hi;
        }
        events.x(row, f) = static_cast<double>(value);
      }
    }
    if (!is_masked(graph)) {
      continue;
    }
    const int mask_style = dice.below(4);
    const int real = mask_style == 0 ? 0 : (mask_style == 1 ? type.tokens : dice.number(0, type.tokens));
    for (int token = 0; token < type.tokens; ++token) {
      bool is_real = token < real;
      if (mask_kind(graph) == MaskKind::valid && mask_style == 2) {
        is_real = dice.percent(50);
      }
      events.mask(top + token, 0) = is_real ? 1 : 0;
    }
  }
  return events;
}

void set_tables(SoftmaxTables& tables, const TableSizes& sizes) {
  tables.exp_table = make_exp_table(sizes.exp_frac, sizes.exp_width);
  tables.exp_width = sizes.exp_width;
  tables.recip_table = make_reciprocal_table(sizes.recip_index, sizes.recip_width);
  tables.recip_width = sizes.recip_width;
  tables.recip_lz_max = sizes.recip_lz_max;
}

std::string compare_with_plain_model(const Graph& graph, const IntegerEvents& events, PlainModel plain) {
  const std::vector<Mantissas> tensors = golden_tensors(graph, events);
  const Graph::NodeId id = graph.output();
  std::vector<const Mantissas*> operands;
  for (const Graph::NodeId operand : graph.operands(id)) {
    operands.push_back(&tensors[operand]);
  }
  const NodeView view = view_of(graph, id);
  const Mantissas expected = plain(view, operands);
  const Mantissas& golden = tensors[id];
  if (golden.rows() != expected.rows() || golden.cols() != expected.cols()) {
    return fmt::format("golden is {} x {}, expected {} x {}", golden.rows(), golden.cols(), expected.rows(),
                       expected.cols());
  }
  for (Eigen::Index row = 0; row < golden.rows(); ++row) {
    for (Eigen::Index f = 0; f < golden.cols(); ++f) {
      const Interval& range = view.node.type.intervals[static_cast<std::size_t>(f)];
      if (golden(row, f) != expected(row, f)) {
        return fmt::format("row {}, feature {}: golden {}, expected {}", row, f, golden(row, f), expected(row, f));
      }
      if (golden(row, f) < static_cast<double>(range.lo) || golden(row, f) > static_cast<double>(range.hi)) {
        return fmt::format("row {}, feature {}: {} is outside the type's interval [{}, {}]", row, f, golden(row, f),
                           range.lo, range.hi);
      }
    }
  }
  return "";
}

}  // namespace rtlgen::testing
