#include "primitives/parallel_search.hpp"

#include <algorithm>
#include <atomic>
#include <future>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "primitives/adder_search.hpp"
#include "primitives/network_partition.hpp"

namespace rtlgen {
namespace {

/// Calls job(0) to job(count - 1), each once, on several threads.
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

}  // namespace

void search_in_parts(AdderNetwork& network, long moves, const ParallelSearch& options) {
  std::mt19937_64 random(options.seed);
  const unsigned threads = options.threads > 0 ? options.threads : std::max(1U, std::thread::hardware_concurrency());
  const long adders = AdderSearch(network, 0).adders();
  const Cooling cooling(moves, static_cast<int>(adders));
  const long epochs = std::clamp(moves / (options.moves_per_adder * adders), 1L, 1000L);
  for (long epoch = 0; epoch < epochs; ++epoch) {
    const NetworkPartition partition = partition_network(network, options.parts, random);
    const long epoch_moves = moves * (epoch + 1) / epochs - moves * epoch / epochs;
    const double from = static_cast<double>(epoch) / static_cast<double>(epochs);
    const double to = static_cast<double>(epoch + 1) / static_cast<double>(epochs);
    const std::uint64_t seed = random();
    std::vector<AdderNetwork> parts(static_cast<std::size_t>(options.parts), AdderNetwork(network.inputs()));
    run_all(options.parts, threads, [&](int part) {
      AdderNetwork& p = parts[static_cast<std::size_t>(part)];
      p = cut_out(network, partition, part);
      AdderSearch search(p, LinearHash::random_word(seed + static_cast<std::uint64_t>(part)));
      search.improve(epoch_moves / options.parts, cooling, from, to);
    });
    network = put_together(network, parts);
#ifdef PS_STATS
    long frozen = 0, n = 0;
    for (int v = 0; v < (int)partition.part.size(); ++v) n += partition.part[v] >= 0, frozen += partition.shared[v];
    if (epoch % (epochs / 10 + 1) == 0)
    fprintf(stderr, "epoch %ld/%ld adders %ld shared %ld cost %ld\n", epoch, epochs, n, frozen, network.total_cost());
#endif
  }
}

}  // namespace rtlgen
