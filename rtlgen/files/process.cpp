#include "rtlgen/files/process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace rtlgen {
namespace {

constexpr int kTailLines = 20;

/// What posix_spawn is told about the child; owns the two C objects.
class SpawnSetup {
 public:
  SpawnSetup() {
    check(posix_spawn_file_actions_init(&actions_));
    check(posix_spawnattr_init(&attributes_));
  }
  ~SpawnSetup() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;

  void read_nothing() { check(posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0)); }

  void write_to(const std::string& path) {
    constexpr int kMode = 0644;
    check(
        posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, kMode));
    check(posix_spawn_file_actions_adddup2(&actions_, STDOUT_FILENO, STDERR_FILENO));
  }

  void change_directory(const std::string& path) {
    check(posix_spawn_file_actions_addchdir_np(&actions_, path.c_str()));
  }

  void own_group() {
    check(posix_spawnattr_setpgroup(&attributes_, 0));
    check(posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP));
  }

  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  static void check(int error) {
    if (error != 0) throw std::runtime_error(std::string("cannot prepare a child process: ") + std::strerror(error));
  }

  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

pid_t spawn(const Command& command) {
  const std::string& program = command.arguments.front();
  SpawnSetup setup;
  setup.read_nothing();
  setup.write_to(command.log.empty() ? "/dev/null" : std::filesystem::absolute(command.log).string());
  setup.change_directory(command.directory.string());
  setup.own_group();

  std::vector<std::string> texts = command.arguments;
  std::vector<char*> argv;
  argv.reserve(texts.size() + 1);
  for (std::string& text : texts) argv.push_back(text.data());
  argv.push_back(nullptr);

  pid_t child = 0;
  const int error = posix_spawnp(&child, program.c_str(), setup.actions(), setup.attributes(), argv.data(), environ);
  if (error != 0)
    throw std::runtime_error("cannot run " + program + " in " + command.directory.string() + ": " +
                             std::strerror(error));
  return child;
}

int exit_status(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

pid_t wait_for(pid_t child, int& status, int options) {
  pid_t ended = 0;
  do {
    ended = waitpid(child, &status, options);
  } while (ended < 0 && errno == EINTR);
  if (ended < 0) throw std::runtime_error(std::string("cannot wait for a child process: ") + std::strerror(errno));
  return ended;
}

std::string log_hint(const Command& command) { return command.log.empty() ? "" : ", see " + command.log.string(); }

}  // namespace

std::optional<std::filesystem::path> find_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::istringstream directories(path == nullptr ? "" : path);
  for (std::string directory; std::getline(directories, directory, ':');) {
    const std::filesystem::path candidate = std::filesystem::path(directory) / name;
    std::error_code error;
    if (std::filesystem::is_regular_file(candidate, error) && access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return std::nullopt;
}

int run_process(const Command& command) {
  using Clock = std::chrono::steady_clock;
  if (command.arguments.empty()) throw std::invalid_argument("run_process: no command");
  const Clock::time_point start = Clock::now();
  const pid_t child = spawn(command);

  int status = 0;
  if (command.timeout.count() == 0) {
    wait_for(child, status, 0);
    return exit_status(status);
  }
  for (auto pause = std::chrono::milliseconds(1); wait_for(child, status, WNOHANG) == 0;) {
    if (Clock::now() - start > command.timeout) {
      kill(-child, SIGKILL);
      wait_for(child, status, 0);
      throw std::runtime_error(command.arguments.front() + " did not end within " +
                               std::to_string(command.timeout.count()) + " s" + log_hint(command));
    }
    std::this_thread::sleep_for(pause);
    pause = std::min(2 * pause, std::chrono::milliseconds(20));
  }
  return exit_status(status);
}

void run_checked(const Command& command) {
  const int status = run_process(command);
  if (status == 0) return;
  std::string message = command.arguments.front() + " failed with exit status " + std::to_string(status);
  const std::string tail = file_tail(command.log, kTailLines);
  message += log_hint(command);
  throw std::runtime_error(tail.empty() ? message : message + ":\n" + tail);
}

std::string file_tail(const std::filesystem::path& path, int lines) {
  std::ifstream file(path);
  std::deque<std::string> last;
  for (std::string line; std::getline(file, line);) {
    last.push_back(line);
    if (last.size() > static_cast<std::size_t>(lines)) last.pop_front();
  }
  std::string text;
  for (const std::string& line : last) text += line + '\n';
  return text;
}

}  // namespace rtlgen
