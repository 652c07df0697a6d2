// Whether a core fits its device.
#include <catch2/catch.hpp>

#include "primitives/device_capacity.hpp"
#include "rtlgen/deliver/report.hpp"
#include "rtlgen/files/process.hpp"
#include "tests/support/random_model.hpp"

namespace rtlgen::testing {
namespace {

TEST_CASE("capacity: parts go by name, with package and speed grade or without", "[capacity]") {
  const auto lut = [](const std::string& device) {
    const auto capacity = device_capacity(device);
    return capacity ? capacity->lut : 0;
  };
  CHECK(lut("xcvu13p") == 1728000);
  CHECK(lut("xcvu13p-fhgb2104-2L-e") == 1728000);
  CHECK(lut("xcvu9p") == 1182240);
  CHECK(lut("xc7vx690tffg1927-2") == 433200);
  CHECK(lut("xcku115-flva1517-2-e") == 663360);
  CHECK(lut("xczu2eg") == 47232);
  CHECK(lut("xczu28dr") == 425280);
  CHECK(lut("xcku3") == 0);
  CHECK(lut("xc7k325") == 0);
  CHECK(lut("xcvu0951") == 0);
}

/// A folder with a model of one large matrix for a device.
class LargeModel {
 public:
  explicit LargeModel(const std::string& device) {
    Dice dice(3);
    folder_.array(dice, "d.weight", {64, 64});
    folder_.array(dice, "d.bias", {64});
    folder_.write(dice,
                  "model: big\ninput: {tokens: 1, features: 64, format: \"fixed<16,6>\"}\nweights: weights.npz\n"
                  "hardware: {device: " +
                      device +
                      "}\nprecision: {default: {weight: auto<16>, activation: \"fixed<16,8>\"}}\nlayers:\n"
                      "  - {name: d, type: dense, units: 64}\n",
                  1, 64, "none");
  }

  /// All that a command says.
  std::string output_of(const std::vector<std::string>& more) const {
    std::vector<std::string> arguments = {RTLGEN_PROGRAM, more[0], folder_.folder().file("model.yaml")};
    arguments.insert(arguments.end(), more.begin() + 1, more.end());
    const Command command{arguments, folder_.folder().path(), folder_.folder().path() / "tool.log",
                          std::chrono::seconds{120}};
    CHECK(run_process(command) == 0);
    return read_text(command.log);
  }
  nlohmann::ordered_json report() const {
    const CompiledModel compiled = folder_.compile();
    return core_report(compiled, build_core(compiled.graph, compiled.schedule));
  }

 private:
  ModelFolder folder_;
};

TEST_CASE("capacity: check and build warn where a core is larger than its device, and by how much",
          "[capacity][slow]") {
  const LargeModel model("xc7z010");
  const auto resources = model.report()["resources"];
  CHECK(resources["capacity"]["lut"] == 17600);
  CHECK(resources["exceeded"] == nlohmann::ordered_json::array({"lut", "ff"}));
  const long needed = resources["estimate"]["lut"];
  REQUIRE(needed > 17600);
  REQUIRE(needed < 1000000);
  std::string thousands = std::to_string(needed);
  thousands.insert(thousands.size() - 3, ",");
  const std::string expected = "warning: estimate needs " + thousands + " LUT, xc7z010 has 17,600 (" +
                               std::to_string(std::lround(static_cast<double>(needed) / 176.0)) + " %)";
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"check"}, std::vector<std::string>{"build", "-o", "out", "--no-verify"}}) {
    const std::string text = model.output_of(command);
    INFO(text);
    CHECK(text.find(expected) != std::string::npos);
  }
}

TEST_CASE("capacity: nothing is said of a device that is large enough or not known", "[capacity][slow]") {
  const LargeModel fits("xcvu13p");
  CHECK(fits.report()["resources"]["exceeded"].empty());
  CHECK(fits.output_of({"check"}).find("warning") == std::string::npos);
  const LargeModel unknown("xcvu999p");
  CHECK(!unknown.report()["resources"].contains("capacity"));
  const std::string text = unknown.output_of({"check"});
  CHECK(text.find("warning") == std::string::npos);
  CHECK(text.find("xcvu999p, whose capacity is not known") != std::string::npos);
}

}  // namespace
}  // namespace rtlgen::testing
