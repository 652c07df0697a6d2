#include "primitives/cmvm/operand_signs.hpp"

#include <algorithm>
#include <utility>

#include "primitives/cmvm/adder_cost.hpp"
#include "primitives/cmvm/annealing.hpp"

namespace rtlgen {
namespace {

constexpr int kForbidden = 1000000;  // far above all adder bits: no positive operand
constexpr int kSweeps = 24;
constexpr double kHot = 4;             // adder bits
constexpr std::size_t kMostUsers = 8;  // that turn together

std::size_t at(int value) { return static_cast<std::size_t>(value); }

class Signs {
 public:
  Signs(const AdderNetwork& network, const std::vector<Term>& outputs)
      : network_(network), negated_(at(network.size()), false), output_cost_(at(network.size()), {0, 0}) {
    for (const Term& output : outputs) {
      if (output.value < 0) {  // always 0
        continue;
      }
      const NetworkValue& v = network_[output.value];
      // A negation lies behind the value: with no level left for it, it must be avoided.
      const int cost = v.bits + (v.earliest == v.output_level ? v.bits : 0);
      (output.negative ? output_cost_[at(output.value)].first : output_cost_[at(output.value)].second) += cost;
    }
  }

  std::vector<bool> run(std::mt19937_64& random) {
    const std::vector<int> order = adders_in_order(network_);
    for (const int value : order) {
      negated_[at(value)] = adder_cost(value) >= kForbidden;
    }
    for (int sweep = 0; sweep <= kSweeps; ++sweep) {
      const double temperature = kHot * (kSweeps - sweep) / kSweeps;
      for (const int value : order) {
        try_turning({value}, temperature, random);
        // Where turning one alone would leave two negative operands, all who read it must turn with it.
        if (!network_[value].users.empty() && network_[value].users.size() <= kMostUsers) {
          std::vector<int> group = network_[value].users;
          group.push_back(value);
          try_turning(std::move(group), temperature, random);
        }
      }
    }
    return std::move(negated_);
  }

 private:
  int adder_cost(int value) const {
    const NetworkValue& v = network_[value];
    if (v.is_ternary()) {
      return ternary_cost(value);
    }
    const bool a = v.a.negative != (negated_[at(v.a.value)] != negated_[at(value)]);
    const bool b = v.b.negative != (negated_[at(v.b.value)] != negated_[at(value)]);
    if (a && b) {
      return kForbidden;
    }
    const Term& first = a ? v.b : v.a;
    const Term& second = a ? v.a : v.b;
    return adder_luts(signed_interval(network_[first.value], negated_[at(first.value)]), first.shift,
                      signed_interval(network_[second.value], negated_[at(second.value)]), second.shift, a || b);
  }

  int ternary_cost(int value) const {
    const NetworkValue& v = network_[value];
    std::vector<AdderOperand> operands;
    bool positive = false;
    for (const Term& term : {v.a, v.b, v.c}) {
      const bool negative = term.negative != (negated_[at(term.value)] != negated_[at(value)]);
      operands.push_back({signed_interval(network_[term.value], negated_[at(term.value)]), term.shift, negative});
      positive = positive || !negative;
    }
    return positive ? adder_luts(operands) : kForbidden;
  }

  /// Turns the signs of some values, if that is accepted.
  void try_turning(std::vector<int> values, double temperature, std::mt19937_64& random) {
    const auto unique = [](std::vector<int>& list) {
      std::sort(list.begin(), list.end());
      list.erase(std::unique(list.begin(), list.end()), list.end());
    };
    unique(values);
    std::vector<int> adders = values;
    for (const int value : values) {
      adders.insert(adders.end(), network_[value].users.begin(), network_[value].users.end());
    }
    unique(adders);
    const int before = cost_of(values, adders);
    turn(values);
    const int change = cost_of(values, adders) - before;
    if (change == 0 ? temperature == 0 : !accept_change(change, temperature, random)) {
      turn(values);
    }
  }

  void turn(const std::vector<int>& values) {
    for (const int value : values) {
      negated_[at(value)] = !negated_[at(value)];
    }
  }

  /// Cost of some adders, and of what outputs need of the signs of some values.
  int cost_of(const std::vector<int>& values, const std::vector<int>& adders) const {
    int cost = 0;
    for (const int adder : adders) {
      cost += adder_cost(adder);
    }
    for (const int value : values) {
      const auto& [positive, negative] = output_cost_[at(value)];
      cost += negated_[at(value)] ? negative : positive;
    }
    return cost;
  }

  const AdderNetwork& network_;
  std::vector<bool> negated_;
  std::vector<std::pair<int, int>> output_cost_;  // by value: cost if it is built as it is, and if negated
};

}  // namespace

std::vector<bool> choose_negated(const AdderNetwork& network, const std::vector<Term>& outputs,
                                 std::mt19937_64& random) {
  return Signs(network, outputs).run(random);
}

Interval signed_interval(const NetworkValue& value, bool negated) {
  return negated ? Interval{-value.interval.hi, -value.interval.lo} : value.interval;
}

std::vector<int> adders_in_order(const AdderNetwork& network) {
  std::vector<int> order;
  for (int value = 0; value < network.size(); ++value) {
    if (network[value].kind == NetworkValue::Kind::adder) {
      order.push_back(value);
    }
  }
  std::stable_sort(order.begin(), order.end(), [&](int x, int y) { return network[x].earliest < network[y].earliest; });
  return order;
}

}  // namespace rtlgen
