// A progress bar for work that takes long.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace rtlgen {

/// Draws on standard error if that is a terminal; erased at the end.
class Progress {
 public:
  /// When the bar appears: after two seconds, or at once where a first step is known to take longer.
  enum class Appears { late, at_once };

  Progress(std::string label, std::size_t total, Appears appears = Appears::late);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Tells how much of the total is done.
  void update(std::size_t done);

 private:
  std::string label_;
  std::size_t total_;
  std::chrono::steady_clock::time_point visible_from_;
  bool terminal_;
  bool drawn_ = false;
};

}  // namespace rtlgen
