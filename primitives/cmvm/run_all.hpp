// Independent jobs on several threads.
#pragma once

#include <atomic>
#include <future>
#include <vector>

namespace rtlgen {

/// Calls job(0) to job(count - 1), each once, on several threads. What a job throws is thrown again.
template <typename Job>
void run_all(int count, unsigned threads, const Job& job) {
  std::atomic<int> next{0};
  const auto work = [&] {
    for (int i = next++; i < count; i = next++) {
      job(i);
    }
  };
  std::vector<std::future<void>> others;
  for (unsigned t = 1; t < threads && static_cast<int>(t) < count; ++t) {
    others.push_back(std::async(std::launch::async, work));
  }
  work();
  for (std::future<void>& other : others) {
    other.get();
  }
}

}  // namespace rtlgen
