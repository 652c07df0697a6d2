#include "primitives/operand_signs.hpp"

#include <algorithm>
#include <utility>

#include "primitives/adder_cost.hpp"
#include "primitives/annealing.hpp"

namespace rtlgen {
namespace {

constexpr int kForbidden = 1000000;  // far above all adder bits: two negative operands
constexpr int kSweeps = 24;
constexpr double kHot = 4;  // adder bits

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
        const int before = cost_around(value);
        negated_[at(value)] = !negated_[at(value)];
        const int change = cost_around(value) - before;
        if (change == 0 ? temperature == 0 : !accept_change(change, temperature, random)) {
          negated_[at(value)] = !negated_[at(value)];
        }
      }
    }
    return std::move(negated_);
  }

 private:
  int adder_cost(int value) const {
    const NetworkValue& v = network_[value];
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

  /// Cost of all that depends on the sign of a value.
  int cost_around(int value) const {
    int cost = adder_cost(value);
    for (const int user : network_[value].users) {
      cost += adder_cost(user);
    }
    const auto& [positive, negative] = output_cost_[at(value)];
    return cost + (negated_[at(value)] ? negative : positive);
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
