#include "rtlgen/netlist/expression.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "rtlgen/netlist/literals.hpp"

namespace rtlgen {

Expression Expression::number(std::int64_t value, int width) { return {verilog_number(value, width), 0, width}; }

Expression Expression::ones(int width) { return {fmt::format("{{{}{{1'b1}}}}", width), 0, width}; }

Expression Expression::zeros(int width) { return {fmt::format("{}'d0", width), 0, width}; }

Expression Expression::concatenation(const std::vector<Expression>& parts) {
  if (parts.size() == 1) {
    return parts.front();
  }
  std::string text;
  int width = 0;
  for (const Expression& part : parts) {
    text += (text.empty() ? "" : ", ") + part.text();
    width += part.width();
  }
  return {"{" + text + "}", 0, width};
}

Expression Expression::bits(int low, int count) const {
  if (net_width_ == 0 || low < 0 || count < 1 || low + count > width_) {
    throw std::logic_error(fmt::format("{} has no bits {} +: {}", text(), low, count));
  }
  Expression part = *this;
  part.low_ += low;
  part.width_ = count;
  return part;
}

Expression Expression::aligned(int zeros, int width) const {
  const int signs = width - zeros - width_;
  std::vector<Expression> parts;
  if (signs > 0) {
    parts.push_back({fmt::format("{{{}{{{}}}}}", signs, bits(width_ - 1, 1).text()), 0, signs});
  }
  parts.push_back(*this);
  if (zeros > 0) {
    parts.push_back(Expression::zeros(zeros));
  }
  return concatenation(parts);
}

Expression Expression::operator&&(const Expression& other) const { return {text() + " && " + other.text(), 0, 1}; }

std::string Expression::text() const {
  if (width_ == net_width_ || net_width_ == 0) {
    return text_;
  }
  return width_ == 1 ? fmt::format("{}[{}]", text_, low_) : fmt::format("{}[{} +: {}]", text_, low_, width_);
}

}  // namespace rtlgen
