// How far quantization takes real models from their float originals.
#include "ir/golden.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "rtlgen/deliver/accuracy.hpp"
#include "rtlgen/deliver/compile_model.hpp"
#include "rtlgen/files/npz.hpp"
#include "rtlgen/frontend/event_file.hpp"
#include "rtlgen/model/float_reference.hpp"
#include "tests/support/skipped.hpp"
#include "tests/support/temporary_folder.hpp"

namespace rtlgen::testing {
namespace {

std::string config(const std::string& name) { return source_folder() + "/configs/" + name + "/model.yaml"; }

RowMatrix golden_real(const CompiledModel& compiled, const Events& events) {
  return to_real(golden_output(compiled.graph, quantize_events(compiled.graph, events)),
                 compiled.graph.node(compiled.graph.output()).type.frac,
                 compiled.graph.node(compiled.graph.output()).scale);
}

/// Writes events [begin, begin + count) of some arrays to a file of their own, so that calibration never sees what is
/// measured.
std::string write_calibration(const TemporaryFolder& folder, const std::string& vectors,
                              const std::vector<std::string>& names, std::size_t begin, std::size_t count) {
  std::map<std::string, std::string> arrays;
  for (const std::string& name : names) {
    NpyArray array = NpzFile(vectors).read(name);
    const std::size_t stride = array.values.size() / array.shape.front();
    const auto first = array.values.begin() + static_cast<std::ptrdiff_t>(begin * stride);
    const std::vector<double> part(first, first + static_cast<std::ptrdiff_t>(count * stride));
    array.shape.front() = count;
    arrays[name] = array.integral ? npy_bytes(array.shape, std::vector<std::int64_t>(part.begin(), part.end()))
                                  : npy_bytes(array.shape, part);
  }
  write_npz(folder.file("calibration.npz"), arrays);
  return folder.file("calibration.npz");
}

/// Mean squared error of the golden model over that of the float model, against the true parameters.
double error_ratio(const std::vector<std::string>& overrides, const std::string& vectors,
                   std::optional<std::size_t> limit) {
  const CompiledModel compiled = compile_model(config("encreg"), overrides);
  const Events events = load_events(vectors, compiled.model, limit);
  const std::optional<double> golden = squared_error(golden_real(compiled, events), events);
  const std::optional<double> real = squared_error(float_output(compiled.model, events, 64), events);
  REQUIRE(golden.has_value());
  REQUIRE(real.has_value());
  WARN("mean squared error: golden " << *golden << ", float " << *real << ", ratio " << *golden / *real);
  return *golden / *real;
}

TEST_CASE("golden: the jet tagger is as accurate as its float model within half a percent", "[golden]") {
  const CompiledModel compiled = compile_model(config("jet_tagger"), {});
  const Events events = load_events(compiled.model.test_file, compiled.model, std::nullopt);
  const std::optional<double> golden = class_accuracy(golden_real(compiled, events), events);
  const std::optional<double> real = class_accuracy(float_output(compiled.model, events, 64), events);
  REQUIRE(golden.has_value());
  REQUIRE(real.has_value());
  WARN("accuracy: golden " << *golden << ", float " << *real);
  CHECK(*golden > *real - 0.005);
}

TEST_CASE("golden: the public b-tagger decides as in float64 on 99 percent of the vectors", "[golden]") {
  if (!has_shared_model("hls4ml_btag_float_vectors.npz")) {
    return;
  }
  const CompiledModel compiled = compile_model(config("btag"), {"weights=" + shared_model("hls4ml_btag_float.npz")});
  const std::string vectors = shared_model("hls4ml_btag_float_vectors.npz");
  const Events events = load_events(vectors, compiled.model, std::nullopt);
  const NpyArray expected = NpzFile(vectors).read("y_latent_float64");
  const Eigen::Map<const RowMatrix> reference(expected.values.data(), static_cast<Eigen::Index>(expected.shape[0]),
                                              static_cast<Eigen::Index>(expected.shape[1]));
  const double agreement = class_agreement(golden_real(compiled, events), reference);
  WARN("agreement: " << agreement);
  CHECK(agreement >= 0.99);
}

TEST_CASE("golden: the public track regressor on padded events errs at most a fifth more than float", "[golden]") {
  if (has_shared_model("trackformers_lin3_vectors.npz")) {
    CHECK(error_ratio({"weights=" + shared_model("trackformers_lin3.npz")},
                      shared_model("trackformers_lin3_vectors.npz"), std::nullopt) <= 1.2);
  }
}

TEST_CASE("golden: the public track regressor on full events errs at most a fifth more than float", "[golden]") {
  if (has_shared_model("trackformers_lin3_vectors.npz")) {
    const std::string vectors = shared_model("trackformers_lin3_vectors.npz");
    const TemporaryFolder folder;
    CHECK(error_ratio({"weights=" + shared_model("trackformers_lin3.npz"), "input.mask=none", "input.arrays.x=x_fixed",
                       "input.arrays.labels=y_fixed_true",
                       "test=", "calibration=" + write_calibration(folder, vectors, {"x_fixed"}, 256, 256)},
                      vectors, 256) <= 1.2);
  }
}

TEST_CASE("golden: the public regressor of 180 hits errs at most a fifth more than float", "[golden]") {
  if (has_shared_model("trackformers_lin1to20_vectors.npz")) {
    const std::string vectors = shared_model("trackformers_lin1to20_vectors.npz");
    const TemporaryFolder folder;
    CHECK(error_ratio({"weights=" + shared_model("trackformers_lin1to20.npz"), "input.tokens=180",
                       "test=", "calibration=" + write_calibration(folder, vectors, {"x", "n_hits"}, 64, 192)},
                      vectors, 64) <= 1.2);
  }
}

}  // namespace
}  // namespace rtlgen::testing
