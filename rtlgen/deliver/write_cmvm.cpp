#include "rtlgen/deliver/write_cmvm.hpp"

#include <string>

#include "rtlgen/deliver/cmvm_testbench.hpp"
#include "rtlgen/files/text_file.hpp"

namespace rtlgen {

namespace fs = std::filesystem;

void write_cmvm(const fs::path& out, const Cmvm& cmvm) {
  fs::create_directories(out / "src");
  fs::create_directories(out / "sim");
  std::string list;
  for (const auto& [name, text] : emit_cmvm(cmvm)) {
    write_file(out / "src" / (name + ".v"), text);
    list += "src/" + name + ".v\n";
  }
  write_file(out / "cmvm.f", list);
  write_file(out / "sim" / "cmvm_tb.v", cmvm_testbench(cmvm));
  write_file(out / "report.json", to_json(cmvm).dump(2) + "\n");
}

}  // namespace rtlgen
