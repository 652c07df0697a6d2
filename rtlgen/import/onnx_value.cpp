#include "rtlgen/import/onnx_value.hpp"

#include <algorithm>

namespace rtlgen {

NetNode OnnxContext::origin(const OnnxNode& node) const {
  NetNode made;
  made.name = node.name.empty() ? node.outputs.front() : node.name;
  made.label = onnx_label(node);
  // Modules that are one layer: `/layers.0/linear1/MatMul` is `layers.0.linear1`.
  static const std::vector<std::string> kParts = {
      "MatMul", "Gemm", "Einsum", "LayerNormalization", "BatchNormalization", "Div"};
  const std::size_t last = made.name.rfind('/');
  if (last != std::string::npos && last > 0 && std::find(kParts.begin(), kParts.end(), node.op) != kParts.end()) {
    made.name.erase(last);
  }
  return made;
}

OnnxValue OnnxContext::over(const OnnxValue& like, std::size_t tensor) const {
  OnnxValue made = like;
  made.kind = OnnxValue::Kind::activation;
  made.node = tensor;
  return made;
}

OnnxValue OnnxContext::materialized(const OnnxNode& node, const OnnxValue& value) {
  OnnxValue made = value;
  const std::vector<std::int64_t> features = atom_offsets(atoms_of(value.layout, OnnxAtomKind::feature));
  const OnnxAxis token_axis = atoms_of(value.layout, OnnxAtomKind::token);
  const std::int64_t tokens = network.at(value.node).tokens;
  std::vector<std::int64_t> columns;
  const bool one_token = token_axis.empty() && tokens > 1;
  columns.reserve(features.size());
  for (const std::int64_t feature : features) {
    columns.push_back(feature + value.feature_offset +
                      (one_token ? value.token_offset * network.at(value.node).features : 0));
  }
  if (!one_token && !is_whole(token_axis, OnnxAtomKind::token, tokens)) {
    fail(node, "uses some of the tokens, or tokens in another order; expected all of them or a single one");
  }
  made.node = network.add_select(value.node, columns, one_token, origin(node));
  made.token_offset = 0;
  made.feature_offset = 0;
  auto stride = static_cast<std::int64_t>(features.size());
  for (OnnxAxis& axis : made.layout) {
    for (OnnxAtom& atom : axis) {
      if (atom.kind == OnnxAtomKind::feature) {
        stride /= atom.size;
        atom.stride = stride;
      }
    }
    axis = merged_atoms(axis);
  }
  return made;
}

OnnxValue OnnxContext::with_all_features(const OnnxNode& node, const OnnxValue& value) {
  const auto places = atom_offsets(atoms_of(value.layout, OnnxAtomKind::feature));
  const std::int64_t all = network.at(value.node).features;
  const bool whole = value.feature_offset == 0 && static_cast<std::int64_t>(places.size()) == all &&
                     *std::max_element(places.begin(), places.end()) == all - 1;
  return whole ? value : materialized(node, value);
}

void OnnxContext::use_mask(const OnnxNode& node, bool if_set) {
  if (polarity_known && padded_if_set != if_set) {
    fail(node, "takes the mask the other way round than a node before");
  }
  polarity_known = true;
  padded_if_set = if_set;
}

OnnxValue constant_value(OnnxTensor tensor) {
  OnnxValue value;
  value.constant = std::make_shared<const OnnxTensor>(std::move(tensor));
  return value;
}

const OnnxValue& required(const OnnxContext& context, const OnnxNode& node, const OnnxInputs& inputs, std::size_t i) {
  if (i >= inputs.size() || inputs[i] == nullptr) {
    throw SourceError({context.graph.file},
                      "invalid ONNX: " + onnx_label(node) + ": input " + std::to_string(i) + " is missing");
  }
  return *inputs[i];
}

OnnxTensorPtr optional_constant(const OnnxContext& context, const OnnxNode& node, const OnnxInputs& inputs,
                                std::size_t i) {
  if (i >= inputs.size() || inputs[i] == nullptr) {
    return nullptr;
  }
  if (!inputs[i]->is(OnnxValue::Kind::constant)) {
    context.fail(node, "input " + std::to_string(i) + " is computed from the event, expected a constant");
  }
  return inputs[i]->constant;
}

namespace {

/// Of each element of a value, events aside: which token and feature of its tensor it is.
struct Places {
  OnnxShape shape;
  std::vector<std::int64_t> tokens;
  std::vector<std::int64_t> features;
};

Places places_of(const OnnxValue& value) {
  Places places;
  places.tokens = {value.token_offset};
  places.features = {value.feature_offset};
  for (const OnnxAxis& axis : value.layout) {
    OnnxAxis of_event = axis;
    of_event.erase(std::remove_if(of_event.begin(), of_event.end(),
                                  [](const OnnxAtom& atom) { return atom.kind == OnnxAtomKind::batch; }),
                   of_event.end());
    places.shape.push_back(axis_size(of_event));
    for (const OnnxAtom& atom : of_event) {
      const auto grow = [&](std::vector<std::int64_t>& list, std::int64_t stride) {
        std::vector<std::int64_t> more;
        more.reserve(list.size() * static_cast<std::size_t>(atom.size));
        for (const std::int64_t place : list) {
          for (std::int64_t i = 0; i < atom.size; ++i) {
            more.push_back(place + i * stride);
          }
        }
        list = std::move(more);
      };
      grow(places.tokens, atom.kind == OnnxAtomKind::token ? atom.stride : 0);
      grow(places.features, atom.kind == OnnxAtomKind::feature ? atom.stride : 0);
    }
  }
  return places;
}

/// The numbers of a constant by `slot(token, feature)`, of which there are `slots`.
template <typename Slot>
std::optional<std::vector<double>> numbers_by(const OnnxValue& value, const OnnxTensor& constant, double otherwise,
                                              std::size_t slots, Slot slot) {
  if (constant.values.size() == 1) {
    const auto both = broadcast_shape(value.shape(), constant.shape);
    return both && element_count(*both) == element_count(value.shape())
               ? std::optional<std::vector<double>>(std::vector<double>(slots, constant.values[0]))
               : std::nullopt;
  }
  const Places places = places_of(value);
  const auto result = broadcast_shape(places.shape, constant.shape);
  if (!result || element_count(*result) != element_count(places.shape)) {
    return std::nullopt;
  }
  OnnxShape padded = constant.shape;  // leading axes of size 1 of the constant may be more than the value has
  while (padded.size() > places.shape.size()) {
    padded.erase(padded.begin());
  }
  const std::vector<std::int64_t> indices = broadcast_indices(padded, places.shape);
  std::vector<double> numbers(slots, otherwise);
  std::vector<bool> seen(slots, false);
  for (std::size_t i = 0; i < indices.size(); ++i) {
    const std::size_t at = slot(places.tokens[i], places.features[i]);
    const double number = constant.values[static_cast<std::size_t>(indices[i])];
    if (seen[at] && numbers[at] != number) {
      return std::nullopt;
    }
    seen[at] = true;
    numbers[at] = number;
  }
  return numbers;
}

}  // namespace

std::optional<std::vector<double>> per_feature(const OnnxContext& context, const OnnxValue& value,
                                               const OnnxTensor& constant, double otherwise) {
  const auto features = static_cast<std::size_t>(context.network.at(value.node).features);
  return numbers_by(value, constant, otherwise, features,
                    [](std::int64_t /*token*/, std::int64_t feature) { return static_cast<std::size_t>(feature); });
}

std::optional<std::vector<double>> per_element(const OnnxContext& context, const OnnxValue& value,
                                               const OnnxTensor& constant, double otherwise) {
  const NetNode& tensor = context.network.at(value.node);
  return numbers_by(value, constant, otherwise, static_cast<std::size_t>(tensor.tokens * tensor.features),
                    [&](std::int64_t token, std::int64_t feature) {
                      return static_cast<std::size_t>(token * tensor.features + feature);
                    });
}

}  // namespace rtlgen
