// The cache of adder graphs.
#include "primitives/solution_cache.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "primitives/adder_graph_literals.hpp"
#include "tests/support/temporary_folder.hpp"

namespace rtlgen::testing {
namespace {

const Literal kWeight{{2, 3}, {5, -7, 11, 3, 9, -13}};
const Literal kBias{{2}, {0, 17}};
const std::vector<Interval> kInputs(3, Interval{-8, 7});

std::filesystem::path only_file(const TemporaryFolder& folder) {
  std::filesystem::path found;
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    found = entry.path();
    ++files;
  }
  REQUIRE(files == 1);
  return found;
}

std::string content(const std::filesystem::path& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST_CASE("solution cache: a graph found before is read back", "[cache]") {
  const TemporaryFolder folder;
  const SolutionCache cache(folder.path());
  const AdderGraph first = cache.solve(kWeight, kBias, kInputs, {});
  // A constant more, which no sum reads: another graph of the same matrix, that no search makes.
  AdderGraph marked = first;
  marked.nodes.push_back({AdderGraph::Kind::constant, -1, -1, 0, 0, false, {99, 99}, 0});
  std::string text = content(only_file(folder));
  const std::string rows = "\"shape\":[" + std::to_string(adder_literal(first).shape[0]) + ",5],\"values\":[";
  const auto at = text.find(rows);
  REQUIRE(at != std::string::npos);
  const auto end = text.find(']', at + rows.size());
  text.replace(at, end - at,
               "\"shape\":[" + std::to_string(adder_literal(first).shape[0] + 1) + ",5],\"values\":[" +
                   text.substr(at + rows.size(), end - at - rows.size()) + ",-1,99,0,0,0");
  std::ofstream(only_file(folder)) << text;
  const AdderGraph again = cache.solve(kWeight, kBias, kInputs, {});
  CHECK(adder_literal(again) == adder_literal(marked));
  CHECK(sum_literal(again) == sum_literal(marked));
}

TEST_CASE("solution cache: another matrix, interval, effort or bound is another entry", "[cache]") {
  const TemporaryFolder folder;
  const SolutionCache cache(folder.path());
  cache.solve(kWeight, kBias, kInputs, {});
  Literal weight = kWeight;
  weight.values[4] = 10;
  cache.solve(weight, kBias, kInputs, {});
  cache.solve(kWeight, kBias, std::vector<Interval>(3, Interval{-8, 6}), {});
  ConstantMatrixOptions options;
  options.effort = Effort::fast;
  cache.solve(kWeight, kBias, kInputs, options);
  options.depth_slack = 1;
  cache.solve(kWeight, kBias, kInputs, options);
  const auto files = std::filesystem::directory_iterator(folder.path());
  CHECK(std::distance(begin(files), end(files)) == 5);
}

TEST_CASE("solution cache: adders of three operands are another entry", "[cache][ternary]") {
  const TemporaryFolder folder;
  const SolutionCache cache(folder.path());
  ConstantMatrixOptions options;
  options.ternary_adders = true;
  const Literal adders = adder_literal(cache.solve(kWeight, kBias, kInputs, options));
  CHECK(adders.shape[1] == 7);
  CHECK(adders == adder_literal(solve_constant_matrix(kWeight, kBias, kInputs, options)));
  const std::string text = content(only_file(folder));
  CHECK(adder_literal(cache.solve(kWeight, kBias, kInputs, options)) == adders);
  CHECK(content(only_file(folder)) == text);
  cache.solve(kWeight, kBias, kInputs, {});
  options.output_levels = 1;
  cache.solve(kWeight, kBias, kInputs, options);
  options.ternary_adders = false;
  cache.solve(kWeight, kBias, kInputs, options);
  const auto files = std::filesystem::directory_iterator(folder.path());
  CHECK(std::distance(begin(files), end(files)) == 4);
}

TEST_CASE("solution cache: damaged and wrong files are searched for anew", "[cache]") {
  const TemporaryFolder folder;
  const SolutionCache cache(folder.path());
  const Literal adders = adder_literal(cache.solve(kWeight, kBias, kInputs, {}));
  const std::filesystem::path file = only_file(folder);
  const std::string sound = content(file);
  std::string wrong = sound;
  const auto sums = wrong.find("\"sums\"");
  REQUIRE(sums != std::string::npos);
  wrong.replace(wrong.find("\"values\":[", sums), 11, "\"values\":[0");  // another node for the first sum
  for (const std::string& text :
       {std::string(), std::string("{"), std::string("[1,2]"), sound.substr(0, sound.size() / 2), wrong}) {
    CAPTURE(text);
    std::ofstream(file) << text;
    CHECK(adder_literal(cache.solve(kWeight, kBias, kInputs, {})) == adders);
    CHECK(content(file) == sound);
  }
}

}  // namespace
}  // namespace rtlgen::testing
