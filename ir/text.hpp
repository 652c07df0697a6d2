// The IR as text: YAML that reads back to the same graph. docs/ir.md describes it.
#pragma once

#include <string>

#include "ir/graph.hpp"

namespace rtlgen {

/// One YAML document; the same graph always gives the same bytes.
std::string to_text(const Graph& graph);

/// Reads what to_text wrote, infers the types and verifies. `file` is named in errors. Throws SourceError where the
/// text is not an IR, with line and column, or where a rule of an operation is broken.
Graph from_text(const std::string& text, const std::string& file = "ir");

}  // namespace rtlgen
