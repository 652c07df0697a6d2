// What ONNX itself says of its operations: rules that a file must keep, whatever it is used for.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace rtlgen {

/// How many inputs an operation has, absent ones included.
struct OnnxArity {
  std::size_t least;
  std::size_t most;
};

/// Over all opsets; nothing for operations that have any number, and for those that the importer does not read.
std::optional<OnnxArity> onnx_arity(const std::string& op);

enum class OnnxAttributeType { whole, wholes, number, text };

/// The type of attributes that have the same in all operations that the importer reads; nothing for others.
std::optional<OnnxAttributeType> onnx_attribute_type(const std::string& name);

}  // namespace rtlgen
