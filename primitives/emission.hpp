// The netlist of one node: expressions in, cells out.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "rtlgen/netlist/cell.hpp"
#include "rtlgen/netlist/literals.hpp"
#include "rtlgen/netlist/module.hpp"
#include "rtlgen/netlist/name_scope.hpp"

namespace rtlgen {

/// The control wires of a stream.
struct ControlWires {
  Expression valid;
  Expression first;
  Expression last;
};

/// What a core is made of, as it gathers.
struct Design {
  std::string top;                        ///< name of the top module; prefix of generated modules
  std::map<std::string, Module> modules;  ///< generated modules by name
  Body body;                              ///< of the top module
  NameScope names;                        ///< of nets and cells in the top module
  NameScope module_names;                 ///< those of rtl_lib among them
};

/// What a primitive sees while it builds one node.
class Emission {
 public:
  /// `name` is the node's in the IR.
  Emission(Design& design, std::string name, Expression output, std::vector<Expression> inputs,
           std::vector<ControlWires> controls)
      : design_(design),
        name_(std::move(name)),
        output_(std::move(output)),
        inputs_(std::move(inputs)),
        controls_(std::move(controls)) {}

  /// The net of the result, already declared: [lanes * features * width].
  const Expression& output() const { return output_; }
  /// The net of an operand, aligned in time with the others.
  const Expression& input(std::size_t index) const { return inputs_.at(index); }
  /// Control wires that go with an operand.
  const ControlWires& control(std::size_t index) const { return controls_.at(index); }

  /// Declares an inner net of the node.
  Expression net(const std::string& suffix, int width) { return design_.body.net(local(suffix), width); }
  void assign(const Expression& target, const Expression& value) { design_.body.assign(target, value); }
  /// Adds a cell of a module, of rtl_lib or a generated one, which stays where it is while the core is built.
  Cell& cell(const std::string& module, const std::string& suffix);
  /// A name for a generated module of this node.
  std::string module_name(const std::string& suffix = "") const;
  /// Adds a generated module, called by a module_name().
  void add_module(Module module);
  /// Divides what the node takes among its cells.
  void charge(const Cost& cost) const;

 private:
  std::string local(const std::string& suffix) const { return design_.names.part(output_.text(), suffix); }

  Design& design_;
  std::string name_;
  Expression output_;
  std::vector<Expression> inputs_;
  std::vector<ControlWires> controls_;
  std::vector<Cell*> cells_;  // in the body of the design
};

}  // namespace rtlgen
