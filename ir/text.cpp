#include "ir/text.hpp"

#include <yaml-cpp/yaml.h>

#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "ir/source_error.hpp"
#include "ir/verify.hpp"

namespace rtlgen {
namespace {

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

const char* mask_text(MaskKind mask) {
  return mask == MaskKind::none ? "none" : (mask == MaskKind::count ? "count" : "valid");
}

class Reader {
 public:
  explicit Reader(std::string file) : file_(std::move(file)) {}

  Graph read(const std::string& text) {
    try {
      const YAML::Node root = YAML::Load(text);
      Graph graph;
      graph.name = field(root, "model").as<std::string>();
      graph.tokens = field(root, "tokens").as<int>();
      const auto mask = field(root, "mask").as<std::string>();
      if (mask != "none" && mask != "count" && mask != "valid") {
        fail(root["mask"], "mask is '" + mask + "', expected none, count or valid");
      }
      graph.mask = mask == "count" ? MaskKind::count : (mask == "valid" ? MaskKind::valid : MaskKind::none);
      graph.target.clock_mhz = field(root, "clock_mhz").as<double>();
      graph.target.device = field(root, "device").as<std::string>();
      graph.target.lanes = field(root, "tokens_per_beat").as<int>();
      for (const YAML::Node& node : field(root, "nodes")) {
        read_node(graph, node);
      }
      graph.set_output(id_of(field(root, "output")));
      if (root["output_scale"]) {
        graph.scales[graph.node(graph.output()).name] = {field(root, "output_scale").as<std::vector<double>>(),
                                                         field(root, "output_offset").as<std::vector<double>>()};
      }
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
    node.op = field(text, "op").as<std::string>();
    std::vector<Graph::NodeId> operands;
    for (const YAML::Node& operand : field(text, "operands")) {
      operands.push_back(id_of(operand));
    }
    for (const auto& entry : field(text, "attributes")) {
      node.attributes.emplace(entry.first.as<std::string>(), read_attribute(entry.second));
    }
    if (ids_.count(node.name) > 0) {
      fail(text, "two nodes are called '" + node.name + "'");
    }
    const std::string name = node.name;
    ids_[name] = graph.add(std::move(node), operands);
  }

  Attribute read_attribute(const YAML::Node& node) const {
    if (node.IsMap()) {
      return Literal{field(node, "shape").as<std::vector<int>>(),
                     field(node, "values").as<std::vector<std::int64_t>>()};
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
  std::map<std::string, Graph::NodeId> ids_;
};

}  // namespace

std::string to_text(const Graph& graph) {
  YAML::Emitter out;
  out << YAML::BeginMap;
  out << YAML::Key << "model" << YAML::Value << graph.name;
  out << YAML::Key << "tokens" << YAML::Value << graph.tokens;
  out << YAML::Key << "mask" << YAML::Value << mask_text(graph.mask);
  out << YAML::Key << "clock_mhz" << YAML::Value << graph.target.clock_mhz;
  out << YAML::Key << "device" << YAML::Value << graph.target.device;
  out << YAML::Key << "tokens_per_beat" << YAML::Value << graph.target.lanes;
  out << YAML::Key << "nodes" << YAML::Value << YAML::BeginSeq;
  for (const Graph::NodeId id : graph.topological_order()) {
    const Node& node = graph.node(id);
    out << YAML::BeginMap;
    out << YAML::Key << "name" << YAML::Value << node.name;
    out << YAML::Key << "op" << YAML::Value << node.op;
    out << YAML::Key << "operands" << YAML::Value << YAML::Flow << YAML::BeginSeq;
    for (const Graph::NodeId operand : graph.operands(id)) {
      out << graph.node(operand).name;
    }
    out << YAML::EndSeq;
    out << YAML::Key << "attributes" << YAML::Value << YAML::BeginMap;
    for (const auto& [key, attribute] : node.attributes) {
      out << YAML::Key << key << YAML::Value;
      emit(out, attribute);
    }
    out << YAML::EndMap << YAML::EndMap;
  }
  out << YAML::EndSeq;
  out << YAML::Key << "output" << YAML::Value << graph.node(graph.output()).name;
  const TensorScale scale = graph.scale_of(graph.output());
  if (!scale.scale.empty()) {
    out.SetDoublePrecision(std::numeric_limits<double>::max_digits10);
    out << YAML::Key << "output_scale" << YAML::Value << YAML::Flow << scale.scale;
    out << YAML::Key << "output_offset" << YAML::Value << YAML::Flow << scale.offset;
  }
  out << YAML::EndMap;
  return std::string(out.c_str()) + "\n";
}

Graph from_text(const std::string& text, const std::string& file) { return Reader(file).read(text); }

}  // namespace rtlgen
