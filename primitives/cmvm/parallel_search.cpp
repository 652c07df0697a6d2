#include "primitives/cmvm/parallel_search.hpp"

#include <algorithm>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "primitives/cmvm/adder_search.hpp"
#include "primitives/cmvm/linear_hash.hpp"
#include "primitives/cmvm/network_partition.hpp"
#include "primitives/cmvm/network_parts.hpp"
#include "primitives/cmvm/run_all.hpp"

namespace rtlgen {
namespace {

constexpr int kMostParts = 16;
/// Adders of a part. In smaller ones so much is shared that long searches find less.
constexpr int kSmallestPart = 900;

/// A power of two, so that two or four threads have the same to do.
int usual_parts(int adders) {
  int parts = 2;
  while (parts < kMostParts && 2 * parts * kSmallestPart <= adders) {
    parts *= 2;
  }
  return parts;
}

}  // namespace

void search_in_parts(AdderNetwork& network, long moves, const ParallelSearch& options) {
  std::mt19937_64 random(options.seed);
  const unsigned threads = options.threads > 0 ? options.threads : std::max(1U, std::thread::hardware_concurrency());
  const int count = options.parts > 0 ? options.parts : usual_parts(network.adders());
  // What parts share stands still: a network that was made as hot as in a search of the whole would not cool down.
  const Cooling cooling(moves / 2, network.adders());
  const long epochs = std::max(1L, moves / (options.moves_per_adder * network.adders()));
  for (long epoch = 0; epoch < epochs; ++epoch) {
    const NetworkPartition partition = partition_network(network, count, random);
    const long epoch_moves = moves * (epoch + 1) / epochs - moves * epoch / epochs;
    const double from = static_cast<double>(epoch) / static_cast<double>(epochs);
    const double to = static_cast<double>(epoch + 1) / static_cast<double>(epochs);
    const std::uint64_t seed = random();
    const long adders = network.adders();
    std::vector<AdderNetwork> parts(static_cast<std::size_t>(count), AdderNetwork(network.inputs()));
    run_all(count, threads, [&](int index) {
      AdderNetwork& part = parts[static_cast<std::size_t>(index)];
      part = cut_out(network, partition, index);
      if (part.adders() > 0) {
        AdderSearch search(part, LinearHash::random_word(seed + static_cast<std::uint64_t>(index)));
        search.improve(epoch_moves * part.adders() / adders, cooling, from, to);
      }
    });
    network = put_together(network, parts);
  }
}

}  // namespace rtlgen
