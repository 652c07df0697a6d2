// The IR after every pass, as files.
#pragma once

#include <string>

#include "ir/graph.hpp"
#include "rtlgen/files/output_folder.hpp"

namespace rtlgen {

/// A folder with the text form after every pass, 00_PASS.yaml, 01_PASS.yaml and so on. It is there when the object is
/// gone, also where a pass failed: then it says what went into that pass.
class IrDump {
 public:
  /// Throws SourceError if `folder` exists and is neither empty nor such a folder, or if it cannot be written.
  explicit IrDump(const std::string& folder);
  ~IrDump();
  IrDump(const IrDump&) = delete;
  IrDump& operator=(const IrDump&) = delete;

  /// A PassObserver.
  void add(const std::string& pass, const Graph& graph);

 private:
  OutputFolder folder_;
  int count_ = 0;
};

}  // namespace rtlgen
