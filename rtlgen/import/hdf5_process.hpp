// A function that runs in a process of its own, so that its crashes, hangs and hunger are not those of the program.
#pragma once

#include <cstddef>
#include <functional>
#include <stdexcept>
#include <string>

namespace rtlgen {

/// The process has died, was stopped at a limit or could not be made.
struct ProcessFailure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Answers requests by a function in a child process (fork; the caller must have one thread only, as HDF5 takes locks).
class ServingProcess {
 public:
  using Function = std::function<std::string(const std::string& request)>;

  /// What the child may take before it is stopped.
  struct Limits {
    std::size_t memory_bytes;  ///< beyond what it begins with
    unsigned seconds;          ///< of processor time
  };

  /// `make` runs in the child once, before the first request, and gives the function. Throws ProcessFailure.
  ServingProcess(const std::function<Function()>& make, const Limits& limits);
  ~ServingProcess();
  ServingProcess(const ServingProcess&) = delete;
  ServingProcess& operator=(const ServingProcess&) = delete;

  /// The answer to a request, at most `limit` bytes. Throws ProcessFailure.
  std::string ask(const std::string& request, std::size_t limit);

 private:
  int socket_ = -1;
  int process_ = -1;
};

}  // namespace rtlgen
