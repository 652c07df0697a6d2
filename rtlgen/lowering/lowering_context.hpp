// What the lowering of a layer knows of the others.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "ir/events.hpp"
#include "ir/graph.hpp"
#include "rtlgen/lowering/exact_node.hpp"
#include "rtlgen/lowering/exact_tensor.hpp"
#include "rtlgen/lowering/precision_rules.hpp"
#include "rtlgen/model/model.hpp"

namespace rtlgen {

/// The graph as it grows, the tensors of the layers that are in it, and what calibration shows of all. Layers in
/// arguments are those of the model.
class LoweringContext {
 public:
  using NodeId = Graph::NodeId;

  /// Runs the events, which may be none, through the float model; both must outlive the context.
  LoweringContext(const Model& model, const Events& calibration);

  const Model& model() const { return model_; }
  const PrecisionRules& precision() const { return precision_; }
  Graph& graph() { return graph_; }
  const TensorType& type(NodeId id) const { return graph_.node(id).type; }

  /// The tensors of the layers so far, one a layer.
  std::vector<ExactTensor>& tensors() { return tensors_; }
  /// The tensor of a layer's input.
  ExactTensor& input(const Layer& layer, std::size_t which = 0) { return tensors_[layer.inputs.at(which)]; }
  /// The same, made into a node where it is none. Throws IrError.
  const ExactTensor& input_node(const Layer& layer, std::size_t which = 0) { return node(layer.inputs.at(which)); }
  /// The tensor of layer `index`, made into a node where it is none. Throws IrError.
  const ExactTensor& node(std::size_t index);
  /// An input as a node whose mantissas are the real numbers but for the binary point. Throws SourceError where their
  /// scales are others.
  NodeId operand(const Layer& layer, std::size_t which = 0);
  /// All inputs, as operand() makes them.
  std::vector<NodeId> operands(const Layer& layer);

  const Events& calibration() const { return calibration_; }
  bool is_calibrated() const { return calibration_.count > 0; }
  /// A layer's input in the float model, on the events of calibration().
  const RowMatrix& real_input(const Layer& layer, std::size_t which) const { return real_[layer.inputs.at(which)]; }
  /// What holds a layer's input on the events of calibration(), in the default format's bits.
  Format input_format(const Layer& layer) const { return calibrated(FormatSpec(), layer.inputs.at(0)); }
  /// Whether only one layer reads a layer's tensor.
  bool is_read_once(const Layer& layer) const { return users_[index_of(layer)] == 1; }
  /// Throws SourceError where there are no events.
  void require_calibration(const Layer& layer) const;
  /// The quantizer of a layer's tensor where `chosen` is its format.
  Quantizer quantizer(const Layer& layer, const FormatSpec& chosen) const;
  /// The same with the layer's activation format.
  Quantizer output(const Layer& layer) const { return quantizer(layer, precision_.activation(layer)); }

  /// Whether the layer is one of exact arithmetic: its exactness() says so, or asks and it is said to be exact or has
  /// operands whose scales are no powers of two.
  bool is_exact(const Layer& layer) const;
  /// The name of the node of an exact layer's tensor before its relu and its format.
  std::string exact_name(const Layer& layer) const;
  /// An exact layer's tensor with its relu and its format. Throws IrError.
  ExactTensor finish(const Layer& layer, ExactTensor tensor);
  /// An exact layer's tensor, made into a node where several layers read it. Throws IrError.
  ExactTensor share(const Layer& layer, ExactTensor tensor);

  /// Adds a node and infers its type. Throws IrError.
  template <typename T>
  ExactTensor append(const std::string& name, T operation, const std::vector<NodeId>& operands) {
    const NodeId id = append_node(graph_, name, std::move(operation), operands);
    return tensor_of_node(id, type(id));
  }

 private:
  std::size_t index_of(const Layer& layer) const { return static_cast<std::size_t>(&layer - model_.layers.data()); }
  Format calibrated(const FormatSpec& chosen, std::size_t index) const;

  const Model& model_;
  const Events& calibration_;
  PrecisionRules precision_;
  Graph graph_;
  std::vector<RowMatrix> real_;  // of the float model, one a layer; empty without events
  std::vector<ExactTensor> tensors_;
  std::vector<int> users_;  // layers that read a layer's tensor
};

}  // namespace rtlgen
