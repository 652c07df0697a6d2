// The same description always gives the same files.
#include <array>
#include <catch2/catch.hpp>
#include <map>
#include <sstream>
#include <string>

#include "ir/text.hpp"
#include "primitives/registry.hpp"
#include "rtlgen/deliver/emit_core.hpp"
#include "rtlgen/schedule/make_schedule.hpp"
#include "tests/support/graph_builder.hpp"
#include "tests/support/program.hpp"
#include "tests/support/random_model.hpp"

namespace rtlgen::testing {
namespace {

/// The first line in which two texts differ, empty where none does.
std::string first_difference(const std::string& a, const std::string& b) {
  std::istringstream left(a);
  std::istringstream right(b);
  for (int number = 1;; ++number) {
    std::string x, y;
    const bool more_left = static_cast<bool>(std::getline(left, x));
    const bool more_right = static_cast<bool>(std::getline(right, y));
    if (!more_left && !more_right) {
      return "";
    }
    if (x != y || more_left != more_right) {
      return "line " + std::to_string(number) + ": '" + x + "' and '" + y + "'";
    }
  }
}

/// The first of named texts in which two sets of them differ.
std::string first_difference(const std::map<std::string, std::string>& a, const std::map<std::string, std::string>& b) {
  for (const auto& [name, text] : a) {
    const auto other = b.find(name);
    const std::string difference = other == b.end() ? "missing" : first_difference(text, other->second);
    if (!difference.empty()) {
      return name + ": " + difference;
    }
  }
  return a.size() == b.size() ? "" : "there are more";
}

TEST_CASE("determinism: two compilations give identical Verilog, IR and signature", "[determinism]") {
  for (int index = 0; index < 15; ++index) {
    CAPTURE(index);
    ModelFolder folder;
    Dice dice(3000 + static_cast<unsigned>(index));
    write_random_model(folder, dice, index);
    const CompiledModel first = folder.compile();
    const CompiledModel second = folder.compile();
    CHECK(first_difference(to_text(first.graph), to_text(second.graph)) == "");
    CHECK(to_json(first.signature).dump() == to_json(second.signature).dump());
    CHECK(first_difference(emit_core(first.graph, first.schedule), emit_core(second.graph, second.schedule)) == "");
  }
}

TEST_CASE("determinism: two builds, each with an empty cache of adder graphs, write identical files", "[determinism]") {
  for (int index = 0; index < 3; ++index) {
    CAPTURE(index);
    ModelFolder folder;
    Dice dice(3100 + static_cast<unsigned>(index));
    INFO("seed offset " << seed_offset());
    write_random_model(folder, dice, index);
    std::array<std::map<std::string, std::string>, 2> cores;
    std::array<std::map<std::string, std::string>, 2> caches;
    for (const std::size_t run : {0, 1}) {
      const TemporaryFolder out;
      const TemporaryFolder cache;
      const Outcome outcome =
          run_rtlgen(out.path(), {"build", folder.folder().file("model.yaml"), "-o", "core", "--no-verify"},
                     {{"RTLGEN_CACHE=" + cache.path().string()}});
      INFO(outcome.err);
      REQUIRE(outcome.status == 0);
      cores[run] = files_below(out.path() / "core");
      caches[run] = files_below(cache.path());
    }
    CHECK(cores[0].count("report.json") == 1);
    CHECK(first_difference(cores[0], cores[1]) == "");
    // Both had to search, and found the same.
    CHECK_FALSE(caches[0].empty());
    CHECK(first_difference(caches[0], caches[1]) == "");
  }
}

TEST_CASE("IR text: reading back gives the same text, schedule and Verilog", "[ir]") {
  for (int index = 0; index < 15; ++index) {
    CAPTURE(index);
    ModelFolder folder;
    Dice dice(4000 + static_cast<unsigned>(index));
    write_random_model(folder, dice, index);
    const CompiledModel compiled = folder.compile();
    const std::string text = to_text(compiled.graph);
    const Graph again = from_text(text, make_operation);
    CHECK(first_difference(text, to_text(again)) == "");
    CHECK(first_difference(emit_core(compiled.graph, compiled.schedule), emit_core(again, make_schedule(again))) == "");
  }
}

}  // namespace
}  // namespace rtlgen::testing
