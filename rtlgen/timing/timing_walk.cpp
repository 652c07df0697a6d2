#include "rtlgen/timing/timing_walk.hpp"

#include <algorithm>

#include "rtlgen/timing/build_timing_graph.hpp"
#include "rtlgen/timing/flat_netlist.hpp"
#include "rtlgen/timing/longest_paths.hpp"

namespace rtlgen {
namespace {

std::size_t index(int number) { return static_cast<std::size_t>(number); }

constexpr int kChoiceRounds = 6;
constexpr std::size_t kMostLoops = 10;

/// Whether the register behind a product is better M than P: what it makes of the longest path through it.
bool better_as_middle(const ProductChoice& product, const Delays& delays, const TimingGraph& graph,
                      const LongestPaths& paths) {
  const int in = paths.arrival(graph.ends[index(product.end)].node);
  int out = kNever;
  for (const int start : product.starts) out = std::max(out, paths.departure(graph.starts[index(start)].node));
  const int as_middle = std::max(in + delays.dsp_multiply + delays.setup, delays.dsp_add + out);
  const int as_product = std::max(in + delays.dsp + delays.setup, delays.clock_to_out + out);
  return as_middle < as_product;
}

/// Chooses M or P for every product, again while that changes anything: products that follow each other depend on each
/// other. Any choice is a right one, the last is taken.
void choose_registers(TimingGraph& graph, const Delays& delays, LongestPaths& paths) {
  paths.compute();
  for (int round = 0; round < kChoiceRounds; ++round) {
    bool changed = false;
    for (ProductChoice& product : graph.products) {
      const bool middle = better_as_middle(product, delays, graph, paths);
      changed = changed || middle != product.middle;
      product.middle = middle;
      apply_choice(product, delays, graph);
    }
    if (!changed) return;
    paths.compute();
  }
}

/// Where the worst path of a module was seen: at an arc, or at an end.
struct Worst {
  int delay = kNever;
  int arc = -1;
  int end = -1;
};

class Walk {
 public:
  Walk(const MappedNetlist& netlist, const std::string& top, const Delays& delays)
      : flat_(netlist, top), graph_(build_timing_graph(flat_, delays)), paths_(graph_) {
    choose_registers(graph_, delays, paths_);
  }

  TimingResult result() const {
    TimingResult result;
    Worst all;
    std::map<std::string, Worst> modules;
    const auto see = [&](int cell, const Worst& seen) {
      if (seen.delay > all.delay) all = seen;
      if (cell < 0) return;
      Worst& own = modules[flat_.instances()[index(flat_.cells()[index(cell)].instance)].module_name];
      if (seen.delay > own.delay) own = seen;
    };
    for (std::size_t e = 0; e < graph_.ends.size(); ++e) {
      const TimingEnd& end = graph_.ends[e];
      if (paths_.arrival(end.node) != kNever) {
        see(end.cell, {paths_.arrival(end.node) + end.delay, -1, static_cast<int>(e)});
      }
    }
    for (std::size_t a = 0; a < graph_.arcs.size(); ++a) {
      const TimingArc& arc = graph_.arcs[a];
      if (paths_.arrival(arc.from) != kNever && paths_.departure(arc.to) != kNever) {
        see(arc.cell, {paths_.arrival(arc.from) + arc.delay + paths_.departure(arc.to), static_cast<int>(a), -1});
      }
    }
    if (all.delay != kNever) result.worst = path(all);
    for (const auto& [module, worst] : modules) result.modules[module] = path(worst);
    result.loops = loops();
    return result;
  }

 private:
  TimingPath path(const Worst& worst) const {
    const int node = worst.end >= 0 ? graph_.ends[index(worst.end)].node : graph_.arcs[index(worst.arc)].from;
    const LongestPaths::Way way = paths_.way_to(node);
    std::vector<int> arcs = way.arcs;
    int end = worst.end;
    if (worst.arc >= 0) {
      arcs.push_back(worst.arc);
      const LongestPaths::WayOut out = paths_.way_from(graph_.arcs[index(worst.arc)].to);
      arcs.insert(arcs.end(), out.arcs.begin(), out.arcs.end());
      end = out.end;
    }
    TimingPath path;
    path.delay = worst.delay;
    path.from = graph_.starts[index(way.start)].name;
    path.to = graph_.ends[index(end)].name;
    for (const int arc : arcs) count(graph_.arcs[index(arc)].kind, path);
    return path;
  }

  static void count(ArcKind kind, TimingPath& path) {
    path.lut_levels += kind == ArcKind::lut ? 1 : 0;
    path.carry_chains += kind == ArcKind::carry_enter ? 1 : 0;
    path.carry4 += kind == ArcKind::carry_enter || kind == ArcKind::carry_next ? 1 : 0;
    path.products += kind == ArcKind::dsp ? 1 : 0;
  }

  std::vector<std::string> loops() const {
    std::vector<std::string> names;
    const std::vector<int>& nodes = paths_.loops();
    if (nodes.empty()) return names;
    for (std::size_t i = 0; i < flat_.instances().size() && names.size() < kMostLoops; ++i) {
      const auto instance = static_cast<int>(i);
      const auto nets = static_cast<int>(flat_.instances()[i].module->net_names.size());
      for (int net = 0; net < nets && names.size() < kMostLoops; ++net) {
        if (std::binary_search(nodes.begin(), nodes.end(), flat_.net_of(instance, net))) {
          names.push_back(flat_.name_of(instance, net));
        }
      }
    }
    return names;
  }

  FlatNetlist flat_;
  TimingGraph graph_;
  LongestPaths paths_;
};

}  // namespace

TimingResult walk_timing(const MappedNetlist& netlist, const std::string& top, const Delays& delays) {
  return Walk(netlist, top, delays).result();
}

}  // namespace rtlgen
