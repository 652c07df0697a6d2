#include "primitives/cmvm/adder_synthesis.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "primitives/cmvm/adder_network.hpp"
#include "primitives/cmvm/adder_search.hpp"
#include "primitives/cmvm/blockwise_sharing.hpp"
#include "primitives/cmvm/operand_signs.hpp"
#include "primitives/cmvm/parallel_search.hpp"
#include "primitives/cmvm/row_tree.hpp"
#include "primitives/cmvm/signed_digits.hpp"
#include "primitives/cmvm/stage_end.hpp"
#include "primitives/cmvm/ternary_adders.hpp"
#include "primitives/cmvm/ternary_levels.hpp"

namespace rtlgen {
namespace {

/// Adders of a first solution from which on the search works on parts of it.
constexpr int kLargeNetwork = 1500;
/// Larger networks stay as they were added up first: a search in parts takes about five times the memory.
constexpr std::size_t kMostSearchedBytes = std::size_t{120} << 20;
/// Nor is a search worth its time that has no more than a move for so many adders.
constexpr long kMostAddersToAMove = 4;
/// Moves for an adder of a search that finds its way from any first solution that is not much larger.
constexpr long kLongSearch = 50;
/// Levels of the last stage that adders of two operands use beyond the least: more save next to nothing.
constexpr int kMostFreeLevels = 3;

std::size_t at(int index) { return static_cast<std::size_t>(index); }

/// One output as a sum over leaves: varying inputs, and constants that are added.
struct Row {
  std::vector<std::int64_t> coefficients;  // not all even, the first one positive
  int shift = 0;
  bool negative = false;
  std::vector<Term> terms;  // signed digits of the coefficients
};

/// The matrix without what is constant or there twice.
class Problem {
 public:
  Problem(const Literal& weight, const Literal& bias, const std::vector<Interval>& inputs) {
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (inputs[i].lo != inputs[i].hi) {
        leaf_of_input_[i] = static_cast<int>(leaves_.size());
        leaves_.push_back(inputs[i]);
      }
    }
    const std::size_t outputs = bias.values.size();
    std::vector<std::int64_t> constants = bias.values;
    for (std::size_t o = 0; o < outputs; ++o) {
      for (std::size_t i = 0; i < inputs.size(); ++i) {
        if (inputs[i].lo == inputs[i].hi) {
          constants[o] += weight.values[o * inputs.size() + i] * inputs[i].lo;
        }
      }
      const auto [odd, shift] = odd_part(constants[o]);
      if (odd != 0 && leaf_of_constant_.count(odd) == 0) {
        leaf_of_constant_[odd] = static_cast<int>(leaves_.size());
        leaves_.push_back({odd, odd});
      }
    }
    for (std::size_t o = 0; o < outputs; ++o) {
      rows_.push_back(row(weight.values.data() + o * inputs.size(), constants[o]));
    }
  }

  const std::vector<Interval>& leaves() const { return leaves_; }
  const std::map<std::size_t, int>& leaf_of_input() const { return leaf_of_input_; }
  const std::map<std::int64_t, int>& leaf_of_constant() const { return leaf_of_constant_; }
  const std::vector<Row>& rows() const { return rows_; }

  /// Whether a sum fills more than three quarters of what Kraft's inequality allows it at the least depth.
  bool is_tight() const {
    std::size_t most = 0;
    for (const Row& r : rows_) {
      most = std::max(most, r.terms.size());
    }
    return 4 * most > 3 * (std::size_t{1} << depth());
  }

  int depth() const {
    int depth = 0;
    for (const Row& r : rows_) {
      // Without a positive term there is a zero to subtract from.
      const bool positive =
          std::any_of(r.terms.begin(), r.terms.end(), [&](const Term& t) { return t.negative == r.negative; });
      const std::size_t terms = r.terms.size() + (positive || r.terms.empty() ? 0 : 1);
      while ((std::size_t{1} << depth) < terms) {
        ++depth;
      }
    }
    return depth;
  }

 private:
  /// A constant's magnitude without its factors of two, so that constants that differ by them share a leaf.
  static std::pair<std::int64_t, int> odd_part(std::int64_t constant) {
    const std::int64_t magnitude = constant < 0 ? -constant : constant;
    const int shift = magnitude == 0 ? 0 : __builtin_ctzll(static_cast<std::uint64_t>(magnitude));
    return {magnitude >> shift, shift};
  }

  Row row(const std::int64_t* weights, std::int64_t constant) {
    std::vector<std::int64_t> factors(leaves_.size(), 0);
    for (const auto& [input, leaf] : leaf_of_input_) {
      factors[at(leaf)] = weights[input];
    }
    if (constant != 0) {
      const auto [odd, shift] = odd_part(constant);
      factors[at(leaf_of_constant_.at(odd))] = (constant < 0 ? -1 : 1) * (std::int64_t{1} << shift);
    }
    Row r;
    std::int64_t any = 0;
    for (const std::int64_t factor : factors) {
      r.negative = any == 0 ? factor < 0 : r.negative;
      any |= factor;
    }
    r.shift = any == 0 ? 0 : __builtin_ctzll(static_cast<std::uint64_t>(any));
    for (std::size_t leaf = 0; leaf < factors.size(); ++leaf) {
      const std::int64_t factor = (r.negative ? -1 : 1) * (factors[leaf] / (std::int64_t{1} << r.shift));
      r.coefficients.push_back(static_cast<std::int64_t>(factor));
      for (const SignedDigit& digit : canonical_signed_digits(factor)) {
        r.terms.push_back({static_cast<int>(leaf), digit.shift, digit.negative});
      }
    }
    return r;
  }

  std::vector<Interval> leaves_;
  std::map<std::size_t, int> leaf_of_input_;
  std::map<std::int64_t, int> leaf_of_constant_;
  std::vector<Row> rows_;
};

/// Writes a network with signs as an adder graph.
class GraphWriter {
 public:
  GraphWriter(const Problem& problem, const AdderNetwork& network, std::vector<bool> negated,
              const std::vector<Interval>& inputs)
      : network_(network), negated_(std::move(negated)), node_(at(network.size()), -1) {
    for (const Interval& input : inputs) {
      append({AdderGraph::Kind::input, -1, -1, 0, 0, false, input, 0});
    }
    for (const auto& [input, leaf] : problem.leaf_of_input()) {
      node_[at(leaf)] = static_cast<int>(input);
    }
    for (const auto& [constant, leaf] : problem.leaf_of_constant()) {
      node_[at(leaf)] = append({AdderGraph::Kind::constant, -1, -1, 0, 0, false, {constant, constant}, 0});
    }
    for (const int value : adders_in_order(network)) {
      node_[at(value)] = add(value);
    }
  }

  /// Adds an output: a term of the network, that must be there at `depth` if that can be.
  void output(const Term& term, int depth) {
    if (term.value < 0) {
      graph_.outputs.push_back({});
      return;
    }
    const int node = node_[at(term.value)];
    const bool flip = term.negative != negated_[at(term.value)];
    graph_.outputs.push_back({flip ? negative(node, depth) : node, term.shift});
  }

  AdderGraph take() { return std::move(graph_); }

 private:
  int append(const AdderGraph::Node& node) {
    int ready = 0;
    for (const AdderGraph::Operand& operand : node.operands()) {
      ready = std::max(ready, ready_[at(operand.node)]);
    }
    const bool adder = node.kind == AdderGraph::Kind::adder;
    ready_.push_back(node.is_ternary() ? network_.ternary().behind(ready) : ready + (adder ? 1 : 0));
    graph_.nodes.push_back(node);
    return static_cast<int>(graph_.nodes.size()) - 1;
  }

  int add(int value) {
    const NetworkValue& v = network_[value];
    if (v.is_ternary()) {
      return append(ternary(value));
    }
    Term first = v.a;
    Term second = v.b;
    first.negative = first.negative != (negated_[at(first.value)] != negated_[at(value)]);
    second.negative = second.negative != (negated_[at(second.value)] != negated_[at(value)]);
    if (first.negative) {
      std::swap(first, second);
    }
    return append(sum(node_[at(first.value)], first.shift, node_[at(second.value)], second.shift, second.negative,
                      signed_interval(v, negated_[at(value)])));
  }

  AdderGraph::Node ternary(int value) const {
    const NetworkValue& v = network_[value];
    std::vector<AdderGraph::Operand> operands;
    for (const Term& term : {v.a, v.b, v.c}) {
      const bool negative = term.negative != (negated_[at(term.value)] != negated_[at(value)]);
      operands.push_back({node_[at(term.value)], term.shift, negative});
    }
    return graph_.sum_of_three(operands, signed_interval(v, negated_[at(value)]));
  }

  AdderGraph::Node sum(int a, int shift_a, int b, int shift_b, bool subtract, const Interval& interval) const {
    const int level = 1 + std::max(graph_.nodes[at(a)].level, graph_.nodes[at(b)].level);
    return {AdderGraph::Kind::adder, a, b, shift_a, shift_b, subtract, interval, level};
  }

  /// The negative of a node, at a level of at most `depth` where that is possible.
  int negative(int id, int depth) {
    const auto found = negatives_.find(id);
    if (found != negatives_.end()) {
      return found->second;
    }
    const AdderGraph::Node node = graph_.nodes[at(id)];
    const Interval interval{-node.interval.hi, -node.interval.lo};
    int result = -1;
    if (node.kind == AdderGraph::Kind::constant) {
      result = append({AdderGraph::Kind::constant, -1, -1, 0, 0, false, interval, 0});
    } else if (ready_[at(id)] < depth || node.kind == AdderGraph::Kind::input) {
      zero_ = zero_ < 0 ? append({AdderGraph::Kind::constant, -1, -1, 0, 0, false, {0, 0}, 0}) : zero_;
      result = append(sum(zero_, 0, id, 0, true, interval));
    } else if (node.is_ternary()) {
      result = append(negative_of_three(id));
    } else if (node.subtract) {
      result = append(sum(node.b, node.shift_b, node.a, node.shift_a, true, interval));
    } else {
      const bool first = graph_.nodes[at(node.a)].level <= graph_.nodes[at(node.b)].level;
      const int inner = negative(first ? node.a : node.b, depth - 1);
      result = append(first ? sum(inner, node.shift_a, node.b, node.shift_b, true, interval)
                            : sum(inner, node.shift_b, node.a, node.shift_a, true, interval));
    }
    negatives_.emplace(id, result);
    return result;
  }

  /// The negative of a sum of three, no later than that.
  AdderGraph::Node negative_of_three(int id) {
    const AdderGraph::Node node = graph_.nodes[at(id)];
    std::vector<AdderGraph::Operand> operands = node.operands();
    const Interval interval{-node.interval.hi, -node.interval.lo};
    if (node.subtract) {
      for (AdderGraph::Operand& operand : operands) {
        operand.negative = !operand.negative;
      }
      return graph_.sum_of_three(operands, interval);
    }
    // All are positive: (0 - a) - (b + c).
    const auto& [a, b, c] = std::tie(operands[0], operands[1], operands[2]);
    const int first = negative(a.node, ready_[at(a.node)] + 1);
    const Interval rest = network_.interval_of_sum(term_of(b), term_of(c));
    const int second = append(sum(b.node, b.shift, c.node, c.shift, false, rest));
    return sum(first, a.shift, second, 0, true, interval);
  }

  /// An operand that is a value of the network.
  Term term_of(const AdderGraph::Operand& operand) const {
    const int value = static_cast<int>(std::find(node_.begin(), node_.end(), operand.node) - node_.begin());
    return {value, operand.shift, negated_[at(value)]};
  }

  const AdderNetwork& network_;
  std::vector<bool> negated_;
  std::vector<int> node_;   // by value of the network
  std::vector<int> ready_;  // by node of the graph: level at which it is there, with what adders of three wait for
  std::map<int, int> negatives_;
  int zero_ = -1;
  AdderGraph graph_;
};

/// Rows as sums of each other where that takes fewer terms.
class SplitStart {
 public:
  /// The rows of some outputs of a network without adders, by value, with what negates them in the matrix.
  SplitStart(const AdderNetwork& network, std::vector<TermList> lists, std::vector<std::vector<std::int64_t>> rows,
             std::vector<bool> signs)
      : network_(network), lists_(std::move(lists)), rows_(std::move(rows)), signs_(std::move(signs)) {}

  /// Makes `network` a first solution of fewer adder bits if there is one; with `margin`, of a twelfth fewer: a long
  /// search makes up for less, and so do adders of three operands, which long sums have more of.
  void improve(AdderNetwork& network, int depth, bool margin) {
    const auto rows = static_cast<long>(rows_.size());
    if (rows < 2 || rows * rows * static_cast<long>(rows_[0].size()) > kMostSteps) {
      return;
    }
    long direct = 0;
    for (const TermList& list : lists_) {
      direct += static_cast<long>(list.terms.size());
    }
    long most = network.total_cost() - (margin ? network.total_cost() / kMargin : 0);
    for (const bool with_base : {false, true}) {
      const RowTree tree = find_row_tree(rows_, signs_, depth, with_base);
      if ((with_base && tree.base.empty()) || tree.terms * kFewerTerms > direct * (kFewerTerms - 1)) {
        continue;
      }
      AdderNetwork split = network_;
      if (start(split, tree, depth) && split.total_cost() < most) {
        most = split.total_cost();
        network = std::move(split);
      }
    }
  }

 private:
  static constexpr long kMostSteps = 100000000;  // a second or two
  static constexpr long kMargin = 12;
  static constexpr long kFewerTerms = 20;  // a tree that saves less than one of so many terms is not tried

  bool start(AdderNetwork& network, const RowTree& tree, int depth) const {
    std::vector<TermList> lists;
    int base = -1;
    if (!tree.base.empty()) {
      std::vector<std::int64_t> negative = tree.base;
      std::for_each(negative.begin(), negative.end(), [](std::int64_t& factor) { factor = -factor; });
      const auto is_base = [&](const std::vector<std::int64_t>& row) { return row == tree.base || row == negative; };
      if (std::any_of(rows_.begin(), rows_.end(), is_base)) {
        return false;  // the tree without it is as good
      }
      base = network.add_output(tree.base, depth);
      lists.push_back({base, tree.base_level, digits(network, tree.base)});
    }
    for (std::size_t row = 0; row < rows_.size(); ++row) {
      const RowTree::Link& link = tree.links[row];
      lists.push_back({lists_[row].value, link.has_children ? link.level : depth, digits(network, link.rest)});
      if (link.parent >= 0) {
        const bool of_base = link.parent == static_cast<int>(rows_.size());
        const Term parent = of_base ? Term{base, tree.base_shift, link.negative}
                                    : Term{lists_[at(link.parent)].value, 0, link.negative};
        const int level = of_base ? tree.base_level : tree.links[at(link.parent)].level;
        lists.back().terms.push_back(network.leveled(parent, level));
      }
    }
    if (!AdderSearch(network, 1).start_from_each_other(lists)) {
      return false;
    }
    if (base >= 0) {
      network.release_output(base);
    }
    return true;
  }

  static std::vector<LeveledTerm> digits(const AdderNetwork& network, const std::vector<std::int64_t>& factors) {
    std::vector<LeveledTerm> terms;
    for (std::size_t leaf = 0; leaf < factors.size(); ++leaf) {
      for (const SignedDigit& digit : canonical_signed_digits(factors[leaf])) {
        terms.push_back(network.leveled({static_cast<int>(leaf), digit.shift, digit.negative}, 0));
      }
    }
    return terms;
  }

  const AdderNetwork network_;
  std::vector<TermList> lists_;
  std::vector<std::vector<std::int64_t>> rows_;
  std::vector<bool> signs_;
};

/// Adds up the lists, and searches for less as far as the budget and the memory go.
void find_adders(AdderNetwork& network, std::vector<TermList> lists, SplitStart split, int depth,
                 const SearchBudget& budget) {
  const bool blockwise = BlockwiseSharing::needed(lists, budget.pairs);
  auto search = std::make_unique<AdderSearch>(network, 1);
  search->start(std::move(lists), budget.pairs);
  if (!blockwise) {
    split.improve(network, depth, network.ternary().allowed() || budget.moves_per_adder >= kLongSearch);
  }
  const int adders = network.adders();
  const long moves = std::min(budget.moves_per_adder * adders, budget.moves + budget.more_moves_per_adder * adders);
  if (network.bytes() > kMostSearchedBytes || moves * kMostAddersToAMove < adders) {
    return;
  }
  if (adders < kLargeNetwork) {
    search->improve(moves, Cooling(moves, adders));
    return;
  }
  search.reset();
  ParallelSearch options;
  options.threads = budget.threads;
  search_in_parts(network, moves, options);
}

}  // namespace

AdderGraph synthesize_adders(const Literal& weight, const Literal& bias, const std::vector<Interval>& inputs,
                             int depth_slack, const SearchBudget& budget, const PipelineBounds& pipeline) {
  const Problem problem(weight, bias, inputs);
  const TernaryLevels levels = pipeline.ternary_adders ? TernaryLevels(pipeline.levels) : TernaryLevels();
  const int least = problem.depth() + depth_slack;
  const int end = end_of_last_stage(least, pipeline.levels, pipeline.output_levels);
  const int depth = levels.allowed() ? end : (problem.is_tight() ? std::min(end, least + kMostFreeLevels) : least);
  AdderNetwork network(problem.leaves(), levels);
  std::vector<TermList> lists;
  std::vector<Term> outputs;
  std::map<std::vector<std::int64_t>, int> known;
  std::vector<std::vector<std::int64_t>> rows;
  std::vector<bool> signs;
  for (const Row& row : problem.rows()) {
    if (row.terms.size() <= 1) {
      outputs.push_back(row.terms.empty() ? Term{} : Term{row.terms[0].value, row.shift, row.negative});
      continue;
    }
    const auto found = known.find(row.coefficients);
    int value = found == known.end() ? -1 : found->second;
    if (value < 0) {
      value = network.add_output(row.coefficients, depth);
      known.emplace(row.coefficients, value);
      rows.push_back(row.coefficients);
      signs.push_back(row.negative);
      lists.push_back({value, depth, {}});
      for (const Term& term : row.terms) {
        lists.back().terms.push_back(network.leveled(term, 0));
      }
    }
    outputs.push_back({value, row.shift, row.negative});
  }
  std::mt19937_64 random(1);
  if (!known.empty()) {
    SplitStart split(network, lists, std::move(rows), std::move(signs));
    find_adders(network, std::move(lists), std::move(split), depth, budget);
  }
  GraphWriter writer(problem, network, choose_negated(network, outputs, random), inputs);
  for (const Term& output : outputs) {
    writer.output(output, depth);
  }
  AdderGraph graph = writer.take();
  if (levels.allowed()) {
    graph = with_ternary_adders_until(std::move(graph), pipeline.levels, depth);
  }
  require_product(graph, weight, bias);
  return graph;
}

}  // namespace rtlgen
