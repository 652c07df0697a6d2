// How the axes of an ONNX tensor are made of the token and feature axes of our tensors.
#pragma once

#include <optional>
#include <string>

#include "rtlgen/import/onnx_tensor.hpp"

namespace rtlgen {

/// What an axis, or a part of one, counts.
enum class OnnxAtomKind {
  batch,    ///< events
  token,    ///< tokens of a tensor [tokens, features]; attention: those that a mask speaks of
  feature,  ///< features of such a tensor
  head,     ///< heads of attention scores
  left,     ///< tokens of the first operand of attention scores
  right,    ///< tokens of the second
  repeat,   ///< the same thing again
};

/// A part of an axis: index i of `size` adds i * stride to the index of what it counts.
struct OnnxAtom {
  OnnxAtomKind kind;
  std::int64_t size;  ///< at least 2: axes of size 1 have no atoms
  std::int64_t stride;
};

/// An axis: its atoms, the outermost first. Their sizes multiply to the axis' size.
using OnnxAxis = std::vector<OnnxAtom>;

/// The axes of a tensor.
using OnnxLayout = std::vector<OnnxAxis>;

std::int64_t axis_size(const OnnxAxis& axis);
OnnxShape layout_shape(const OnnxLayout& layout);

/// What a message calls a layout: `[1,4 tokens x 2 features]`. Layouts that differ differ in it.
std::string layout_text(const OnnxLayout& layout);

/// Neighbours that count on from one another become one.
OnnxAxis merged_atoms(const OnnxAxis& axis);

/// The same elements in the same order as `shape`; nothing where an axis would end inside an atom whose size it does
/// not divide, or the number of elements differs.
std::optional<OnnxLayout> reshape_layout(const OnnxLayout& layout, const OnnxShape& shape);

/// Atoms of one kind, over all axes, in order.
std::vector<OnnxAtom> atoms_of(const OnnxLayout& layout, OnnxAtomKind kind);

/// Whether `axis` is one run of atoms of `kind` over `count` consecutive indices from the first on.
bool is_whole(const OnnxAxis& axis, OnnxAtomKind kind, std::int64_t count);

/// The sums of strides of all index combinations of `atoms`, the last running fastest.
std::vector<std::int64_t> atom_offsets(const std::vector<OnnxAtom>& atoms);

}  // namespace rtlgen
