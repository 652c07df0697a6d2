#include "rtlgen/import/onnx_rules.hpp"

#include <map>
#include <set>
#include <vector>

namespace rtlgen {
namespace {

struct ArityGroup {
  OnnxArity arity;
  std::set<std::string> ops;
};

}  // namespace

std::optional<OnnxArity> onnx_arity(const std::string& op) {
  static const std::vector<ArityGroup> kGroups = {
      {{1, 1},
       {"Abs",
        "ArgMax",
        "Cast",
        "Ceil",
        "ConstantOfShape",
        "Cos",
        "Elu",
        "Erf",
        "Exp",
        "Flatten",
        "Floor",
        "Gelu",
        "GlobalAveragePool",
        "GlobalMaxPool",
        "HardSigmoid",
        "HardSwish",
        "Identity",
        "LeakyRelu",
        "Log",
        "Neg",
        "Not",
        "Reciprocal",
        "Relu",
        "Selu",
        "Shape",
        "Sigmoid",
        "Sin",
        "Size",
        "Softmax",
        "Softplus",
        "Softsign",
        "Sqrt",
        "Tanh",
        "Transpose"}},
      {{2, 2},
       {"Add", "And", "Div", "Equal", "Expand", "Gather", "Greater", "Less", "MatMul", "Mod", "Mul", "Or", "PRelu",
        "Pow", "Sub"}},
      {{1, 2}, {"ReduceMax", "ReduceMean", "ReduceSum", "Reshape", "Split", "Squeeze", "TopK", "Trilu", "Unsqueeze"}},
      {{1, 3}, {"Clip", "Dropout"}},
      {{2, 3}, {"DequantizeLinear", "Gemm", "LayerNormalization", "QuantizeLinear"}},
      {{3, 3}, {"Range", "Where"}},
      {{1, 5}, {"Slice"}},
      {{5, 5}, {"BatchNormalization"}},
  };
  for (const ArityGroup& group : kGroups) {
    if (group.ops.count(op) != 0) {
      return group.arity;
    }
  }
  return std::nullopt;
}

std::optional<OnnxAttributeType> onnx_attribute_type(const std::string& name) {
  static const std::map<OnnxAttributeType, std::set<std::string>> kNames = {
      {OnnxAttributeType::whole,
       {"allowzero", "axis", "end", "keepdims", "start", "to", "transA", "transB", "upper", "value_int"}},
      {OnnxAttributeType::wholes, {"axes", "ends", "perm", "split", "starts", "steps", "value_ints"}},
      {OnnxAttributeType::number, {"alpha", "beta", "epsilon", "gamma", "max", "min", "value_float"}},
      {OnnxAttributeType::text, {"approximate", "equation"}}};
  for (const auto& [type, names] : kNames) {
    if (names.count(name) != 0) {
      return type;
    }
  }
  return std::nullopt;
}

}  // namespace rtlgen
