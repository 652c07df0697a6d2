// Child processes: the tools that the generator calls.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace rtlgen {

/// A command to run, without a shell.
struct Command {
  std::vector<std::string> arguments;     ///< the program (looked up in PATH if it has no slash), its arguments
  std::filesystem::path directory = ".";  ///< working directory
  std::filesystem::path log;              ///< takes stdout and stderr, overwritten; empty: they are dropped
  std::chrono::seconds timeout{0};        ///< then it is killed with all it started; 0: no limit
};

/// Where PATH has an executable of this name.
std::optional<std::filesystem::path> find_program(const std::string& name);

/// Runs the command, in a process group of its own, and waits for its end. Returns its exit status, 128 + the signal
/// if a signal ended it. Throws std::runtime_error if it cannot be started or the timeout has passed.
int run_process(const Command& command);

/// As run_process; throws std::runtime_error with the tail of the log if the exit status is not 0.
void run_checked(const Command& command);

/// The last `lines` lines of a file; empty if it cannot be read.
std::string file_tail(const std::filesystem::path& path, int lines);

}  // namespace rtlgen
