#include "ir/text.hpp"

#include <yaml-cpp/yaml.h>

#include <limits>
#include <map>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include "ir/source_error.hpp"
#include "ir/verify.hpp"

namespace rtlgen {
namespace {

/// Attributes as the text has them, in order of their names.
using Attribute = std::variant<std::int64_t, std::string, Quantizer, Literal>;
using Attributes = std::map<std::string, Attribute>;

/// Takes down what an operation shows.
class AttributeWriter final : public AttributeVisitor {
 public:
  using AttributeVisitor::operator();
  void operator()(const char* name, std::int64_t& value) override { attributes_[name] = value; }
  void operator()(const char* name, std::string& value) override { attributes_[name] = value; }
  void operator()(const char* name, Quantizer& value) override { attributes_[name] = value; }
  void operator()(const char* name, Literal& value) override { attributes_[name] = value; }

  const Attributes& attributes() const { return attributes_; }

 private:
  Attributes attributes_;
};

/// Gives an operation what the text says.
class AttributeReader final : public AttributeVisitor {
 public:
  explicit AttributeReader(const Attributes& attributes) : attributes_(attributes) {}

  using AttributeVisitor::operator();
  void operator()(const char* name, std::int64_t& value) override { read(name, value, "an integer"); }
  void operator()(const char* name, std::string& value) override { read(name, value, "a text"); }
  void operator()(const char* name, Quantizer& value) override { read(name, value, "a quantizer"); }
  void operator()(const char* name, Literal& value) override { read(name, value, "a literal"); }
  bool has(const char* name, bool /*present*/) override { return attributes_.count(name) > 0; }

  /// Throws IrError where the text has an attribute that nobody asked for.
  void require_all_read() const {
    for (const auto& [name, value] : attributes_) {
      if (read_.count(name) == 0) {
        throw IrError("there is no attribute '" + name + "'");
      }
    }
  }

 private:
  template <typename T>
  void read(const char* name, T& value, const char* kind) {
    const auto found = attributes_.find(name);
    if (found == attributes_.end()) {
      throw IrError(std::string("attribute '") + name + "' is missing");
    }
    const T* const typed = std::get_if<T>(&found->second);
    if (typed == nullptr) {
      throw IrError(std::string("attribute '") + name + "' must be " + kind);
    }
    value = *typed;
    read_.insert(name);
  }

  const Attributes& attributes_;
  std::set<std::string> read_;
};

void emit(YAML::Emitter& out, const Literal& literal) {
  out << YAML::Flow << YAML::BeginMap << YAML::Key << "shape" << YAML::Value << YAML::BeginSeq;
  for (const int extent : literal.shape) {
    out << extent;
  }
  out << YAML::EndSeq << YAML::Key << "values" << YAML::Value << YAML::BeginSeq;
  for (const std::int64_t value : literal.values) {
    out << value;
  }
  out << YAML::EndSeq << YAML::EndMap;
}

void emit(YAML::Emitter& out, const Attribute& attribute) {
  if (const auto* integer = std::get_if<std::int64_t>(&attribute)) {
    out << *integer;
  } else if (const auto* text = std::get_if<std::string>(&attribute)) {
    out << *text;
  } else if (const auto* quantizer = std::get_if<Quantizer>(&attribute)) {
    out << to_string(*quantizer);
  } else {
    emit(out, std::get<Literal>(attribute));
  }
}

class Reader {
 public:
  Reader(std::string file, OperationMaker maker) : file_(std::move(file)), maker_(maker) {}

  Graph read(const std::string& text) {
    try {
      const YAML::Node root = YAML::Load(text);
      Graph graph;
      graph.name = field(root, "model").as<std::string>();
      graph.target.clock_mhz = field(root, "clock_mhz").as<double>();
      graph.target.device = field(root, "device").as<std::string>();
      graph.target.lanes = field(root, "tokens_per_beat").as<int>();
      graph.target.dsp_luts = field(root, "dsp_luts").as<double>();
      for (const YAML::Node& node : field(root, "nodes")) {
        read_node(graph, node);
      }
      std::vector<Graph::NodeId> outputs;
      for (const YAML::Node& output : field(root, "outputs")) {
        outputs.push_back(id_of(output));
      }
      graph.set_outputs(std::move(outputs));
      infer_types(graph);
      verify(graph);
      return graph;
    } catch (const YAML::Exception& error) {
      throw SourceError({file_, error.mark.line + 1, error.mark.column + 1}, error.msg);
    } catch (const IrError& error) {
      throw SourceError({file_}, error.what());
    }
  }

 private:
  [[noreturn]] void fail(const YAML::Node& node, const std::string& message) const {
    throw SourceError({file_, node.Mark().line + 1, node.Mark().column + 1}, message);
  }

  YAML::Node field(const YAML::Node& map, const std::string& key) const {
    if (!map.IsMap() || !map[key]) {
      fail(map, "expected a map with the key '" + key + "'");
    }
    return map[key];
  }

  Graph::NodeId id_of(const YAML::Node& name) const {
    const auto found = ids_.find(name.as<std::string>());
    if (found == ids_.end()) {
      fail(name, "there is no node '" + name.as<std::string>() + "' before this one");
    }
    return found->second;
  }

  void read_node(Graph& graph, const YAML::Node& text) {
    Node node;
    node.name = field(text, "name").as<std::string>();
    node.operation = read_operation(text);
    std::vector<Graph::NodeId> operands;
    for (const YAML::Node& operand : field(text, "operands")) {
      operands.push_back(id_of(operand));
    }
    if (text["scale"]) {
      node.scale = {field(text, "scale").as<std::vector<double>>(), field(text, "offset").as<std::vector<double>>()};
    }
    if (text["lanes"]) {
      node.lanes = field(text, "lanes").as<int>();
    }
    if (ids_.count(node.name) > 0) {
      fail(text, "two nodes are called '" + node.name + "'");
    }
    const std::string name = node.name;
    ids_[name] = graph.add(std::move(node), operands);
  }

  std::shared_ptr<const Operation> read_operation(const YAML::Node& text) const {
    const auto op = field(text, "op").as<std::string>();
    std::shared_ptr<Operation> operation = maker_(op);
    if (operation == nullptr) {
      fail(field(text, "op"), "there is no operation '" + op + "'");
    }
    Attributes attributes;
    for (const auto& entry : field(text, "attributes")) {
      attributes.emplace(entry.first.as<std::string>(), read_attribute(entry.second));
    }
    AttributeReader reader(attributes);
    try {
      operation->visit(reader);
      reader.require_all_read();
    } catch (const IrError& error) {
      fail(text, "node '" + field(text, "name").as<std::string>() + "' (" + op + "): " + error.what());
    }
    return operation;
  }

  Literal read_literal(const YAML::Node& node) const {
    Literal literal{field(node, "shape").as<std::vector<int>>(), field(node, "values").as<std::vector<std::int64_t>>()};
    double count = 1;  // no overflow, whatever the extents are
    for (const int extent : literal.shape) {
      count *= extent < 0 ? std::numeric_limits<double>::infinity() : extent;
    }
    if (count != static_cast<double>(literal.values.size())) {
      fail(node, "a literal has as many values as its shape says");
    }
    return literal;
  }

  Attribute read_attribute(const YAML::Node& node) const {
    if (node.IsMap()) {
      return read_literal(node);
    }
    const auto text = node.as<std::string>();
    if (text.find('<') != std::string::npos) {
      std::string problem;
      const auto spec = parse_format(text, problem);
      if (!spec || spec->automatic) {
        fail(node, problem.empty() ? "expected a format that is not automatic" : problem);
      }
      return spec->quantizer;
    }
    std::int64_t integer = 0;
    if (YAML::convert<std::int64_t>::decode(node, integer)) {
      return integer;
    }
    return text;
  }

  std::string file_;
  OperationMaker maker_;
  std::map<std::string, Graph::NodeId> ids_;
};

}  // namespace

std::string to_text(const Graph& graph) {
  YAML::Emitter out;
  out << YAML::BeginMap;
  out << YAML::Key << "model" << YAML::Value << graph.name;
  out << YAML::Key << "clock_mhz" << YAML::Value << graph.target.clock_mhz;
  out << YAML::Key << "device" << YAML::Value << graph.target.device;
  out << YAML::Key << "tokens_per_beat" << YAML::Value << graph.target.lanes;
  out << YAML::Key << "dsp_luts" << YAML::Value << graph.target.dsp_luts;
  out.SetDoublePrecision(std::numeric_limits<double>::max_digits10);
  out << YAML::Key << "nodes" << YAML::Value << YAML::BeginSeq;
  for (const Graph::NodeId id : graph.topological_order()) {
    const Node& node = graph.node(id);
    out << YAML::BeginMap;
    out << YAML::Key << "name" << YAML::Value << node.name;
    out << YAML::Key << "op" << YAML::Value << std::string(node.op());
    out << YAML::Key << "operands" << YAML::Value << YAML::Flow << YAML::BeginSeq;
    for (const Graph::NodeId operand : graph.operands(id)) {
      out << graph.node(operand).name;
    }
    out << YAML::EndSeq;
    AttributeWriter writer;
    node.operation->clone()->visit(writer);
    out << YAML::Key << "attributes" << YAML::Value << YAML::BeginMap;
    for (const auto& [key, attribute] : writer.attributes()) {
      out << YAML::Key << key << YAML::Value;
      emit(out, attribute);
    }
    out << YAML::EndMap;
    if (node.lanes > 0) {
      out << YAML::Key << "lanes" << YAML::Value << node.lanes;
    }
    if (!(node.scale == TensorScale())) {
      out << YAML::Key << "scale" << YAML::Value << YAML::Flow << node.scale.scale;
      out << YAML::Key << "offset" << YAML::Value << YAML::Flow << node.scale.offset;
    }
    out << YAML::EndMap;
  }
  out << YAML::EndSeq;
  out << YAML::Key << "outputs" << YAML::Value << YAML::Flow << YAML::BeginSeq;
  for (const Graph::NodeId output : graph.outputs()) {
    out << graph.node(output).name;
  }
  out << YAML::EndSeq << YAML::EndMap;
  return std::string(out.c_str()) + "\n";
}

Graph from_text(const std::string& text, OperationMaker maker, const std::string& file) {
  return Reader(file, maker).read(text);
}

}  // namespace rtlgen
