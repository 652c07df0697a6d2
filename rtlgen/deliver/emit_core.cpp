#include "rtlgen/deliver/emit_core.hpp"

#include "rtlgen/netlist/rtl_library.hpp"
#include "rtlgen/netlist/verilog.hpp"

namespace rtlgen {

std::map<std::string, std::string> emit_core(const CoreNetlist& core) {
  std::map<std::string, std::string> files = {{core.top.name, to_verilog(core.top)}};
  for (const auto& [name, module] : core.modules) {
    files.emplace(name, to_verilog(module));
  }
  add_library_modules(files);
  return files;
}

std::map<std::string, std::string> emit_core(const Graph& graph, const Schedule& schedule) {
  return emit_core(build_core(graph, schedule));
}

}  // namespace rtlgen
