#include "rtlgen/deliver/write_core.hpp"

#include <fstream>
#include <string>

#include "ir/source_error.hpp"
#include "ir/text.hpp"
#include "rtlgen/deliver/emit_core.hpp"
#include "rtlgen/files/text_file.hpp"
#include "rtlgen/netlist/rtl_library.hpp"

namespace rtlgen {

namespace fs = std::filesystem;

void write_core(const fs::path& out, const CompiledModel& compiled, const CoreNetlist& core) {
  fs::create_directories(out / "src");
  fs::create_directories(out / "sim");
  std::string list;
  for (const auto& [name, text] : emit_core(core)) {
    write_file(out / "src" / (name + ".v"), text);
    list += "src/" + name + ".v\n";
  }
  write_file(out / (compiled.signature.top + ".f"), list);
  write_file(out / "ir.yaml", to_text(compiled.graph));
  write_file(out / "signature.json", to_json(compiled.signature).dump(2) + "\n");
  for (const auto& [name, text] : sim_library()) {
    write_file(out / "sim" / name, text);
  }
  write_file(out / "sim" / "core_config.hpp", core_config_header(compiled.signature));
}

}  // namespace rtlgen
