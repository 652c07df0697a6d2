#include "rtlgen/deliver/cosim.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <vector>

#include "rtlgen/files/process.hpp"

namespace rtlgen {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kTimeout{3600};

/// Options of the tools. A change here makes existing builds stale.
const std::vector<std::string>& verilator_options() {
  static const std::vector<std::string> kOptions = {
      "--sc", "--exe", "-Wall", "--prefix", "Vcore", "-pins-bv", "2",
      // Registers without reset begin with random values, and so does what the sources leave open.
      "--x-assign", "unique", "--x-initial", "unique", "--threads", "1", "-CFLAGS", "-std=c++17", "-o", "core_sim"};
  return kOptions;
}

// One unoptimised translation unit: SystemC's headers cost more than all generated code of a small core, and compiling
// with -O1 costs more than it saves on the thousands of events of a verification.
const std::vector<std::string>& make_options() {
  static const std::vector<std::string> kOptions = {"VM_PARALLEL_BUILDS=0", "OPT_FAST=-O0", "OPT_SLOW=-O0",
                                                    "OPT_GLOBAL=-O1"};
  return kOptions;
}

const std::vector<std::string>& bench_sources() {
  static const std::vector<std::string> kNames = {"main.cpp", "scoreboard.cpp", "vectors.cpp"};
  return kNames;
}

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// The files of a folder with one of these extensions, sorted.
std::vector<fs::path> list_files(const fs::path& folder, const std::vector<std::string>& extensions) {
  std::vector<fs::path> files;
  if (!fs::is_directory(folder)) throw std::runtime_error("there is no folder " + folder.string());
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const std::string extension = entry.path().extension().string();
    const bool wanted = std::find(extensions.begin(), extensions.end(), extension) != extensions.end();
    if (wanted && entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

// FNV-1a over names and contents of all that the simulation is made of.
std::string fingerprint(const fs::path& out) {
  std::uint64_t hash = 14695981039346656037ULL;
  const auto add = [&hash](const std::string& text) {
    for (const char c : text + '\0') hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  };
  for (const std::string& option : verilator_options()) add(option);
  for (const std::string& option : make_options()) add(option);
  std::vector<fs::path> files = list_files(out / "src", {".v", ".vh"});
  for (const fs::path& file : list_files(out / "sim", {".cpp", ".hpp"})) files.push_back(file);
  files.push_back(find_file_list(out));
  for (const fs::path& file : files) {
    add(file.filename().string());
    add(read_file(file));
  }
  std::ostringstream text;
  text << std::hex << hash;
  return text.str();
}

// The first line of a log that tells what is wrong, for a message of one line.
std::string first_complaint(const fs::path& log) {
  std::ifstream file(log);
  for (std::string line; std::getline(file, line);) {
    for (const char* sign : {"%Warning", "%Error", "error:", "core_sim:", "terminate called"}) {
      if (line.find(sign) != std::string::npos) return line;
    }
  }
  std::string last = file_tail(log, 1);
  if (!last.empty()) last.pop_back();
  return last;
}

void run_tool(const Command& command, const std::string& what) {
  const int status = run_process(command);
  if (status != 0) {
    throw std::runtime_error(what + " failed (see " + command.log.string() + "): " + first_complaint(command.log));
  }
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

std::string to_string(SimulationMode mode) {
  switch (mode) {
    case SimulationMode::kStream:
      return "stream";
    case SimulationMode::kGaps:
      return "gaps";
    case SimulationMode::kReset:
      return "reset";
  }
  return "";
}

fs::path find_file_list(const fs::path& out) {
  const std::vector<fs::path> lists = list_files(out, {".f"});
  if (lists.size() != 1) throw std::runtime_error(out.string() + " has no file list (TOP.f), or more than one");
  return lists.front();
}

void build_simulation(const fs::path& out) {
  const fs::path root = fs::absolute(out);
  const fs::path build = root / "sim" / "build";
  const fs::path stamp = build / "fingerprint";
  const std::string wanted = fingerprint(root);
  if (fs::exists(stamp) && fs::exists(build / "core_sim") && read_file(stamp) == wanted) return;
  if (!find_program("verilator")) throw std::runtime_error("co-simulation needs verilator, which is not in PATH");

  fs::remove_all(build);
  fs::create_directories(build);

  const fs::path list = find_file_list(root);
  Command verilate;
  verilate.arguments = {"verilator"};
  verilate.arguments.insert(verilate.arguments.end(), verilator_options().begin(), verilator_options().end());
  const std::vector<std::string> design = {"--top-module", list.stem().string(),    "--Mdir", build.string(),
                                           "-f",           list.filename().string()};
  verilate.arguments.insert(verilate.arguments.end(), design.begin(), design.end());
  for (const std::string& name : bench_sources()) verilate.arguments.push_back((root / "sim" / name).string());
  verilate.directory = root;
  verilate.log = build / "verilator.log";
  verilate.timeout = kTimeout;
  run_tool(verilate, "verilator");

  Command compile;
  compile.arguments = {"make", "-j" + std::to_string(std::max(1U, std::thread::hardware_concurrency())), "-f",
                       "Vcore.mk"};
  compile.arguments.insert(compile.arguments.end(), make_options().begin(), make_options().end());
  if (find_program("ccache")) compile.arguments.push_back("OBJCACHE=ccache");
  compile.directory = build;
  compile.log = build / "make.log";
  compile.timeout = kTimeout;
  run_tool(compile, "compiling the simulation");

  std::ofstream(stamp) << wanted;
}

CosimResult run_simulation(const fs::path& out, const fs::path& inputs, const std::optional<fs::path>& expected,
                           const std::optional<fs::path>& outputs, SimulationMode mode, unsigned seed) {
  build_simulation(out);
  CosimResult result;

  const fs::path folder = fs::absolute(out) / "sim";
  const fs::path report = folder / ("result_" + to_string(mode) + ".json");
  fs::remove(report);

  Command simulate;
  simulate.arguments = {(folder / "build" / "core_sim").string(),
                        "--inputs",
                        fs::absolute(inputs).string(),
                        "--result",
                        report.string(),
                        "--mode",
                        to_string(mode),
                        "--seed",
                        std::to_string(seed)};
  const auto add_file = [&simulate](const std::string& option, const std::optional<fs::path>& file) {
    if (!file) return;
    simulate.arguments.push_back(option);
    simulate.arguments.push_back(fs::absolute(*file).string());
  };
  add_file("--expected", expected);
  add_file("--outputs", outputs);
  simulate.directory = folder;
  simulate.log = folder / ("sim_" + to_string(mode) + ".log");
  simulate.timeout = kTimeout;

  // 0: all is well, 1: the core did something wrong and the report has the counts, else there is no report.
  const auto sim_start = std::chrono::steady_clock::now();
  const int status = run_process(simulate);
  result.sim_seconds = seconds_since(sim_start);
  if ((status != 0 && status != 1) || !fs::exists(report)) {
    throw std::runtime_error("the simulation did not run (see " + simulate.log.string() +
                             "): " + first_complaint(simulate.log));
  }
  const nlohmann::json counts = nlohmann::json::parse(read_file(report));
  result.ran = true;
  result.events = counts.at("events");
  result.mismatches = counts.at("mismatches");
  result.latency_errors = counts.at("latency_errors");
  result.protocol_errors = counts.at("protocol_errors");
  result.measured_latency_cycles = counts.at("measured_latency_cycles");
  result.measured_interval_cycles = counts.at("measured_interval_cycles");
  result.clocks = counts.at("clocks");
  result.log = simulate.log;
  if (status == 1 && result.passed()) throw std::runtime_error("the simulation's report contradicts its exit status");
  return result;
}

}  // namespace rtlgen
