// HDF5 files as plain texts and numbers, by the HDF5 library.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace rtlgen {

/// Numbers of a dataset in C order; a scalar has an empty shape.
struct Hdf5Array {
  std::vector<std::size_t> shape;
  std::vector<double> values;
};

/// What is wrong with a file or an object in it, without their names.
struct Hdf5Problem : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// An open HDF5 file. Objects are named by their path from the root (`a/b`, the root is empty). Only what lies in the
/// file itself is followed: soft and external links, external storage and virtual datasets are errors. What the file
/// claims is checked as far as the library allows; the library itself does not withstand every damaged file, which is
/// why Hdf5File runs this in a process of its own. All functions throw Hdf5Problem.
class Hdf5Reader {
 public:
  /// Opens a file of HDF5's format that is held in memory.
  explicit Hdf5Reader(std::string_view bytes);
  ~Hdf5Reader();
  Hdf5Reader(const Hdf5Reader&) = delete;
  Hdf5Reader& operator=(const Hdf5Reader&) = delete;

  /// Whether there is a group or dataset of this path.
  bool contains(const std::string& path) const;
  /// The texts of an attribute of the group `path`: one for a scalar, as many as there are for a list. Nothing where
  /// there is no such attribute; an attribute that is not text is an error.
  std::optional<std::vector<std::string>> texts(const std::string& path, const std::string& attribute) const;
  /// The dataset `path`: integers and floating-point numbers of any width, at most 16 times as many as the file has
  /// bytes, counted over all calls (compressed data can claim far more than it holds).
  Hdf5Array read(const std::string& path) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace rtlgen
