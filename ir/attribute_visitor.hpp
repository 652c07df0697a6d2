// An operation's attributes by name: how the text form writes and reads them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "ir/numerics/fixed_point.hpp"
#include "ir/numerics/format_array.hpp"
#include "ir/numerics/literal.hpp"

namespace rtlgen {

/// Is shown every attribute of an operation, in no special order, and may change it. Four kinds are elementary; all
/// others are made of them. This one does nothing with them. Implementations that read throw IrError where an attribute
/// is missing or of another kind.
class AttributeVisitor {
 public:
  virtual ~AttributeVisitor() = default;

  virtual void operator()(const char* /*name*/, std::int64_t& /*value*/) {}
  virtual void operator()(const char* /*name*/, std::string& /*value*/) {}
  virtual void operator()(const char* /*name*/, Quantizer& /*value*/) {}
  virtual void operator()(const char* /*name*/, Literal& /*value*/) {}
  /// Whether an attribute that may be absent is there; `present`: whether the operation has it now.
  virtual bool has(const char* /*name*/, bool present) { return present; }

  void operator()(const char* name, int& value);
  /// 0 or 1.
  void operator()(const char* name, bool& value);
  /// The attributes `output`, `formats` and `limits` (docs/ir.md), the last two only where they are needed.
  void operator()(FormatArray& value);
  /// The first two of them.
  void without_limits(FormatArray& value);

  template <typename T>
  void operator()(const char* name, std::optional<T>& value) {
    if (!has(name, value.has_value())) {
      value.reset();
      return;
    }
    if (!value) {
      value.emplace();
    }
    (*this)(name, *value);
  }

  /// An attribute that is absent where it is `usual`.
  template <typename T>
  void defaulted(const char* name, T& value, const T& usual) {
    if (has(name, !(value == usual))) {
      (*this)(name, value);
    } else {
      value = usual;
    }
  }

  /// One of some words: that of the enumeration's number.
  template <typename Enum, std::size_t N>
  void choice(const char* name, Enum& value, const std::array<const char*, N>& words) {
    std::string word = words.at(static_cast<std::size_t>(value));
    (*this)(name, word);
    value = static_cast<Enum>(index_of(name, word, words.data(), N));
  }

 private:
  /// Throws IrError where the word is none of them.
  static std::size_t index_of(const char* name, const std::string& word, const char* const* words, std::size_t count);
};

}  // namespace rtlgen
