// ONNX files to plain graphs; the only place that knows protobuf.
#pragma once

#include "rtlgen/import/onnx_graph.hpp"

namespace rtlgen {

/// Reads the ONNX model `path` (at most 512 MiB). Throws SourceError, naming the node where there is one, for files
/// that are damaged or truncated, tensors whose data does not fit their shape, data in other files, control flow (If,
/// Loop, Scan), values made twice or never, and cycles. Memory is bounded by a multiple of the file's size.
OnnxGraph read_onnx_file(const std::string& path);

}  // namespace rtlgen
