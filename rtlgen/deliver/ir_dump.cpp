#include "rtlgen/deliver/ir_dump.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <exception>

#include "ir/text.hpp"
#include "rtlgen/files/text_file.hpp"

namespace rtlgen {
namespace {

/// The file that every such folder has: what the passes begin with.
constexpr const char* kFirstFile = "00_lowered.yaml";

}  // namespace

IrDump::IrDump(const std::string& folder) : folder_(folder, {"--dump-ir", kFirstFile}) {}

IrDump::~IrDump() {
  if (count_ == 0) {
    return;
  }
  try {
    folder_.commit();
  } catch (const std::exception& error) {
    spdlog::error("{}", error.what());
  }
}

void IrDump::add(const std::string& pass, const Graph& graph) {
  write_file(folder_.path() / fmt::format("{:02}_{}.yaml", count_++, pass), to_text(graph));
}

}  // namespace rtlgen
