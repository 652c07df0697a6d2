#include "rtlgen/device/device_file.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <set>
#include <stdexcept>

namespace rtlgen {
namespace {

struct DelayKey {
  const char* name;
  int Delays::*member;
};

constexpr DelayKey kDelayKeys[] = {
    {"clock_to_out", &Delays::clock_to_out},
    {"setup", &Delays::setup},
    {"net", &Delays::net},
    {"lut", &Delays::lut},
    {"carry_in", &Delays::carry_in},
    {"carry4", &Delays::carry4},
    {"carry_out", &Delays::carry_out},
    {"dsp", &Delays::dsp},
    {"dsp_multiply", &Delays::dsp_multiply},
    {"dsp_add", &Delays::dsp_add},
    {"lutram", &Delays::lutram},
    {"bram_out", &Delays::bram_out},
    {"register_net", &Delays::register_net},
    {"margin", &Delays::margin},
};
constexpr long kLongestDelay = 100000;  // ps
constexpr long kLargestSize = 1000000000;

/// Reads the tree of one file; every error names the place.
class Reader {
 public:
  explicit Reader(std::string file) : file_(std::move(file)) {}

  DeviceFile file(const YAML::Node& root) const {
    check_keys(root, {"family", "delays", "parts"}, {"prefixes"});
    Device common;
    common.family = family(root["family"]);
    common.delays = delays(root["delays"]);
    DeviceFile result;
    for (const std::string& prefix : prefixes(root["prefixes"])) {
      result.prefixes.push_back(common);
      result.prefixes.back().name = prefix;
    }
    const YAML::Node parts = root["parts"];
    if (!parts.IsMap() || parts.size() == 0) {
      fail(parts, "'parts' must be a map of at least one part");
    }
    for (const auto& entry : parts) {
      result.parts.push_back(part(common, entry.first.as<std::string>(), entry.second));
    }
    return result;
  }

  [[noreturn]] void fail(const YAML::Mark& mark, const std::string& message) const {
    throw std::invalid_argument(file_ + ":" + std::to_string(mark.line + 1) + ":" + std::to_string(mark.column + 1) +
                                ": " + message);
  }

 private:
  [[noreturn]] void fail(const YAML::Node& node, const std::string& message) const { fail(node.Mark(), message); }

  void check_keys(const YAML::Node& map, const std::set<std::string>& required,
                  const std::set<std::string>& optional) const {
    if (!map.IsMap()) {
      fail(map, "expected a map");
    }
    std::set<std::string> seen;
    for (const auto& entry : map) {
      const std::string key = entry.first.as<std::string>();
      if (required.count(key) == 0 && optional.count(key) == 0) {
        fail(entry.first, "unknown key '" + key + "'");
      }
      if (!seen.insert(key).second) {
        fail(entry.first, "key '" + key + "' is there twice");
      }
    }
    for (const std::string& key : required) {
      if (seen.count(key) == 0) {
        fail(map, "key '" + key + "' is missing");
      }
    }
  }

  std::vector<std::string> prefixes(const YAML::Node& node) const {
    std::vector<std::string> result;
    if (!node) {
      return result;
    }
    if (!node.IsSequence()) {
      fail(node, "'prefixes' must be a list of names");
    }
    for (const auto& prefix : node) {
      if (!prefix.IsScalar() || prefix.Scalar().empty()) {
        fail(prefix, "a prefix must be a name");
      }
      result.push_back(prefix.Scalar());
    }
    return result;
  }

  std::string family(const YAML::Node& node) const {
    static const std::set<std::string> kFamilies = {"xcup", "xcu", "xc7"};
    const auto name = node.IsScalar() ? node.as<std::string>() : std::string();
    if (kFamilies.count(name) == 0) {
      fail(node, "'family' must be xcup, xcu or xc7");
    }
    return name;
  }

  long number(const YAML::Node& map, const std::string& key, long low, long high) const {
    const YAML::Node node = map[key];
    const std::string text = node.IsScalar() ? node.Scalar() : std::string();
    const bool digits = !text.empty() && text.size() < 12 && text.find_first_not_of("0123456789") == std::string::npos;
    const long value = digits ? std::stol(text) : -1;
    if (value < low || value > high) {
      fail(node, "'" + key + "' must be a whole number from " + std::to_string(low) + " to " + std::to_string(high));
    }
    return value;
  }

  Delays delays(const YAML::Node& node) const {
    std::set<std::string> keys;
    for (const DelayKey& key : kDelayKeys) {
      keys.insert(key.name);
    }
    check_keys(node, keys, {});
    Delays result;
    for (const DelayKey& key : kDelayKeys) {
      const bool may_be_none = key.member == &Delays::register_net || key.member == &Delays::margin;
      result.*key.member = static_cast<int>(number(node, key.name, may_be_none ? 0 : 1, kLongestDelay));
    }
    return result;
  }

  Device part(const Device& common, const std::string& name, const YAML::Node& node) const {
    check_keys(node, {"lut", "ff", "dsp", "bram", "uram", "slrs"}, {});
    Device device = common;
    device.name = name;
    device.lut = number(node, "lut", 1, kLargestSize);
    device.ff = number(node, "ff", 1, kLargestSize);
    device.dsp = number(node, "dsp", 1, kLargestSize);
    device.bram = number(node, "bram", 1, kLargestSize);
    device.uram = number(node, "uram", 0, kLargestSize);
    device.slrs = static_cast<int>(number(node, "slrs", 1, 100));
    return device;
  }

  std::string file_;
};

}  // namespace

DeviceFile parse_device_file(const std::string& text, const std::string& name) {
  const Reader reader(name);
  try {
    return reader.file(YAML::Load(text));
  } catch (const YAML::Exception& error) {
    reader.fail(error.mark, error.msg);
  }
}

}  // namespace rtlgen
