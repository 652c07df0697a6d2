// Every command as a process: exit status, what is written, what is said, and that nothing is half done.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "ir/golden.hpp"
#include "ir/text.hpp"
#include "rtlgen/deliver/report.hpp"
#include "rtlgen/files/npy.hpp"
#include "rtlgen/files/text_file.hpp"
#include "rtlgen/frontend/event_file.hpp"
#include "rtlgen/frontend/yaml_frontend.hpp"
#include "rtlgen/model/float_reference.hpp"
#include "rtlgen/netlist/rtl_library.hpp"
#include "tests/support/imported.hpp"
#include "tests/support/program.hpp"
#include "tests/support/random_model.hpp"
#include "tests/support/skipped.hpp"

namespace rtlgen::testing {
namespace {

namespace fs = std::filesystem;
using Catch::Contains;
using Catch::StartsWith;
using Arguments = std::vector<std::string>;
using Files = std::map<std::string, std::string>;

/// A folder with model.yaml, weights.npz and calibration.npz of a tiny model, and the program run in it.
class Workplace {
 public:
  Workplace() {
    Dice dice(61);
    model_.array(dice, "d.weight", {2, 3});
    model_.array(dice, "d.bias", {2});
    model_.write(dice,
                 "model: tiny\n"
                 "input: {tokens: 2, features: 3, format: \"fixed<8,3>\"}\n"
                 "weights: weights.npz\n"
                 "calibration: calibration.npz\n"
                 "precision: {default: {weight: auto<5>, bias: auto<8>, activation: auto<8>}}\n"
                 "layers:\n"
                 "  - {name: d, type: dense, units: 2}\n",
                 2, 3, "none");
  }

  Outcome run(const Arguments& arguments, const Surroundings& surroundings = {}) const {
    const Outcome outcome = run_rtlgen(path(), arguments, surroundings);
    UNSCOPED_INFO("status " << outcome.status << "\n" << outcome.out << outcome.err);
    return outcome;
  }
  /// A run that must succeed.
  Outcome done(const Arguments& arguments) const {
    Outcome outcome = run(arguments);
    REQUIRE(outcome.status == 0);
    return outcome;
  }
  /// What a run says that must end as one with bad input, and change no file.
  std::string refused(const Arguments& arguments, const Surroundings& surroundings = {}) const {
    const Files before = files();
    const Outcome outcome = run(arguments, surroundings);
    CHECK(outcome.status == 2);
    CHECK(names(files()) == names(before));
    CHECK(files() == before);
    return outcome.err;
  }

  void write(const std::string& name, const std::string& text) const { write_file(path() / name, text); }
  /// The description with `from` replaced.
  void write_changed(const std::string& name, const std::string& from, const std::string& to) const {
    std::string text = model_.yaml();
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    write(name, text.replace(at, from.size(), to));
  }
  nlohmann::ordered_json json(const std::string& name) const { return nlohmann::ordered_json::parse(text(name)); }
  std::string text(const std::string& name) const { return read_text(path() / name); }
  Files files() const { return files_below(path()); }
  const fs::path& path() const { return model_.folder().path(); }
  std::string file(const std::string& name) const { return model_.folder().file(name); }
  CompiledModel compile(const Arguments& overrides = {}) const { return model_.compile(overrides); }

  static std::set<std::string> names(const Files& files) {
    std::set<std::string> result;
    for (const auto& entry : files) {
      result.insert(entry.first);
    }
    return result;
  }

 private:
  ModelFolder model_;
};

std::vector<double> values_of(const RowMatrix& matrix) { return {matrix.data(), matrix.data() + matrix.size()}; }

/// Real outputs of the golden model on the calibration events, computed in this process.
std::vector<double> golden_values(const Workplace& place, const Arguments& overrides = {}) {
  const CompiledModel compiled = place.compile(overrides);
  const Events events = load_events(place.file("calibration.npz"), compiled.model, std::nullopt);
  const Graph::NodeId output = compiled.graph.output();
  return values_of(to_real(golden_output(compiled.graph, quantize_events(compiled.graph, events)),
                           compiled.graph.node(output).type.frac, compiled.graph.node(output).scale));
}

const Arguments kCommands = {"build", "check", "emulate", "sim", "profile", "synth", "cmvm", "import", "bench"};

TEST_CASE("command line: help and version end with 0", "[command]") {
  const Workplace place;
  CHECK_THAT(place.done({"--version"}).out, StartsWith("rtlgen "));
  const std::string help = place.done({"--help"}).out;
  for (const std::string& command : kCommands) {
    CAPTURE(command);
    CHECK_THAT(help, Contains("  " + command + " "));
    CHECK_THAT(place.done({command, "--help"}).out, Contains("Usage"));
  }
}

TEST_CASE("command line: commands and options that there are not end with 2", "[command]") {
  const Workplace place;
  for (const std::string& command : kCommands) {
    CAPTURE(command);
    CHECK_THAT(place.refused({command}), Contains("required"));
    CHECK_THAT(place.refused({command, "--nothing"}), Contains("--nothing") || Contains("required"));
  }
  CHECK_THAT(place.refused({}), Contains("subcommand"));
  CHECK_THAT(place.refused({"compile"}), Contains("subcommand") || Contains("compile"));
  CHECK_THAT(place.refused({"check", "model.yaml", "--events", "3"}), Contains("--events"));
  CHECK_THAT(place.refused({"build", "model.yaml", "-o", "out", "--events", "0"}), Contains("--events"));
  CHECK_THAT(place.refused({"build", "model.yaml", "-o", "out", "--events", "many"}), Contains("--events"));
  CHECK_THAT(place.refused({"check", "model.yaml", "more.yaml"}), Contains("more.yaml"));
}

TEST_CASE("command line: whatever the command, a model that is wrong is told with file, line and column", "[command]") {
  const Workplace place;
  place.write_changed("key.yaml", "calibration:", "calibratoin:");
  const std::vector<Arguments> commands = {{"check"},
                                           {"build", "-o", "out"},
                                           {"build", "-o", "out", "--no-verify"},
                                           {"emulate", "--inputs", "calibration.npz", "--outputs", "y.npy"},
                                           {"emulate", "--float", "--inputs", "calibration.npz", "--outputs", "y.npy"},
                                           {"profile", "--inputs", "calibration.npz"},
                                           {"bench"}};
  const auto with_model = [](Arguments command, const std::string& model) {
    command.insert(command.begin() + 1, model);
    return command;
  };
  for (const Arguments& command : commands) {
    CAPTURE(command);
    CHECK_THAT(place.refused(with_model(command, "key.yaml")),
               StartsWith("key.yaml:4:1: error: ") && Contains("calibratoin") && Contains("'calibration'"));
    CHECK_THAT(place.refused(with_model(command, "none.yaml")), StartsWith("none.yaml: error: "));
    Arguments set = with_model(command, "model.yaml");
    set.insert(set.end(), {"--set", "hardware.clock=3"});
    CHECK_THAT(place.refused(set), Contains(": error: ") && Contains("'clock'"));
  }
}

TEST_CASE("check: faults of a model are told where they stand", "[command]") {
  const Workplace place;
  place.write_changed("type.yaml", "type: dense", "type: dens");
  place.write_changed("yaml.yaml", "tokens: 2,", "tokens: [2,");
  place.write_changed("weights.yaml", "weights: weights.npz", "weights: none.npz");
  place.write_changed("units.yaml", "units: 2", "units: 3");
  CHECK_THAT(place.refused({"check", "type.yaml"}), StartsWith("type.yaml:7:21: error: ") && Contains("'dense'"));
  CHECK_THAT(place.refused({"check", "yaml.yaml"}), StartsWith("yaml.yaml:") && Contains(": error: "));
  CHECK_THAT(place.refused({"check", "weights.yaml"}), Contains("none.npz") && Contains(": error: "));
  CHECK_THAT(place.refused({"check", "units.yaml"}), Contains("d.weight") && Contains(": error: "));
  CHECK_THAT(place.refused({"check", "."}), Contains(": error: "));
  CHECK_THAT(place.refused({"check", "weights.npz"}), Contains(": error: "));
  CHECK_THAT(place.refused({"check", "model.yaml", "--set", "nothing"}), Contains("error: ") && Contains("nothing"));
  CHECK_THAT(place.refused({"check", "model.yaml", "--set", "layers.e.units=2"}), Contains("error: ") && Contains("e"));
}

TEST_CASE("command line: whatever the command, events that are wrong are told by file", "[command]") {
  const Workplace place;
  write_npy(place.file("narrow.npy"), {4, 2, 2}, std::vector<double>(16, 0));
  place.write("text.npy", "no array");
  const std::vector<Arguments> commands = {{"emulate", "model.yaml", "--outputs", "y.npy"},
                                           {"emulate", "model.yaml", "--float", "--outputs", "y.npy"},
                                           {"profile", "model.yaml"}};
  for (const Arguments& command : commands) {
    for (const char* file : {"narrow.npy", "text.npy", "none.npy", "weights.npz"}) {
      CAPTURE(command, file);
      Arguments arguments = command;
      arguments.insert(arguments.end(), {"--inputs", file});
      CHECK_THAT(place.refused(arguments), Contains(std::string(file) + ": error: "));
    }
  }
  CHECK_THAT(place.refused({"build", "model.yaml", "-o", "out", "--set", "test=narrow.npy"}), Contains("narrow.npy"));
}

TEST_CASE("check: prints operations and the report, and writes nothing", "[command]") {
  const Workplace place;
  const Files before = place.files();
  const std::string table = place.done({"check", "model.yaml"}).out;
  CHECK_THAT(table, StartsWith("node ") && Contains("\nd ") && Contains(" dense ") && Contains("2x2"));
  CHECK_THAT(table, Contains("200"));
  CHECK_THAT(place.done({"check", "model.yaml", "--set", "hardware.clock_mhz=125"}).out, Contains("125"));
  CHECK(place.done({"check", "model.yaml", "-q"}).err.empty());
  CHECK(place.files() == before);
}

TEST_CASE("check: --dump-ir leaves the IR after every pass, and replaces only a folder of its own", "[command]") {
  const Workplace place;
  place.done({"check", "model.yaml", "--dump-ir", "passes"});
  place.done({"check", "model.yaml", "--dump-ir", "passes"});
  const Files passes = files_below(place.path() / "passes");
  CHECK(Workplace::names(passes) == std::set<std::string>{"00_lowered.yaml", "01_absorb_sums.yaml",
                                                          "02_round_in_bias.yaml", "03_merge_dense.yaml",
                                                          "04_solve_dense.yaml"});
  CHECK(passes.at("04_solve_dense.yaml") == to_text(place.compile().graph));
  CHECK_THAT(passes.at("00_lowered.yaml"), !Contains("adders:"));
  fs::create_directories(place.path() / "mine");
  place.write("mine/notes", "");
  CHECK_THAT(place.refused({"check", "model.yaml", "--dump-ir", "mine"}), Contains("mine"));
}

TEST_CASE("build: --no-verify leaves the files of docs/commands.md, and nothing beside them", "[command]") {
  const Workplace place;
  const Files before = place.files();
  place.done({"build", "model.yaml", "-o", "out", "--no-verify"});
  const CompiledModel compiled = place.compile();
  const Files out = files_below(place.path() / "out");

  std::set<std::string> expected = {"tiny.f", "ir.yaml", "signature.json", "report.json", "sim/core_config.hpp"};
  std::istringstream list(out.at("tiny.f"));
  for (std::string line; std::getline(list, line);) {
    CHECK_THAT(line, StartsWith("src/"));
    expected.insert(line);
  }
  CHECK(expected.count("src/tiny.v") == 1);
  for (const auto& entry : sim_library()) {
    expected.insert("sim/" + entry.first);
  }
  CHECK(Workplace::names(out) == expected);
  CHECK(out.at("ir.yaml") == to_text(compiled.graph));
  CHECK(out.at("signature.json") == to_json(compiled.signature).dump(2) + "\n");
  CHECK(out.at("report.json") == core_report(compiled, build_core(compiled.graph, compiled.schedule)).dump(2) + "\n");

  Files all = place.files();
  for (const auto& entry : out) {
    all.erase("out/" + entry.first);
  }
  CHECK(all == before);
}

TEST_CASE("build: --set changes the model, as often as it is given", "[command]") {
  const Workplace place;
  place.done({"build", "model.yaml", "-o", "out", "--no-verify", "--set", "hardware.clock_mhz=125", "--set",
              "hardware.tokens_per_beat=2", "--set", "model=other"});
  const auto report = place.json("out/report.json");
  CHECK(report["model"] == "other");
  CHECK(report["clock_mhz"] == 125);
  CHECK(report["tokens_per_beat"] == 2);
  CHECK(fs::exists(place.path() / "out" / "other.f"));
  CHECK(place.text("out/ir.yaml") ==
        to_text(place.compile({"hardware.clock_mhz=125", "hardware.tokens_per_beat=2", "model=other"}).graph));
}

TEST_CASE("build: a folder made before is replaced as a whole, or stays as it was", "[command]") {
  const Workplace place;
  place.done({"build", "model.yaml", "-o", "out", "--no-verify"});
  const Files first = files_below(place.path() / "out");
  place.write("out/src/left_over.v", "");
  CHECK_THAT(place.refused({"build", "model.yaml", "-o", "out", "--no-verify", "--set", "layers.d.units=5"}),
             Contains("d.weight"));
  CHECK_THAT(place.refused({"build", "model.yaml", "-o", "out", "--no-verify"}, {{"RTLGEN_CACHE="}, 1}),
             Contains("cannot be written"));
  place.done({"build", "model.yaml", "-o", "out/", "--no-verify"});
  CHECK(files_below(place.path() / "out") == first);
}

TEST_CASE("build: a folder of something else is left alone", "[command]") {
  const Workplace place;
  fs::create_directories(place.path() / "mine");
  place.write("mine/thesis.txt", "years");
  for (const char* target : {"mine", "model.yaml", "."}) {
    CAPTURE(target);
    CHECK_THAT(place.refused({"build", "model.yaml", "-o", target, "--no-verify"}),
               Contains("was not made by `rtlgen build`"));
  }
  CHECK_THAT(place.refused({"import", import_data("onnx/qonnx_jet_tagger.onnx"), "-o", "mine"}),
             Contains("was not made by `rtlgen import`"));
  write_npy(place.file("W.npy"), {1, 2}, std::vector<double>{3, 5});
  CHECK_THAT(place.refused({"cmvm", "W.npy", "--input", "fixed<8,8>", "-o", "mine"}),
             Contains("was not made by `rtlgen cmvm`"));
  fs::create_directories(place.path() / "empty");
  place.done({"build", "model.yaml", "-o", "empty", "--no-verify"});
  CHECK(fs::exists(place.path() / "empty" / "tiny.f"));
}

TEST_CASE("command line: what cannot be written is told by name, and leaves nothing", "[command]") {
  const Workplace place;
  write_npy(place.file("W.npy"), {1, 2}, std::vector<double>{3, 5});
  // Below a file there is no folder for anybody.
  CHECK_THAT(place.refused({"build", "model.yaml", "-o", "model.yaml/out", "--no-verify"}),
             Contains("model.yaml/out: error: cannot be written"));
  CHECK_THAT(place.refused({"cmvm", "W.npy", "--input", "fixed<8,8>", "-o", "W.npy/out"}),
             Contains("W.npy/out: error: cannot be written"));
  CHECK_THAT(place.refused({"import", import_data("onnx/qonnx_jet_tagger.onnx"), "-o", "W.npy/out"}),
             Contains("W.npy/out: error: "));
  for (const char* target : {"model.yaml/y.npy", "none/y.npy", "/dev/full", "."}) {
    CAPTURE(target);
    for (const Arguments& kind : {Arguments{}, Arguments{"--float"}}) {
      Arguments arguments = {"emulate", "model.yaml", "--inputs", "calibration.npz", "--outputs", target};
      arguments.insert(arguments.end(), kind.begin(), kind.end());
      CHECK_THAT(place.refused(arguments), Contains(std::string(target) + ": error: "));
    }
  }
  // No file may have more than 512 bytes: a disk that is full.
  const Surroundings full = {{"RTLGEN_CACHE="}, 1};
  CHECK_THAT(place.refused({"build", "model.yaml", "-o", "out", "--no-verify", "-q"}, full), Contains("error: "));
  CHECK_THAT(place.refused({"cmvm", "W.npy", "--input", "fixed<8,8>", "-o", "out", "-q"}, full), Contains("error: "));
  CHECK_THAT(place.refused({"import", import_data("onnx/qonnx_jet_tagger.onnx"), "-o", "out", "-q"}, full),
             Contains("error: "));
}

TEST_CASE("emulate: the file holds what the golden model and the float model compute", "[command]") {
  const Workplace place;
  const Model model = load_model(place.file("model.yaml"), {});
  const Events events = load_events(place.file("calibration.npz"), model, std::nullopt);
  place.done({"emulate", "model.yaml", "--inputs", "calibration.npz", "--outputs", "golden.npy"});
  const NpyArray golden = read_npy(place.file("golden.npy"));
  CHECK(golden.shape == std::vector<std::size_t>{events.count, 2, 2});
  CHECK(golden.values == golden_values(place));

  place.done({"emulate", "model.yaml", "--float", "--inputs", "calibration.npz", "--outputs", "float.npy"});
  CHECK(read_npy(place.file("float.npy")).values == values_of(float_output(model, events, 128)));
  CHECK(read_npy(place.file("float.npy")).shape == golden.shape);

  const Arguments coarse = {"precision.layers.d.activation=fixed<4,2>"};
  place.done({"emulate", "model.yaml", "--inputs", "calibration.npz", "--outputs", "golden.npy", "--set", coarse[0]});
  CHECK(read_npy(place.file("golden.npy")).values == golden_values(place, coarse));
  CHECK(golden_values(place, coarse) != golden.values);

  // A .npy file is x alone.
  write_npy(place.file("x.npy"), {events.count, 2, 3}, values_of(events.x));
  place.done({"emulate", "model.yaml", "--inputs", "x.npy", "--outputs", "again.npy"});
  CHECK(read_npy(place.file("again.npy")).values == golden.values);
}

TEST_CASE("emulate: after an error the outputs of before are still there", "[command]") {
  const Workplace place;
  place.done({"emulate", "model.yaml", "--inputs", "calibration.npz", "--outputs", "y.npy"});
  CHECK_THAT(place.refused({"emulate", "model.yaml", "--inputs", "weights.npz", "--outputs", "y.npy"}),
             Contains("weights.npz"));
}

TEST_CASE("profile: prints each tensor, and writes nothing", "[command]") {
  const Workplace place;
  const Files before = place.files();
  const std::string table = place.done({"profile", "model.yaml", "--inputs", "calibration.npz", "--events", "7"}).out;
  CHECK_THAT(table, Contains("SQNR") || Contains("sqnr"));
  CHECK_THAT(table, Contains("\nevent ") && Contains("\nd ") && Contains("fixed<8,3"));
  CHECK(place.files() == before);
}

TEST_CASE("cmvm: prints its report, and writes the files of docs/commands.md where a folder is named", "[command]") {
  const Workplace place;
  write_npy(place.file("W.npy"), {2, 2}, std::vector<double>{3, 5, -7, 9});
  const Files before = place.files();
  const std::string printed = place.done({"cmvm", "W.npy", "--input", "fixed<8,8>"}).out;
  const auto report = nlohmann::ordered_json::parse(printed);
  CHECK(report["inputs"] == 2);
  CHECK(report["outputs"] == 2);
  CHECK(report["input_width"] == 8);
  CHECK(place.files() == before);

  place.done({"cmvm", "W.npy", "--input", "fixed<8,8>", "-o", "out"});
  CHECK(Workplace::names(files_below(place.path() / "out")) ==
        std::set<std::string>{"src/cmvm.v", "src/shift_add.v", "cmvm.f", "sim/cmvm_tb.v", "report.json"});
  auto written = place.json("out/report.json");
  written["solve_seconds"] = report["solve_seconds"];
  CHECK(written == report);
  place.done({"cmvm", "W.npy", "--input", "ufixed<4,4>", "-o", "out", "--levels-per-stage", "0"});
  CHECK(place.json("out/report.json")["input_width"] == 4);
  CHECK(place.json("out/report.json")["latency_cycles"] == 0);

  CHECK_THAT(place.refused({"cmvm", "none.npy", "--input", "fixed<8,8>", "-o", "new"}),
             StartsWith("none.npy: error: "));
  CHECK_THAT(place.refused({"cmvm", "W.npy", "--input", "fixed<8", "-o", "out"}), StartsWith("--input: error: "));
  CHECK_THAT(place.refused({"cmvm", "W.npy", "--input", "fixed<8,8>", "--effort", "huge"}), Contains("--effort"));
  CHECK_THAT(place.refused({"cmvm", "W.npy", "--input", "fixed<8,8>", "--levels-per-stage", "65"}),
             Contains("--levels-per-stage"));
}

TEST_CASE("import: writes a description and weights that check takes", "[command]") {
  const Workplace place;
  const std::string onnx = import_data("onnx/qonnx_zero_points.onnx");
  place.done({"import", onnx, "-o", "imported"});
  CHECK(Workplace::names(files_below(place.path() / "imported")) == std::set<std::string>{"model.yaml", "weights.npz"});
  place.done({"check", "imported/model.yaml"});
  place.done({"import", onnx, "-o", "imported"});
  const Files imported = files_below(place.path() / "imported");
  place.done({"import", import_data("keras/rounded_softmax.keras"), "-o", "keras"});
  CHECK(files_below(place.path() / "imported") == imported);

  CHECK_THAT(place.refused({"import", "none.onnx", "-o", "new"}), StartsWith("none.onnx: error: "));
  CHECK_THAT(place.refused({"import", "model.yaml", "-o", "new"}), StartsWith("model.yaml: error: "));
  CHECK_THAT(place.refused({"import", onnx, "-o", "imported", "--input", "fixed<8"}), Contains("error: "));
  CHECK_THAT(place.refused({"import", onnx, "-o", "imported", "--calibration", "none.npz"}), Contains("none.npz"));
  CHECK_THAT(place.refused({"import", onnx, "-o", "imported", "--tokens", "0"}), Contains("--tokens"));
}

TEST_CASE("sim, synth and bench: wrong input is told, and nothing is written", "[command]") {
  const Workplace place;
  fs::create_directories(place.path() / "mine");
  for (const char* folder : {"none", "mine", "model.yaml"}) {
    CAPTURE(folder);
    CHECK_THAT(place.refused({"sim", folder, "--inputs", "calibration.npz", "--outputs", "y.npy"}),
               StartsWith(folder) && Contains(": error: "));
    CHECK_THAT(place.refused({"synth", folder}), StartsWith(folder) && Contains(": error: "));
  }
  place.done({"build", "model.yaml", "-o", "out", "--no-verify"});
  CHECK_THAT(place.refused({"sim", "out", "--inputs", "none.npz", "--outputs", "y.npy"}),
             StartsWith("none.npz: error: "));
  CHECK_THAT(place.refused({"synth", "out", "--family", "spartan"}), Contains("--family"));
  place.write("out/report.json", "none");
  CHECK_THAT(place.refused({"synth", "out"}), StartsWith("out/report.json: error: "));
  place.write("out/signature.json", "{}");
  CHECK_THAT(place.refused({"sim", "out", "--inputs", "calibration.npz", "--outputs", "y.npy"}),
             StartsWith("out/signature.json: error: "));
  CHECK_THAT(place.refused({"bench", "model.yaml", "--set", "calibration=", "--set",
                            "precision.default={weight: \"fixed<5,1>\", bias: \"fixed<8,2>\", activation: "
                            "\"fixed<8,3>\"}"}),
             Contains("error: bench needs events"));
}

TEST_CASE("synth: adds the cells of Yosys to the report, and keeps the rest", "[command][rtl]") {
  if (!has_program("yosys")) {
    return;
  }
  const Workplace place;
  place.done({"build", "model.yaml", "-o", "out", "--no-verify"});
  Files before = place.files();
  const auto report = place.json("out/report.json");
  for (const char* family : {"xcup", "xc7"}) {
    place.done({"synth", "out", "--family", family});
    auto after = place.json("out/report.json");
    CHECK(after["resources"]["yosys"]["family"] == family);
    CHECK(after["resources"]["yosys"]["lut"] > 0);
    CHECK(after["resources"]["yosys"]["ff"] > 0);
    const auto timing = after["timing"];
    CHECK(timing["device"] == report["device"]);
    CHECK(timing["holds"] == true);
    CHECK(timing["worst_ns"] > 0.5);  // a register, a net and a register
    CHECK(timing["worst_ns"].get<double>() + timing["margin_ns"].get<double>() <= timing["period_ns"].get<double>());
    double worst_of_modules = 0;
    for (const auto& entry : timing["modules"]) {
      worst_of_modules = std::max(worst_of_modules, entry["worst_ns"].get<double>());
    }
    CHECK(worst_of_modules == timing["worst_ns"]);
    after["resources"].erase("yosys");
    after.erase("timing");
    CHECK(after == report);
  }
  Files after = place.files();
  for (const auto& entry : files_below(place.path() / "out" / "synth")) {
    after.erase("out/synth/" + entry.first);
  }
  after.erase("out/report.json");
  before.erase("out/report.json");
  CHECK(after == before);
}

TEST_CASE("build, sim and bench: the Verilog does what emulate says, and a broken core ends with 1",
          "[command][verilator]") {
  if (!has_program("verilator")) {
    return;
  }
  const Workplace place;
  place.done({"build", "model.yaml", "-o", "out", "--events", "20"});
  const auto verification = place.json("out/report.json")["verification"];
  CHECK(verification["events"] == 20);
  for (const char* count : {"mismatches", "latency_errors", "protocol_errors"}) {
    CAPTURE(count);
    CHECK(verification[count] == 0);
  }
  place.done({"sim", "out", "--inputs", "calibration.npz", "--outputs", "rtl.npy"});
  CHECK(read_npy(place.file("rtl.npy")).values == golden_values(place));
  place.done({"emulate", "model.yaml", "--inputs", "calibration.npz", "--outputs", "golden.npy"});
  CHECK(place.text("rtl.npy") == place.text("golden.npy"));

  const Files files = place.files();
  CHECK_THAT(place.done({"bench", "model.yaml"}).out, Contains("golden model") && Contains("co-simulation"));
  CHECK(place.files() == files);

  // First and last beats trade places.
  std::string control = place.text("out/src/control_delay.v");
  const std::string sound = ".d({in_last, in_first})";
  const std::size_t at = control.find(sound);
  REQUIRE(at != std::string::npos);
  place.write("out/src/control_delay.v", control.replace(at, sound.size(), ".d({in_first, in_last})"));
  const Outcome outcome = place.run({"sim", "out", "--inputs", "calibration.npz", "--outputs", "broken.npy"});
  CHECK(outcome.status == 1);
  CHECK_THAT(outcome.err, Contains("the core broke its timing"));
  CHECK_FALSE(fs::exists(place.path() / "broken.npy"));
}

}  // namespace
}  // namespace rtlgen::testing
