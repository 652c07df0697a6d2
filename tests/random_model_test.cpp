// Whole models, from YAML to RTL.
#include "tests/support/random_model.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/support/graph_builder.hpp"
#include "tests/support/rtl_bench.hpp"

namespace rtlgen::testing {
namespace {

constexpr int kModels = 24;

void check_models(int begin, int end, const std::vector<std::string>& overrides = {}) {
  for (int index = begin; index < end; ++index) {
    Dice dice(1000 + static_cast<unsigned>(index));
    ModelFolder folder;
    write_random_model(folder, dice, index);
    INFO("model " << index << ":\n" << folder.yaml());
    try {
      const CompiledModel compiled = folder.compile(overrides);
      CHECK(run_bench(compiled.graph, random_events(dice, compiled.graph, 24), {static_cast<unsigned>(index)})
                .verdict() == "ok");
    } catch (const std::exception& error) {
      FAIL_CHECK(error.what());
    }
  }
}

TEST_CASE("random models: RTL equals golden to the bit and clock, first third", "[models][rtl]") {
  check_models(0, kModels / 3);
}
TEST_CASE("random models: RTL equals golden to the bit and clock, second third", "[models][rtl]") {
  check_models(kModels / 3, 2 * kModels / 3);
}
TEST_CASE("random models: RTL equals golden to the bit and clock, with ternary adders", "[models][ternary][rtl]") {
  check_models(0, kModels / 4, {"hardware.ternary_adders=true"});
}
TEST_CASE("random models: RTL equals golden to the bit and clock, last third", "[models][rtl]") {
  check_models(2 * kModels / 3, kModels);
}

}  // namespace
}  // namespace rtlgen::testing
