// An ONNX graph as plain data: nothing of protobuf, every size checked.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ir/source_error.hpp"

namespace rtlgen {

/// What the numbers of a tensor are; integers divide as integers.
enum class OnnxKind { real, integer, boolean };

/// A quantized constant: value = mantissa * scale, element by element, in the order of the values.
struct OnnxMantissas {
  std::vector<double> mantissas;  ///< whole numbers
  std::vector<double> scales;
};

/// A constant, in C order. Float32 and float16 widen exactly; 64-bit integers beyond 2^53 are rounded.
struct OnnxTensor {
  std::vector<std::int64_t> shape;  ///< empty: a scalar
  std::vector<double> values;
  OnnxKind kind = OnnxKind::real;
  int bits = 32;                                   ///< integers: size of the type in the file
  bool is_signed = true;                           ///< integers
  std::shared_ptr<const OnnxMantissas> quantized;  ///< where a quantizer made it
};

using OnnxTensorPtr = std::shared_ptr<const OnnxTensor>;

/// An attribute; one member is used, as its type in the file was.
struct OnnxAttribute {
  double number = 0;       ///< float
  std::int64_t whole = 0;  ///< int
  std::string text;
  std::vector<double> numbers;
  std::vector<std::int64_t> wholes;
  OnnxTensorPtr tensor;
};

struct OnnxNode {
  std::string name;  ///< may be empty
  std::string op;
  std::string domain;               ///< empty for ONNX itself
  std::vector<std::string> inputs;  ///< an empty name: an optional input that is absent
  std::vector<std::string> outputs;
  std::map<std::string, OnnxAttribute> attributes;

  /// Attributes, or `otherwise` where they are absent.
  std::int64_t whole(const std::string& key, std::int64_t otherwise) const;
  double number(const std::string& key, double otherwise) const;
  std::string text(const std::string& key, const std::string& otherwise) const;
  const std::vector<std::int64_t>* wholes(const std::string& key) const;
};

/// One axis of an input: a size, or a name or nothing where it is open.
struct OnnxDim {
  std::int64_t size = -1;  ///< -1: open
  std::string symbol;      ///< of an open axis; may be empty
};

struct OnnxInput {
  std::string name;
  std::vector<OnnxDim> dims;
};

/// A graph with its nodes in an order in which inputs come first.
struct OnnxGraph {
  std::string file;
  std::string producer;
  std::int64_t opset = 1;  ///< of ONNX's own domain
  std::vector<OnnxNode> nodes;
  std::map<std::string, OnnxTensorPtr> initializers;
  std::vector<OnnxInput> inputs;  ///< without those that are initializers too
  std::vector<std::string> outputs;
};

/// `text` fit for a message or a comment: one line of printable ASCII of a bounded length.
std::string onnx_printable(const std::string& text);

/// What a message calls a node: `node 'NAME' (Op)`; the name of its output where it has none.
std::string onnx_label(const OnnxNode& node);

/// An error about one node of `file`.
[[noreturn]] void fail_onnx(const std::string& file, const OnnxNode& node, const std::string& what);

}  // namespace rtlgen
