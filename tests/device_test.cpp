// Device files: what they say, and what is said of wrong ones.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <set>

#include "rtlgen/device/device_file.hpp"
#include "rtlgen/device/device_library.hpp"
#include "rtlgen/device/find_device.hpp"

namespace rtlgen::testing {
namespace {

using Catch::Contains;
using Catch::StartsWith;

const char* const kFile = R"(family: xc7
prefixes: [xy]
delays: {clock_to_out: 1, setup: 2, net: 3, lut: 4, carry_in: 5, carry4: 6, carry_out: 7, dsp: 8, dsp_multiply: 9,
         dsp_add: 10, lutram: 11, bram_out: 12, register_net: 14, margin: 13}
parts:
  xy1: {lut: 14, ff: 15, dsp: 16, bram: 17, uram: 18, slrs: 19}
)";

/// kFile with one text in the place of another.
std::string changed(const std::string& from, const std::string& to) {
  std::string text = kFile;
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

/// What is said of a text that is no device file.
std::string complaint(const std::string& text) {
  try {
    parse_device_file(text, "f.yaml");
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "nothing";
}

TEST_CASE("devices: every key of a file arrives where it belongs", "[device]") {
  const DeviceFile file = parse_device_file(kFile, "f.yaml");
  REQUIRE(file.parts.size() == 1);
  const Device& part = file.parts[0];
  CHECK(part.name == "xy1");
  CHECK(part.family == "xc7");
  const Delays& d = part.delays;
  CHECK(std::vector<long>{d.clock_to_out, d.setup,        d.net,     d.lut,     d.carry_in, d.carry4,       d.carry_out,
                          d.dsp,          d.dsp_multiply, d.dsp_add, d.lutram,  d.bram_out, d.register_net, d.margin,
                          part.lut,       part.ff,        part.dsp,  part.bram, part.uram,  part.slrs} ==
        std::vector<long>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 13, 14, 15, 16, 17, 18, 19});
  REQUIRE(file.prefixes.size() == 1);
  CHECK(file.prefixes[0].name == "xy");
  CHECK(file.prefixes[0].delays.margin == 13);
  CHECK_FALSE(file.prefixes[0].sizes_known());
}

TEST_CASE("devices: a wrong file is refused with the place of what is wrong", "[device]") {
  CHECK(complaint(kFile) == "nothing");
  CHECK(complaint(changed("net: 3", "nett: 3")) == "f.yaml:3:37: unknown key 'nett'");
  CHECK(complaint(changed("net: 3, ", "")) == "f.yaml:3:9: key 'net' is missing");
  CHECK_THAT(complaint(changed("net: 3", "net: 3, net: 4")),
             StartsWith("f.yaml:3:") && Contains("'net' is there twice"));
  CHECK_THAT(complaint(changed("uram: 18, ", "")), StartsWith("f.yaml:6:8: ") && Contains("'uram'"));
  CHECK_THAT(complaint(changed("slrs: 19", "slrs: 19, luts: 1")), StartsWith("f.yaml:6:") && Contains("'luts'"));
  for (const char* wrong : {"0", "-4", "4.5", "4 ns", "[4]", "~", "999999999999999999999"}) {
    CAPTURE(wrong);
    CHECK_THAT(complaint(changed("lut: 4", std::string("lut: ") + wrong)),
               StartsWith("f.yaml:3:") && Contains("'lut' must be a whole number from 1"));
  }
  CHECK_THAT(complaint(changed("ff: 15", "ff: 0")), StartsWith("f.yaml:6:") && Contains("'ff'"));
  CHECK_THAT(complaint(changed("family: xc7", "family: spartan")), StartsWith("f.yaml:1:9: ") && Contains("xcup"));
  CHECK_THAT(complaint(changed("family: xc7\n", "")), StartsWith("f.yaml:1:1: ") && Contains("'family'"));
  CHECK_THAT(complaint(changed("[xy]", "xy")), StartsWith("f.yaml:2:") && Contains("'prefixes'"));
  CHECK_THAT(complaint("family: xc7\nprefixes: [[]]\n" + std::string(kFile).substr(27)), StartsWith("f.yaml:2:"));
  CHECK_THAT(complaint(changed("{lut: 14", "lut: 14")), StartsWith("f.yaml:"));
  CHECK_THAT(complaint(""), StartsWith("f.yaml:"));
  CHECK_THAT(complaint("[]"), StartsWith("f.yaml:1:1: "));
}

TEST_CASE("devices: every file of configs/devices is carried and right, no part stands in two", "[device]") {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(RTLGEN_SOURCE_DIR "/configs/devices")) {
    names.insert(entry.path().stem().string());
  }
  std::set<std::string> carried;
  std::set<std::string> parts;
  for (const auto& [name, text] : device_library()) {
    carried.insert(name);
    const DeviceFile file = parse_device_file(text, name + ".yaml");
    for (const std::vector<Device>* devices : {&file.parts, &file.prefixes}) {
      for (const Device& device : *devices) {
        CAPTURE(name, device.name);
        CHECK(parts.insert(device.name).second);
        const Device& found = find_device(device.name);
        CHECK(found.name == device.name);
        CHECK(found.lut == device.lut);
      }
    }
    for (const Device& part : file.parts) {
      CHECK(part.ff >= 2 * part.lut);
      CHECK(find_device(part.name + "-2-e").name == part.name);
    }
    CHECK(text.front() == '#');  // where the figures come from
  }
  CHECK(carried == names);
  CHECK(parts.count("xcvu13p") == 1);
}

TEST_CASE("devices: a device file of its own for the parts that cores are made for", "[device]") {
  for (const char* name : {"xcvu13p", "xcvu9p", "xcku115", "xczu9eg", "xcvp1202", "xc7vx690t", "xc7k325t", "agilex"}) {
    CAPTURE(name);
    REQUIRE(device_library().count(name) == 1);
    CHECK(parse_device_file(device_library().at(name), name).parts.size() == 1);
    CHECK(find_device(name).sizes_known());
  }
}

TEST_CASE("devices: parts go by their longest known beginning, and others are refused", "[device]") {
  CHECK(find_device("xcvu13p-fhgb2104-2L-e").slrs == 4);
  CHECK(find_device("xc7k325tffg900").family == "xc7");
  CHECK(find_device("xcvu999p").family == "xcup");
  CHECK(find_device("xcvu080").family == "xcu");
  CHECK_FALSE(find_device("xcvu999p").sizes_known());
  CHECK(find_device("xcvm1802").family == "xcup");
  CHECK(find_device("xc7a12t").delays.net > find_device("xcvu9p").delays.net);
  CHECK_THROWS_WITH(find_device("spartan"),
                    Contains("unknown device 'spartan'") && Contains("xc7") && Contains(" or "));
  CHECK_THROWS_AS(find_device(""), std::invalid_argument);
}

}  // namespace
}  // namespace rtlgen::testing
