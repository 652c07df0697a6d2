#include <fmt/format.h>

#include <utility>

#include "rtlgen/cli/commands.hpp"
#include "rtlgen/deliver/cmvm.hpp"
#include "rtlgen/deliver/write_cmvm.hpp"
#include "rtlgen/files/output_folder.hpp"

namespace rtlgen {

int run_cmvm(const CmvmOptions& options) {
  IntegerMatrix matrix = read_matrix(options.matrix);
  VectorFormat input = read_vector_format(options.input, matrix.inputs);
  const Cmvm cmvm =
      make_cmvm(std::move(matrix), std::move(input), options.solver, SolutionCache::of_user(), options.matrix);
  if (!options.out.empty()) {
    OutputFolder folder(options.out, {"cmvm", "sim/cmvm_tb.v"});
    write_cmvm(folder.path(), cmvm);
    folder.commit();
  }
  fmt::print("{}\n", to_json(cmvm).dump(2));
  return 0;
}

}  // namespace rtlgen
