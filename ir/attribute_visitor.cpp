#include "ir/attribute_visitor.hpp"

#include <limits>

#include "ir/ir_error.hpp"

namespace rtlgen {
namespace {

constexpr int kFormatColumns = 3;  // signed, width, fraction bits
constexpr int kLimitColumns = 2;   // smallest, largest mantissa

/// The rows of a literal whose last dimension is `columns`. Throws IrError where it has another.
std::size_t rows_of(const char* name, const Literal& literal, int columns) {
  std::size_t entries = 1;
  for (const int extent : literal.shape) {
    entries *= extent < 0 ? 0 : static_cast<std::size_t>(extent);
  }
  if (literal.shape.empty() || literal.shape.back() != columns || entries != literal.values.size()) {
    throw IrError("literal '" + std::string(name) + "' has a wrong shape");
  }
  return entries / static_cast<std::size_t>(columns);
}

Literal format_rows(const FormatArray& array) {
  Literal rows{array.shape, {}};
  rows.shape.push_back(kFormatColumns);
  for (const Format& format : array.formats) {
    rows.values.insert(rows.values.end(), {format.is_signed ? 1 : 0, format.width, format.frac()});
  }
  return rows;
}

void set_formats(FormatArray& array, const Literal& rows) {
  constexpr std::int64_t kMost = std::numeric_limits<int>::max() / 4;
  const std::size_t count = rows_of("formats", rows, kFormatColumns);
  array.shape.assign(rows.shape.begin(), rows.shape.end() - 1);
  array.formats.clear();
  for (std::size_t row = 0; row < count; ++row) {
    const std::int64_t* const entry = &rows.values[row * kFormatColumns];
    if ((entry[0] != 0 && entry[0] != 1) || entry[1] < 0 || entry[1] > kMost || entry[2] < -kMost || entry[2] > kMost) {
      throw IrError("literal 'formats' must have rows of signed (0, 1), width (0 to 48), fraction bits");
    }
    const int width = static_cast<int>(entry[1]);
    array.formats.push_back({entry[0] == 1, width, width - static_cast<int>(entry[2])});
  }
}

Literal limit_rows(const FormatArray& array) {
  Literal rows{{static_cast<int>(array.limits.size()), kLimitColumns}, {}};
  for (const Interval& limit : array.limits) {
    rows.values.insert(rows.values.end(), {limit.lo, limit.hi});
  }
  return rows;
}

void set_limits(FormatArray& array, const Literal& rows) {
  const std::size_t count = rows_of("limits", rows, kLimitColumns);
  array.limits.clear();
  for (std::size_t row = 0; row < count; ++row) {
    array.limits.push_back({rows.values[kLimitColumns * row], rows.values[kLimitColumns * row + 1]});
  }
}

}  // namespace

void AttributeVisitor::operator()(const char* name, int& value) {
  std::int64_t wide = value;
  (*this)(name, wide);
  if (wide < std::numeric_limits<int>::min() || wide > std::numeric_limits<int>::max()) {
    throw IrError("attribute '" + std::string(name) + "' is too large");
  }
  value = static_cast<int>(wide);
}

void AttributeVisitor::operator()(const char* name, bool& value) {
  std::int64_t wide = value ? 1 : 0;
  (*this)(name, wide);
  value = wide != 0;
}

void AttributeVisitor::without_limits(FormatArray& value) {
  (*this)("output", value.quantizer);
  std::optional<Literal> formats;
  if (!value.formats.empty()) {
    formats = format_rows(value);
  }
  (*this)("formats", formats);
  if (formats) {
    set_formats(value, *formats);
  } else {
    value.shape.clear();
    value.formats.clear();
  }
}

void AttributeVisitor::operator()(FormatArray& value) {
  without_limits(value);
  std::optional<Literal> limits;
  if (!value.limits.empty()) {
    limits = limit_rows(value);
  }
  (*this)("limits", limits);
  if (limits) {
    set_limits(value, *limits);
  } else {
    value.limits.clear();
  }
}

std::size_t AttributeVisitor::index_of(const char* name, const std::string& word, const char* const* words,
                                       std::size_t count) {
  std::string expected;
  for (std::size_t i = 0; i < count; ++i) {
    if (word == words[i]) {
      return i;
    }
    expected += (i == 0 ? "" : (i + 1 == count ? " or " : ", ")) + std::string(words[i]);
  }
  throw IrError(std::string(name) + " must be " + expected);
}

}  // namespace rtlgen
