// The same description always gives the same files.
#include <catch2/catch.hpp>
#include <map>
#include <sstream>
#include <string>

#include "ir/text.hpp"
#include "rtlgen/emit_core.hpp"
#include "rtlgen/schedule/make_schedule.hpp"
#include "tests/support/graph_builder.hpp"
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

/// The first module in which two cores differ.
std::string first_difference(const std::map<std::string, std::string>& a, const std::map<std::string, std::string>& b) {
  for (const auto& [name, text] : a) {
    const auto other = b.find(name);
    const std::string difference = other == b.end() ? "missing" : first_difference(text, other->second);
    if (!difference.empty()) {
      return name + ": " + difference;
    }
  }
  return a.size() == b.size() ? "" : "there are more modules";
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

TEST_CASE("IR text: reading back gives the same text, schedule and Verilog", "[ir]") {
  for (int index = 0; index < 15; ++index) {
    CAPTURE(index);
    ModelFolder folder;
    Dice dice(4000 + static_cast<unsigned>(index));
    write_random_model(folder, dice, index);
    const CompiledModel compiled = folder.compile();
    const std::string text = to_text(compiled.graph);
    const Graph again = from_text(text);
    CHECK(first_difference(text, to_text(again)) == "");
    CHECK(first_difference(emit_core(compiled.graph, compiled.schedule), emit_core(again, make_schedule(again))) == "");
  }
}

}  // namespace
}  // namespace rtlgen::testing
