// Longest paths of small netlists, written by hand: every kind of way has the delay that docs/timing.md says.
#include <catch2/catch.hpp>
#include <string>

#include "rtlgen/timing/timing_walk.hpp"

namespace rtlgen::testing {
namespace {

using Catch::Contains;

/// Delays that tell by a sum which of them are in it: each is a power of ten or half of one.
Delays delays() {
  Delays d;
  d.clock_to_out = 1;
  d.setup = 2;
  d.net = 10;
  d.lut = 100;
  d.carry_in = 1000;
  d.carry4 = 10000;
  d.carry_out = 100000;
  d.dsp = 7000000;
  d.dsp_multiply = 4000000;
  d.dsp_add = 3000000;
  d.lutram = 40000000;
  d.bram_out = 80000000;
  d.margin = 5;
  return d;
}

/// A module of Yosys' JSON, cell by cell. Nets are numbers, 0 stands for a constant.
class Netlist {
 public:
  using Bits = std::vector<int>;

  Netlist& input(const std::string& name, const Bits& bits) { return port(name, "input", bits); }
  Netlist& output(const std::string& name, const Bits& bits) { return port(name, "output", bits); }

  /// Ports with the mark `>` in front of their name are outputs.
  Netlist& cell(const std::string& type, const std::map<std::string, Bits>& ports,
                const std::map<std::string, std::string>& parameters = {}) {
    nlohmann::json entry = {{"type", type}, {"parameters", parameters}};
    for (const auto& [mark, bits] : ports) {
      const bool output = mark[0] == '>';
      const std::string name = output ? mark.substr(1) : mark;
      entry["port_directions"][name] = output ? "output" : "input";
      entry["connections"][name] = list(bits);
    }
    module_["cells"]["c" + std::to_string(module_["cells"].size())] = entry;
    return *this;
  }
  Netlist& register_(int d, int q) { return cell("FDRE", {{"C", {1}}, {"D", {d}}, {">Q", {q}}}); }
  Netlist& lut(const Bits& inputs, int out) {
    std::map<std::string, Bits> ports = {{">O", {out}}};
    for (std::size_t i = 0; i < inputs.size(); ++i) ports["I" + std::to_string(i)] = {inputs[i]};
    return cell("LUT" + std::to_string(inputs.size()), ports);
  }
  Netlist& carry4(const Bits& select, const Bits& data, const Bits& sum, const Bits& carry, int in = 0) {
    return cell("CARRY4", {{"S", select}, {"DI", data}, {">O", sum}, {">CO", carry}, {"CI", {in}}, {"CYINIT", {0}}});
  }

  nlohmann::json module() const {
    nlohmann::json result = module_;
    for (int net = 1; net < 1000; ++net) {
      result["netnames"]["n" + std::to_string(net)] = {{"bits", {net}}, {"hide_name", 0}};
    }
    return result;
  }

 private:
  Netlist& port(const std::string& name, const char* direction, const Bits& bits) {
    module_["ports"][name] = {{"direction", direction}, {"bits", list(bits)}};
    return *this;
  }
  static nlohmann::json list(const Bits& bits) {
    nlohmann::json result = nlohmann::json::array();
    for (const int bit : bits) {
      result.push_back(bit == 0 ? nlohmann::json("0") : nlohmann::json(bit));
    }
    return result;
  }

  nlohmann::json module_ = {
      {"ports", nlohmann::json::object()}, {"cells", nlohmann::json::object()}, {"netnames", nlohmann::json::object()}};
};

TimingResult walk(const std::map<std::string, Netlist>& modules) {
  nlohmann::json design = {{"modules", nlohmann::json::object()}};
  for (const auto& [name, module] : modules) design["modules"][name] = module.module();
  MappedNetlist netlist;
  add_mapped_modules(design, netlist);
  return walk_timing(netlist, "top", delays());
}

TimingPath worst(const Netlist& netlist) {
  const TimingResult result = walk({{"top", netlist}});
  CHECK(result.loops.empty());
  REQUIRE(result.worst);
  return *result.worst;
}

// Sums of delays() that every path has: from a flip-flop over a net, and from a net into a flip-flop.
constexpr int kStart = 1 + 10;
constexpr int kSetup = 2;

TEST_CASE("timing: from register to register there is a net, behind a LUT there is none", "[timing]") {
  CHECK(worst(Netlist().register_(2, 3).register_(3, 4)).delay == kStart + kSetup);
  const TimingPath path = worst(Netlist().register_(2, 3).lut({3}, 4).lut({4}, 5).register_(5, 6));
  CHECK(path.delay == kStart + 100 + 10 + 100 + kSetup);
  CHECK(path.lut_levels == 2);
  CHECK(path.carry_chains == 0);
  CHECK(path.from == "n3");
  CHECK(path.to == "n6");
}

TEST_CASE("timing: enable and reset of a register are reached over a net, its clock is no path", "[timing]") {
  for (const char* port : {"CE", "R"}) {
    CAPTURE(port);
    const Netlist netlist =
        Netlist().register_(2, 3).lut({3}, 4).cell("FDRE", {{"C", {1}}, {"D", {0}}, {port, {4}}, {">Q", {5}}});
    CHECK(worst(netlist).delay == kStart + 100 + 10 + kSetup);
  }
  CHECK_FALSE(walk({{"top", Netlist().register_(2, 1)}}).worst);
}

TEST_CASE("timing: ports of the top are registers of its surroundings", "[timing]") {
  const TimingPath path = worst(Netlist().input("x", {2}).output("y", {3}).lut({2}, 3));
  CHECK(path.delay == kStart + 100 + 10 + kSetup);
  CHECK(path.from == "n2");
  CHECK(path.to == "n3");
}

TEST_CASE("timing: a carry chain is entered from the LUT beside it, over a net by anything else", "[timing]") {
  // From the LUT at S[0] to the highest sum of the second CARRY4.
  Netlist beside = Netlist().register_(2, 3).lut({3}, 4);
  beside.carry4({4, 0, 0, 0}, {0, 0, 0, 0}, {10, 11, 12, 13}, {14, 15, 16, 17});
  beside.carry4({0, 0, 0, 0}, {0, 0, 0, 0}, {20, 21, 22, 23}, {24, 25, 26, 27}, 17).register_(23, 30);
  const TimingPath path = worst(beside);
  CHECK(path.delay == kStart + 100 + 1000 + 2 * 10000 + 100000 + kSetup);
  CHECK(path.lut_levels == 1);
  CHECK(path.carry_chains == 1);
  CHECK(path.carry4 == 2);

  Netlist data = Netlist().register_(2, 3);
  data.carry4({0, 0, 0, 0}, {3, 0, 0, 0}, {10, 11, 12, 13}, {14, 15, 16, 17}).register_(11, 30);
  CHECK(worst(data).delay == kStart + 1000 + 10000 + 100000 + kSetup);

  // S without a LUT in front goes through one that does nothing.
  Netlist select = Netlist().register_(2, 3);
  select.carry4({3, 0, 0, 0}, {0, 0, 0, 0}, {10, 11, 12, 13}, {14, 15, 16, 17}).register_(10, 30);
  CHECK(worst(select).delay == kStart + 100 + 1000 + 10000 + 100000 + kSetup);

  // From elsewhere into CI.
  Netlist in = Netlist().register_(2, 3);
  in.carry4({0, 0, 0, 0}, {0, 0, 0, 0}, {10, 11, 12, 13}, {14, 15, 16, 17}, 3).register_(10, 30);
  CHECK(worst(in).delay == kStart + 1000 + 10000 + 100000 + kSetup);
}

TEST_CASE("timing: a carry that leaves its chain pays for that, a bit below is not reached", "[timing]") {
  Netlist netlist = Netlist().register_(2, 3);
  netlist.carry4({0, 0, 0, 0}, {0, 3, 0, 0}, {10, 11, 12, 13}, {14, 15, 16, 17}).lut({16}, 20).register_(20, 30);
  const TimingPath path = worst(netlist);
  CHECK(path.delay == kStart + 1000 + 10000 + 100000 + 10 + 100 + kSetup);
  CHECK(path.to == "n30");

  Netlist below = Netlist().register_(2, 3);
  below.carry4({0, 0, 0, 0}, {0, 3, 0, 0}, {10, 11, 12, 13}, {14, 15, 16, 17}).register_(11, 30).register_(14, 31);
  CHECK_FALSE(walk({{"top", below}}).worst);  // DI[1] leads to O[2] and CO[1]
}

TEST_CASE("timing: MUXFs stand beside their LUTs", "[timing]") {
  const Netlist data =
      Netlist().register_(2, 3).lut({3}, 4).cell("MUXF7", {{"I0", {4}}, {"I1", {0}}, {"S", {0}}, {">O", {5}}});
  CHECK(worst(Netlist(data).register_(5, 6)).delay == kStart + 100 + 60 + kSetup);
  const Netlist select = Netlist().register_(2, 3).cell("MUXF7", {{"I0", {0}}, {"I1", {0}}, {"S", {3}}, {">O", {5}}});
  CHECK(worst(Netlist(select).register_(5, 6)).delay == kStart + 60 + kSetup);
}

TEST_CASE("timing: memories of LUTs and block RAMs", "[timing]") {
  const Netlist shift = Netlist().cell("SRL16E", {{"CLK", {1}}, {"D", {2}}, {"A0", {0}}, {">Q", {3}}});
  CHECK(worst(Netlist(shift).register_(3, 4)).delay == 40000000 + kSetup);
  CHECK(worst(Netlist(shift).register_(9, 2)).delay == kStart + kSetup);

  const Netlist ram = Netlist().register_(2, 3).cell(
      "RAM32M", {{"WCLK", {1}}, {"ADDRA", {3}}, {"ADDRB", {0}}, {">DOA", {4}}, {">DOB", {5}}});
  CHECK(worst(Netlist(ram).lut({4}, 6).register_(6, 7)).delay == kStart + 40000000 + 10 + 100 + kSetup);
  CHECK(worst(Netlist(ram).lut({5}, 6).register_(6, 7)).delay == 40000000 + 10 + 100 + kSetup);

  const Netlist block =
      Netlist().register_(2, 3).cell("RAMB18E2", {{"CLKARDCLK", {1}}, {"ADDRARDADDR", {3}}, {">DOUTADOUT", {4}}});
  CHECK(worst(block).delay == kStart + kSetup);
  CHECK(worst(Netlist(block).register_(4, 5)).delay == 80000000 + 10 + kSetup);
}

/// Two operands from registers that something else reads, too; the product of 2 bits at nets 20 and 21.
Netlist product() {
  return Netlist()
      .input("x", {2, 3})
      .register_(2, 4)
      .register_(3, 5)
      .register_(4, 6)
      .register_(5, 7)
      .cell("DSP48E2", {{"A", {4}}, {"B", {5}}, {">P", {20, 21, 22}}}, {{"MREG", "0"}, {"PREG", "0"}, {"AREG", "0"}});
}

TEST_CASE("timing: a product without registers, and with logic behind it", "[timing]") {
  const TimingPath path = worst(product().lut({20, 21}, 30).register_(30, 31));
  CHECK(path.delay == kStart + 7000000 + 10 + 100 + kSetup);
  CHECK(path.products == 1);
}

TEST_CASE("timing: one register behind a product is M or P, whichever is faster", "[timing]") {
  // Little behind it: M.
  const TimingPath last = worst(product().register_(20, 30).register_(21, 31).output("y", {30, 31}));
  CHECK(last.delay == kStart + 4000000 + kSetup);  // as P: 7000000
  // A slow path behind it: P.
  Netlist slow = product().register_(20, 30).register_(21, 31);
  slow.cell("RAM32M", {{"WCLK", {1}}, {"ADDRA", {30}}, {">DOA", {40}}}).register_(40, 41).output("y", {31});
  CHECK(worst(slow).delay == kStart + 40000000 + kSetup);
}

TEST_CASE("timing: of two registers behind a product the first is M, the second P", "[timing]") {
  Netlist two = product().register_(20, 30).register_(21, 31).register_(30, 32).register_(31, 33);
  two.lut({32, 33}, 40).register_(40, 41);
  const TimingPath path = worst(two);
  CHECK(path.delay == kStart + 4000000 + kSetup);
}

TEST_CASE("timing: registers are none of the block where something reads the product beside them", "[timing]") {
  Netlist beside = product().register_(20, 30).register_(21, 31).output("y", {20});
  CHECK(worst(beside).delay == kStart + 7000000 + 10 + kSetup);
  Netlist partly = product().register_(20, 30).lut({21}, 31).register_(31, 32);
  CHECK(worst(partly).delay == kStart + 7000000 + 10 + 100 + kSetup);
  // Another enable: not one register.
  Netlist differs = product().input("e", {8}).register_(20, 30);
  differs.cell("FDRE", {{"C", {1}}, {"CE", {8}}, {"D", {21}}, {">Q", {31}}});
  CHECK(worst(differs).delay == kStart + 7000000 + 10 + kSetup);
}

TEST_CASE("timing: registers that only operands read are in the block", "[timing]") {
  const Netlist inside = Netlist()
                             .input("x", {2, 3})
                             .register_(2, 4)
                             .register_(3, 5)
                             .cell("DSP48E2", {{"A", {4}}, {"B", {5}}, {">P", {20}}}, {{"MREG", "0"}, {"PREG", "0"}});
  CHECK(worst(Netlist(inside).lut({20}, 21).register_(21, 22)).delay == 1 + 7000000 + 10 + 100 + kSetup);
}

TEST_CASE("timing: registers that synthesis put into the block", "[timing]") {
  const Netlist packed =
      Netlist().register_(2, 4).register_(3, 5).cell("DSP48E1", {{"CLK", {1}}, {"A", {4}}, {"B", {5}}, {">P", {20}}},
                                                     {{"AREG", "0"}, {"BREG", "0"}, {"MREG", "1"}, {"PREG", "1"}});
  CHECK(worst(Netlist(packed).lut({20}, 21).register_(21, 22)).delay == 1 + 4000000 + kSetup);
  const Netlist middle = Netlist().register_(2, 4).register_(3, 5).cell(
      "DSP48E1", {{"CLK", {1}}, {"A", {4}}, {"B", {5}}, {">P", {20}}}, {{"MREG", "1"}, {"PREG", "0"}});
  CHECK(worst(Netlist(middle).lut({20}, 21).register_(21, 22)).delay == 1 + 4000000 + kSetup);
}

/// A LUT between its ports, without registers.
Netlist through() { return Netlist().input("a", {2}).output("b", {3}).lut({2}, 3); }

TEST_CASE("timing: paths pass through modules, and each has the worst that ends in it or passes it", "[timing]") {
  Netlist top = Netlist().register_(2, 3);
  top.cell("through", {{"a", {3}}, {">b", {4}}}).cell("through", {{"a", {4}}, {">b", {5}}}).register_(5, 6);
  top.cell("stage", {{"d", {6}}, {">q", {7}}}).lut({7}, 8).register_(8, 9);
  const Netlist stage = Netlist().input("d", {2}).output("q", {3}).register_(2, 3);
  const TimingResult result = walk({{"top", top}, {"through", through()}, {"stage", stage}});
  REQUIRE(result.worst);
  CHECK(result.worst->delay == kStart + 2 * 100 + 10 + kSetup);
  CHECK(result.worst->lut_levels == 2);
  CHECK(result.modules.at("through").delay == result.worst->delay);
  CHECK(result.modules.at("through").to == "n6");
  CHECK(result.modules.at("stage").delay == kStart + kSetup);
  CHECK_THAT(result.modules.at("stage").to, Contains(".n3"));
}

TEST_CASE("timing: a port that leads straight through a module is one net", "[timing]") {
  Netlist top = Netlist().register_(2, 3).cell("wire", {{"a", {3}}, {">b", {4}}}).lut({4}, 5).register_(5, 6);
  const Netlist wire = Netlist().input("a", {2}).output("b", {2});
  const TimingResult result = walk({{"top", top}, {"wire", wire}});
  REQUIRE(result.worst);
  CHECK(result.worst->delay == kStart + 100 + kSetup);
}

TEST_CASE("timing: loops of logic are told, and paths beside them still found", "[timing]") {
  Netlist netlist = Netlist().register_(2, 3).lut({3, 6}, 5).lut({5}, 6).lut({6}, 7).register_(7, 8);
  netlist.register_(3, 9);
  const TimingResult result = walk({{"top", netlist}});
  CHECK(result.loops == std::vector<std::string>{"n5", "n6"});
  REQUIRE(result.worst);
  CHECK(result.worst->delay == kStart + kSetup);
}

TEST_CASE("timing: what is no netlist or not known is refused", "[timing]") {
  CHECK_THROWS_WITH(walk({{"other", through()}}), Contains("no module top"));
  CHECK_THROWS_WITH(walk({{"top", Netlist().cell("IBUF", {{"I", {2}}, {">O", {3}}})}}), Contains("IBUF"));
  CHECK_THROWS_WITH(walk({{"top", Netlist().cell("top", {{"I", {2}}})}}), Contains("contains itself"));
  MappedNetlist netlist;
  CHECK_THROWS_AS(add_mapped_modules({{"modules", {{"m", 3}}}}, netlist), std::runtime_error);
}

}  // namespace
}  // namespace rtlgen::testing
