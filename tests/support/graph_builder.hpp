// Small graphs for tests, and events for them.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ir/golden.hpp"
#include "ir/graph.hpp"
#include "ir/mask_kind.hpp"
#include "primitives/softmax_tables.hpp"
#include "tests/support/dice.hpp"

namespace rtlgen::testing {

/// What a test core is to be, beside its operations.
struct CoreShape {
  int tokens = 1;
  int lanes = 1;
  MaskKind mask = MaskKind::none;
  double clock_mhz = 200;
};

/// Clocks that lead to different pipelines: from many steps of logic between two registers to one.
const std::vector<double>& test_clocks();

/// A shape with up to `most_tokens` tokens; the clock goes through test_clocks() with `index`.
CoreShape random_shape(Dice& dice, int index, int most_tokens);

/// Adds nodes, infers their types, and finds the adders of products by constants.
class GraphBuilder {
 public:
  using NodeId = Graph::NodeId;

  explicit GraphBuilder(const CoreShape& shape);

  NodeId input(int features, const Quantizer& format);
  /// The mask, if the shape has one: appends it to `operands`.
  std::vector<NodeId> with_mask(std::vector<NodeId> operands);
  template <typename T>
  NodeId add(const std::string& name, T operation, const std::vector<NodeId>& operands) {
    return add_operation(name, std::make_shared<const T>(std::move(operation)), operands);
  }
  /// The features [from, from + count) of x in another format: a dense of zeros and ones.
  NodeId select(const std::string& name, NodeId x, int from, int count, const Quantizer& format);
  /// How many tokens a beat a unit works on.
  void set_lanes(NodeId id, int lanes) { graph_.node(id).lanes = lanes; }
  /// Feature-wise: another format.
  NodeId quantize(const std::string& name, NodeId x, const Quantizer& format, bool relu = false);
  /// The verified graph.
  Graph finish(NodeId output);

  const Graph& graph() const { return graph_; }

 private:
  NodeId add_operation(const std::string& name, std::shared_ptr<const Operation> operation,
                       const std::vector<NodeId>& operands);

  CoreShape shape_;
  Graph graph_;
};

/// Any quantizer of these widths whose binary point is near `frac`.
Quantizer random_quantizer(Dice& dice, int least_width, int most_width, int frac);
/// A signed quantizer with `width` bits, `frac` of them behind the point.
Quantizer signed_quantizer(int width, int frac, Rounding rounding = Rounding::rnd, Overflow overflow = Overflow::sat);
/// Integers of `bits` signed bits; corners are frequent.
std::int64_t random_mantissa(Dice& dice, const Interval& range);
Literal random_literal(Dice& dice, const std::vector<int>& shape, int bits, int zeros_percent = 20);

/// Events full of corners: smallest, largest, equal and small values; masks with no, one and all tokens.
IntegerEvents random_events(Dice& dice, const Graph& graph, std::size_t count);

/// Exponential and reciprocal tables for softmax and attention.
struct TableSizes {
  int exp_frac;
  int exp_width;
  int recip_index;
  int recip_width;
  int recip_lz_max;
};
void set_tables(SoftmaxTables& tables, const TableSizes& sizes);

/// One operation's tensor [events * tokens, features] by the test's own model, from its operands' tensors.
using PlainModel = Mantissas (*)(const NodeView& view, const std::vector<const Mantissas*>& operands);

/// Where the golden model of `graph`'s output node differs from the plain model: empty, or the first difference.
std::string compare_with_plain_model(const Graph& graph, const IntegerEvents& events, PlainModel plain);

}  // namespace rtlgen::testing
