#include "rtlgen/deliver/synth_script.hpp"

#include <chrono>
#include <fstream>
#include <functional>
#include <iterator>
#include <sstream>
#include <stdexcept>

#include "rtlgen/deliver/read_whole.hpp"
#include "rtlgen/files/process.hpp"

namespace rtlgen {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kTimeout{3600};

/// Adders become $alu cells, each for itself. Else Yosys merges a tree of adders without registers between them into
/// one $macc cell, which it maps to several times as many LUTs as the adders need.
constexpr const char* kAdderMap = R"((* techmap_celltype = "$add $sub" *)
module rtlgen_adder (A, B, Y);
  parameter A_SIGNED = 0;
  parameter B_SIGNED = 0;
  parameter A_WIDTH = 1;
  parameter B_WIDTH = 1;
  parameter Y_WIDTH = 1;
  parameter _TECHMAP_CELLTYPE_ = "";

  input [A_WIDTH-1:0] A;
  input [B_WIDTH-1:0] B;
  output [Y_WIDTH-1:0] Y;

  wire [Y_WIDTH-1:0] X;
  wire [Y_WIDTH-1:0] CO;
  wire subtract = _TECHMAP_CELLTYPE_ == "$sub";

  \$alu #(
    .A_SIGNED(A_SIGNED && B_SIGNED),
    .B_SIGNED(A_SIGNED && B_SIGNED),
    .A_WIDTH(A_WIDTH),
    .B_WIDTH(B_WIDTH),
    .Y_WIDTH(Y_WIDTH)
  ) _TECHMAP_REPLACE_ (.A(A), .B(B), .CI(subtract), .BI(subtract), .X(X), .Y(Y), .CO(CO));
endmodule
)";

}  // namespace

void run_yosys(const fs::path& directory, const fs::path& script) {
  Command command;
  command.arguments = {"yosys", "-Q", "-s", script.string()};
  command.directory = directory;
  command.log = fs::path(script).replace_extension(".log");
  command.timeout = kTimeout;
  run_checked(command);
}

std::string yosys_version(const fs::path& work) {
  Command command;
  command.arguments = {"yosys", "-V"};
  command.log = work / "version.log";
  run_checked(command);
  std::istringstream words(file_tail(command.log, 1));
  std::string name;
  std::string version;
  words >> name >> version;
  return "yosys " + version;
}

std::string elaboration_script(const fs::path& list, const fs::path& work) {
  std::ostringstream script;
  std::istringstream sources(read_whole(list));
  for (std::string source; std::getline(sources, source);) {
    if (!source.empty()) script << "read_verilog " << source << '\n';
  }
  script << "hierarchy -check -top " << list.stem().string() << '\n'
         << "proc\n"
         << "setattr -mod -unset top A:top\n"
         << "write_rtlil " << (work / "elaborated.il").string() << '\n';
  return script.str();
}

std::string adder_map() { return kAdderMap; }

std::string group_script(const std::vector<SynthModule>& modules, const std::set<int>& group, const std::string& family,
                         const fs::path& work, const fs::path& statistics, bool netlists) {
  std::set<int> dissolved;
  std::set<int> boxes;
  const std::function<void(int)> visit = [&](int index) {
    for (const auto& [child, count] : modules[static_cast<std::size_t>(index)].children) {
      static_cast<void>(count);
      if (group.count(child) != 0) continue;
      if (modules[static_cast<std::size_t>(child)].unit) {
        boxes.insert(child);
      } else if (dissolved.insert(child).second) {
        visit(child);
      }
    }
  };
  for (const int index : group) visit(index);

  std::string box_list;
  std::string unit_list;
  std::string dissolved_list;
  std::string delete_list;
  for (std::size_t i = 0; i < modules.size(); ++i) {
    const auto index = static_cast<int>(i);
    std::string& list = group.count(index) != 0       ? unit_list
                        : boxes.count(index) != 0     ? box_list
                        : dissolved.count(index) != 0 ? dissolved_list
                                                      : delete_list;
    list += " " + short_name(index);
  }

  const std::string synthesis = "synth_xilinx -noiopad -noclkbuf -family " + family + " -run ";
  std::ostringstream script;
  script << "read_verilog -lib -specify +/xilinx/cells_sim.v\n"
         << "read_verilog -lib +/xilinx/cells_xtra.v\n"
         << "read_rtlil " << (work / "design.il").string() << '\n';
  if (!box_list.empty()) script << "blackbox" << box_list << '\n';
  if (!delete_list.empty()) script << "delete" << delete_list << '\n';
  script << "setattr -mod -set keep_hierarchy 1" << unit_list << '\n' << "flatten\n";
  if (!dissolved_list.empty()) script << "delete" << dissolved_list << '\n';
  script << synthesis << "prepare:coarse\n"
         << "techmap -map " << (work / "adder_map.v").string() << '\n'
         << synthesis << "coarse:check\n"
         << "tee -q -o " << statistics.string() << " stat -json\n";
  if (netlists) {
    // Where a cell comes from would be half of the text.
    script << "setattr -unset src */c:* */w:*\n";
    for (const int index : group) {
      script << "json -o " << (work / (short_name(index) + ".json")).string() << ' ' << short_name(index) << '\n';
    }
  }
  return script.str();
}

}  // namespace rtlgen
