#include "tests/support/imported.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>

#include "ir/golden.hpp"
#include "rtlgen/deliver/compile_model.hpp"
#include "rtlgen/frontend/event_file.hpp"
#include "rtlgen/frontend/yaml_frontend.hpp"
#include "rtlgen/import/read_onnx.hpp"
#include "rtlgen/import/write_import.hpp"
#include "rtlgen/model/float_reference.hpp"

namespace rtlgen::testing {
namespace {

/// One row for each event.
RowMatrix by_event(const RowMatrix& rows, std::size_t events) {
  const auto count = static_cast<Eigen::Index>(events);
  return Eigen::Map<const RowMatrix>(rows.data(), count, rows.size() / count);
}

/// Differences of all values, scaled by `scale(expected)`.
template <typename Scale>
std::vector<double> differences(const RowMatrix& rows, const NpyArray& expected, Scale scale) {
  REQUIRE(static_cast<std::size_t>(rows.size()) == expected.values.size());
  std::vector<double> result(expected.values.size());
  std::transform(expected.values.begin(), expected.values.end(), rows.data(), result.begin(),
                 [&](double value, double found) { return std::abs(found - value) / scale(value); });
  return result;
}

}  // namespace

ImportedLayer imported_layer(const std::string& name, const std::string& type, nlohmann::ordered_json keys,
                             std::vector<std::string> inputs) {
  ImportedLayer made;
  made.name = name;
  made.type = type;
  made.keys = std::move(keys);
  made.inputs = std::move(inputs);
  return made;
}

std::string import_data(const std::string& name) { return source_folder() + "/tests/data/import/" + name; }

std::string import_onnx(const TemporaryFolder& folder, const std::string& file, const std::string& input) {
  ImportOptions options;
  options.file = file;
  options.out = folder.file(std::filesystem::path(file).stem().string());
  if (!input.empty()) {
    options.input = input;
  }
  write_import(read_onnx(options), options);
  return options.out + "/model.yaml";
}

RowMatrix golden_rows(const std::string& model, const std::string& events) {
  const CompiledModel compiled = compile_model(model, {});
  const Events loaded = load_events(events, compiled.model, std::nullopt);
  const Mantissas output = golden_output(compiled.graph, quantize_events(compiled.graph, loaded));
  return by_event(to_real(output, compiled.graph.node(compiled.graph.output()).type.frac,
                          compiled.graph.node(compiled.graph.output()).scale),
                  loaded.count);
}

RowMatrix float_rows(const std::string& model, const std::string& events) {
  const Model loaded = load_model(model, {});
  const Events batch = load_events(events, loaded, std::nullopt);
  return by_event(float_output(loaded, batch, 64), batch.count);
}

std::size_t count_differences(const RowMatrix& rows, const NpyArray& expected) {
  const std::vector<double> found =
      differences(rows, expected, [](double value) { return std::max(1.0, std::abs(value)); });
  // Not a number is a difference, too.
  return static_cast<std::size_t>(
      std::count_if(found.begin(), found.end(), [](double difference) { return !(difference <= 1e-9); }));
}

double largest_difference(const RowMatrix& rows, const NpyArray& expected) {
  const std::vector<double> found = differences(rows, expected, [](double) { return 1.0; });
  const bool numbers = std::all_of(found.begin(), found.end(), [](double value) { return std::isfinite(value); });
  return numbers ? *std::max_element(found.begin(), found.end()) : HUGE_VAL;
}

}  // namespace rtlgen::testing
