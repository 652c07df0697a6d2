#include "tests/support/cmvm_bench.hpp"

#include <algorithm>
#include <vector>

#include "rtlgen/deliver/cmvm_testbench.hpp"
#include "rtlgen/files/text_file.hpp"
#include "tests/support/tools.hpp"

namespace rtlgen::testing {

IntegerMatrix random_matrix(Dice& dice, int size, int bits) {
  IntegerMatrix matrix{dice.number(1, size), dice.number(1, size), {}};
  const std::int64_t bound = (std::int64_t{1} << dice.number(1, bits)) - 1;
  const int zeros = dice.pick<int>({0, 20, 80});
  const int empty_column = dice.percent(20) ? dice.below(matrix.outputs) : -1;
  const bool negative = dice.percent(10);
  for (int i = 0; i < matrix.inputs; ++i) {
    const bool empty_row = dice.percent(5);
    for (int o = 0; o < matrix.outputs; ++o) {
      const bool zero = empty_row || o == empty_column || dice.percent(zeros);
      matrix.values.push_back(zero ? 0 : dice.between(-bound, negative ? -1 : bound));
    }
  }
  return matrix;
}

VectorFormat random_vector_format(Dice& dice, int inputs, int bits) {
  VectorFormat format{dice.percent(50), dice.number(1, bits), dice.number(-2, 6), {}};
  const Format whole{format.is_signed, format.width, format.width - format.frac};
  if (dice.percent(50)) {
    format.intervals.assign(static_cast<std::size_t>(inputs), {whole.min(), whole.max()});
    return format;
  }
  for (int i = 0; i < inputs; ++i) {
    const std::int64_t a = dice.between(whole.min(), whole.max());
    const std::int64_t b = dice.percent(10) ? a : dice.between(whole.min(), whole.max());
    format.intervals.push_back({std::min(a, b), std::max(a, b)});
  }
  return format;
}

std::string simulate_cmvm(const std::map<std::string, std::string>& files, const std::string& testbench) {
  const TemporaryFolder folder;
  std::vector<std::string> compile = {"iverilog", "-g2005", "-Wall", "-s", "cmvm_tb", "-o", "simulation", "tb.v"};
  write_file(folder.path() / "tb.v", testbench);
  for (const auto& [name, text] : files) {
    write_file(folder.path() / (name + ".v"), text);
    compile.push_back(name + ".v");
  }
  const std::string said = complaints(folder, compile);
  return said.empty() ? complaints(folder, {"vvp", "-n", "simulation"}) : said;
}

std::string simulate_cmvm(const Cmvm& cmvm) { return simulate_cmvm(emit_cmvm(cmvm), cmvm_testbench(cmvm)); }

}  // namespace rtlgen::testing
