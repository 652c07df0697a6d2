// How long rtlgen may search for smaller hardware.
#pragma once

#include <string>
#include <vector>

namespace rtlgen {

enum class Effort { fast, normal, high };

/// Names of all efforts, in order.
inline std::vector<std::string> effort_names() { return {"fast", "normal", "high"}; }
/// The effort of a name; normal for any that is none.
inline Effort to_effort(const std::string& name) {
  return name == "fast" ? Effort::fast : (name == "high" ? Effort::high : Effort::normal);
}

}  // namespace rtlgen
