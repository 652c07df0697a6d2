// The IR as text: YAML that reads back to the same graph. docs/ir.md describes it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "ir/graph.hpp"

namespace rtlgen {

/// Makes an operation of that name with any attributes; null where there is none of that name.
using OperationMaker = std::shared_ptr<Operation> (*)(std::string_view op);

/// One YAML document; the same graph always gives the same bytes.
std::string to_text(const Graph& graph);

/// Reads what to_text wrote, infers the types and verifies. `maker` knows the operations; `file` is named in errors.
/// Throws SourceError where the text is not an IR, with line and column, or where a rule of an operation is broken.
Graph from_text(const std::string& text, OperationMaker maker, const std::string& file = "ir");

}  // namespace rtlgen
