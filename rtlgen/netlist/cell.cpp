#include "rtlgen/netlist/cell.hpp"

#include <fmt/format.h>

namespace rtlgen {

Cell& Cell::with(const std::string& parameter, std::int64_t value) {
  // Negative numbers are bracketed: Verilog has no unary minus in front of a number inside an expression list.
  parameters.emplace_back(parameter, value < 0 ? fmt::format("({})", value) : std::to_string(value));
  return *this;
}

Cell& Cell::with(const std::string& parameter, const std::string& value) {
  parameters.emplace_back(parameter, value);
  return *this;
}

Cell& Cell::with_quantizer(int input_frac, const Quantizer& quantizer) {
  return with("SHIFT", input_frac - quantizer.format.frac())
      .with("OUT_W", quantizer.format.width)
      .with("OUT_SIGNED", quantizer.format.is_signed ? 1 : 0)
      .with("ROUNDING", static_cast<int>(quantizer.rounding))
      .with("OVERFLOW", static_cast<int>(quantizer.overflow));
}

Cell& Cell::port(const std::string& port_name, const Expression& expression) {
  ports.emplace_back(port_name, expression);
  return *this;
}

}  // namespace rtlgen
