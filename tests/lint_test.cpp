// No tool has anything to say about the Verilog.
#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <vector>

#include "rtlgen/deliver/emit_core.hpp"
#include "rtlgen/files/text_file.hpp"
#include "rtlgen/netlist/rtl_library.hpp"
#include "tests/support/random_model.hpp"
#include "tests/support/tools.hpp"

namespace rtlgen::testing {
namespace {

/// A core's files in a folder, the top module's name, and the file names.
class Sources {
 public:
  explicit Sources(const CompiledModel& compiled) : top_(compiled.signature.top) {
    for (const auto& [name, text] : emit_core(compiled.graph, compiled.schedule)) {
      write_file(folder_.path() / (name + ".v"), text);
      files_.push_back(name + ".v");
    }
  }

  std::string complaints_of(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), files_.begin(), files_.end());
    return complaints(folder_, arguments);
  }

  std::string verilator() const { return complaints_of({"verilator", "--lint-only", "-Wall", "--top-module", top_}); }
  std::string iverilog() const { return complaints_of({"iverilog", "-Wall", "-g2005", "-t", "null", "-s", top_}); }
  std::string yosys() const {
    std::string script = "read_verilog";
    for (const std::string& file : files_) {
      script += " " + file;
    }
    return complaints(folder_,
                      {"yosys", "-q", "-p", script + "; hierarchy -check -top " + top_ + "; proc; check -assert"});
  }

 private:
  TemporaryFolder folder_;
  std::string top_;
  std::vector<std::string> files_;
};

const Sources& jet_tagger() {
  static const Sources sources(compile_model(source_folder() + "/configs/jet_tagger/model.yaml", {}));
  return sources;
}

Sources masked_flatten() {
  ModelFolder folder;
  Dice dice(11);
  write_masked_flatten_model(folder, dice);
  return Sources(folder.compile());
}

TEST_CASE("lint: verilator finds nothing in the jet tagger", "[lint]") { CHECK(jet_tagger().verilator() == ""); }
TEST_CASE("lint: iverilog finds nothing in the jet tagger", "[lint]") { CHECK(jet_tagger().iverilog() == ""); }
TEST_CASE("lint: yosys finds nothing in the jet tagger", "[lint]") { CHECK(jet_tagger().yosys() == ""); }

TEST_CASE("lint: no tool finds anything in a masked model with a flatten", "[lint]") {
  const Sources sources = masked_flatten();
  CHECK(sources.verilator() == "");
  CHECK(sources.iverilog() == "");
  CHECK(sources.yosys() == "");
}

TEST_CASE("lint: no tool finds anything in random models", "[lint]") {
  for (int index = 0; index < 6; ++index) {
    ModelFolder folder;
    Dice dice(2000 + static_cast<unsigned>(index));
    write_random_model(folder, dice, index);
    INFO("model " << index << ":\n" << folder.yaml());
    const Sources sources(folder.compile());
    CHECK(sources.verilator() == "");
    CHECK(sources.iverilog() == "");
    CHECK(sources.yosys() == "");
  }
}

TEST_CASE("lint: every library module is clean alone with its default parameters", "[lint]") {
  const TemporaryFolder folder;
  for (const auto& [name, text] : rtl_library()) {
    write_file(folder.path() / (name + ".v"), text);
  }
  for (const auto& [name, text] : rtl_library()) {
    std::vector<std::string> verilator = {"verilator", "--lint-only", "-Wall", "--top-module", name};
    std::vector<std::string> iverilog = {"iverilog", "-Wall", "-g2005", "-t", "null", "-s", name};
    std::map<std::string, std::string> files = {{name, text}};
    add_library_modules(files);
    for (const auto& file : files) {
      verilator.push_back(file.first + ".v");
      iverilog.push_back(file.first + ".v");
    }
    INFO(name);
    CHECK(complaints(folder, verilator) == "");
    CHECK(complaints(folder, iverilog) == "");
  }
}

}  // namespace
}  // namespace rtlgen::testing
