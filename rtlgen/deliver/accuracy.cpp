#include "rtlgen/deliver/accuracy.hpp"

#include <cmath>
#include <limits>

#include "rtlgen/model/calibrate.hpp"

namespace rtlgen {

std::vector<std::int64_t> predicted_classes(const RowMatrix& output) {
  std::vector<std::int64_t> classes;
  for (Eigen::Index row = 0; row < output.rows(); ++row) {
    Eigen::Index best = 0;
    for (Eigen::Index f = 1; f < output.cols(); ++f) {
      best = output(row, f) > output(row, best) ? f : best;
    }
    classes.push_back(output.cols() == 1 ? static_cast<std::int64_t>(output(row, 0)) : best);
  }
  return classes;
}

std::optional<double> class_accuracy(const RowMatrix& output, const Events& events) {
  if (events.classes.empty() || static_cast<std::size_t>(output.rows()) != events.classes.size()) {
    return std::nullopt;
  }
  const std::vector<std::int64_t> predicted = predicted_classes(output);
  std::size_t right = 0;
  for (std::size_t event = 0; event < predicted.size(); ++event) {
    right += predicted[event] == events.classes[event] ? 1 : 0;
  }
  return static_cast<double>(right) / static_cast<double>(predicted.size());
}

std::optional<double> squared_error(const RowMatrix& output, const Events& events) {
  if (events.targets.size() == 0 || events.targets.rows() != output.rows() || events.targets.cols() != output.cols()) {
    return std::nullopt;
  }
  const RowMatrix difference = real_tokens(output - events.targets, events);
  return difference.size() > 0 ? difference.array().square().mean() : 0;
}

double class_agreement(const RowMatrix& output, const RowMatrix& reference) {
  const std::vector<std::int64_t> a = predicted_classes(output);
  const std::vector<std::int64_t> b = predicted_classes(reference);
  std::size_t same = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    same += a[i] == b[i] ? 1 : 0;
  }
  return a.empty() ? 1 : static_cast<double>(same) / static_cast<double>(a.size());
}

double sqnr_db(const RowMatrix& output, const RowMatrix& reference) {
  const double noise = (output - reference).array().square().sum();
  const double signal = reference.array().square().sum();
  return noise > 0 ? 10 * std::log10(signal / noise) : std::numeric_limits<double>::infinity();
}

}  // namespace rtlgen
