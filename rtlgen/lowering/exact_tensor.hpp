// Tensors that are known exactly, before they are integers of a node.
#pragma once

#include <Eigen/Dense>
#include <functional>
#include <limits>
#include <vector>

#include "ir/graph.hpp"

namespace rtlgen {

/// What is done to one feature after the other behind a tensor's limits: y = limit(scale_f * function(x) + shift_f).
struct PointwiseStep {
  std::function<double(double)> function;  ///< empty: x itself
  bool monotonic = true;                   ///< the function nowhere falls after rising, or the other way round
  Eigen::VectorXd scale;                   ///< empty, with shift: 1 and 0
  Eigen::VectorXd shift;
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();

  double operator()(Eigen::Index f, double x) const;
};

/// A product with a constant matrix.
enum class Product {
  none,
  dense,   ///< of each token
  flatten  ///< of all tokens of an event, side by side
};

/// A real tensor, told by the mantissas m of a node: t_o = min(max(factor_o * sum_i weight_oi m_i + offset_o, low_o),
/// high_o), and what `steps` make of that. token_offset_to for token t is part of the sum where it is there, without
/// steps. It costs nothing until it is needed, so layers in a row that round nothing become one operation.
struct ExactTensor {
  Graph::NodeId node = 0;
  Product product = Product::none;  ///< none: no weight, but the mantissas themselves
  Literal weight;                   ///< [out, in], whole numbers
  RowMatrix unrounded;  ///< the weight where it is not whole: features of the node have scales without a common unit
  Eigen::VectorXd factor;
  Eigen::VectorXd offset;
  RowMatrix token_offset;            ///< [tokens, features]; empty: none
  Eigen::VectorXd low;               ///< may be minus infinity
  Eigen::VectorXd high;              ///< may be infinity
  std::vector<PointwiseStep> steps;  ///< from the first function on that is no affine one

  Eigen::Index features() const { return factor.size(); }
  bool is_node() const { return product == Product::none && steps.empty() && token_offset.size() == 0; }
  bool is_limited() const;
  /// Whether it is just what the type of the node says: m * 2^-frac.
  bool is_plain(const TensorType& type) const;

  /// t_f = scale_f * t_f + shift_f.
  void transform(const Eigen::VectorXd& scale, const Eigen::VectorXd& shift);
  /// t_f = min(max(t_f, least), most).
  void limit(double least, double most);
  /// t_f = function(t_f).
  void apply(std::function<double(double)> function, bool monotonic);
  /// t_f where the sum (the mantissa, where there is no weight) is `sum`.
  double at(Eigen::Index f, std::int64_t sum) const;
};

/// The tensor of a node by its type.
ExactTensor tensor_of_node(Graph::NodeId node, const TensorType& type);
/// The tensor of a node whose mantissas stand for factor_f * m + offset_f.
ExactTensor tensor_of_node(Graph::NodeId node, Eigen::VectorXd factor, Eigen::VectorXd offset);

}  // namespace rtlgen
