// Tensors that are known exactly, before they are integers of a node.
#pragma once

#include <Eigen/Dense>
#include <string>

#include "ir/graph.hpp"

namespace rtlgen {

/// A real tensor, told by the mantissas m of a node: t_o = min(max(factor_o * sum_i weight_oi m_i + offset_o, low_o),
/// high_o); token_offset_to for token t is part of the sum where it is there. It costs nothing until it is needed, so
/// layers in a row that round nothing become one operation.
struct ExactTensor {
  Graph::NodeId node = 0;
  std::string op;       ///< `dense` or `flatten_dense` where there is a weight; empty: the mantissas themselves
  Literal weight;       ///< [out, in], whole numbers
  RowMatrix unrounded;  ///< the weight where it is not whole: features of the node have scales without a common unit
  Eigen::VectorXd factor;
  Eigen::VectorXd offset;
  RowMatrix token_offset;  ///< [tokens, features]; empty: none
  Eigen::VectorXd low;     ///< may be minus infinity
  Eigen::VectorXd high;    ///< may be infinity

  Eigen::Index features() const { return factor.size(); }
  bool is_node() const { return op.empty() && token_offset.size() == 0; }
  bool is_limited() const;
  /// Whether it is just what the type of the node says: m * 2^-frac.
  bool is_plain(const TensorType& type) const;

  /// t_f = scale_f * t_f + shift_f.
  void transform(const Eigen::VectorXd& scale, const Eigen::VectorXd& shift);
  /// t_f = min(max(t_f, least), most).
  void limit(double least, double most);
};

/// The tensor of a node by its type.
ExactTensor tensor_of_node(Graph::NodeId node, const TensorType& type);
/// The tensor of a node whose mantissas stand for factor_f * m + offset_f.
ExactTensor tensor_of_node(Graph::NodeId node, Eigen::VectorXd factor, Eigen::VectorXd offset);

}  // namespace rtlgen
