#include "primitives/cmvm/minimum_registers.hpp"

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/boykov_kolmogorov_max_flow.hpp>
#include <limits>
#include <stdexcept>

namespace rtlgen {
namespace {

constexpr long kUnbounded = std::numeric_limits<long>::min();

/// The same problem as a linear one: a weight for each clock that a variable is later, and differences that are bounded
/// from below. The last read of a value with several readers is a variable of its own, behind those of the problem.
class LinearProblem {
 public:
  explicit LinearProblem(const RegisterProblem& problem) : weights_(problem.variables, 0), fixed_(problem.variables) {
    times_.assign(problem.variables, kUnbounded);
    for (const FixedTime& entry : problem.fixed) {
      check(entry.variable);
      if (fixed_[entry.variable] && times_[entry.variable] != entry.time) {
        throw std::invalid_argument("a variable is fixed at two times");
      }
      fixed_[entry.variable] = true;
      times_[entry.variable] = entry.time;
    }
    for (const TimeConstraint& constraint : problem.constraints) {
      check(constraint.earlier);
      check(constraint.later);
      bounds_.push_back({constraint.earlier, constraint.later, constraint.clocks});
    }
    for (const WaitingValue& value : problem.values) {
      check(value.made.variable);
      for (const TimePoint& read : value.read) {
        check(read.variable);
      }
      if (value.bits < 0) {
        throw std::invalid_argument("a value has a negative number of bits");
      }
    }
    for (const WaitingValue& value : problem.values) {
      add(value);
    }
  }

  /// Times of the problem's variables and of the last reads.
  std::vector<long> solve() {
    set_earliest_times();
    Cut cut(*this);
    for (std::vector<std::size_t> set = cut.steepest(); !set.empty(); set = cut.steepest()) {
      raise(set);
    }
    return times_;
  }

 private:
  /// time[to] >= time[from] + clocks
  struct Bound {
    std::size_t from;
    std::size_t to;
    long clocks;
  };

  /// Which variables are best made later by a clock. Where a bound is tight, its later variable has to come along with
  /// the earlier one; of the sets for which that holds the cut finds the smallest of least weight.
  class Cut {
   public:
    explicit Cut(const LinearProblem& problem)
        : problem_(problem), graph_(problem.weights_.size() + 2), source_(problem.weights_.size()), sink_(source_ + 1) {
      long gain = 0;  // no more can flow
      for (const long weight : problem_.weights_) {
        gain += std::max(0L, -weight);
      }
      unlimited_ = gain + 1;
      for (std::size_t v = 0; v < problem_.weights_.size(); ++v) {
        const long weight = problem_.weights_[v];
        if (problem_.fixed_[v]) {
          connect(v, sink_, unlimited_);
        } else if (weight > 0) {
          connect(v, sink_, weight);
        } else if (weight < 0) {
          connect(source_, v, -weight);
        }
      }
      for (const Bound& bound : problem_.bounds_) {
        edges_.push_back(connect(bound.from, bound.to, 0));
      }
    }

    std::vector<std::size_t> steepest() {
      for (std::size_t i = 0; i < edges_.size(); ++i) {
        graph_[edges_[i]].capacity = problem_.slack(problem_.bounds_[i]) == 0 ? unlimited_ : 0;
      }
      std::vector<boost::default_color_type> colors(boost::num_vertices(graph_));
      const auto index = boost::get(boost::vertex_index, graph_);
      boost::boykov_kolmogorov_max_flow(graph_, boost::get(&Arc::capacity, graph_), boost::get(&Arc::residual, graph_),
                                        boost::get(&Arc::reverse, graph_),
                                        boost::make_iterator_property_map(colors.begin(), index), index, source_,
                                        sink_);
      // Black is what the source still reaches: the same set for every maximum flow, and the smallest of least weight.
      std::vector<std::size_t> set;
      for (std::size_t v = 0; v < source_; ++v) {
        if (colors[v] == boost::black_color) {
          set.push_back(v);
        }
      }
      return set;
    }

   private:
    using EdgeId = boost::adjacency_list_traits<boost::vecS, boost::vecS, boost::directedS>::edge_descriptor;
    struct Arc {
      long capacity = 0;
      long residual = 0;
      EdgeId reverse;
    };
    using FlowGraph = boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS, boost::no_property, Arc>;

    EdgeId connect(std::size_t from, std::size_t to, long capacity) {
      const EdgeId forward = boost::add_edge(from, to, graph_).first;
      const EdgeId backward = boost::add_edge(to, from, graph_).first;
      graph_[forward].capacity = capacity;
      graph_[forward].reverse = backward;
      graph_[backward].reverse = forward;
      return forward;
    }

    const LinearProblem& problem_;
    FlowGraph graph_;
    const std::size_t source_;
    const std::size_t sink_;
    long unlimited_ = 0;
    std::vector<EdgeId> edges_;  ///< of each bound
  };

  void check(std::size_t variable) const {
    if (variable >= fixed_.size()) {
      throw std::invalid_argument("there is no such variable");
    }
  }

  void add(const WaitingValue& value) {
    for (const TimePoint& read : value.read) {
      bounds_.push_back({value.made.variable, read.variable, long{value.made.offset} - read.offset});
    }
    if (value.read.empty() || value.bits == 0) {
      return;
    }
    std::size_t last = value.read.front().variable;
    if (value.read.size() > 1) {
      last = weights_.size();
      weights_.push_back(0);
      fixed_.push_back(false);
      times_.push_back(kUnbounded);
      for (const TimePoint& read : value.read) {
        bounds_.push_back({read.variable, last, read.offset});
      }
    }
    weights_[last] += value.bits;
    weights_[value.made.variable] -= value.bits;
  }

  /// Longest paths from what is fixed (Bellman and Ford).
  void set_earliest_times() {
    bool moved = true;
    for (std::size_t round = 0; moved; ++round) {
      moved = false;
      for (const Bound& bound : bounds_) {
        if (times_[bound.from] == kUnbounded || times_[bound.to] >= times_[bound.from] + bound.clocks) {
          continue;
        }
        if (fixed_[bound.to] || round > times_.size()) {
          throw std::invalid_argument("the constraints contradict each other");
        }
        times_[bound.to] = times_[bound.from] + bound.clocks;
        moved = true;
      }
    }
    if (std::find(times_.begin(), times_.end(), kUnbounded) != times_.end()) {
      throw std::invalid_argument("a variable is not bounded from below");
    }
  }

  long slack(const Bound& bound) const { return times_[bound.to] - times_[bound.from] - bound.clocks; }

  /// Makes a steepest set later by as many clocks as it stays steepest: until a bound out of it becomes tight. There is
  /// one, since no cost is negative.
  void raise(const std::vector<std::size_t>& set) {
    std::vector<bool> inside(times_.size());
    for (const std::size_t v : set) {
      inside[v] = true;
    }
    long step = std::numeric_limits<long>::max();
    for (const Bound& bound : bounds_) {
      if (inside[bound.from] && !inside[bound.to]) {
        step = std::min(step, slack(bound));
      }
    }
    for (const std::size_t v : set) {
      times_[v] += step;
    }
  }

  std::vector<long> weights_;
  std::vector<bool> fixed_;
  std::vector<long> times_;
  std::vector<Bound> bounds_;
};

}  // namespace

std::vector<int> minimum_register_times(const RegisterProblem& problem) {
  const std::vector<long> times = LinearProblem(problem).solve();
  std::vector<int> result;
  for (std::size_t v = 0; v < problem.variables; ++v) {
    result.push_back(static_cast<int>(times[v]));
  }
  return result;
}

long register_bits(const RegisterProblem& problem, const std::vector<int>& times) {
  long bits = 0;
  for (const WaitingValue& value : problem.values) {
    const long made = long{times[value.made.variable]} + value.made.offset;
    long last = made;
    for (const TimePoint& read : value.read) {
      last = std::max(last, long{times[read.variable]} + read.offset);
    }
    bits += value.bits * (last - made);
  }
  return bits;
}

}  // namespace rtlgen
