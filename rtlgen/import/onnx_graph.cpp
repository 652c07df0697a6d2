#include "rtlgen/import/onnx_graph.hpp"

namespace rtlgen {
namespace {

const OnnxAttribute* find(const OnnxNode& node, const std::string& key) {
  const auto found = node.attributes.find(key);
  return found == node.attributes.end() ? nullptr : &found->second;
}

}  // namespace

std::int64_t OnnxNode::whole(const std::string& key, std::int64_t otherwise) const {
  const OnnxAttribute* const attribute = find(*this, key);
  return attribute == nullptr ? otherwise : attribute->whole;
}

double OnnxNode::number(const std::string& key, double otherwise) const {
  const OnnxAttribute* const attribute = find(*this, key);
  return attribute == nullptr ? otherwise : attribute->number;
}

std::string OnnxNode::text(const std::string& key, const std::string& otherwise) const {
  const OnnxAttribute* const attribute = find(*this, key);
  return attribute == nullptr ? otherwise : attribute->text;
}

const std::vector<std::int64_t>* OnnxNode::wholes(const std::string& key) const {
  const OnnxAttribute* const attribute = find(*this, key);
  return attribute == nullptr ? nullptr : &attribute->wholes;
}

std::string onnx_printable(const std::string& text) {
  constexpr std::size_t kMost = 120;
  std::string line = text.substr(0, kMost);
  for (char& c : line) {
    if (c < ' ' || c > '~') {
      c = '?';
    }
  }
  return text.size() > kMost ? line + ".." : line;
}

std::string onnx_label(const OnnxNode& node) {
  const bool nameless = node.name.empty() && !node.outputs.empty();
  return "node '" + onnx_printable(nameless ? node.outputs.front() : node.name) + "' (" + onnx_printable(node.op) + ")";
}

void fail_onnx(const std::string& file, const OnnxNode& node, const std::string& what) {
  throw SourceError({file}, onnx_label(node) + ": " + what);
}

}  // namespace rtlgen
