#include "primitives/cmvm/linear_form.hpp"

#include <algorithm>

namespace rtlgen {

LinearForm::LinearForm(const std::vector<std::int64_t>& factors) {
  const auto counts = [](std::int64_t factor) { return factor != 0; };
  const auto first = std::find_if(factors.begin(), factors.end(), counts);
  const auto end = std::find_if(factors.rbegin(), factors.rend(), counts).base();
  if (first < end) {
    first_ = static_cast<std::size_t>(first - factors.begin());
    factors_.assign(first, end);
  }
}

LinearForm LinearForm::unit(std::size_t i) {
  LinearForm form;
  form.first_ = i;
  form.factors_ = {1};
  return form;
}

void LinearForm::add(std::int64_t factor, const LinearForm& other) {
  std::int64_t* const sum = factors_.data() + (other.first_ - first_);
  for (std::size_t i = 0; i < other.factors_.size(); ++i) {
    sum[i] += factor * other.factors_[i];
  }
}

void LinearForm::set_sum(std::int64_t factor_a, const LinearForm& a, std::int64_t factor_b, const LinearForm& b) {
  first_ = std::min(a.first_, b.first_);
  factors_.assign(std::max(a.end(), b.end()) - first_, 0);
  add(factor_a, a);
  add(factor_b, b);
}

std::uint64_t bits_of_sum(const LinearForm& a, const LinearForm& b, bool subtract) {
  std::uint64_t bits = 0;
  const std::size_t end = std::max(a.end(), b.end());
  for (std::size_t i = std::min(a.first(), b.first()); i < end; ++i) {
    bits |= static_cast<std::uint64_t>(subtract ? a[i] - b[i] : a[i] + b[i]);
  }
  return bits;
}

}  // namespace rtlgen
