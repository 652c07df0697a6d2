// A design without its hierarchy: every instance of every module, and nets that pass through ports as one.
#pragma once

#include <string>
#include <vector>

#include "rtlgen/timing/mapped_netlist.hpp"

namespace rtlgen {

/// An instance of a module.
struct FlatInstance {
  const MappedModule* module = nullptr;
  std::string module_name;
  std::string path;           ///< from the top, with a point behind it; empty for the top
  std::size_t first_net = 0;  ///< number of the module's net 0 before nets became one
};

/// A cell of an instance.
struct FlatCell {
  const MappedCell* cell = nullptr;
  int instance = 0;
};

/// A pin that reads a net; `pin` counts in its cell. A port of the top has the cell -1.
struct Reader {
  int cell = 0;
  int pin = 0;
};

/// A netlist, expanded. The MappedNetlist that it is made of must outlive it.
class FlatNetlist {
 public:
  /// Throws std::runtime_error where `top` is not there, or contains itself.
  FlatNetlist(const MappedNetlist& netlist, const std::string& top);

  const std::vector<FlatInstance>& instances() const { return instances_; }
  const std::vector<FlatCell>& cells() const { return cells_; }
  int net_count() const { return net_count_; }

  /// The net at a pin of a cell, from 0; pins of constants are none of a cell.
  int net(const FlatCell& cell, const MappedPin& pin) const { return net_of(cell.instance, pin.net); }
  /// The net of a net of an instance; kNoNet stays.
  int net_of(int instance, int net) const;
  /// Who reads a net: begin and end.
  const Reader* readers_begin(int net) const { return readers_.data() + first_reader_[static_cast<std::size_t>(net)]; }
  const Reader* readers_end(int net) const {
    return readers_.data() + first_reader_[static_cast<std::size_t>(net) + 1];
  }

  /// What a net is called inside of an instance, with the path.
  std::string name_of(int instance, int net) const;

 private:
  void add_instance(const MappedNetlist& netlist, const std::string& module, const std::string& path, int depth);
  void number_nets();
  void list_readers();

  std::vector<FlatInstance> instances_;
  std::vector<FlatCell> cells_;
  std::vector<int> nets_;  ///< while instances are added: a net that this one is the same as
  std::vector<std::size_t> first_reader_;
  std::vector<Reader> readers_;
  int net_count_ = 0;
};

}  // namespace rtlgen
