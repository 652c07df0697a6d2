#include "rtlgen/frontend/weight_file.hpp"

#include <cmath>

namespace rtlgen {

Eigen::VectorXd WeightFile::vector(const std::string& name, const std::vector<std::size_t>& shape,
                                   const SourceLocation& where) const {
  if (!file_) {
    throw SourceError(where,
                      "array '" + name + "' " + shape_text(shape) + " is needed, but the model names no 'weights'");
  }
  if (!file_->contains(name)) {
    throw SourceError(where, "missing array '" + name + "' in " + shown_ + ", expected shape " + shape_text(shape));
  }
  const NpyArray array = file_->read(name);
  if (array.shape != shape) {
    throw SourceError(where, "array '" + name + "' in " + shown_ + " has shape " + shape_text(array.shape) +
                                 ", expected " + shape_text(shape));
  }
  Eigen::VectorXd result(static_cast<Eigen::Index>(array.values.size()));
  for (std::size_t i = 0; i < array.values.size(); ++i) {
    if (!std::isfinite(array.values[i])) {
      throw SourceError(where, "array '" + name + "' in " + shown_ + " is not finite at element " + std::to_string(i));
    }
    result(static_cast<Eigen::Index>(i)) = array.values[i];
  }
  return result;
}

Eigen::VectorXd WeightFile::vector_or_number(const std::string& name, std::size_t size,
                                             const SourceLocation& where) const {
  if (contains(name) && file_->read(name).shape.empty()) {
    return Eigen::VectorXd::Constant(static_cast<Eigen::Index>(size), vector(name, {}, where)[0]);
  }
  return vector(name, {size}, where);
}

RowMatrix WeightFile::matrix(const std::string& name, const std::vector<std::size_t>& shape,
                             const SourceLocation& where) const {
  const Eigen::VectorXd flat = vector(name, shape, where);
  const auto rows = static_cast<Eigen::Index>(shape.front());
  return Eigen::Map<const RowMatrix>(flat.data(), rows, flat.size() / rows);
}

}  // namespace rtlgen
