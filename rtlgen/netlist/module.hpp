// A Verilog module before it is text.
#pragma once

#include <deque>
#include <string>
#include <variant>
#include <vector>

#include "rtlgen/netlist/cell.hpp"
#include "rtlgen/netlist/cost.hpp"
#include "rtlgen/netlist/expression.hpp"

namespace rtlgen {

enum class PortKind { input, output, output_reg };

struct Port {
  PortKind kind = PortKind::input;
  std::string name;
  int width = 0;  ///< bits of a vector; 0 is a single wire
  std::string comment = {};
};

struct Net {
  std::string name;
  int width = 0;  ///< bits of a vector; 0 is a single wire
};

struct Assignment {
  Expression target;
  Expression value;
};

struct Comment {
  std::string text;
};

/// Verilog as it is, whole lines: what has no form of its own here.
struct Text {
  std::string lines;
};

/// What stands inside a module, in order. A net is declared before it is read.
class Body {
 public:
  using Item = std::variant<Comment, Net, Assignment, Cell, Text>;

  void comment(std::string text) { items_.emplace_back(Comment{std::move(text)}); }
  /// Declares a vector of `width` bits.
  Expression net(const std::string& name, int width);
  /// Declares a single wire.
  Expression wire(const std::string& name);
  /// Throws std::logic_error where the widths differ.
  void assign(const Expression& target, const Expression& value);
  /// The cell may be changed as long as the body is there.
  Cell& cell(std::string module, std::string name, CellKind kind = CellKind::unit);
  void text(std::string lines) { items_.emplace_back(Text{std::move(lines)}); }
  /// Puts all of `other` behind what is there.
  void append(Body other);

  const std::deque<Item>& items() const { return items_; }
  std::vector<std::string> net_names() const;

 private:
  std::deque<Item> items_;  // grows without moving the cells
};

struct Module {
  std::string name;
  std::string header;  ///< lines of the comment on top, without the slashes
  std::vector<Port> ports = {};
  Body body = {};
  std::vector<std::string> sinks = {};  ///< nets and ports of which some bits may have no reader
};

/// What the cells of this kind take.
Cost cost_of(const Module& module, CellKind kind);
/// What the units of a node take.
Cost cost_of_node(const Module& module, const std::string& owner);
/// What all cells take.
Cost total_cost(const Module& module);

}  // namespace rtlgen
