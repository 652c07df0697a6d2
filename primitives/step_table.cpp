#include "primitives/step_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "ir/numerics/table_kernels.hpp"
#include "primitives/block_costs.hpp"
#include "primitives/block_steps.hpp"
#include "primitives/emission.hpp"
#include "primitives/node_rules.hpp"

namespace rtlgen {
namespace {

using Row = std::vector<std::int64_t>;

/// The rows of a literal: the last one stands for all features behind it.
class Rows {
 public:
  explicit Rows(const Literal& literal)
      : values_(literal.values), count_(literal.shape.at(0)), size_(literal.shape.at(1)) {}

  int size() const { return size_; }
  int of_feature(int feature) const { return std::min(feature, count_ - 1); }
  Row::const_iterator begin(int row) const { return values_.begin() + std::ptrdiff_t{row} * size_; }
  Row::const_iterator end(int row) const { return begin(row) + size_; }

 private:
  const Row& values_;
  int count_;
  int size_;
};

/// Steps of the binary search.
int depth_of(const StepTable& table) { return clog2(std::int64_t{table.thresholds.shape.at(1)} + 1); }

/// Thresholds of which a comparison chooses in its own LUTs: these see a bit of the number and five of what was found.
constexpr int kChoiceOfComparison = 5;

/// The search and the table of values of rtl_lib/step_table.v, in all elements of a beat.
Pipeline pipeline_of(const StepTable& table, const NodeView& view, const Hardware& hardware) {
  const DeviceModel& device = hardware.device;
  const int depth = depth_of(table);
  const int width = view.operand(0).width;
  std::vector<Step> steps;
  for (int found = 0; found < depth; ++found) {
    const int choice = found > kChoiceOfComparison ? device.table(found) : 0;
    steps.push_back({choice + device.adder(width), long{width} + found});
  }
  steps.push_back({device.table(depth), depth});
  const long count = long{hardware.lanes_of(view.node.type)} * view.node.type.features;
  return {device, {0, hardware.start}, {{"REGISTERS", side_by_side(count, std::move(steps))}}};
}

/// `row` with so many entries in front of it that there are `size`.
Row padded(const Rows& rows, int row, std::size_t size, std::int64_t entry) {
  Row result(size - static_cast<std::size_t>(rows.size()), entry);
  result.insert(result.end(), rows.begin(row), rows.end(row));
  return result;
}

/// 2^depth - 1 sorted entries in the order in which a search meets them, level by level.
Row search_order(const Row& sorted, int depth) {
  Row result;
  for (int level = 0; level < depth; ++level) {
    const std::size_t half = std::size_t{1} << (depth - 1 - level);
    for (std::size_t node = 0; node < std::size_t{1} << level; ++node) {
      result.push_back(sorted[(2 * node + 1) * half - 1]);
    }
  }
  return result;
}

}  // namespace

void StepTable::visit(AttributeVisitor& visitor) {
  visitor("thresholds", thresholds);
  visitor("values", values);
  visitor("output", output);
}

TensorType StepTable::infer(const NodeView& view) const {
  require_operands(view, 1);
  const TensorType& x = view.operand(0);
  const std::vector<int>& shape = thresholds.shape;
  require(view,
          shape.size() == 2 && (shape[0] == 1 || shape[0] == x.features) && shape[1] >= 1 && shape[1] <= kMaxThresholds,
          fmt::format("thresholds must have shape [1, n] or [{}, n] with n up to {}", x.features, kMaxThresholds));
  require_shape(view, "values", values, {shape[0], shape[1] + 1});
  const Rows steps(thresholds);
  const Rows results(values);
  const Interval bus{-(std::int64_t{1} << (x.width - 1)), (std::int64_t{1} << (x.width - 1)) - 1};
  TensorType type = quantized_type(x.tokens, x.features, output);
  for (int f = 0; f < x.features; ++f) {
    const int row = steps.of_feature(f);
    require(view, std::is_sorted(steps.begin(row), steps.end(row)), "a threshold is below the one before");
    require(view, *steps.begin(row) >= bus.lo && *(steps.end(row) - 1) <= bus.hi,
            "a threshold is outside the operand's width");
    const auto [lo, hi] = std::minmax_element(results.begin(row), results.end(row));
    Interval& interval = type.intervals[static_cast<std::size_t>(f)];
    require(view, *lo >= interval.lo && *hi <= interval.hi, "a value does not fit the output format");
    interval = {*lo, *hi};
  }
  return type;
}

Mantissas StepTable::evaluate(const NodeView& /*view*/, const std::vector<const Mantissas*>& operands) const {
  const Mantissas& x = *operands[0];
  const Rows steps(thresholds);
  const Rows results(values);
  Mantissas y(x.rows(), x.cols());
  for (Eigen::Index f = 0; f < x.cols(); ++f) {
    const int row = steps.of_feature(static_cast<int>(f));
    for (Eigen::Index i = 0; i < x.rows(); ++i) {
      const std::size_t reached = thresholds_reached(&*steps.begin(row), static_cast<std::size_t>(steps.size()),
                                                     static_cast<std::int64_t>(x(i, f)));
      y(i, f) = static_cast<double>(*(results.begin(row) + static_cast<std::ptrdiff_t>(reached)));
    }
  }
  return y;
}

Timing StepTable::timing(const NodeView& view, const Hardware& hardware) const {
  return Timing(pipeline_of(*this, view, hardware));
}

Cost StepTable::cost(const NodeView& view, const Hardware& hardware) const {
  const int depth = depth_of(*this);
  const int in_width = view.operand(0).width;
  Cost one = table_cost(depth, view.node.type.width);
  for (int found = 0; found < depth; ++found) {
    one += found > kChoiceOfComparison ? table_cost(found, in_width) : Cost{};
    one.lut += in_width;
  }
  return static_cast<double>(hardware.lanes_of(view.node.type) * view.node.type.features) * one +
         pipeline_of(*this, view, hardware).cost();
}

void StepTable::emit(const NodeView& view, const Hardware& hardware, Emission& emission) const {
  const Rows steps(thresholds);
  const Rows results(values);
  const int depth = depth_of(*this);
  const int in_width = view.operand(0).width;
  const int out_width = view.node.type.width;
  const std::size_t count = std::size_t{1} << depth;
  const int features = view.node.type.features;
  const Pipeline pipeline = pipeline_of(*this, view, hardware);
  for (int element = 0; element < hardware.lanes_of(view.node.type) * features; ++element) {
    const int row = steps.of_feature(element % features);
    // Thresholds that every number reaches fill the search up.
    const Row all = padded(steps, row, count - 1, -(std::int64_t{1} << (in_width - 1)));
    const Row between = padded(results, row, count, *results.begin(row));
    Cell& cell = emission.cell("step_table", fmt::format("element{}", element));
    cell.with("IN_W", in_width).with("DEPTH", depth).with("OUT_W", out_width);
    pipeline.set(cell);
    cell.with("THRESHOLDS", verilog_table(search_order(all, depth), in_width));
    cell.with("VALUES", verilog_table(between, out_width));
    cell.port("clk").port("x", emission.input(0).element(element, in_width));
    cell.port("y", emission.output().element(element, out_width));
  }
}

}  // namespace rtlgen
