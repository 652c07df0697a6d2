#include "primitives/cmvm/network_partition.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "primitives/cmvm/annealing.hpp"
#include "primitives/cmvm/operand_signs.hpp"

namespace rtlgen {
namespace {

std::size_t at(int index) { return static_cast<std::size_t>(index); }

std::size_t below(std::size_t n, std::mt19937_64& random) { return static_cast<std::size_t>(random() % n); }

void shuffle(std::vector<int>& values, std::mt19937_64& random) {  // std::shuffle() differs between libraries
  for (std::size_t i = values.size(); i > 1; --i) {
    std::swap(values[i - 1], values[below(i, random)]);
  }
}

/// Places the adders of a network in parts.
class Placement {
 public:
  Placement(const AdderNetwork& network, int parts, std::mt19937_64& random)
      : network_(network), order_(adders_in_order(network)), part_(at(network.size()), -1), sizes_(at(parts), 0) {
    place_cones(random);
    const std::size_t average = order_.size() / sizes_.size();
    smallest_ = average - average / kSlack;
    largest_ = average + average / kSlack + 1;
    constexpr int kSweeps = 6;
    constexpr double kHot = 1;  // shared values
    for (int sweep = 0; sweep < kSweeps; ++sweep) {
      shuffle(order_, random);
      const double temperature = kHot * (kSweeps - 1 - sweep) / kSweeps;
      for (const int value : order_) {
        try_move(value, temperature, random);
      }
    }
  }

  /// Whether another part reads a value.
  bool shared(int value) const {
    const std::vector<int>& users = network_[value].users;
    return std::any_of(users.begin(), users.end(), [&](int user) { return part_[at(user)] != part_[at(value)]; });
  }

  std::vector<int> take() { return std::move(part_); }

 private:
  static constexpr std::size_t kSlack = 10;  // parts differ by a tenth from the average

  void put(int value, int part) {
    if (part_[at(value)] >= 0) {
      --sizes_[at(part_[at(value)])];
    }
    part_[at(value)] = part;
    ++sizes_[at(part)];
  }

  /// Deals out the outputs; other adders go where a user of theirs is.
  void place_cones(std::mt19937_64& random) {
    std::vector<int> ends;
    std::copy_if(order_.begin(), order_.end(), std::back_inserter(ends),
                 [&](int value) { return network_[value].users.empty(); });
    shuffle(ends, random);
    for (std::size_t i = 0; i < ends.size(); ++i) {
      put(ends[i], static_cast<int>(i % sizes_.size()));
    }
    for (auto value = order_.rbegin(); value != order_.rend(); ++value) {
      const std::vector<int>& users = network_[*value].users;
      if (!users.empty()) {
        put(*value, part_[at(users[below(users.size(), random)])]);
      }
    }
  }

  /// Shared values that could be taken out if they were not, around a value.
  int cost_around(int value) const {
    int cost = 0;
    const auto count = [&](int near) {
      cost += near >= network_.leaves() && network_[near].output_level < 0 && shared(near) ? 1 : 0;
    };
    count(value);
    for (const int operand : network_[value].operands()) {
      count(operand);
    }
    return cost;
  }

  /// A part that reads the value or makes an operand.
  int part_near(int value, std::mt19937_64& random) const {
    const NetworkValue& v = network_[value];
    const std::size_t choice = below(v.users.size() + (v.is_ternary() ? 3 : 2), random);
    const int near = choice < v.users.size() ? v.users[choice] : v.operands().at(choice - v.users.size());
    return near < network_.leaves() ? part_[at(value)] : part_[at(near)];
  }

  void try_move(int value, double temperature, std::mt19937_64& random) {
    const int from = part_[at(value)];
    const int to = part_near(value, random);
    // Out of a part that is too large everything may go, into one that is too small everything may come.
    if (to == from || (sizes_[at(to)] >= largest_ && sizes_[at(to)] >= sizes_[at(from)]) ||
        (sizes_[at(from)] <= smallest_ && sizes_[at(to)] >= sizes_[at(from)])) {
      return;
    }
    const int before = cost_around(value);
    put(value, to);
    if (!accept_change(cost_around(value) - before, temperature, random)) {
      put(value, from);
    }
  }

  const AdderNetwork& network_;
  std::vector<int> order_;
  std::vector<int> part_;
  std::vector<std::size_t> sizes_;  // by part
  std::size_t smallest_ = 0;
  std::size_t largest_ = 0;
};

}  // namespace

NetworkPartition partition_network(const AdderNetwork& network, int parts, std::mt19937_64& random) {
  NetworkPartition partition;
  partition.parts = parts;
  Placement placement(network, parts, random);
  int deepest = 0;
  for (int value = 0; value < network.size(); ++value) {
    const bool adder = network[value].kind == NetworkValue::Kind::adder;
    partition.shared.push_back(adder && placement.shared(value));
    deepest = adder ? std::max(deepest, network[value].latest) : deepest;
  }
  partition.part = placement.take();
  const int pivot = static_cast<int>(below(at(deepest) + 1, random)) - 1;
  for (int value = 0; value < network.size(); ++value) {
    partition.level.push_back(network.level(value, pivot));
  }
  return partition;
}

}  // namespace rtlgen
