#include "rtlgen/deliver/tensor_profile.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <optional>
#include <string_view>

#include "ir/golden.hpp"
#include "primitives/requantize.hpp"
#include "rtlgen/model/calibrate.hpp"
#include "rtlgen/model/float_reference.hpp"
#include "rtlgen/model/layer_traits.hpp"

namespace rtlgen {
namespace {

constexpr std::size_t kPortion = 64;   // events at once
constexpr int kWider = 12;             // whole bits that a format gets, to see what it limits
constexpr int kWidest = 56;            // bits of such a format
constexpr double kTensorShare = 0.01;  // of a tensor's values: so many may saturate without a warning
constexpr double kFeatureShare = 0.1;  // the same of one feature's
constexpr double kEqual = 999;         // dB

/// The quantizer with more whole bits, and limits instead of a wrap.
Quantizer widened(Quantizer quantizer) {
  const int bits = std::clamp(kWidest - quantizer.format.width, 0, kWider);
  quantizer.format.width += bits;
  quantizer.format.integer += bits;
  quantizer.overflow = Overflow::sat;
  return quantizer;
}

/// Widens what an operation rounds its result to.
class OutputWidener final : public AttributeVisitor {
 public:
  using AttributeVisitor::operator();
  void operator()(const char* name, Quantizer& quantizer) override {
    if (name == std::string_view("output")) {
      quantizer = widened(quantizer);
      has_output = true;
    }
  }
  bool has(const char* name, bool present) override {
    has_formats = has_formats || (present && name == std::string_view("formats"));
    return present;
  }

  bool has_output = false;
  bool has_formats = false;
};

/// The results of a node if its format did not limit them; nothing where it has none, or one for each feature (those
/// are the model's own).
std::optional<Mantissas> unlimited(const Graph& graph, Graph::NodeId id, const Events& events,
                                   const std::vector<Mantissas>& golden) {
  Node node = graph.node(id);
  if (node.operation->origin() == Origin::event) {
    return quantize_events(widened(*node.operation->output_quantizer()), false, events).x;
  }
  OutputWidener widener;
  const std::shared_ptr<Operation> wide = node.operation->clone();
  wide->visit(widener);
  if (!widener.has_output || widener.has_formats) {
    return std::nullopt;
  }
  node.operation = wide;
  std::vector<const Mantissas*> operands;
  NodeView view{node, {}};
  for (const Graph::NodeId operand : graph.operands(id)) {
    operands.push_back(&golden[operand]);
    view.operands.push_back(&graph.node(operand).type);
  }
  return node.operation->evaluate(view, operands);
}

class Profiler {
 public:
  Profiler(const Model& model, const Graph& graph) : graph_(graph) {
    for (std::size_t index = 0; index < model.layers.size(); ++index) {
      layers_[model.layers[index].name] = index;
    }
    for (const Graph::NodeId id : graph.topological_order()) {
      const Node& node = graph.node(id);
      TensorProfile profile;
      profile.name = node.name;
      profile.format = tensor_format(node);
      const auto layer = layers_.find(node.name);
      profile.is_layer = layer != layers_.end();
      profile.is_limiter = profile.is_layer && is_limiter(model.layers[layer->second]);
      profile.saturated_features.assign(static_cast<std::size_t>(node.type.features), 0);
      nodes_[id].push_back(std::move(profile));
    }
  }

  void add(const Events& events, const std::vector<RowMatrix>& reference) {
    const std::vector<Mantissas> golden = golden_tensors(graph_, quantize_events(graph_, events));
    for (auto& [id, profiles] : nodes_) {
      add_node(id, profiles.front(), events, reference, golden);
      std::vector<const Mantissas*> operands;
      for (const Graph::NodeId operand : graph_.operands(id)) {
        operands.push_back(&golden[operand]);
      }
      if (operands.empty()) {
        continue;
      }
      const Node& node = graph_.node(id);
      const std::vector<InternalTensor> parts = node.operation->internals(view_of(graph_, id), operands);
      profiles.resize(1 + parts.size());
      for (std::size_t part = 0; part < parts.size(); ++part) {
        profiles[1 + part].name = node.name + ":" + parts[part].name;
        add_part(profiles[1 + part], parts[part]);
      }
    }
  }

  std::vector<TensorProfile> in_order() {
    std::vector<TensorProfile> result;
    for (const Graph::NodeId id : graph_.topological_order()) {
      std::move(nodes_[id].begin(), nodes_[id].end(), std::back_inserter(result));
    }
    return result;
  }

 private:
  void add_node(Graph::NodeId id, TensorProfile& profile, const Events& events, const std::vector<RowMatrix>& reference,
                const std::vector<Mantissas>& golden) const {
    const Node& node = graph_.node(id);
    const std::optional<Mantissas> wide = unlimited(graph_, id, events, golden);
    const TensorScale scale = graph_.node(id).scale;
    const RowMatrix real = real_tokens(to_real(golden[id], node.type.frac, scale), events);
    const RowMatrix exact = profile.is_layer ? real_tokens(reference[layers_.at(node.name)], events)
                            : wide           ? real_tokens(to_real(*wide, node.type.frac, scale), events)
                                             : real;
    if (exact.size() == 0) {
      return;
    }
    add_range(profile, exact.minCoeff(), exact.maxCoeff());
    profile.values += static_cast<std::size_t>(exact.size());
    if (profile.is_layer) {
      profile.signal += exact.array().square().sum();
      profile.noise += (exact - real).array().square().sum();
    }
    if (wide) {
      const RowMatrix limited = real_tokens((*wide - golden[id]).cwiseAbs(), events);
      for (Eigen::Index f = 0; f < limited.cols(); ++f) {
        const auto count = static_cast<std::size_t>((limited.col(f).array() > 0).count());
        profile.saturated += count;
        profile.saturated_features[static_cast<std::size_t>(f)] += count;
      }
    }
  }

  static void add_part(TensorProfile& profile, const InternalTensor& part) {
    profile.format = part.format;
    if (part.mantissas.empty()) {
      return;
    }
    const double step = std::ldexp(1.0, -part.frac);
    const auto [least, most] = std::minmax_element(part.mantissas.begin(), part.mantissas.end());
    add_range(profile, *least * step, *most * step);
    profile.values += part.mantissas.size();
    const double unit = std::ldexp(1.0, -part.format.frac());
    const double floor = (static_cast<double>(part.format.min()) - 0.5) * unit / step;
    const double ceiling = (static_cast<double>(part.format.max()) + 0.5) * unit / step;
    profile.saturated +=
        static_cast<std::size_t>(std::count_if(part.mantissas.begin(), part.mantissas.end(), [&](double mantissa) {
          return mantissa < floor || mantissa >= ceiling;
        }));
  }

  static void add_range(TensorProfile& profile, double least, double most) {
    profile.lowest = profile.values == 0 ? least : std::min(profile.lowest, least);
    profile.highest = profile.values == 0 ? most : std::max(profile.highest, most);
  }

  const Graph& graph_;
  std::map<std::string, std::size_t> layers_;
  std::map<Graph::NodeId, std::vector<TensorProfile>> nodes_;  // the node's, then those of its inside
};

}  // namespace

double TensorProfile::sqnr_db() const { return noise > 0 ? 10 * std::log10(signal / noise) : kEqual; }

std::vector<TensorProfile> profile_tensors(const Model& model, const Graph& graph, const Events& events) {
  Profiler profiler(model, graph);
  for (std::size_t begin = 0; begin < events.count; begin += kPortion) {
    const Events part = slice_events(events, begin, std::min(kPortion, events.count - begin));
    profiler.add(part, evaluate_float(model, part));
  }
  return profiler.in_order();
}

std::vector<std::string> saturation_warnings(const std::vector<TensorProfile>& profiles, const std::string& where) {
  std::vector<std::string> warnings;
  for (const TensorProfile& profile : profiles) {
    if (profile.is_limiter || profile.values == 0) {
      continue;
    }
    const auto values = static_cast<double>(profile.values);
    const double share = static_cast<double>(profile.saturated) / values;
    const auto worst = std::max_element(profile.saturated_features.begin(), profile.saturated_features.end());
    const double worst_share =
        worst == profile.saturated_features.end()
            ? 0
            : static_cast<double>(*worst) * static_cast<double>(profile.saturated_features.size()) / values;
    if (share <= kTensorShare && worst_share <= kFeatureShare) {
      continue;
    }
    const std::string feature =
        profile.saturated_features.size() < 2
            ? ""
            : fmt::format(" (of feature {}: {:.3g} %)", worst - profile.saturated_features.begin(), 100 * worst_share);
    warnings.push_back(fmt::format("'{}': {:.3g} % of its values{} saturate at {} on {}, seen {:.4g} to {:.4g}",
                                   profile.name, 100 * share, feature, to_string(profile.format), where, profile.lowest,
                                   profile.highest));
  }
  return warnings;
}

std::vector<std::string> warn_of_saturation(const Model& model, const Graph& graph, const Events& events,
                                            const std::string& where) {
  std::vector<std::string> warnings = saturation_warnings(profile_tensors(model, graph, events), where);
  for (const std::string& warning : warnings) {
    spdlog::warn("{}", warning);
  }
  return warnings;
}

}  // namespace rtlgen
