// The pages in docs/ name all that the program knows.
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "ir/graph.hpp"
#include "ir/source_error.hpp"
#include "ir/text.hpp"
#include "primitives/primitive.hpp"
#include "primitives/registry.hpp"
#include "rtlgen/deliver/compile_model.hpp"
#include "rtlgen/files/npz.hpp"
#include "rtlgen/frontend/yaml_frontend.hpp"
#include "rtlgen/netlist/rtl_library.hpp"
#include "tests/support/program.hpp"
#include "tests/support/random_model.hpp"
#include "tests/support/temporary_folder.hpp"

namespace rtlgen {
namespace {

namespace fs = std::filesystem;

std::string page(const std::string& name) {
  std::ifstream file(fs::path(testing::source_folder()) / "docs" / name);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

using Words = std::set<std::string>;
/// Cells of a row of a table.
using Row = std::vector<std::string>;

/// What stands below a heading, `### dense`, up to the next heading of any level.
std::string section(const std::string& text, const std::string& heading) {
  CAPTURE(heading);
  const std::size_t begin = text.find("\n" + heading + "\n");
  REQUIRE(begin != std::string::npos);
  const std::size_t body = begin + heading.size() + 2;
  return text.substr(body, std::min(text.find("\n## ", body), text.find("\n### ", body)) - body);
}

/// The rows of the tables in a text whose first column is called `first`.
std::vector<Row> rows(const std::string& text, const std::string& first) {
  std::vector<Row> result;
  bool wanted = false;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("| ", 0) != 0) {
      wanted = wanted && line.rfind("|---", 0) == 0;
      continue;
    }
    Row row;
    for (std::size_t begin = 1; begin < line.size();) {
      const std::size_t end = std::min(line.find(" |", begin), line.size());
      row.push_back(begin < end ? line.substr(begin + 1, end - begin - 1) : "");
      begin = end + 2;
    }
    if (wanted) {
      result.push_back(row);
    }
    wanted = wanted || row.front() == first;
  }
  return result;
}

/// The words in backticks of a cell, but for what stands in parentheses: examples and defaults.
std::vector<std::string> words(const std::string& cell) {
  std::vector<std::string> result;
  int depth = 0;
  for (std::size_t i = 0; i < cell.size(); ++i) {
    if (cell[i] == '`') {
      const std::size_t end = cell.find('`', i + 1);
      REQUIRE(end != std::string::npos);
      if (depth == 0) {
        result.push_back(cell.substr(i + 1, end - i - 1));
      }
      i = end;
    } else if (cell[i] == '(') {
      ++depth;
    } else if (cell[i] == ')') {
      --depth;
    }
  }
  return result;
}

/// The words of the first cells of rows, each of which may have one row only.
Words keys(const std::vector<Row>& table) {
  Words result;
  for (const Row& row : table) {
    for (const std::string& word : words(row.front())) {
      CAPTURE(word);
      CHECK(result.insert(word).second);
    }
  }
  return result;
}

void insert(Words& into, const std::vector<std::string>& more) { into.insert(more.begin(), more.end()); }

/// What the frontend says of a description.
std::string complaint(const std::string& description) {
  const fs::path path = fs::temp_directory_path() / ("rtlgen_docs_test_" + std::to_string(getpid()) + ".yaml");
  std::ofstream(path) << description;
  std::string message;
  try {
    load_model(path.string(), {});
  } catch (const SourceError& error) {
    message = error.what();
  }
  fs::remove(path);
  return message;
}

/// The words that a message lists behind `label`, up to the closing parenthesis.
std::vector<std::string> listed(const std::string& message, const std::string& label) {
  const std::size_t begin = message.find(label);
  REQUIRE(begin != std::string::npos);
  std::vector<std::string> words;
  std::string word;
  for (std::size_t i = begin + label.size(); i < message.size() && message[i] != ')'; ++i) {
    if (message[i] == ',') {
      words.push_back(word);
      word.clear();
    } else if (message[i] != ' ') {
      word += message[i];
    }
  }
  words.push_back(word);
  return words;
}

const std::string kHead = "model: m\ninput: {tokens: 1, features: 1}\n";

/// The keys that the frontend knows at the place where `nothing: 1` stands.
Words known_keys(const std::string& description) {
  Words result;
  insert(result, listed(complaint(description), "(known keys: "));
  return result;
}

Words known_layer_keys(const std::string& layer) {
  return known_keys(kHead + "layers: [{" + layer + ", nothing: 1}]\n");
}

std::vector<std::string> layer_types() {
  return listed(complaint(kHead + "layers: [{name: a, type: nothing}]\n"), "(known types: ");
}

/// A model of what random models have not: exact layers, formats and constants of tokens, attention in steps, a softmax
/// with tables of its own, a function of two tables.
CompiledModel exact_model() {
  const testing::TemporaryFolder folder;
  const std::vector<double> matrix = {0.25, -0.75, 1.25, 0.5};
  write_npz(folder.file("weights.npz"), {{"wide.weight", npy_bytes({2, 2}, matrix)},
                                         {"wide.bias", npy_bytes({2}, std::vector<double>{0.25, -1})},
                                         {"sum.weight", npy_bytes({2, 2}, matrix)},
                                         {"sum.bias", npy_bytes({2}, std::vector<double>{0.5, 0})},
                                         {"mixed.weight", npy_bytes({2, 2}, matrix)},
                                         {"mixed.bias", npy_bytes({2}, std::vector<double>{0, 1})},
                                         {"place.weight", npy_bytes({2}, std::vector<double>{1, 1})},
                                         {"place.bias", npy_bytes({2, 2}, matrix)},
                                         {"placed.width", npy_bytes({2, 2}, std::vector<double>{4, 5, 6, 5})},
                                         {"placed.integer", npy_bytes({2, 2}, std::vector<double>{2, 2, 3, 3})},
                                         {"p.exp_table", npy_bytes({64}, std::vector<double>(64, 9))},
                                         {"p.inv_table", npy_bytes({128}, std::vector<double>(128, 7))}});
  std::ofstream(folder.path() / "model.yaml") << R"(model: exact
input: {tokens: 2, features: 2, format: "fixed<8,3>"}
weights: weights.npz
precision: {default: {activation: exact, weight: "fixed<12,4>", bias: "fixed<12,4>"}}
layers:
  - {name: wide, type: dense, units: 2}
  - {name: bent, type: activation, function: sigmoid}
  - {name: steps, type: quantize, signed: true, bits: 4, scale: 0.25}
  - {name: sum, type: dense, units: 2}
  - {name: codes, type: quantize, signed: true, bits: 4, low: -3, high: 5, scale: 0.25}
  - {name: place, type: affine}
  - {name: placed, type: quantize, formats: per_token}
  - {name: s, scores: [placed, placed], heads: 2}
  - {name: score, type: quantize, format: "fixed<6,3>"}
  - {name: p, type: softmax, groups: 2, exp_index: "ufixed<6,3>", exp_frac: 7, inv_index: "ufixed<7,3>", inv_frac: 7}
  - {name: probability, type: quantize, format: "ufixed<6,1>"}
  - {name: m, mix: [probability, placed], heads: 2}
  - {name: mixed, type: dense, units: 2, precision: {activation: "fixed<16,4>"}}
  - {name: smooth, type: activation, function: tanh, precision: {activation: "fixed<14,2>"}}
)";
  return compile_model(folder.file("model.yaml"), {});
}

/// Names of the attributes that operations show, those that they have not among them.
class AttributeNames final : public AttributeVisitor {
 public:
  using AttributeVisitor::operator();
  void operator()(const char* name, std::int64_t& /*value*/) override { names.insert(name); }
  void operator()(const char* name, std::string& /*value*/) override { names.insert(name); }
  void operator()(const char* name, Quantizer& /*value*/) override { names.insert(name); }
  void operator()(const char* name, Literal& /*value*/) override { names.insert(name); }
  bool has(const char* name, bool present) override {
    names.insert(name);
    return present;
  }

  Words names;
};

/// Attributes of all nodes of a graph, by operation.
void collect(const Graph& graph, std::map<std::string, Words>& attributes) {
  for (Graph::NodeId id = 0; id < graph.size(); ++id) {
    AttributeNames seen;
    graph.node(id).operation->clone()->visit(seen);
    attributes[std::string(graph.node(id).op())].merge(seen.names);
  }
}

}  // namespace

TEST_CASE("docs: ir.md has every operation and no other, in the order of the registry", "[docs]") {
  const std::string text = page("ir.md");
  std::vector<std::string> documented;
  std::istringstream lines(text.substr(text.find("\n## Operations\n")));
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("### ", 0) == 0) {
      documented.push_back(line.substr(4));
    }
  }
  std::vector<std::string> known;
  for (const std::string_view op : primitive_ops()) {
    known.emplace_back(op);
  }
  CHECK(documented == known);
}

TEST_CASE("docs: ir.md has a row for every attribute of an operation, and nodes have what it names", "[docs]") {
  std::map<std::string, Words> attributes;
  for (int index = 0; index < 20; ++index) {
    testing::ModelFolder folder;
    testing::Dice dice(8000 + static_cast<unsigned>(index));
    testing::write_random_model(folder, dice, index);
    collect(folder.compile().graph, attributes);
  }
  collect(exact_model().graph, attributes);
  const std::string text = page("ir.md");
  for (const std::string_view name : primitive_ops()) {
    const std::string op(name);
    CAPTURE(op);
    const Words documented = keys(rows(section(text, "### " + op), "attribute"));
    for (const std::string& attribute : attributes[op]) {
      CAPTURE(attribute);
      CHECK(documented.count(attribute) == 1);
    }
    CHECK(documented == attributes[op]);
  }
}

/// Files below some folders of the repository that have one of these texts.
Words files_with(const std::vector<std::string>& texts, const std::vector<std::string>& folders) {
  const fs::path root = testing::source_folder();
  Words found;
  for (const std::string& folder : folders) {
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root / folder)) {
      if (!entry.is_regular_file()) {
        continue;
      }
      std::ifstream file(entry.path());
      const std::string content{std::istreambuf_iterator<char>(file), {}};
      const auto has = [&](const std::string& text) { return content.find(text) != std::string::npos; };
      if (std::any_of(texts.begin(), texts.end(), has)) {
        found.insert(fs::relative(entry.path(), root).generic_string());
      }
    }
  }
  return found;
}

TEST_CASE("docs: adding.md names every file of the operation and of the layer that are its examples", "[docs]") {
  const std::string text = page("adding.md");
  const auto listed = [&](const std::string& heading) {
    Words files = keys(rows(section(text, heading), "file"));
    for (auto file = files.begin(); file != files.end();) {
      CAPTURE(*file);
      CHECK(fs::is_regular_file(fs::path(testing::source_folder()) / *file));
      file = file->rfind("docs/", 0) == 0 ? files.erase(file) : std::next(file);
    }
    return files;
  };
  Words operation =
      files_with({"class Pool ", "Pool::infer", "entry<Pool>", "module pool "}, {"primitives", "rtl_lib"});
  operation.insert("tests/primitives/pool_test.cpp");
  CHECK(listed("## An operation") == operation);
  CHECK(listed("## A layer") ==
        files_with({"PoolSpec", "PoolLayer", "read_pool"}, {"rtlgen/frontend", "rtlgen/model", "rtlgen/lowering"}));
}

TEST_CASE("docs: files that pages name are there", "[docs]") {
  const fs::path root = testing::source_folder();
  std::vector<fs::path> pages = {root / "README.md"};
  for (const fs::directory_entry& entry : fs::directory_iterator(root / "docs")) {
    pages.push_back(entry.path());
  }
  const std::regex file_name(
      "\\b(ir|primitives|rtlgen|rtl_lib|tests|configs|scripts)/[A-Za-z0-9_/]*\\.(cpp|hpp|v|sh|py|cmake)\\b");
  int found = 0;
  for (const fs::path& page : pages) {
    std::ifstream file(page);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    for (auto match = std::sregex_iterator(text.begin(), text.end(), file_name); match != std::sregex_iterator();
         ++match) {
      CAPTURE(page.filename().string(), match->str());
      CHECK(fs::is_regular_file(root / match->str()));
      ++found;
    }
  }
  CHECK(found > 50);
}

TEST_CASE("docs: the example in ir.md is an IR", "[docs]") {
  const std::string text = page("ir.md");
  const std::string fence = "```yaml\n";
  const std::size_t begin = text.find(fence);
  REQUIRE(begin != std::string::npos);
  const std::size_t end = text.find("\n```", begin);
  const Graph graph =
      from_text(text.substr(begin + fence.size(), end - begin - fence.size()), make_operation, "docs/ir.md");
  CHECK(graph.size() == 3);
  CHECK(to_text(from_text(to_text(graph), make_operation)) == to_text(graph));
}

TEST_CASE("docs: yaml.md has a row for every key but those of layers, and no other", "[docs]") {
  const std::string text = page("yaml.md");
  const auto documented = [&](const std::string& heading) { return keys(rows(section(text, heading), "key")); };
  CHECK(documented("## Top level") == known_keys("nothing: 1\n"));
  CHECK(documented("## Input") == known_keys("model: m\ninput: {nothing: 1}\n"));
  const std::string layers = "layers: [{name: a, type: argmax}]\n";
  CHECK(documented("## Hardware") == known_keys(kHead + "hardware: {nothing: 1}\n" + layers));
  CHECK(documented("## Precision") == known_keys(kHead + "precision: {default: {nothing: 1}}\n" + layers));
}

TEST_CASE("docs: yaml.md has a row for every layer type with its keys, and no other", "[docs]") {
  const std::string text = page("yaml.md");
  std::map<std::string, Words> documented;
  for (const Row& row : rows(section(text, "## Layers"), "type")) {
    REQUIRE(row.size() == 3);
    for (const std::string& word : words(row[0])) {
      CAPTURE(word);
      CHECK(documented.count(word) == 0);
      insert(documented[word], words(row[1]));
    }
  }
  for (const Row& row : rows(section(text, "### Quantize layers"), "key")) {
    insert(documented["quantize"], words(row[0]));
    insert(documented["quantize"], words(row[1]));
  }
  insert(documented["softmax"], {"exp_index", "exp_frac", "inv_index", "inv_frac"});
  CHECK(keys(rows(section(text, "## Softmax with tables of its own"), "key")) ==
        Words{"exp_index", "exp_frac", "inv_index", "inv_frac"});

  std::map<std::string, Words> known;
  for (const std::string& type : layer_types()) {
    known[type] = known_layer_keys("name: a, type: " + type);
    for (const char* common : {"name", "type", "input", "precision"}) {  // said of all layers above and below the table
      CHECK(known[type].erase(common) == 1);
    }
  }
  for (const char* form : {"add: [a, b, ..]", "concat: [a, b, ..]", "scores: [q, k]", "mix: [p, v]"}) {
    const std::string key = std::string(form).substr(0, std::string(form).find(':'));
    known[form] = known_layer_keys(key + ": [event, event]");
    CHECK(known[form].erase(key) == 1);
    CHECK(known[form].erase("precision") == 1);
  }
  for (const auto& entry : known) {
    CAPTURE(entry.first);
    CHECK(documented[entry.first] == entry.second);
  }
  CHECK(documented.size() == known.size());
}

TEST_CASE("docs: commands.md has a row for every option of a command, and no other", "[docs]") {
  const std::string text = page("commands.md");
  const testing::TemporaryFolder folder;
  for (const char* command : {"build", "import", "emulate", "profile", "synth", "cmvm"}) {
    CAPTURE(command);
    Words known;
    std::istringstream help(testing::run_rtlgen(folder.path(), {command, "--help"}).out);
    for (std::string line; std::getline(help, line);) {
      const std::size_t dashes = line.find("--");
      if (line.rfind("  -", 0) == 0 && dashes != std::string::npos && dashes < 8) {
        known.insert(line.substr(dashes, line.find_first_of(" ,", dashes) - dashes));
      }
    }
    known.erase("--help");
    known.erase("--set");  // of all commands with a model
    known.erase("--dump-ir");
    Words documented;
    for (const std::string& word : keys(rows(section(text, std::string("## ") + command), "option"))) {
      if (word.rfind("--", 0) == 0) {
        documented.insert(word);
      }
    }
    CHECK(documented == known);
  }
}

TEST_CASE("docs: rtl.md has a row or a heading for every module of the library", "[docs]") {
  const std::string text = page("rtl.md");
  const Words table = keys(rows(text, "module"));
  Words known;
  for (const auto& entry : rtl_library()) {
    CAPTURE(entry.first);
    known.insert(entry.first);
    const std::string quoted = "`" + entry.first + "` (";
    const bool found = table.count(entry.first) == 1 || text.find("\n### " + quoted) != std::string::npos ||
                       text.find("\n" + quoted) != std::string::npos;
    CHECK(found);
  }
  for (const std::string& module : table) {
    CAPTURE(module);
    CHECK(known.count(module) == 1);
  }
}

}  // namespace rtlgen
