#include <fmt/format.h>

#include <filesystem>

#include "rtlgen/cmvm.hpp"
#include "rtlgen/cmvm_testbench.hpp"
#include "rtlgen/commands.hpp"
#include "rtlgen/output_folder.hpp"
#include "rtlgen/write_core.hpp"

namespace rtlgen {

int run_cmvm(const CmvmOptions& options) {
  IntegerMatrix matrix = read_matrix(options.matrix);
  VectorFormat input = read_vector_format(options.input, matrix.inputs);
  const Cmvm cmvm = make_cmvm(std::move(matrix), std::move(input), options.solver, options.matrix);
  const std::string report = to_json(cmvm).dump(2) + "\n";
  if (!options.out.empty()) {
    OutputFolder folder(options.out, {"cmvm", "sim/cmvm_tb.v"});
    std::filesystem::create_directories(folder.path() / "src");
    std::filesystem::create_directories(folder.path() / "sim");
    std::string list;
    for (const auto& [name, text] : emit_cmvm(cmvm)) {
      write_file(folder.path() / "src" / (name + ".v"), text);
      list += "src/" + name + ".v\n";
    }
    write_file(folder.path() / "cmvm.f", list);
    write_file(folder.path() / "sim" / "cmvm_tb.v", cmvm_testbench(cmvm));
    write_file(folder.path() / "report.json", report);
    folder.commit();
  }
  fmt::print("{}", report);
  return 0;
}

}  // namespace rtlgen
