// Adder networks searched in parts.
#include "primitives/cmvm/parallel_search.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <random>
#include <vector>

#include "primitives/cmvm/adder_search.hpp"
#include "primitives/cmvm/adder_synthesis.hpp"
#include "primitives/cmvm/network_partition.hpp"
#include "primitives/cmvm/network_parts.hpp"
#include "primitives/cmvm/signed_digits.hpp"
#include "tests/support/dice.hpp"

namespace rtlgen::testing {
namespace {

/// A first solution of a random matrix, one level deeper than needed.
AdderNetwork random_network(Dice& dice, int inputs, int outputs) {
  AdderNetwork network(std::vector<Interval>(static_cast<std::size_t>(inputs), Interval{-100, 155}));
  constexpr int kDepth = 9;
  std::vector<TermList> lists;
  for (int o = 0; o < outputs; ++o) {
    std::vector<std::int64_t> row(static_cast<std::size_t>(inputs), 1);  // the first is odd
    for (std::size_t i = 1; i < row.size(); ++i) {
      row[i] = dice.number(-31, 31);
    }
    row.back() = 2 * o + 3;  // not the same twice
    const int value = network.add_output(row, kDepth);
    lists.push_back({value, kDepth, {}});
    for (std::size_t i = 0; i < row.size(); ++i) {
      for (const SignedDigit& digit : canonical_signed_digits(row[i])) {
        lists.back().terms.push_back(network.leveled({static_cast<int>(i), digit.shift, digit.negative}, 0));
      }
    }
  }
  AdderSearch(network, 1).start(lists);
  return network;
}

std::int64_t coefficient(const AdderNetwork& network, const Term& term, std::size_t input) {
  const std::int64_t c = network.form(term.value)[input] * (std::int64_t{1} << term.shift);
  return term.negative ? -c : c;
}

/// Whether every adder is the sum of its operands and in time, the cost is that of all adders, and the outputs are the
/// same values as in `before`.
bool is_sound(const AdderNetwork& network, const AdderNetwork& before) {
  bool sound = true;
  long cost = 0;
  for (int value = network.leaves(); value < network.size(); ++value) {
    const NetworkValue& v = network[value];
    if (v.kind != NetworkValue::Kind::adder) {
      continue;
    }
    cost += v.cost;
    for (std::size_t i = 0; i < network.inputs().size(); ++i) {
      sound = sound &&
              coefficient(network, {value, 0, false}, i) == coefficient(network, v.a, i) + coefficient(network, v.b, i);
    }
    sound = sound && v.earliest == 1 + std::max(network[v.a.value].earliest, network[v.b.value].earliest);
    sound = sound && v.earliest <= v.latest && network.find(v.hash.unsigned_key()) == value;
    sound = sound && (v.output_level >= 0 || !v.users.empty()) && v.cost == network.cost_of(value, v.a, v.b);
  }
  for (int value = before.leaves(); value < before.size(); ++value) {
    if (before[value].kind == NetworkValue::Kind::adder && before[value].output_level >= 0) {
      sound = sound && network[value].hash == before[value].hash &&
              network[value].output_level == before[value].output_level;
    }
  }
  return sound && cost == network.total_cost();
}

TEST_CASE("parallel search: a network cut in parts and put together is the same", "[dense]") {
  for (unsigned seed = 1; seed <= 30; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const AdderNetwork network = random_network(dice, dice.number(2, 12), dice.number(1, 12));
    REQUIRE(is_sound(network, network));
    std::mt19937_64 random(seed);
    const int count = dice.number(1, 5);
    const NetworkPartition partition = partition_network(network, count, random);
    std::vector<AdderNetwork> parts;
    int adders = 0;
    for (int part = 0; part < count; ++part) {
      parts.push_back(cut_out(network, partition, part));
      adders += parts.back().adders();
    }
    const AdderNetwork whole = put_together(network, parts);
    CHECK(adders == network.adders());
    CHECK(whole.adders() == network.adders());
    CHECK(whole.total_cost() == network.total_cost());
    CHECK(is_sound(whole, network));
  }
}

TEST_CASE("parallel search: what the parts become fits together, with fewer adder bits", "[dense][slow]") {
  long before = 0;
  long after = 0;
  for (unsigned seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    AdderNetwork network = random_network(dice, dice.number(2, 12), dice.number(1, 12));
    const AdderNetwork first = network;
    ParallelSearch options;
    options.parts = dice.number(1, 5);
    options.seed = seed;
    search_in_parts(network, 40L * network.adders(), options);
    CHECK(is_sound(network, first));
    before += first.total_cost();
    after += network.total_cost();
  }
  CHECK(after < before);
}

TEST_CASE("parallel search: the number of threads changes nothing", "[dense]") {
  std::vector<long> costs;
  std::vector<std::vector<int>> operands;
  for (const unsigned threads : {1U, 2U, 3U}) {
    Dice dice(7);
    AdderNetwork network = random_network(dice, 12, 14);
    ParallelSearch options;
    options.parts = 4;
    options.threads = threads;
    search_in_parts(network, 20L * network.adders(), options);
    costs.push_back(network.total_cost());
    operands.emplace_back();
    for (int value = 0; value < network.size(); ++value) {
      const NetworkValue& v = network[value];
      operands.back().insert(operands.back().end(), {v.a.value, v.a.shift, v.a.negative ? 1 : 0});
      operands.back().insert(operands.back().end(), {v.b.value, v.b.shift, v.b.negative ? 1 : 0});
    }
  }
  CHECK(costs[1] == costs[0]);
  CHECK(costs[2] == costs[0]);
  CHECK(operands[1] == operands[0]);
  CHECK(operands[2] == operands[0]);
}

TEST_CASE("parallel search: large matrices are multiplied right with any number of threads", "[dense][slow]") {
  Dice dice(3);
  constexpr int kSize = 44;
  Literal weight{{kSize, kSize}, {}};
  for (int i = 0; i < kSize * kSize; ++i) {
    weight.values.push_back(dice.number(-32, 31));
  }
  const Literal bias{{kSize}, std::vector<std::int64_t>(kSize, 0)};
  const std::vector<Interval> inputs(kSize, Interval{-128, 127});
  std::vector<std::size_t> terms(kSize, 0);  // of each row
  for (std::size_t i = 0; i < weight.values.size(); ++i) {
    terms[i / kSize] += canonical_signed_digits(weight.values[i]).size();
  }
  constexpr int kDepth = 8;
  REQUIRE(*std::max_element(terms.begin(), terms.end()) <= std::size_t{1} << (kDepth - 1));
  REQUIRE(*std::max_element(terms.begin(), terms.end()) > std::size_t{1} << (kDepth - 2));
  std::vector<int> bits;
  for (const unsigned threads : {1U, 2U}) {
    // Throws where the graph is not the product.
    const AdderGraph graph = synthesize_adders(weight, bias, inputs, 1, {2, 0, 2, 100000, threads});
    CHECK(graph.nodes.size() > kSize + 1500);
    CHECK(graph.depth() <= kDepth);
    bits.push_back(graph.adder_bits());
  }
  CHECK(bits[1] == bits[0]);
}

}  // namespace
}  // namespace rtlgen::testing
