#include "rtlgen/netlist/verilog.hpp"

#include <fmt/format.h>

#include <sstream>

namespace rtlgen {
namespace {

std::string range(int width) { return width == 0 ? "" : fmt::format("[{}:0] ", width - 1); }

std::string text_of(const std::string& value) { return value; }
std::string text_of(const Expression& value) { return value.text(); }

/// Parameters or ports by name, a line each.
template <typename Items>
std::string connections(const Items& items) {
  std::string text;
  for (const auto& [name, value] : items) {
    text += fmt::format("{}    .{}({})", text.empty() ? "" : ",\n", name, text_of(value));
  }
  return text + "\n";
}

/// Writes each kind of item.
struct ItemWriter {
  std::string operator()(const Comment& comment) const { return "\n  // " + comment.text + "\n"; }
  std::string operator()(const Net& net) const { return fmt::format("  wire {}{};\n", range(net.width), net.name); }
  std::string operator()(const Assignment& assignment) const {
    return fmt::format("  assign {} = {};\n", assignment.target.text(), assignment.value.text());
  }
  std::string operator()(const Cell& cell) const {
    const std::string parameters = cell.parameters.empty() ? "" : " #(\n" + connections(cell.parameters) + "  )";
    return "  " + cell.module + parameters + " " + cell.name + " (\n" + connections(cell.ports) + "  );\n";
  }
  std::string operator()(const Text& text) const { return text.lines; }
};

std::string header(const Module& module) {
  std::string text;
  std::istringstream lines(module.header);
  for (std::string line; std::getline(lines, line);) {
    text += "// " + line + "\n";
  }
  return text + "`resetall\n`timescale 1ns / 1ps\n`default_nettype none\n\n";
}

std::string ports(const Module& module) {
  std::string text;
  for (const Port& port : module.ports) {
    const char* const kind = port.kind == PortKind::input    ? "input  wire"
                             : port.kind == PortKind::output ? "output wire"
                                                             : "output reg ";
    text += fmt::format("  {} {}{}{}{}\n", kind, range(port.width), port.name, &port == &module.ports.back() ? "" : ",",
                        port.comment.empty() ? "" : "  // " + port.comment);
  }
  return text;
}

/// One wire that reads all that may have no other reader.
std::string sink(const Module& module) {
  if (module.sinks.empty()) {
    return "";
  }
  constexpr std::size_t kLineWidth = 100;
  std::string text = "  wire _unused = &{1'b0";
  std::size_t line = text.size();
  for (const std::string& name : module.sinks) {
    const bool breaks = line + name.size() > kLineWidth;
    text += breaks ? ",\n    " + name : ", " + name;
    line = name.size() + (breaks ? 4 : line + 2);
  }
  return text + "};\n\n";
}

}  // namespace

std::string to_verilog(const Module& module) {
  return header(module) + "module " + module.name + " (\n" + ports(module) + ");\n\n" + to_verilog(module.body) + "\n" +
         sink(module) + "endmodule\n\n`resetall\n";
}

std::string to_verilog(const Body& body) {
  std::string text;
  for (const Body::Item& item : body.items()) {
    text += std::visit(ItemWriter(), item);
  }
  return text;
}

}  // namespace rtlgen
