// What a port is connected to and a net is assigned: nets, slices of them, constants.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace rtlgen {

/// A Verilog expression of known width, in bits.
class Expression {
 public:
  /// A net by its name.
  Expression(std::string net, int width) : Expression(std::move(net), width, width) {}
  /// A net of a single wire.
  Expression(const char* net) : Expression(std::string(net), 1) {}  // NOLINT(google-explicit-constructor)
  /// A number of this width, unsigned or in two's complement.
  static Expression number(std::int64_t value, int width);
  /// As many ones, or zeros.
  static Expression ones(int width);
  static Expression zeros(int width);
  /// Verilog as it is.
  static Expression verilog(std::string text, int width) { return {std::move(text), 0, width}; }
  /// The parts beside each other, the highest first.
  static Expression concatenation(const std::vector<Expression>& parts);

  /// Bits `low` + `count` - 1 to `low` of a net or of a slice; throws std::logic_error where there are no such bits, or
  /// the expression is neither.
  Expression bits(int low, int count) const;
  /// Element `index` of a vector of elements of `count` bits.
  Expression element(int index, int count) const { return bits(index * count, count); }
  /// The signed number (a net or a slice) times 2^zeros, extended to `width` bits.
  Expression aligned(int zeros, int width) const;
  /// Whether both of two single wires are 1.
  Expression operator&&(const Expression& other) const;

  int width() const { return width_; }
  /// The Verilog text.
  std::string text() const;

 private:
  Expression(std::string text, int net_width, int width)
      : text_(std::move(text)), net_width_(net_width), width_(width) {}

  std::string text_;   ///< of a net its name
  int net_width_ = 0;  ///< 0: this is no net and no slice of one
  int low_ = 0;        ///< of a slice
  int width_ = 0;
};

}  // namespace rtlgen
