// Softmax layers that bring their own tables, from the description on.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "ir/source_error.hpp"
#include "rtlgen/files/file_bytes.hpp"
#include "rtlgen/files/npz.hpp"
#include "rtlgen/frontend/yaml_frontend.hpp"
#include "tests/support/dice.hpp"
#include "tests/support/imported.hpp"

namespace rtlgen::testing {
namespace {

constexpr std::size_t kFeatures = 5;

/// A model of one softmax, its tables and events.
class TableModel {
 public:
  TableModel() {
    set("s.exp_table", 64, 400);
    set("s.inv_table", 128, 900);
    for (std::size_t i = 0; i < 500 * kFeatures; ++i) {
      x_.push_back(static_cast<double>(dice_.between(-128, 127)) / 16);
    }
  }

  /// An array of entries from 0 on.
  void set(const std::string& name, std::size_t entries, int largest) {
    std::vector<std::int64_t>& table = tables_[name];
    table.clear();
    for (std::size_t i = 0; i < entries; ++i) {
      table.push_back(dice_.number(0, largest));
    }
  }
  std::vector<std::int64_t>& table(const std::string& name) { return tables_.at(name); }
  const std::vector<double>& x() const { return x_; }

  /// Path of the description with these keys of the softmax.
  std::string write(const std::string& keys, const std::string& before = "") const {
    std::map<std::string, std::string> arrays;
    for (const auto& [name, values] : tables_) {
      arrays[name] = npy_bytes({values.size()}, values);
    }
    write_npz(folder_.file("weights.npz"), arrays);
    write_npy(folder_.file("x.npy"), {x_.size() / kFeatures, kFeatures}, x_);
    write_file_bytes(folder_.file("model.yaml"),
                     "model: tables\ninput: {tokens: 1, features: 5, format: \"fixed<8,4>\"}\nweights: weights.npz\n"
                     "precision: {default: {activation: exact}}\nlayers:\n" +
                         before + "  - {name: s, type: softmax, " + keys + "}\n");
    return folder_.file("model.yaml");
  }
  std::string events() const { return folder_.file("x.npy"); }

  /// What is said of the description, without the path of the file; nothing if it is a core.
  std::string complaint(const std::string& keys, const std::string& before = "") const {
    try {
      golden_rows(write(keys, before), events());
    } catch (const SourceError& error) {
      const std::string text = error.what();
      return text.substr(text.find("error: "));
    }
    return "";
  }

 private:
  TemporaryFolder folder_;
  Dice dice_{91};
  std::map<std::string, std::vector<std::int64_t>> tables_;
  std::vector<double> x_;
};

const std::string kIndices =
    "exp_index: \"fixed<6,4,rnd_conv,wrap>\", exp_frac: 7, inv_index: \"ufixed<7,4>\", inv_frac: 9";

/// Halves go to even.
double nearest_even(double x) { return std::nearbyint(x); }

TEST_CASE("softmax tables: golden and float model are products of the tables' entries", "[softmax_tables]") {
  TableModel model;
  const std::string path = model.write(kIndices);
  const RowMatrix golden = golden_rows(path, model.events());
  const RowMatrix reference = float_rows(path, model.events());
  REQUIRE(golden.rows() == 500);
  int different = 0;
  for (Eigen::Index row = 0; row < golden.rows(); ++row) {
    const double* const x = model.x().data() + row * static_cast<Eigen::Index>(kFeatures);
    const double largest = *std::max_element(x, x + kFeatures);
    std::vector<double> e;
    double sum = 0;
    for (std::size_t f = 0; f < kFeatures; ++f) {
      const auto code = static_cast<std::size_t>(nearest_even((largest - x[f]) * 4)) % 64;
      e.push_back(static_cast<double>(model.table("s.exp_table")[code]) / 128);
      sum += e.back();
    }
    const double code = std::min(std::floor(sum * 8 + 0.5), 127.0);
    const double inverse = static_cast<double>(model.table("s.inv_table")[static_cast<std::size_t>(code)]) / 512;
    for (std::size_t f = 0; f < kFeatures; ++f) {
      const auto column = static_cast<Eigen::Index>(f);
      different += golden(row, column) != e[f] * inverse || reference(row, column) != e[f] * inverse ? 1 : 0;
    }
  }
  CHECK(different == 0);
}

TEST_CASE("softmax tables: descriptions that make no sense are refused", "[softmax_tables]") {
  TableModel model;
  CHECK(model.complaint(kIndices).empty());
  CHECK(model.complaint(kIndices + ", precision: {activation: \"ufixed<8,0>\"}").empty());
  CHECK(model.complaint("exp_index: \"fixed<6,4>\", exp_frac: 7, inv_index: \"ufixed<7,4>\"") ==
        "error: missing key 'inv_frac' in layer 's' with tables");
  CHECK(model.complaint("exp_index: \"fixed<13,4>\", exp_frac: 7, inv_index: \"ufixed<7,4>\", inv_frac: 9") ==
        "error: 'exp_index' must be fixed<W,I> or ufixed<W,I> with W up to 12, not the text 'fixed<13,4>'");
  CHECK(model.complaint("exp_index: auto<6>, exp_frac: 7, inv_index: \"ufixed<7,4>\", inv_frac: 9") ==
        "error: 'exp_index' must be fixed<W,I> or ufixed<W,I> with W up to 12, not 'auto<6>'");
  CHECK(model.complaint("exp_index: \"fixed<5,4>\", exp_frac: 7, inv_index: \"ufixed<7,4>\", inv_frac: 9") ==
        "error: array 's.exp_table' in weights.npz has shape [64], expected [32]");
  CHECK(model.complaint(kIndices, "  - {name: q, type: quantize, bipolar: true, scale: 0.3}\n") ==
        "error: layer 's' needs its input 'q' in a fixed-point format; expected a quantize layer with `format` before "
        "it");
  model.table("s.inv_table")[3] = -1;
  CHECK(model.complaint(kIndices) == "error: array 's.inv_table' must be whole numbers from 0 to 2^24 - 1");
}

}  // namespace
}  // namespace rtlgen::testing
