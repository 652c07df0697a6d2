// The weights of a model by name and expected shape.
#pragma once

#include <Eigen/Dense>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "rtlgen/files/npz.hpp"
#include "rtlgen/model/model.hpp"

namespace rtlgen {

/// An .npz file of weights, or none.
class WeightFile {
 public:
  /// No file: every request is an error.
  WeightFile() = default;
  /// Opens `path`; `shown` is what messages call it.
  WeightFile(const std::string& path, std::string shown) : file_(NpzFile(path)), shown_(std::move(shown)) {}

  /// Whether there is an array of this name.
  bool contains(const std::string& name) const { return file_ && file_->contains(name); }
  /// Whether the array `name`, which is there, is one of integers.
  bool is_integral(const std::string& name) const { return file_->read(name).integral; }
  /// Number of dimensions of the array `name`; 0 where it is not there.
  std::size_t rank(const std::string& name) const { return contains(name) ? file_->read(name).shape.size() : 0; }
  /// The array `name` of shape [size], or a single number (shape []) for all.
  Eigen::VectorXd vector_or_number(const std::string& name, std::size_t size, const SourceLocation& where) const;

  /// The array `name` of this shape as [shape[0], product of the rest]; all numbers finite. Errors are at `where`.
  RowMatrix matrix(const std::string& name, const std::vector<std::size_t>& shape, const SourceLocation& where) const;
  /// The same as one vector in C order.
  Eigen::VectorXd vector(const std::string& name, const std::vector<std::size_t>& shape,
                         const SourceLocation& where) const;

 private:
  std::optional<NpzFile> file_;
  std::string shown_;
};

}  // namespace rtlgen
