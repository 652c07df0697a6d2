#include "rtlgen/import/onnx_layout.hpp"

#include <map>

namespace rtlgen {

std::int64_t axis_size(const OnnxAxis& axis) {
  std::int64_t size = 1;
  for (const OnnxAtom& atom : axis) {
    size *= atom.size;
  }
  return size;
}

OnnxShape layout_shape(const OnnxLayout& layout) {
  OnnxShape shape;
  for (const OnnxAxis& axis : layout) {
    shape.push_back(axis_size(axis));
  }
  return shape;
}

std::string layout_text(const OnnxLayout& layout) {
  static const std::map<OnnxAtomKind, const char*> kNames = {
      {OnnxAtomKind::batch, "events"},         {OnnxAtomKind::token, "tokens"},
      {OnnxAtomKind::feature, "features"},     {OnnxAtomKind::head, "heads"},
      {OnnxAtomKind::left, "query tokens"},    {OnnxAtomKind::right, "key tokens"},
      {OnnxAtomKind::repeat, "times the same"}};
  std::string text = "[";
  for (std::size_t i = 0; i < layout.size(); ++i) {
    text += i == 0 ? "" : ",";
    const OnnxAxis axis = merged_atoms(layout[i]);
    text += axis.empty() ? "1" : "";
    for (std::size_t atom = 0; atom < axis.size(); ++atom) {
      text += (atom == 0 ? "" : " x ") + std::to_string(axis[atom].size) + " " + kNames.at(axis[atom].kind);
      if (axis[atom].stride > 1) {
        text += " in steps of " + std::to_string(axis[atom].stride);
      }
    }
  }
  return text + "]";
}

OnnxAxis merged_atoms(const OnnxAxis& axis) {
  OnnxAxis merged;
  for (const OnnxAtom& atom : axis) {
    if (!merged.empty() && merged.back().kind == atom.kind && merged.back().stride == atom.stride * atom.size) {
      merged.back() = {atom.kind, merged.back().size * atom.size, atom.stride};
    } else {
      merged.push_back(atom);
    }
  }
  return merged;
}

std::optional<OnnxLayout> reshape_layout(const OnnxLayout& layout, const OnnxShape& shape) {
  OnnxAxis all;
  for (const OnnxAxis& axis : layout) {
    all.insert(all.end(), axis.begin(), axis.end());
  }
  all = merged_atoms(all);
  OnnxLayout made;
  std::size_t next = 0;
  for (const std::int64_t size : shape) {
    OnnxAxis axis;
    std::int64_t left = size;
    while (left > 1) {
      if (next == all.size()) {
        return std::nullopt;
      }
      OnnxAtom& atom = all[next];
      if (left % atom.size == 0) {
        axis.push_back(atom);
        left /= atom.size;
        ++next;
      } else if (atom.size % left == 0) {
        const std::int64_t inner = atom.size / left;
        axis.push_back({atom.kind, left, atom.stride * inner});
        atom.size = inner;
        left = 1;
      } else {
        return std::nullopt;
      }
    }
    if (left != 1) {
      return std::nullopt;
    }
    made.push_back(merged_atoms(axis));
  }
  return next == all.size() ? std::optional<OnnxLayout>(made) : std::nullopt;
}

std::vector<OnnxAtom> atoms_of(const OnnxLayout& layout, OnnxAtomKind kind) {
  std::vector<OnnxAtom> atoms;
  for (const OnnxAxis& axis : layout) {
    for (const OnnxAtom& atom : axis) {
      if (atom.kind == kind) {
        atoms.push_back(atom);
      }
    }
  }
  return atoms;
}

bool is_whole(const OnnxAxis& axis, OnnxAtomKind kind, std::int64_t count) {
  const OnnxAxis merged = merged_atoms(axis);
  if (count == 1) {
    return merged.empty();
  }
  return merged.size() == 1 && merged[0].kind == kind && merged[0].size == count && merged[0].stride == 1;
}

std::vector<std::int64_t> atom_offsets(const std::vector<OnnxAtom>& atoms) {
  std::vector<std::int64_t> offsets = {0};
  for (const OnnxAtom& atom : atoms) {
    std::vector<std::int64_t> more;
    more.reserve(offsets.size() * static_cast<std::size_t>(atom.size));
    for (const std::int64_t offset : offsets) {
      for (std::int64_t i = 0; i < atom.size; ++i) {
        more.push_back(offset + i * atom.stride);
      }
    }
    offsets = std::move(more);
  }
  return offsets;
}

}  // namespace rtlgen
