#include "rtlgen/device/find_device.hpp"

#include <algorithm>
#include <cctype>
#include <stdexcept>
#include <vector>

#include "rtlgen/device/device_file.hpp"
#include "rtlgen/device/device_library.hpp"

namespace rtlgen {
namespace {

const std::vector<DeviceFile>& device_files() {
  static const std::vector<DeviceFile> kFiles = [] {
    std::vector<DeviceFile> files;
    for (const auto& [name, text] : device_library()) {
      files.push_back(parse_device_file(text, name + ".yaml"));
    }
    return files;
  }();
  return kFiles;
}

bool starts_with(const std::string& text, const std::string& prefix) {
  return text.compare(0, prefix.size(), prefix) == 0;
}

/// Whether `name` is this part, not one whose number goes on.
bool is_part(const std::string& name, const std::string& part) {
  return starts_with(name, part) &&
         (name.size() == part.size() || std::isdigit(static_cast<unsigned char>(name[part.size()])) == 0);
}

std::string all_prefixes() {
  std::vector<std::string> prefixes;
  for (const DeviceFile& file : device_files()) {
    for (const Device& device : file.prefixes) {
      prefixes.push_back(device.name);
    }
  }
  std::sort(prefixes.begin(), prefixes.end());
  std::string text;
  for (std::size_t i = 0; i < prefixes.size(); ++i) {
    text += (i == 0 ? "" : i + 1 == prefixes.size() ? " or " : ", ") + prefixes[i];
  }
  return text;
}

}  // namespace

const Device& find_device(const std::string& name) {
  const Device* longest = nullptr;
  for (const DeviceFile& file : device_files()) {
    for (const Device& part : file.parts) {
      if (is_part(name, part.name)) {
        return part;
      }
    }
    for (const Device& prefix : file.prefixes) {
      if (starts_with(name, prefix.name) && (longest == nullptr || prefix.name.size() > longest->name.size())) {
        longest = &prefix;
      }
    }
  }
  if (longest == nullptr) {
    throw std::invalid_argument("unknown device '" + name + "', expected a name that starts with " + all_prefixes());
  }
  return *longest;
}

}  // namespace rtlgen
