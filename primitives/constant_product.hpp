// Multiplication by constants: what dense and elementwise have alike.
#pragma once

#include <optional>
#include <vector>

#include "ir/numerics/format_array.hpp"
#include "primitives/cmvm/adder_graph.hpp"
#include "primitives/cmvm/constant_matrix.hpp"
#include "primitives/primitive.hpp"
#include "primitives/solution_cache.hpp"

namespace rtlgen {

/// y = requantize(relu?(W x + b)) with a matrix W of the class's own, where x is all features of all operands. The RTL
/// is a generated netlist of shifted additions, an adder graph that is found once and then is part of the node.
class ConstantProduct : public Primitive {
 public:
  Literal bias;         ///< [out], at the fraction of the sums
  int weight_frac = 0;  ///< fraction bits of the weight
  bool relu = false;
  FormatArray output;             ///< formats and limits of [out], where they differ
  std::optional<Literal> adders;  ///< the adder graph, see adder_graph_literals.hpp
  std::optional<Literal> sums;

  const Quantizer* output_quantizer() const override { return &output.quantizer; }
  Timing timing(const NodeView& view, const Hardware& hardware) const override;
  Cost cost(const NodeView& view, const Hardware& hardware) const override;
  void emit(const NodeView& view, const Hardware& hardware, Emission& emission) const override;

  /// An adder graph of the product.
  virtual AdderGraph solve(const NodeView& view, const ConstantMatrixOptions& options,
                           const SolutionCache& cache) const = 0;
  /// The same operation with an adder graph. Throws std::logic_error where it computes something else.
  std::shared_ptr<const Operation> with_adders(const NodeView& view, const AdderGraph& graph) const;
  /// Fraction bits of the sums.
  int sum_frac(const NodeView& view) const { return view.operand(0).frac + weight_frac; }

 protected:
  /// Bias, formats and, where they are there, adders; and the type of the result.
  TensorType checked_type(const NodeView& view, const TensorType& exact_sums) const;
  /// Throws std::logic_error unless the graph computes the product.
  virtual void require_product_of(const NodeView& view, const AdderGraph& graph) const = 0;
  /// The attributes that both have.
  void visit_common(AttributeVisitor& visitor);
};

}  // namespace rtlgen
