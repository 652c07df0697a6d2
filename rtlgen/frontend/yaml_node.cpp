#include "rtlgen/frontend/yaml_node.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <map>
#include <optional>
#include <sstream>

#include "rtlgen/files/file_bytes.hpp"

namespace rtlgen {
namespace {

constexpr std::size_t kMaxDepth = 64;
constexpr std::size_t kMaxNodes = 200000;
constexpr std::size_t kMaxYamlBytes = std::size_t{4} << 20;
constexpr std::size_t kMaxQuotedText = 60;

/// Builds the tree from yaml-cpp's parse events.
class TreeBuilder : public YAML::EventHandler {
 public:
  explicit TreeBuilder(const std::string& name) : name_(name) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { add(mark, anchor, YamlNode()); }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      throw SourceError(location(mark), "an alias may not stand inside the value it refers to");
    }
    count_nodes(size_of(found->second), mark);
    place(YamlNode(found->second));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode node;
    node.kind = YamlNode::Kind::scalar;
    node.text = value;
    node.quoted = tag == "!";
    if (!node.quoted && (value == "~" || value == "null")) {
      node.kind = YamlNode::Kind::null;
    }
    add(mark, anchor, std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    open(mark, anchor, YamlNode::Kind::list, style);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    open(mark, anchor, YamlNode::Kind::map, style);
  }
  void OnMapEnd() override { close(); }

  /// The finished tree.
  YamlNode take() {
    if (odd_key_) {
      throw SourceError(*odd_key_, "a key must be plain text");
    }
    return std::move(root_);
  }

 private:
  /// A list or map under construction.
  struct Open {
    YamlNode node;
    YAML::anchor_t anchor = 0;
  };

  SourceLocation location(const YAML::Mark& mark) const { return {name_, mark.line + 1, mark.column + 1}; }

  static std::size_t size_of(const YamlNode& node) {
    std::size_t size = 1;
    for (const YamlNode& item : node.items) {
      size += size_of(item);
    }
    return size;
  }

  void count_nodes(std::size_t more, const YAML::Mark& mark) {
    nodes_ += more;
    if (nodes_ > kMaxNodes) {
      throw SourceError(location(mark), "the document has too many values");
    }
  }

  void open(const YAML::Mark& mark, YAML::anchor_t anchor, YamlNode::Kind kind, YAML::EmitterStyle::value style) {
    if (open_.size() >= kMaxDepth) {
      throw SourceError(location(mark), "the document is nested too deeply");
    }
    count_nodes(1, mark);
    YamlNode node;
    node.kind = kind;
    node.flow = style == YAML::EmitterStyle::Flow;
    node.where = location(mark);
    open_.push_back({std::move(node), anchor});
  }

  void close() {
    Open finished = std::move(open_.back());
    open_.pop_back();
    if (finished.anchor != 0) {
      anchors_[finished.anchor] = finished.node;
    }
    place(std::move(finished.node));
  }

  void add(const YAML::Mark& mark, YAML::anchor_t anchor, YamlNode node) {
    count_nodes(1, mark);
    node.where = location(mark);
    if (anchor != 0) {
      anchors_[anchor] = node;
    }
    place(std::move(node));
  }

  bool expects_key() const {
    if (open_.empty()) {
      return false;
    }
    const YamlNode& top = open_.back().node;
    return top.kind == YamlNode::Kind::map && top.keys.size() == top.items.size();
  }

  /// Notes a key that is no plain text; a syntax error behind it is the better message (`[1, 2` looks like a key to
  /// yaml-cpp).
  void note_odd_key(const SourceLocation& where) {
    if (!odd_key_) {
      odd_key_ = where;
    }
  }

  void place(YamlNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    YamlNode& top = open_.back().node;
    if (!expects_key()) {
      top.items.push_back(std::move(node));
      return;
    }
    if (node.kind != YamlNode::Kind::scalar) {
      note_odd_key(node.where);
      top.keys.push_back({"", node.where});
      return;
    }
    for (const YamlKey& key : top.keys) {
      if (key.text == node.text) {
        throw SourceError(node.where, "duplicate key '" + node.text + "' (first given in line " +
                                          std::to_string(key.where.line) + ")");
      }
    }
    top.keys.push_back({node.text, node.where});
  }

  const std::string& name_;
  YamlNode root_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, YamlNode> anchors_;
  std::optional<SourceLocation> odd_key_;
  std::size_t nodes_ = 0;
};

/// Bytes of the UTF-8 character at `text[0]`, 0 where there is none.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) {
    const bool control = (lead < 0x20 && lead != '\t' && lead != '\n' && lead != '\r') || lead == 0x7f;
    return control ? 0 : 1;
  }
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) {
    return 0;
  }
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) {
      return 0;
    }
  }
  const bool surrogate_or_overlong = (lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xed && byte(1) >= 0xa0) ||
                                     (lead == 0xf0 && byte(1) < 0x90) || (lead == 0xf4 && byte(1) >= 0x90);
  return surrogate_or_overlong ? 0 : length;
}

void check_text(std::string_view text, const std::string& name) {
  SourceLocation where{name, 1, 1};
  std::size_t position = text.substr(0, 3) == "\xef\xbb\xbf" ? 3 : 0;
  while (position < text.size()) {
    const std::size_t length = utf8_length(text.substr(position));
    if (length == 0) {
      throw SourceError(where, "not a text file in UTF-8");
    }
    if (text[position] == '\n') {
      ++where.line;
      where.column = 0;
    }
    ++where.column;
    position += length;
  }
}

}  // namespace

const YamlNode* YamlNode::find(std::string_view key) const {
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (keys[i].text == key) {
      return &items[i];
    }
  }
  return nullptr;
}

YamlNode* YamlNode::find(std::string_view key) {
  return const_cast<YamlNode*>(static_cast<const YamlNode*>(this)->find(key));
}

YamlNode parse_yaml(std::string_view text, const std::string& name) {
  check_text(text, name);
  std::istringstream stream{std::string(text)};
  TreeBuilder builder(name);
  try {
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) {
      throw SourceError({name, 1, 1}, "the document is empty");
    }
    YamlNode root = builder.take();
    TreeBuilder second(name);
    if (parser.HandleNextDocument(second)) {
      throw SourceError(second.take().where, "only one document is expected");
    }
    return root;
  } catch (const YAML::Exception& error) {
    throw SourceError({name, error.mark.line + 1, error.mark.column + 1}, "YAML syntax: " + error.msg);
  }
}

YamlNode read_yaml(const std::string& path) { return parse_yaml(read_file_bytes(path, kMaxYamlBytes), path); }

std::string describe(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::null:
      return "nothing";
    case YamlNode::Kind::list:
      return "a list";
    case YamlNode::Kind::map:
      return "a map";
    case YamlNode::Kind::scalar:
      break;
  }
  std::string text = node.text.size() > kMaxQuotedText ? node.text.substr(0, kMaxQuotedText) + "..." : node.text;
  for (char& character : text) {
    if (character == '\n' || character == '\r' || character == '\t') {
      character = ' ';
    }
  }
  return (node.quoted ? "the text '" : "'") + text + "'";
}

}  // namespace rtlgen
