// Verilog of one node: wires in, instances out.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "ir/graph.hpp"
#include "ir/numerics/format.hpp"
#include "primitives/device_model.hpp"
#include "rtlgen/netlist/name_scope.hpp"

namespace rtlgen {

struct SoftmaxTables;

/// One module instance; parameters and ports keep their order.
struct Instance {
  std::string module;
  std::string name;
  std::vector<std::pair<std::string, std::string>> parameters;
  std::vector<std::pair<std::string, std::string>> ports;

  /// Adds a parameter with a plain number.
  Instance& with(const std::string& parameter, std::int64_t value);
  /// Adds a parameter with a Verilog expression.
  Instance& with(const std::string& parameter, const std::string& value);
  /// Adds the parameters SHIFT, OUT_W, OUT_SIGNED, ROUNDING and OVERFLOW of a requantizer; see rtl_lib/requantize.v.
  Instance& with_quantizer(int input_frac, const Quantizer& quantizer);
  /// Connects a port.
  Instance& port(const std::string& port_name, const std::string& expression);
};

/// Adds the parameters EXP_FRAC ... RECIP_TABLE that the modules softmax and attention share.
void with_softmax_tables(Instance& instance, const SoftmaxTables& tables, const DeviceModel& device);

/// The Verilog text of an instance, indented by two spaces.
std::string to_verilog(const Instance& instance);

/// The control wires of a stream.
struct ControlWires {
  std::string valid;
  std::string first;
  std::string last;
};

/// Files and text that a core is made of, as they gather.
struct Design {
  std::string top;                           ///< name of the top module; prefix of generated modules
  std::map<std::string, std::string> files;  ///< generated modules: name -> text
  std::string body;                          ///< wires and instances of the top module
  NameScope names;                           ///< of wires and instances in the top module
  NameScope modules;                         ///< of modules, those of rtl_lib among them
};

/// What a primitive sees while it writes one node.
class Emission {
 public:
  Emission(Design& design, std::string output, std::vector<std::string> inputs, std::vector<ControlWires> controls)
      : design_(design), output_(std::move(output)), inputs_(std::move(inputs)), controls_(std::move(controls)) {}

  /// Wire of the result, already declared: [lanes * features * width].
  const std::string& output() const { return output_; }
  /// Wire of an operand, aligned in time with the others.
  const std::string& input(std::size_t index) const { return inputs_.at(index); }
  /// Control wires that go with an operand.
  const ControlWires& control(std::size_t index) const { return controls_.at(index); }
  /// A name for the node's instances and inner wires.
  std::string local(const std::string& suffix) const { return design_.names.part(output_, suffix); }
  /// A name for a generated module of this node.
  std::string module_name(const std::string& suffix = "") const;

  /// Adds a line to the top module.
  void line(const std::string& text);
  /// Adds an instance of a module, of rtl_lib or a generated one.
  void instance(const Instance& instance);
  /// Adds the text of a generated module, called by a module_name().
  void add_module(const std::string& name, const std::string& text);

 private:
  Design& design_;
  std::string output_;
  std::vector<std::string> inputs_;
  std::vector<ControlWires> controls_;
};

/// A slice `name[index*width +: width]`.
std::string slice(const std::string& name, int index, int width);
/// A sized decimal literal of a signed or unsigned number.
std::string verilog_number(std::int64_t value, int width);
/// A flat literal of unsigned or two's complement entries, entry 0 in the low bits, in hexadecimal.
std::string verilog_table(const std::vector<std::int64_t>& entries, int width);

}  // namespace rtlgen
