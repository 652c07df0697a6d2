#include "primitives/solution_cache.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <string>
#include <utility>

#include "primitives/adder_graph_literals.hpp"

namespace rtlgen {
namespace {

/// To be raised whenever the search may give another graph for the same matrix.
constexpr int kSearchVersion = 4;

using nlohmann::json;

json to_json(const Literal& literal) { return {{"shape", literal.shape}, {"values", literal.values}}; }

Literal to_literal(const json& text) {
  return {text.at("shape").get<std::vector<int>>(), text.at("values").get<std::vector<std::int64_t>>()};
}

json key_of(const Literal& weight, const Literal& bias, const std::vector<Interval>& inputs,
            const ConstantMatrixOptions& options) {
  json intervals = json::array();
  for (const Interval& input : inputs) {
    intervals.push_back({input.lo, input.hi});
  }
  return {{"version", kSearchVersion},
          {"weight", to_json(weight)},
          {"bias", to_json(bias)},
          {"inputs", intervals},
          {"effort", static_cast<int>(options.effort)},
          {"depth_slack", options.depth_slack},
          {"levels_per_stage", options.levels_per_stage},
          {"ternary_adders", options.ternary_adders},
          {"output_levels", options.output_levels}};
}

/// FNV-1a (Fowler, Noll, Vo). Files hold their whole key, so that two keys of one hash only evict each other.
std::uint64_t hash_of(const std::string& text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  }
  return hash;
}

std::optional<AdderGraph> load(const std::filesystem::path& path, const json& key, const Literal& weight,
                               const Literal& bias, const std::vector<Interval>& inputs) {
  std::ifstream file(path);
  const json text = json::parse(file, nullptr, false);
  if (!text.is_object() || text.value("key", json()) != key) {
    return std::nullopt;
  }
  try {
    AdderGraph graph = adder_graph(to_literal(text.at("adders")), to_literal(text.at("sums")), inputs);
    require_product(graph, weight, bias);
    return graph;
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

/// Writes beside the file and renames, so that others see all of it or nothing.
void store(const std::filesystem::path& path, const json& key, const AdderGraph& graph) {
  std::error_code ignored;
  std::filesystem::create_directories(path.parent_path(), ignored);
  std::filesystem::path draft = path;
  draft += fmt::format(".tmp{:08x}", std::random_device()());
  std::ofstream(draft) << json{{"key", key},
                               {"adders", to_json(adder_literal(graph))},
                               {"sums", to_json(sum_literal(graph))}}
                       << '\n';
  std::filesystem::rename(draft, path, ignored);
  std::filesystem::remove(draft, ignored);
}

}  // namespace

SolutionCache SolutionCache::of_user() {
  if (const char* const named = std::getenv("RTLGEN_CACHE")) {
    return SolutionCache(named);
  }
  if (const char* const base = std::getenv("XDG_CACHE_HOME")) {
    return SolutionCache(std::filesystem::path(base) / "rtlgen");
  }
  if (const char* const home = std::getenv("HOME")) {
    return SolutionCache(std::filesystem::path(home) / ".cache" / "rtlgen");
  }
  return {};
}

AdderGraph SolutionCache::solve(const Literal& weight, const Literal& bias, const std::vector<Interval>& inputs,
                                const ConstantMatrixOptions& options) const {
  if (folder_.empty()) {
    return solve_constant_matrix(weight, bias, inputs, options);
  }
  const json key = key_of(weight, bias, inputs, options);
  const std::filesystem::path path = folder_ / fmt::format("{:016x}.json", hash_of(key.dump()));
  if (std::optional<AdderGraph> known = load(path, key, weight, bias, inputs)) {
    return std::move(*known);
  }
  AdderGraph graph = solve_constant_matrix(weight, bias, inputs, options);
  store(path, key, graph);
  return graph;
}

}  // namespace rtlgen
