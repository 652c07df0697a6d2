// HDF5 files as plain texts and numbers, read with care: what a file claims is checked before memory is taken for it.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rtlgen {

/// Numbers of a dataset in C order; a scalar has an empty shape.
struct Hdf5Array {
  std::vector<std::size_t> shape;
  std::vector<double> values;
};

/// An open HDF5 file. Objects are named by their path from the root (`a/b`, the root is empty). Only what lies in the
/// file itself is followed: soft and external links, external storage and virtual datasets are errors. All problems
/// are SourceErrors that name the file and the object.
class Hdf5File {
 public:
  /// Opens a file of HDF5's format that is held in memory; `name` is what errors call it.
  Hdf5File(std::string_view bytes, std::string name);
  ~Hdf5File();
  Hdf5File(Hdf5File&&) noexcept;
  Hdf5File& operator=(Hdf5File&&) noexcept;

  /// Whether there is a group or dataset of this path.
  bool contains(const std::string& path) const;
  /// Names in the group `path`, in the order of the alphabet.
  std::vector<std::string> members(const std::string& path) const;
  /// The texts of an attribute of the group or dataset `path`: one for a scalar, as many as there are for a list.
  /// Nothing where there is no such attribute; an attribute that is not text is an error.
  std::optional<std::vector<std::string>> texts(const std::string& path, const std::string& attribute) const;
  /// The dataset `path`: integers and floating-point numbers of any width, at most 16 times as many as the file has
  /// bytes, counted over all calls (compressed data can claim far more than it holds).
  Hdf5Array read(const std::string& path) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace rtlgen
