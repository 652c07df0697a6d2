// Models written by the scripts that export from PyTorch and HGQ2.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "rtlgen/files/file_bytes.hpp"
#include "rtlgen/files/npy.hpp"
#include "rtlgen/files/npz.hpp"
#include "rtlgen/files/process.hpp"
#include "tests/support/dice.hpp"
#include "tests/support/imported.hpp"
#include "tests/support/python.hpp"
#include "tests/support/skipped.hpp"

namespace rtlgen::testing {
namespace {

/// Exports a state dict to `exported` in the folder.
void export_torch(const TemporaryFolder& folder, const std::string& file, std::vector<std::string> options) {
  options.insert(options.begin(), {file, "-o", folder.file("exported")});
  run_python(folder, "scripts/export_torch.py", options);
}

/// The state dict NAME.pt computes what NAME.onnx does.
void check_torch(const std::string& name, std::vector<std::string> options, std::size_t features) {
  constexpr std::size_t kEvents = 50;
  constexpr std::size_t kTokens = 8;
  constexpr unsigned kSeed = 78;
  INFO("seed " << kSeed << " + " << seed_offset());
  Dice dice(kSeed);
  std::vector<double> x(kEvents * kTokens * features);
  for (double& value : x) {
    value = dice.normal();
  }
  const TemporaryFolder folder;
  write_npy(folder.file("x.npy"), {kEvents, kTokens, features}, x);
  run_python(folder, "tests/data/import/qonnx_forward.py",
             {import_data("torch/" + name + ".onnx"), folder.file("x.npy"), folder.file("y.npy")});
  options.insert(options.end(), {"--heads", "2", "--tokens", "8"});
  export_torch(folder, import_data("torch/" + name + ".pt"), options);
  INFO(read_text(folder.file("exported/model.yaml")));
  const RowMatrix rows = float_rows(folder.file("exported/model.yaml"), folder.file("x.npy"));
  // Constants such as 1/sqrt(key_dim) are float32 in the ONNX file.
  CHECK(largest_difference(rows, read_npy(folder.file("y.npy"))) < 1e-6);
}

TEST_CASE("export_torch: state dicts are the models that torch exports", "[import]") {
  if (!has_python()) {
    return;
  }
  const std::vector<std::string> pooled = {"--pool", "mean"};
  SECTION("post-norm, ReLU") { check_torch("post_relu_11", pooled, 6); }
  SECTION("pre-norm, GELU, a norm at the end") {
    check_torch("pre_gelu_13", {"--pool", "mean", "--norm", "pre", "--activation", "gelu"}, 6);
  }
  SECTION("post-norm, GELU") { check_torch("post_gelu_17", {"--pool", "mean", "--activation", "gelu"}, 6); }
  SECTION("pre-norm, tokens first") { check_torch("tokens_first_pre_relu_17", {"--pool", "mean", "--norm", "pre"}, 6); }
  SECTION("an attention alone") { check_torch("attention_13", {}, 16); }
}

TEST_CASE("export_torch: the public track regressor has its arrays and its outputs", "[import]") {
  if (!has_shared_model("files/trackformers_lin3.pt") || !has_python()) {
    return;
  }
  const TemporaryFolder folder;
  export_torch(folder, shared_model("files/trackformers_lin3.pt"),
               {"--heads", "8", "--tokens", "27", "--mask", "count"});
  const NpzFile written(folder.file("exported/weights.npz"));
  const NpzFile known(shared_model("trackformers_lin3.npz"));
  const std::vector<std::string> names = known.names();
  const std::vector<std::string> written_names = written.names();
  CHECK(std::set<std::string>(names.begin(), names.end()) ==
        std::set<std::string>(written_names.begin(), written_names.end()));
  for (const std::string& name : names) {
    INFO(name);
    const NpyArray array = known.read(name);
    CHECK(written.read(name).shape == array.shape);
    CHECK(written.read(name).values == array.values);
  }
  // Outputs at padding are not compared: nobody asks for them.
  const NpzFile vectors(shared_model("trackformers_lin3_vectors.npz"));
  const NpyArray x = vectors.read("x");
  const NpyArray hits = vectors.read("n_hits");
  write_npz(folder.file("events.npz"),
            {{"x", npy_bytes(x.shape, x.values)},
             {"count", npy_bytes(hits.shape, std::vector<std::int64_t>(hits.values.begin(), hits.values.end()))}});
  const RowMatrix rows = float_rows(folder.file("exported/model.yaml"), folder.file("events.npz"));
  const NpyArray expected = vectors.read("y_float64");
  REQUIRE(static_cast<std::size_t>(rows.size()) == expected.values.size());
  double largest = 0;
  for (std::size_t event = 0; event < x.shape[0]; ++event) {
    const auto real = static_cast<std::size_t>(hits.values[event]) * 3;
    for (std::size_t i = 0; i < real; ++i) {
      const double found = rows(static_cast<Eigen::Index>(event), static_cast<Eigen::Index>(i));
      largest = std::max(largest, std::abs(found - expected.values[event * 81 + i]));
    }
  }
  CHECK(largest < 1e-6);
}

TEST_CASE("export_torch: files that are no state dicts are refused in one line, and nothing is written", "[import]") {
  if (!has_python()) {
    return;
  }
  const TemporaryFolder folder;
  const std::string good = read_text(import_data("torch/post_relu_11.pt"));
  REQUIRE(good.size() > 1000);
  constexpr unsigned kSeed = 79;
  INFO("seed " << kSeed << " + " << seed_offset());
  Dice dice(kSeed);
  std::vector<std::string> files = {"", "PK", "no state dict", good.substr(0, good.size() / 2),
                                    good.substr(0, good.size() - 30)};
  for (int i = 0; i < 10; ++i) {
    std::string damaged = good;
    const auto place = static_cast<std::size_t>(dice.below(static_cast<int>(good.size())));
    damaged[place] = static_cast<char>(dice.below(256));
    files.push_back(damaged);
  }
  int refused = 0;
  for (const std::string& bytes : files) {
    write_file_bytes(folder.file("model.pt"), bytes);
    const Command command{{RTLGEN_PYTHON, "-B", source_folder() + "/scripts/export_torch.py", "model.pt", "-o", "out",
                           "--heads", "2", "--tokens", "8"},
                          folder.path(),
                          folder.path() / "log",
                          std::chrono::seconds{60}};
    const int status = run_process(command);
    const std::string log = read_text(command.log);
    INFO(log);
    CHECK((status == 0 || status == 2));  // a flipped bit of a weight is no error
    CHECK(std::count(log.begin(), log.end(), '\n') == 1);
    CHECK(std::filesystem::exists(folder.file("out")) == (status == 0));
    std::filesystem::remove_all(folder.file("out"));
    refused += status == 2 ? 1 : 0;
  }
  CHECK(refused >= 5);
}

TEST_CASE("export_hgq: models with quantizers per element are exact", "[import]") {
  if (!has_python()) {
    return;
  }
  const TemporaryFolder folder;
  run_python(folder, "tests/import/hgq_models.py", {folder.path().string()});
  for (const std::string name :
       {"mlp", "uniform", "tokens", "residual", "softmax", "softmax_wrap", "softmax_tokens", "per_token", "attention",
        "attention_masked", "pooled_mean", "pooled_max", "pooled_sum", "modes_wrap", "modes_sat", "modes_sat_sym"}) {
    DYNAMIC_SECTION(name) {
      const std::string model = folder.file(name + "/model.yaml");
      const std::string events = folder.file(name + (name == "attention_masked" ? "_x.npz" : "_x.npy"));
      INFO(read_text(model));
      const NpyArray expected = read_npy(folder.file(name + "_y.npy"));
      REQUIRE(expected.shape[0] == 10000);
      CHECK(count_differences(golden_rows(model, events), expected) == 0);
    }
  }
}

TEST_CASE("export_hgq: a softmax without tables is close, and the description says so", "[import]") {
  if (!has_python()) {
    return;
  }
  const TemporaryFolder folder;
  run_python(folder, "tests/import/hgq_models.py", {folder.path().string()});
  const std::string model = folder.file("functions/model.yaml");
  INFO(read_text(model));
  CHECK(read_text(model).find("close, not equal") != std::string::npos);
  const NpyArray expected = read_npy(folder.file("functions_y.npy"));
  // Outputs are probabilities of 8 features.
  CHECK(largest_difference(golden_rows(model, folder.file("functions_x.npy")), expected) < 0.02);
}

}  // namespace
}  // namespace rtlgen::testing
