#include "rtlgen/frontend/overrides.hpp"

#include <charconv>

#include "rtlgen/files/nearest.hpp"

namespace rtlgen {
namespace {

/// Whether `path` is `name` or goes on behind it with a dot.
bool leads(const std::string& name, const std::string& path) {
  return !name.empty() && path.compare(0, name.size(), name) == 0 &&
         (path.size() == name.size() || path[name.size()] == '.');
}

/// `path` without its first `length` characters and the dot behind them.
std::string rest_of(const std::string& path, std::size_t length) {
  return path.size() > length ? path.substr(length + 1) : "";
}

void mark_overridden(YamlNode& node, const SourceLocation& where) {
  node.from_override = true;
  node.where = where;
  for (YamlKey& key : node.keys) {
    key.where = where;
  }
  for (YamlNode& item : node.items) {
    mark_overridden(item, where);
  }
}

/// The value of `key`, made where missing.
YamlNode& value_of(YamlNode& map, const std::string& key, const SourceLocation& where) {
  if (YamlNode* const found = map.find(key)) {
    return *found;
  }
  map.keys.push_back({key, where});
  map.items.emplace_back();
  mark_overridden(map.items.back(), where);
  return map.items.back();
}

/// The key that begins `path`: the longest that is there; else the first word (under precision.layers: all but the last
/// word).
std::string leading_key(const YamlNode& map, const std::string& walked, const std::string& path) {
  std::string best;
  for (const YamlKey& key : map.keys) {
    if (key.text.size() > best.size() && leads(key.text, path)) {
      best = key.text;
    }
  }
  if (!best.empty()) {
    return best;
  }
  const bool patterns = walked == "precision.layers";
  return path.substr(0, patterns ? path.rfind('.') : path.find('.'));
}

/// The element of a list that begins `path`, by its name or its index; `length` becomes the characters used.
YamlNode& leading_element(YamlNode& list, const std::string& walked, const std::string& path,
                          const SourceLocation& where, std::size_t& length) {
  YamlNode* best = nullptr;
  std::vector<std::string> names;
  length = 0;
  for (YamlNode& item : list.items) {
    const YamlNode* const name = item.find("name");
    if (name == nullptr || name->kind != YamlNode::Kind::scalar) {
      continue;
    }
    names.push_back(name->text);
    if (name->text.size() > length && leads(name->text, path)) {
      best = &item;
      length = name->text.size();
    }
  }
  if (best != nullptr) {
    return *best;
  }
  const std::string word = path.substr(0, path.find('.'));
  std::size_t index = 0;
  const auto [stop, error] = std::from_chars(word.data(), word.data() + word.size(), index);
  if (error == std::errc() && stop == word.data() + word.size() && index < list.items.size()) {
    length = word.size();
    return list.items[index];
  }
  throw SourceError(where, "'" + walked + "' has no element '" + word + "'" + did_you_mean(word, names) + " (it has " +
                               std::to_string(list.items.size()) +
                               (names.empty() ? " elements)" : " elements: " + join(names) + ")"));
}

}  // namespace

void apply_override(YamlNode& root, const std::string& assignment) {
  const SourceLocation where{"--set " + assignment, 0, 0};
  const std::size_t equals = assignment.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw SourceError(where, "expected path=value");
  }
  std::string path = assignment.substr(0, equals);
  const std::string value_text = assignment.substr(equals + 1);
  const bool blank = value_text.find_first_not_of(' ') == std::string::npos;
  YamlNode value;
  if (!blank) {
    try {
      value = parse_yaml(value_text, where.file);
    } catch (const SourceError&) {
      throw SourceError(where, "the value is not valid YAML");
    }
  }
  mark_overridden(value, where);

  YamlNode* node = &root;
  std::string walked;
  while (!path.empty()) {
    std::size_t length = 0;
    YamlNode* next = nullptr;
    if (node->kind == YamlNode::Kind::list) {
      next = &leading_element(*node, walked, path, where, length);
    } else {
      if (node->kind == YamlNode::Kind::scalar) {
        throw SourceError(where, "'" + walked + "' is " + describe(*node) + ", it has no keys");
      }
      node->kind = YamlNode::Kind::map;
      const std::string key = leading_key(*node, walked, path);
      length = key.size();
      if (key.empty()) {
        throw SourceError(where, "the path has an empty word");
      }
      if (blank && length == path.size()) {
        for (std::size_t i = 0; i < node->keys.size(); ++i) {
          if (node->keys[i].text == key) {
            node->keys.erase(node->keys.begin() + static_cast<std::ptrdiff_t>(i));
            node->items.erase(node->items.begin() + static_cast<std::ptrdiff_t>(i));
            return;
          }
        }
        throw SourceError(where, "there is no key '" + key + "' to remove");
      }
      next = &value_of(*node, key, where);
    }
    walked += (walked.empty() ? "" : ".") + path.substr(0, length);
    const bool dangling = path.size() == length + 1;
    path = rest_of(path, length);
    if (dangling) {
      throw SourceError(where, "the path has an empty word");
    }
    node = next;
  }
  *node = std::move(value);
}

}  // namespace rtlgen
