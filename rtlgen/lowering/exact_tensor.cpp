#include "rtlgen/lowering/exact_tensor.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace rtlgen {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

}  // namespace

double PointwiseStep::operator()(Eigen::Index f, double x) const {
  double y = function ? function(x) : x;
  if (scale.size() > 0) {
    y = y * scale[f] + shift[f];
  }
  return std::min(std::max(y, low), high);
}

bool ExactTensor::is_limited() const { return (low.array() > -kInfinity).any() || (high.array() < kInfinity).any(); }

bool ExactTensor::is_plain(const TensorType& type) const {
  return is_node() && !is_limited() && (factor.array() == std::ldexp(1.0, -type.frac)).all() &&
         (offset.array() == 0).all();
}

void ExactTensor::transform(const Eigen::VectorXd& scale, const Eigen::VectorXd& shift) {
  if (!steps.empty()) {
    PointwiseStep step;
    step.scale = scale;
    step.shift = shift;
    steps.push_back(std::move(step));
    return;
  }
  factor.array() *= scale.array();
  offset = offset.array() * scale.array() + shift.array();
  if (token_offset.size() > 0) {
    token_offset = (token_offset * scale.asDiagonal()).eval();
  }
  for (Eigen::Index f = 0; f < features(); ++f) {
    // A limit at infinity stays there; a factor of 0 leaves nothing to limit.
    const auto moved = [&](double end) { return std::isinf(end) ? end * scale[f] : end * scale[f] + shift[f]; };
    if (scale[f] == 0) {
      low[f] = -kInfinity;
      high[f] = kInfinity;
    } else {
      low[f] = moved(low[f]);
      high[f] = moved(high[f]);
      if (scale[f] < 0) {
        std::swap(low[f], high[f]);
      }
    }
  }
}

void ExactTensor::limit(double least, double most) {
  if (!steps.empty()) {
    PointwiseStep step;
    step.low = least;
    step.high = most;
    steps.push_back(std::move(step));
    return;
  }
  low = low.cwiseMax(least).cwiseMin(most);
  high = high.cwiseMin(most).cwiseMax(least);
}

void ExactTensor::apply(std::function<double(double)> function, bool monotonic) {
  PointwiseStep step;
  step.function = std::move(function);
  step.monotonic = monotonic;
  steps.push_back(std::move(step));
}

double ExactTensor::at(Eigen::Index f, std::int64_t sum) const {
  double x = std::min(std::max(factor[f] * static_cast<double>(sum) + offset[f], low[f]), high[f]);
  for (const PointwiseStep& step : steps) {
    x = step(f, x);
  }
  return x;
}

ExactTensor tensor_of_node(Graph::NodeId node, Eigen::VectorXd factor, Eigen::VectorXd offset) {
  ExactTensor tensor;
  tensor.node = node;
  tensor.low = Eigen::VectorXd::Constant(factor.size(), -kInfinity);
  tensor.high = Eigen::VectorXd::Constant(factor.size(), kInfinity);
  tensor.factor = std::move(factor);
  tensor.offset = std::move(offset);
  return tensor;
}

ExactTensor tensor_of_node(Graph::NodeId node, const TensorType& type) {
  return tensor_of_node(node, Eigen::VectorXd::Constant(type.features, std::ldexp(1.0, -type.frac)),
                        Eigen::VectorXd::Zero(type.features));
}

}  // namespace rtlgen
