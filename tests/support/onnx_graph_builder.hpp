// ONNX graphs built as plain data, and what the importer makes of them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "rtlgen/import/imported_model.hpp"
#include "rtlgen/import/onnx_graph.hpp"

namespace rtlgen::testing {

/// A graph with nodes in the order in which they are added; tensors go by name. The event is 'x'.
class OnnxGraphBuilder {
 public:
  explicit OnnxGraphBuilder(const std::vector<OnnxDim>& event = {{1, ""}, {4, ""}, {2, ""}});

  /// Adds the input 'mask', [1, 4].
  void add_mask();

  /// Adds an initializer; returns its name.
  std::string constant(const std::vector<std::int64_t>& shape, const std::vector<double>& values);
  std::string number(double value) { return constant({}, {value}); }
  std::string whole(const std::vector<std::int64_t>& shape, const std::vector<double>& values, int bits,
                    bool is_signed);

  /// Adds a node with one output and whole numbers as attributes; returns the output.
  std::string add(const std::string& op, const std::vector<std::string>& inputs,
                  const std::map<std::string, std::int64_t>& wholes = {});
  OnnxNode& last() { return graph_.nodes.back(); }

  /// ReduceMean, ReduceMax, ReduceSum or Unsqueeze along one axis.
  std::string along(const std::string& op, const std::string& x, std::int64_t axis, bool keep = true);
  std::string transpose(const std::string& x, const std::vector<std::int64_t>& order);
  /// Signed, with a scale of `scale`.
  std::string quant(const std::string& x, double scale, double bits);

  /// What the importer makes of the likeliest reading. Throws SourceError.
  ImportedModel model(const std::vector<std::string>& outputs, const std::optional<int>& tokens = std::nullopt);
  ImportedModel model(const std::string& output) { return model(std::vector<std::string>{output}); }

  /// What is said where there is no counterpart.
  std::string error(const std::string& output);

 private:
  OnnxGraph graph_;
};

/// All notes of a model, a line each.
std::string notes_of(const ImportedModel& model);

/// The types of a model's layers, in order.
std::vector<std::string> layer_types(const ImportedModel& model);

}  // namespace rtlgen::testing
