// Multiplication by a constant matrix as a graph of shifted additions.
#pragma once

#include <Eigen/Dense>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "ir/numerics/interval.hpp"
#include "ir/numerics/literal.hpp"

namespace rtlgen {

/// Adder levels that an adder of three operands takes: as long as two adders in a row, one in a LUT and its route, one
/// in the carry chain. On AMD devices it is about half as fast as an adder of two (Kumm and Zipf, Efficient High Speed
/// Compression Trees on Xilinx FPGAs, MBMV 2014).
constexpr int kTernaryLevels = 2;

/// A directed acyclic graph of adders of two operands, and of three where a device has them, over shifted inputs. Nodes
/// are numbered: first the inputs, then constants and adders, each behind what it uses.
struct AdderGraph {
  enum class Kind { input, constant, adder };

  /// What an adder adds or, if negative, subtracts: node << shift.
  struct Operand {
    int node = -1;
    int shift = 0;
    bool negative = false;
  };

  /// An adder's value is (a << shift_a) + (b << shift_b), or minus where `subtract`. With a third operand it is
  /// (a << shift_a) + (b << shift_b) + (c << shift_c), or minus the last, or minus the last two. A constant is
  /// interval.lo.
  struct Node {
    Kind kind = Kind::input;
    int a = -1;
    int b = -1;
    int shift_a = 0;
    int shift_b = 0;
    bool subtract = false;
    Interval interval;  ///< every value that can occur
    int level = 0;      ///< adder levels on the longest way from an input
    int c = -1;         ///< third operand; -1: there is none
    int shift_c = 0;
    bool subtract_b = false;  ///< of three operands, the second is subtracted too

    bool is_ternary() const { return c >= 0; }
    /// Of an adder, the negative ones last; of any other node none.
    std::vector<Operand> operands() const;
    /// Adder levels that it takes where `levels` lie between two registers (0: there are none). A ternary adder fits
    /// into any stage, if need be into one that is too short for it.
    int levels_of(int levels) const;
  };

  /// Where output o is found: node << shift, negated never (a negation is an adder of its own); node -1 is the constant
  /// 0.
  struct Output {
    int node = -1;
    int shift = 0;
  };

  std::vector<Node> nodes;
  std::vector<Output> outputs;

  /// Largest level of an output.
  int depth() const;
  /// Interval of an output.
  Interval interval(const Output& output) const;
  /// LUTs of all adders (primitives/cmvm/adder_cost.hpp).
  int adder_bits() const;
  /// LUTs of one.
  int adder_bits(const Node& adder) const;
  /// One more than the largest level of an adder's operands, or two for a ternary adder.
  int level_of(const Node& adder) const;
  /// An adder of three operands of this graph, of which one must be positive; they may come in any order.
  Node sum_of_three(std::vector<Operand> operands, const Interval& interval) const;
};

/// What the nodes of a graph compute, a row a node: in a column for each of some inputs the factor of that input.
using LinearForms = Eigen::Matrix<std::int64_t, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Calls `take(first, forms)` with the factors of the inputs from `first` on, as many as `forms` has columns, until all
/// have been taken, in order; behind the last input comes the constant that is added. All at once would be
/// gigabytes for a wide matrix: the forms of one call have about `bytes`.
void for_linear_forms(const AdderGraph& graph,
                      const std::function<void(std::size_t first, const LinearForms& forms)>& take,
                      std::size_t bytes = std::size_t{1} << 25);

/// Throws std::logic_error unless the graph computes weight * x + bias for all x in the intervals of its inputs.
/// `weight` is [out, in], `bias` [out].
void require_product(const AdderGraph& graph, const Literal& weight, const Literal& bias);

/// The same for factor_i x_i + bias_i, a product with a diagonal matrix. `factor` and `bias` are [features].
void require_elementwise(const AdderGraph& graph, const Literal& factor, const Literal& bias);

}  // namespace rtlgen
