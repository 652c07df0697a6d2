#include "tests/support/onnx_graph_builder.hpp"

#include <memory>

#include "rtlgen/import/onnx_layers.hpp"

namespace rtlgen::testing {

OnnxGraphBuilder::OnnxGraphBuilder(const std::vector<OnnxDim>& event) {
  graph_.file = "test.onnx";
  graph_.opset = 17;
  graph_.inputs.push_back({"x", event});
}

void OnnxGraphBuilder::add_mask() { graph_.inputs.push_back({"mask", {{1, ""}, {4, ""}}}); }

std::string OnnxGraphBuilder::constant(const std::vector<std::int64_t>& shape, const std::vector<double>& values) {
  std::string name = "c" + std::to_string(graph_.initializers.size());
  auto made = std::make_shared<OnnxTensor>();
  made->shape = shape;
  made->values = values;
  graph_.initializers[name] = made;
  return name;
}

std::string OnnxGraphBuilder::whole(const std::vector<std::int64_t>& shape, const std::vector<double>& values, int bits,
                                    bool is_signed) {
  std::string name = constant(shape, values);
  OnnxTensor made = *graph_.initializers[name];
  made.kind = OnnxKind::integer;
  made.bits = bits;
  made.is_signed = is_signed;
  graph_.initializers[name] = std::make_shared<const OnnxTensor>(made);
  return name;
}

std::string OnnxGraphBuilder::add(const std::string& op, const std::vector<std::string>& inputs,
                                  const std::map<std::string, std::int64_t>& wholes) {
  OnnxNode node;
  node.op = op;
  node.name = "n" + std::to_string(graph_.nodes.size());
  node.inputs = inputs;
  node.outputs = {node.name + "_out"};
  for (const auto& [key, value] : wholes) {
    node.attributes[key].whole = value;
  }
  graph_.nodes.push_back(node);
  return node.outputs[0];
}

std::string OnnxGraphBuilder::along(const std::string& op, const std::string& x, std::int64_t axis, bool keep) {
  std::string made = add(op, {x}, {{"keepdims", keep ? 1 : 0}});
  last().attributes["axes"].wholes = {axis};
  return made;
}

std::string OnnxGraphBuilder::transpose(const std::string& x, const std::vector<std::int64_t>& order) {
  std::string made = add("Transpose", {x});
  last().attributes["perm"].wholes = order;
  return made;
}

std::string OnnxGraphBuilder::quant(const std::string& x, double scale, double bits) {
  return add("Quant", {x, number(scale), number(0), number(bits)});
}

ImportedModel OnnxGraphBuilder::model(const std::vector<std::string>& outputs, const std::optional<int>& tokens) {
  graph_.outputs = outputs;
  ImportOptions options;
  options.file = graph_.file;
  const OnnxReading reading = event_readings(graph_, tokens).front();
  return make_layers(interpret_onnx(graph_, reading, tokens), graph_, options);
}

std::string OnnxGraphBuilder::error(const std::string& output) {
  try {
    model(output);
  } catch (const SourceError& error) {
    return error.what();
  }
  return "no error";
}

std::string notes_of(const ImportedModel& model) {
  std::string text;
  for (const std::string& note : model.notes) {
    text += note + "\n";
  }
  return text;
}

std::vector<std::string> layer_types(const ImportedModel& model) {
  std::vector<std::string> list;
  for (const ImportedLayer& layer : model.layers) {
    list.push_back(layer.type);
  }
  return list;
}

}  // namespace rtlgen::testing
