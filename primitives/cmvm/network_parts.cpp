#include "primitives/cmvm/network_parts.hpp"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <utility>

namespace rtlgen {
namespace {

std::size_t at(int index) { return static_cast<std::size_t>(index); }

}  // namespace

AdderNetwork cut_out(const AdderNetwork& network, const NetworkPartition& partition, int part) {
  AdderNetwork result(network.inputs(), network.ternary());
  std::vector<int> own;
  for (int value = network.leaves(); value < network.size(); ++value) {
    if (partition.part[at(value)] == part) {
      own.push_back(value);
    } else if (partition.shared[at(value)]) {
      result.add_leaf(network, value, partition.level[at(value)]);
    }
  }
  for (const int value : own) {
    result.add_copy(network, value,
                    partition.shared[at(value)] ? partition.level[at(value)] : network[value].output_level);
  }
  for (const int value : own) {
    const NetworkValue& v = network[value];
    result.redefine(result.find(v.hash.unsigned_key()), result.translated(network, v.a),
                    result.translated(network, v.b), result.translated(network, v.c));
  }
  result.update_levels();
  return result;
}

AdderNetwork put_together(const AdderNetwork& network, const std::vector<AdderNetwork>& parts) {
  struct Made {
    int part;
    int value;
    int level;
    std::uint64_t key;
  };
  // Of values that several parts made, the one of the lowest level comes first: readers in the other parts, which had
  // it higher, still come after it.
  std::vector<Made> all;
  for (std::size_t p = 0; p < parts.size(); ++p) {
    for (int value = parts[p].leaves(); value < parts[p].size(); ++value) {
      const NetworkValue& v = parts[p][value];
      if (v.kind == NetworkValue::Kind::adder) {
        all.push_back({static_cast<int>(p), value, v.earliest, v.hash.unsigned_key()});
      }
    }
  }
  std::stable_sort(all.begin(), all.end(), [](const Made& x, const Made& y) { return x.level < y.level; });

  AdderNetwork result(network.inputs(), network.ternary());
  for (int value = network.leaves(); value < network.size(); ++value) {
    if (network[value].kind == NetworkValue::Kind::adder && network[value].output_level >= 0) {
      result.add_copy(network, value, network[value].output_level);
    }
  }
  for (const Made& made : all) {
    if (result.find(made.key) < 0) {
      result.add_copy(parts[at(made.part)], made.value, -1);
    }
  }
  for (const Made& made : all) {
    const AdderNetwork& part = parts[at(made.part)];
    const int value = result.find(made.key);
    if (result[value].a.value >= 0) {
      continue;
    }
    const bool flip = result.translated(part, {made.value, 0, false}).negative;
    const auto operand = [&](const Term& term) {
      Term translated = result.translated(part, term);
      translated.negative = translated.negative != flip;
      return translated;
    };
    result.redefine(value, operand(part[made.value].a), operand(part[made.value].b), operand(part[made.value].c));
  }
  std::vector<int> values(at(result.size() - result.leaves()));
  std::iota(values.begin(), values.end(), result.leaves());
  result.remove_unused(std::move(values));
  result.update_levels();
  return result;
}

}  // namespace rtlgen
