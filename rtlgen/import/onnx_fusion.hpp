// Operations of a network that become one layer.
#pragma once

#include "rtlgen/import/onnx_interpreter.hpp"

namespace rtlgen {

/// Merges, in place, operations that `program.output` needs: scales and offsets into dense layers and norms, selections
/// of features into dense layers, output projections into attention (`heads` with a matrix), functions into dense
/// layers. Where `exact`, only what leaves all numbers as they are.
void fuse_operations(OnnxProgram& program, bool exact);

/// How often each operation is used, 0 for those that do not lead to the output.
std::vector<int> count_users(const OnnxProgram& program);

}  // namespace rtlgen
