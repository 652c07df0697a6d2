#include "rtlgen/import/onnx_file.hpp"

#include <google/protobuf/io/coded_stream.h>
#include <onnx/onnx_pb.h>

#include <cmath>
#include <cstring>
#include <deque>
#include <limits>
#include <map>
#include <set>
#include <type_traits>

#include "rtlgen/files/file_bytes.hpp"
#include "rtlgen/import/onnx_rules.hpp"

namespace rtlgen {
namespace {

constexpr std::size_t kMaxFile = std::size_t{512} << 20;
constexpr int kMaxItems = 100000;  ///< nodes, initializers
constexpr int kMaxRank = 8;
constexpr std::int64_t kMaxElements = std::int64_t{1} << 28;

using onnx::TensorProto;

/// Reads the parts of one model.
class Reader {
 public:
  explicit Reader(const std::string& path) { graph_.file = path; }

  OnnxGraph read() {
    onnx::ModelProto model;
    parse(model);
    graph_.producer = onnx_printable(model.producer_name() + " " + model.producer_version());
    for (const onnx::OperatorSetIdProto& set : model.opset_import()) {
      if (own_domain(set.domain()).empty()) {
        graph_.opset = set.version();
      }
    }
    if (model.opset_import_size() == 0) {
      fail_invalid("it says no opset");
    }
    const onnx::GraphProto& graph = model.graph();
    if (graph.node_size() > kMaxItems || graph.initializer_size() > kMaxItems || graph.input_size() > kMaxItems) {
      fail("more than " + std::to_string(kMaxItems) + " nodes or initializers");
    }
    if (graph.sparse_initializer_size() > 0) {
      fail("sparse initializers are not supported, expected dense ones");
    }
    for (const TensorProto& tensor : graph.initializer()) {
      const std::string what = "initializer '" + onnx_printable(tensor.name()) + "'";
      if (!graph_.initializers.emplace(tensor.name(), read_tensor(tensor, what)).second) {
        fail_invalid(what + " is there twice");
      }
    }
    read_inputs(graph);
    for (const onnx::NodeProto& node : graph.node()) {
      graph_.nodes.push_back(read_node(node));
    }
    for (const onnx::ValueInfoProto& output : graph.output()) {
      graph_.outputs.push_back(output.name());
    }
    if (graph_.outputs.empty()) {
      fail_invalid("the graph has no output");
    }
    sort_nodes();
    return std::move(graph_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { throw SourceError({graph_.file}, what); }

  /// What no ONNX file may be.
  [[noreturn]] void fail_invalid(const std::string& what) const { fail("invalid ONNX: " + what); }
  [[noreturn]] void fail_invalid(const OnnxNode& node, const std::string& what) const {
    fail_invalid(onnx_label(node) + ": " + what);
  }

  void parse(onnx::ModelProto& model) const {
    const std::string bytes = read_file_bytes(graph_.file, kMaxFile);
    google::protobuf::io::CodedInputStream stream(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                                  static_cast<int>(bytes.size()));
    if (!model.ParseFromCodedStream(&stream) || !stream.ConsumedEntireMessage()) {
      fail_invalid(not_a_model(bytes));
    }
    if (!model.has_graph()) {
      fail_invalid(bytes.empty() ? "the file is empty" : "it has no graph");
    }
  }

  static std::string not_a_model(const std::string& bytes) {
    const auto begins = [&](const char* magic) { return bytes.rfind(magic, 0) == 0; };
    if (begins("\x89HDF")) {
      return "an HDF5 file; models of Keras end in .h5";
    }
    if (begins("PK")) {
      return "a zip archive; models of Keras end in .keras, those of PyTorch in .pt";
    }
    return "not a protocol buffer that holds a model, or one that is cut or damaged";
  }

  static std::string own_domain(const std::string& domain) { return domain == "ai.onnx" ? "" : domain; }

  void read_inputs(const onnx::GraphProto& graph) {
    for (const onnx::ValueInfoProto& info : graph.input()) {
      if (graph_.initializers.count(info.name()) != 0) {
        continue;
      }
      OnnxInput input;
      input.name = info.name();
      if (!info.type().has_tensor_type() || !info.type().tensor_type().has_shape()) {
        fail("input '" + onnx_printable(info.name()) + "' is no tensor with a shape");
      }
      const int type = info.type().tensor_type().elem_type();
      if (type == onnx::TensorProto::STRING || type == onnx::TensorProto::COMPLEX64 ||
          type == onnx::TensorProto::COMPLEX128 || type == onnx::TensorProto::UNDEFINED) {
        fail("input '" + onnx_printable(info.name()) + "' does not hold real numbers");
      }
      const onnx::TensorShapeProto& shape = info.type().tensor_type().shape();
      if (shape.dim_size() > kMaxRank) {
        fail("input '" + onnx_printable(info.name()) + "' has more than " + std::to_string(kMaxRank) + " axes");
      }
      for (const onnx::TensorShapeProto::Dimension& dim : shape.dim()) {
        const bool open = !dim.has_dim_value() || dim.dim_value() <= 0;
        if (!open && dim.dim_value() > kMaxElements) {
          fail("input '" + onnx_printable(info.name()) + "' has an axis of " + std::to_string(dim.dim_value()));
        }
        input.dims.push_back({open ? -1 : dim.dim_value(), dim.dim_param()});
      }
      graph_.inputs.push_back(std::move(input));
    }
  }

  OnnxNode read_node(const onnx::NodeProto& from) const {
    OnnxNode node;
    node.name = from.name();
    node.op = from.op_type();
    node.domain = own_domain(from.domain());
    node.inputs.assign(from.input().begin(), from.input().end());
    node.outputs.assign(from.output().begin(), from.output().end());
    if (node.outputs.empty()) {
      fail_invalid(node, "has no output");
    }
    if (node.op.empty()) {
      fail_invalid(node, "says no operation");
    }
    check_arity(node);
    for (const onnx::AttributeProto& attribute : from.attribute()) {
      const std::string what = onnx_label(node) + ": attribute '" + onnx_printable(attribute.name()) + "'";
      if (attribute.has_g() || attribute.graphs_size() > 0) {
        fail_onnx(graph_.file, node, "control flow is not supported; expected a graph that was traced without it");
      }
      OnnxAttribute read;
      read.number = attribute.f();
      read.whole = attribute.i();
      read.text = attribute.s();
      read.numbers.assign(attribute.floats().begin(), attribute.floats().end());
      read.wholes.assign(attribute.ints().begin(), attribute.ints().end());
      if (attribute.has_t()) {
        read.tensor = read_tensor(attribute.t(), what);
      }
      if (attribute.has_sparse_tensor()) {
        fail(what + " is sparse");
      }
      check_type(node, attribute, what);
      if (!node.attributes.emplace(attribute.name(), std::move(read)).second) {
        fail_invalid(what + " is there twice");
      }
    }
    return node;
  }

  /// Operations of ONNX itself have no more and no fewer inputs than it defines for them.
  void check_arity(const OnnxNode& node) const {
    const auto expected = node.domain.empty() ? onnx_arity(node.op) : std::nullopt;
    if (expected && (node.inputs.size() < expected->least || node.inputs.size() > expected->most)) {
      fail_invalid(node, "has " + std::to_string(node.inputs.size()) + " inputs, expected " +
                             std::to_string(expected->least) +
                             (expected->most > expected->least ? " to " + std::to_string(expected->most) : ""));
    }
  }

  /// The same for the types of their attributes.
  void check_type(const OnnxNode& node, const onnx::AttributeProto& attribute, const std::string& what) const {
    using onnx::AttributeProto;
    static const std::map<int, OnnxAttributeType> kTypes = {{AttributeProto::INT, OnnxAttributeType::whole},
                                                            {AttributeProto::INTS, OnnxAttributeType::wholes},
                                                            {AttributeProto::FLOAT, OnnxAttributeType::number},
                                                            {AttributeProto::STRING, OnnxAttributeType::text}};
    const auto expected = node.domain.empty() ? onnx_attribute_type(attribute.name()) : std::nullopt;
    const auto type = kTypes.find(attribute.type());
    // The first version of the format did not write types.
    if (expected && attribute.type() != AttributeProto::UNDEFINED &&
        (type == kTypes.end() || type->second != *expected)) {
      static const std::map<OnnxAttributeType, const char*> kNames = {{OnnxAttributeType::whole, "a whole number"},
                                                                      {OnnxAttributeType::wholes, "whole numbers"},
                                                                      {OnnxAttributeType::number, "a number"},
                                                                      {OnnxAttributeType::text, "a text"}};
      fail_invalid(what + " is not " + kNames.at(*expected));
    }
  }

  /// The number of elements of a shape.
  std::int64_t count_elements(const TensorProto& from, const std::string& what) const {
    if (from.dims_size() > kMaxRank) {
      fail(what + " has more than " + std::to_string(kMaxRank) + " axes");
    }
    std::int64_t count = 1;
    for (const std::int64_t size : from.dims()) {
      if (size < 0 || (size > 0 && count > kMaxElements / size)) {
        fail(what + " has an impossible shape (negative or too large)");
      }
      count *= size;
    }
    return count;
  }

  OnnxTensorPtr read_tensor(const TensorProto& from, const std::string& what) const {
    if (from.data_location() == TensorProto::EXTERNAL || from.external_data_size() > 0) {
      fail(what + " is kept in another file; expected a model with all its data inside");
    }
    if (from.has_segment()) {
      fail(what + " is in segments, which are not supported");
    }
    OnnxTensor tensor;
    const auto count = static_cast<std::size_t>(count_elements(from, what));
    tensor.shape.assign(from.dims().begin(), from.dims().end());
    switch (from.data_type()) {
      case TensorProto::FLOAT:
        take<float>(from, from.float_data(), tensor);
        break;
      case TensorProto::DOUBLE:
        take<double>(from, from.double_data(), tensor);
        break;
      case TensorProto::FLOAT16:
        take<std::uint16_t>(from, from.int32_data(), tensor);
        for (double& value : tensor.values) {
          value = half_value(static_cast<unsigned>(value));
        }
        tensor.kind = OnnxKind::real;
        break;
      case TensorProto::INT8:
        take<std::int8_t>(from, from.int32_data(), tensor);
        break;
      case TensorProto::UINT8:
        take<std::uint8_t>(from, from.int32_data(), tensor);
        break;
      case TensorProto::INT16:
        take<std::int16_t>(from, from.int32_data(), tensor);
        break;
      case TensorProto::UINT16:
        take<std::uint16_t>(from, from.int32_data(), tensor);
        break;
      case TensorProto::INT32:
        take<std::int32_t>(from, from.int32_data(), tensor);
        break;
      case TensorProto::INT64:
        take<std::int64_t>(from, from.int64_data(), tensor);
        break;
      case TensorProto::BOOL:
        take<std::uint8_t>(from, from.int32_data(), tensor);
        tensor.kind = OnnxKind::boolean;
        break;
      default:
        fail(what + " has data of type " + std::to_string(from.data_type()) +
             "; expected float, double, float16, int8 to int64, uint8, uint16 or bool");
    }
    if (tensor.values.size() != count) {
      fail_invalid(what + " has data for " + std::to_string(tensor.values.size()) + " elements, its shape has " +
                   std::to_string(count));
    }
    return std::make_shared<const OnnxTensor>(std::move(tensor));
  }

  /// Elements of type Number out of raw bytes (little endian) or the field meant for them.
  template <typename Number, typename Field>
  static void take(const TensorProto& from, const Field& field, OnnxTensor& tensor) {
    if (std::is_integral_v<Number>) {
      tensor.kind = OnnxKind::integer;
      tensor.bits = static_cast<int>(8 * sizeof(Number));
      tensor.is_signed = std::is_signed_v<Number>;
    }
    if (!from.has_raw_data()) {
      tensor.values.assign(field.begin(), field.end());
      return;
    }
    const std::string& raw = from.raw_data();
    const std::size_t count = raw.size() / sizeof(Number);
    if (count * sizeof(Number) != raw.size()) {
      return;  // no elements: the caller sees that they are missing
    }
    tensor.values.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
      Number number{};
      std::memcpy(&number, raw.data() + i * sizeof(Number), sizeof(Number));
      tensor.values[i] = static_cast<double>(number);
    }
  }

  /// IEEE 754 binary16.
  static double half_value(unsigned bits) {
    const int exponent = static_cast<int>((bits >> 10U) & 31U);
    const double fraction = bits & 1023U;
    const double sign = (bits & 0x8000U) != 0 ? -1 : 1;
    if (exponent == 31) {
      return fraction == 0 ? sign * std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
    }
    return sign * (exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25));
  }

  /// Brings nodes into an order in which what they use is made before; those in order keep it.
  void sort_nodes() {
    std::map<std::string, std::size_t> makers;
    std::set<std::string> given;
    for (const auto& [name, tensor] : graph_.initializers) {
      given.insert(name);
    }
    for (const OnnxInput& input : graph_.inputs) {
      if (!given.insert(input.name).second) {
        fail_invalid("input '" + onnx_printable(input.name) + "' is there twice");
      }
    }
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      for (const std::string& output : graph_.nodes[i].outputs) {
        if (!output.empty() && (given.count(output) != 0 || !makers.emplace(output, i).second)) {
          fail_invalid(graph_.nodes[i], "makes '" + onnx_printable(output) + "', which is made elsewhere too");
        }
      }
    }
    std::vector<std::set<std::size_t>> users(graph_.nodes.size());
    std::vector<std::size_t> missing(graph_.nodes.size());
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      for (const std::string& input : graph_.nodes[i].inputs) {
        const auto maker = makers.find(input);
        if (maker != makers.end()) {
          missing[i] += users[maker->second].insert(i).second ? 1 : 0;
        } else if (!input.empty() && given.count(input) == 0) {
          fail_invalid(graph_.nodes[i], "uses '" + onnx_printable(input) + "', which nothing makes");
        }
      }
    }
    for (const std::string& output : graph_.outputs) {
      if (makers.count(output) == 0 && given.count(output) == 0) {
        fail_invalid("output '" + onnx_printable(output) + "' is made by nothing");
      }
    }
    order_nodes(users, missing);
  }

  void order_nodes(const std::vector<std::set<std::size_t>>& users, std::vector<std::size_t>& missing) {
    std::set<std::size_t> ready;
    for (std::size_t i = 0; i < missing.size(); ++i) {
      if (missing[i] == 0) {
        ready.insert(i);
      }
    }
    std::vector<OnnxNode> ordered;
    while (!ready.empty()) {
      const std::size_t node = *ready.begin();
      ready.erase(ready.begin());
      for (const std::size_t user : users[node]) {
        if (--missing[user] == 0) {
          ready.insert(user);
        }
      }
      ordered.push_back(std::move(graph_.nodes[node]));
    }
    for (std::size_t i = 0; i < missing.size(); ++i) {
      if (missing[i] != 0) {
        fail_invalid(graph_.nodes[i], "depends on its own output (the graph has a cycle)");
      }
    }
    graph_.nodes = std::move(ordered);
  }

  OnnxGraph graph_;
};

}  // namespace

OnnxGraph read_onnx_file(const std::string& path) { return Reader(path).read(); }

}  // namespace rtlgen
