#include "rtlgen/import/hdf5_process.hpp"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <fstream>

namespace rtlgen {
namespace {

constexpr std::size_t kMostRequest = std::size_t{1} << 20;
/// How much the address space grows at a time while an answer comes in.
constexpr std::size_t kPortion = std::size_t{1} << 20;

bool send_all(int socket, const void* data, std::size_t size) {
  const char* at = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t count = send(socket, at, size, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count <= 0) {
      return false;
    }
    at += count;
    size -= static_cast<std::size_t>(count);
  }
  return true;
}

bool receive_all(int socket, char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t count = recv(socket, data, size, 0);
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count <= 0) {
      return false;
    }
    data += count;
    size -= static_cast<std::size_t>(count);
  }
  return true;
}

bool send_message(int socket, const std::string& message) {
  const std::uint64_t size = message.size();
  return send_all(socket, &size, sizeof size) && send_all(socket, message.data(), message.size());
}

/// A length, then as many bytes. Memory is taken as they come.
bool receive_message(int socket, std::string& message, std::size_t limit) {
  std::array<char, sizeof(std::uint64_t)> head{};
  if (!receive_all(socket, head.data(), head.size())) {
    return false;
  }
  std::uint64_t size = 0;
  std::memcpy(&size, head.data(), head.size());
  if (size > limit) {
    return false;
  }
  message.clear();
  while (message.size() < size) {
    const std::size_t begin = message.size();
    message.resize(begin + std::min<std::size_t>(kPortion, size - begin));
    if (!receive_all(socket, message.data() + begin, message.size() - begin)) {
      return false;
    }
  }
  return true;
}

void limit_resource(decltype(RLIMIT_CPU) which, rlim_t most) {
  const rlimit limit{most, most};
  setrlimit(which, &limit);
}

/// Allows so many bytes of address space more than the process has: a child begins with all that its parent had.
void limit_memory([[maybe_unused]] std::size_t more) {
#if !defined(__SANITIZE_ADDRESS__)  // whose shadow takes more than any limit
  std::size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  limit_resource(RLIMIT_AS, pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) + more);
#endif
}

/// The child: answers until the other end is closed. Never returns.
[[noreturn]] void serve(int socket, const std::function<ServingProcess::Function()>& make,
                        const ServingProcess::Limits& limits) {
  for (const int number : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGTERM, SIGINT, SIGXCPU}) {
    std::signal(number, SIG_DFL);  // a test runner has handlers of its own, which would print
  }
  limit_resource(RLIMIT_CORE, 0);
  limit_resource(RLIMIT_CPU, limits.seconds);
  limit_memory(limits.memory_bytes);
  try {
    const ServingProcess::Function function = make();
    std::string request;
    while (receive_message(socket, request, kMostRequest) && send_message(socket, function(request))) {
    }
  } catch (...) {
    _exit(1);  // no memory left; the other end sees the connection close
  }
  _exit(0);
}

}  // namespace

ServingProcess::ServingProcess(const std::function<Function()>& make, const Limits& limits) {
  std::array<int, 2> sockets{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets.data()) != 0) {
    throw ProcessFailure(std::string("cannot make a socket: ") + std::strerror(errno));
  }
  process_ = fork();
  if (process_ == 0) {
    close(sockets[0]);
    serve(sockets[1], make, limits);
  }
  close(sockets[1]);
  socket_ = sockets[0];
  if (process_ < 0) {
    close(socket_);
    throw ProcessFailure(std::string("cannot make a process: ") + std::strerror(errno));
  }
}

ServingProcess::~ServingProcess() {
  // Another child may hold a copy of the socket, so closing it does not end the process.
  kill(process_, SIGKILL);
  close(socket_);
  while (waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

std::string ServingProcess::ask(const std::string& request, std::size_t limit) {
  std::string answer;
  if (!send_message(socket_, request) || !receive_message(socket_, answer, limit)) {
    throw ProcessFailure("the process ended");
  }
  return answer;
}

}  // namespace rtlgen
