#include "rtlgen/files/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

namespace rtlgen {

Progress::Progress(std::string label, std::size_t total, Appears appears)
    : label_(std::move(label)),
      total_(total),
      visible_from_(std::chrono::steady_clock::now() + std::chrono::seconds(appears == Appears::late ? 2 : 0)),
      terminal_(isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (drawn_) {
    std::fputs("\r\033[K", stderr);
  }
}

void Progress::update(std::size_t done) {
  if (!terminal_ || total_ == 0 || std::chrono::steady_clock::now() < visible_from_) {
    return;
  }
  constexpr std::size_t kWidth = 30;
  const std::size_t filled = kWidth * done / total_;
  fmt::print(stderr, "\r{} [{}{}] {}/{}", label_, std::string(filled, '#'), std::string(kWidth - filled, '.'), done,
             total_);
  std::fflush(stderr);
  drawn_ = true;
}

}  // namespace rtlgen
