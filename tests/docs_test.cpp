// The pages in docs/ name all that the program knows.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "ir/graph.hpp"
#include "ir/source_error.hpp"
#include "ir/text.hpp"
#include "primitives/primitive.hpp"
#include "rtlgen/compile_model.hpp"
#include "rtlgen/rtl_library.hpp"
#include "rtlgen/yaml_frontend.hpp"

namespace rtlgen {
namespace {

namespace fs = std::filesystem;

const fs::path kSource = RTLGEN_SOURCE_DIR;

std::string page(const std::string& name) {
  std::ifstream file(kSource / "docs" / name);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// The part of docs/ir.md about an operation; empty where it has no heading.
std::string section(const std::string& text, const std::string& op) {
  const std::string heading = "\n### " + op + "\n";
  const std::size_t begin = text.find(heading);
  if (begin == std::string::npos) {
    return "";
  }
  return text.substr(begin, text.find("\n##", begin + heading.size()) - begin);
}

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

const char* const kHead = "model: m\ninput: {tokens: 1, features: 1}\n";

std::vector<std::string> layer_types() {
  return listed(complaint(std::string(kHead) + "layers: [{name: a, type: nothing}]\n"), "(known types: ");
}

}  // namespace

TEST_CASE("docs: ir.md has every operation, in the order of the registry", "[docs]") {
  const std::string text = page("ir.md");
  std::size_t last = 0;
  for (const std::string_view op : primitive_ops()) {
    CAPTURE(op);
    const std::size_t at = text.find("\n### " + std::string(op) + "\n");
    REQUIRE(at != std::string::npos);
    CHECK(at > last);
    last = at;
  }
}

TEST_CASE("docs: ir.md has every attribute of the shipped models under its operation", "[docs]") {
  const std::string text = page("ir.md");
  for (const char* model : {"jet_tagger", "btag", "encreg"}) {
    const CompiledModel compiled = compile_model((kSource / "configs" / model / "model.yaml").string(), {});
    for (Graph::NodeId id = 0; id < compiled.graph.size(); ++id) {
      const Node& node = compiled.graph.node(id);
      const std::string part = section(text, node.op);
      for (const auto& entry : node.attributes) {
        CAPTURE(model, node.name, node.op, entry.first);
        CHECK(contains(part, "\n| `" + entry.first + "` |"));
      }
    }
  }
}

TEST_CASE("docs: the example in ir.md is an IR", "[docs]") {
  const std::string text = page("ir.md");
  const std::string fence = "```yaml\n";
  const std::size_t begin = text.find(fence);
  REQUIRE(begin != std::string::npos);
  const std::size_t end = text.find("\n```", begin);
  const Graph graph = from_text(text.substr(begin + fence.size(), end - begin - fence.size()), "docs/ir.md");
  CHECK(graph.size() == 3);
  CHECK(to_text(from_text(to_text(graph))) == to_text(graph));
}

TEST_CASE("docs: yaml.md has every top-level key", "[docs]") {
  const std::string text = page("yaml.md");
  for (const std::string& key : listed(complaint("nothing: 1\n"), "(known keys: ")) {
    CAPTURE(key);
    CHECK(contains(text, "\n| `" + key + "` |"));
  }
}

TEST_CASE("docs: yaml.md has every layer type and its keys", "[docs]") {
  const std::string text = page("yaml.md");
  const std::string layers = text.substr(text.find("\n## Layers\n"));
  for (const std::string& type : layer_types()) {
    CAPTURE(type);
    CHECK(contains(layers, "`" + type + "`"));
    const std::string message = complaint(std::string(kHead) + "layers: [{name: a, type: " + type + ", nothing: 1}]\n");
    for (const std::string& key : listed(message, "(known keys: ")) {
      CAPTURE(key);
      CHECK(contains(layers, "`" + key + "`"));
    }
  }
}

TEST_CASE("docs: rtl.md has every module of the library", "[docs]") {
  const std::string text = page("rtl.md");
  for (const auto& entry : rtl_library()) {
    CAPTURE(entry.first);
    CHECK(contains(text, "`" + entry.first + "`"));
  }
}

}  // namespace rtlgen
