#include "rtlgen/import/keras_graph.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "ir/source_error.hpp"
#include "rtlgen/import/keras_config.hpp"
#include "rtlgen/import/keras_problem.hpp"

namespace rtlgen {
namespace {

using nlohmann::json;

constexpr std::size_t kMostLayers = 4096;
constexpr int kMostDepth = 1000;
constexpr std::size_t kMostAxes = 8;
constexpr int kMostEventSize = 1 << 20;
/// Calls of layers in all, those of submodels that are called again included.
constexpr int kMostCalls = 16384;

/// A problem that already names its layer.
struct NamedProblem : KerasProblem {
  using KerasProblem::KerasProblem;
};

/// An output of a call: layer, number of the call, number of the output.
struct Reference {
  std::string layer;
  int node = 0;
  int output = 0;
};

/// One call of a layer.
struct Node {
  std::vector<Reference> inputs;
  std::map<std::string, Reference> named;
  std::set<std::string> arguments;
};

std::string plain_class(const json& layer) {
  const std::string name = config_text(layer, "class_name", "");
  return name.substr(name.rfind('>') + 1);
}

bool is_model(const std::string& class_name) {
  return class_name == "Sequential" || class_name == "Functional" || class_name == "Model";
}

int index_of(const json& value) {
  if (!value.is_number_integer() || value < 0 || value > 65535) {
    throw KerasProblem(fmt::format("tensor index {}, expected a whole number", config_shown(value)));
  }
  return value.get<int>();
}

/// [layer, node, output, ..]
bool is_reference(const json& value) {
  return value.is_array() && value.size() >= 3 && value[0].is_string() && value[1].is_number_integer() &&
         value[2].is_number_integer() && value[0] != "_CONSTANT_VALUE";
}

Reference reference(const json& value) {
  if (!is_reference(value)) {
    throw KerasProblem(fmt::format("an input {}, expected [layer, node, tensor]", config_shown(value)));
  }
  return {value[0].get<std::string>(), index_of(value[1]), index_of(value[2])};
}

/// All references in `value`: one, or a list of them.
std::vector<Reference> references(const json& value) {
  if (is_reference(value)) {
    return {reference(value)};
  }
  std::vector<Reference> result;
  if (value.is_object() && !value.empty() && !value.contains("class_name")) {  // by name, in the order of the names
    for (const auto& [name, item] : value.items()) {
      result.push_back(reference(item));
    }
    return result;
  }
  if (!value.is_array()) {
    throw KerasProblem(fmt::format("{}, expected [layer, node, tensor]", config_shown(value)));
  }
  for (const json& item : value) {
    result.push_back(reference(item));
  }
  return result;
}

bool is_keras_tensor(const json& value) { return config_text(value, "class_name", "") == "__keras_tensor__"; }

/// Arguments that say nothing are left out.
void add_argument(Node& node, const std::string& name, const json& value) {
  if (is_keras_tensor(value)) {
    node.named[name] = reference(config_value(config_value(value, "config"), "keras_history"));
  } else if (is_reference(value)) {
    node.named[name] = reference(value);
  } else if (!value.is_null() && value != false) {
    node.arguments.insert(name);
  }
}

/// {args, kwargs} of Keras 3.
Node new_node(const json& value) {
  Node node;
  const json& arguments = config_value(value, "args");
  if (!arguments.is_array()) {
    throw KerasProblem("a call without args");
  }
  for (const json& argument : arguments) {
    for (const json& item : argument.is_array() ? argument : json::array({argument})) {
      if (!is_keras_tensor(item)) {
        throw KerasProblem(fmt::format("an argument {}, expected a tensor", config_shown(item)));
      }
      node.inputs.push_back(reference(config_value(config_value(item, "config"), "keras_history")));
    }
  }
  const json& named = config_value(value, "kwargs");
  for (const auto& [name, item] : named.items()) {
    add_argument(node, name, item);
  }
  return node;
}

/// [[layer, node, tensor, {kwargs}], ..] of Keras 2; one input may stand without the outer list.
Node old_node(const json& value) {
  Node node;
  const json items = is_reference(value) ? json::array({value}) : value;
  if (!items.is_array()) {
    throw KerasProblem(fmt::format("a call {}, expected a list of inputs", config_shown(value)));
  }
  for (const json& item : items) {
    node.inputs.push_back(reference(item));
    if (item.size() > 3 && item[3].is_object()) {
      for (const auto& [name, argument] : item[3].items()) {
        add_argument(node, name, argument);
      }
    }
  }
  return node;
}

/// The sizes behind the batch of `batch_shape` or `batch_input_shape`; -1 for open ones. Empty where there is none.
std::vector<int> shape_behind_batch(const json& config, const std::vector<std::string>& keys) {
  for (const std::string& key : keys) {
    json shape = config_value(config, key);
    if (shape.is_array() && shape.size() == 1 && shape.front().is_array()) {
      shape = shape.front();
    }
    if (!shape.is_array()) {
      continue;
    }
    if (shape.size() < 2 || shape.size() > kMostAxes) {
      throw KerasProblem(
          fmt::format("{}: {}, expected [batch,features] or [batch,tokens,features]", key, config_shown(shape)));
    }
    std::vector<int> sizes;
    for (std::size_t i = 1; i < shape.size(); ++i) {
      sizes.push_back(shape[i].is_null() ? -1 : config_integer({{key, shape[i]}}, key, -1, 1, kMostEventSize));
    }
    return sizes;
  }
  return {};
}

/// A model's layers by name, and what was made of them.
struct Scope {
  std::map<std::string, const json*> layers;
  std::map<std::string, KerasPlace> places;
  std::map<std::string, KerasTensor> inputs;  ///< what stands for the input layers
  std::map<std::pair<std::string, int>, std::vector<KerasTensor>> made;
  std::set<std::pair<std::string, int>> under_way;
};

class GraphWalk {
 public:
  GraphWalk(std::optional<int> tokens, KerasLayers& layers) : tokens_(tokens), layers_(layers) {}

  std::vector<KerasTensor> model(const json& model, const KerasPlace& place, const std::vector<KerasTensor>* inputs) {
    const json& config = config_value(model, "config");
    const std::string kind = plain_class(model);
    if (++depth_ > kMostDepth) {
      throw KerasProblem("the model is nested too deep");
    }
    std::vector<KerasTensor> outputs;
    if (kind == "Sequential") {
      outputs = {sequential(config.is_array() ? config : config_value(config, "layers"), config, place, inputs)};
    } else if (kind == "Functional" || kind == "Model") {
      outputs = functional(config, place, inputs);
    } else {
      throw KerasProblem(fmt::format("a model of class {}, expected Sequential or Functional", kind));
    }
    --depth_;
    return outputs;
  }

 private:
  /// The layers of a model with their places; names must differ.
  Scope scope_of(const json& layers, const KerasPlace& place) {
    if (!layers.is_array() || layers.size() > kMostLayers) {
      throw KerasProblem(fmt::format("the configuration has no list of at most {} layers", kMostLayers));
    }
    Scope scope;
    std::map<std::string, int> of_class;
    for (const json& layer : layers) {
      const std::string name = name_of(layer);
      if (!scope.layers.emplace(name, &layer).second) {
        throw KerasProblem(fmt::format("two layers are named '{}'", name));
      }
      const std::string kind = keras_store_name(plain_class(layer));
      const int number = of_class[kind]++;
      const std::string prefix = place.store.empty() ? "layers/" : place.store + "/layers/";
      const std::string named = place.named_store.empty() ? "layers/" : place.named_store + "/layers/";
      KerasPlace inner = place;
      inner.names.push_back(name);
      inner.store = prefix + kind + (number == 0 ? "" : "_" + std::to_string(number));
      inner.named_store = named + name;
      scope.places[name] = inner;
    }
    return scope;
  }

  static std::string name_of(const json& layer) {
    const std::string outside = config_text(layer, "name", "");
    const std::string name = config_text(config_value(layer, "config"), "name", outside);
    if (name.empty()) {
      throw KerasProblem("a layer has no name");
    }
    return outside.empty() ? name : outside;
  }

  /// Runs `action`; problems in it are those of the layer.
  template <typename Action>
  static auto about(const std::string& name, const json& layer, const Action& action) -> decltype(action()) {
    try {
      return action();
    } catch (const NamedProblem&) {
      throw;
    } catch (const KerasProblem& problem) {
      throw NamedProblem(fmt::format("layer '{}' ({}): {}", name, plain_class(layer), problem.what()));
    } catch (const json::exception& problem) {
      throw NamedProblem(
          fmt::format("layer '{}' ({}): not what Keras writes: {}", name, plain_class(layer), problem.what()));
    }
  }

  std::vector<KerasTensor> call(const json& layer, const KerasPlace& place, KerasCall arguments) {
    return about(place.names.back(), layer, [&]() -> std::vector<KerasTensor> {
      if (++calls_ > kMostCalls) {
        throw KerasProblem("the model has too many layers");
      }
      const std::string kind = plain_class(layer);
      if (is_model(kind)) {
        if (!arguments.named.empty()) {
          throw KerasProblem("a model that is called with named tensors, expected them in order");
        }
        return model(layer, place, &arguments.inputs);
      }
      arguments.class_name = kind;
      arguments.config = config_value(layer, "config");
      arguments.place = place;
      return {layers_.apply(arguments)};
    });
  }

  /// The event, of the shape that the model states.
  KerasTensor event(std::vector<int> shape) {
    if (shape.empty()) {
      throw KerasProblem("the shape of the input is not stated, expected an InputLayer");
    }
    long long size = 1;
    for (std::size_t i = 0; i < shape.size(); ++i) {
      const bool is_tokens = shape.size() == 2 && i == 0;
      if (is_tokens && tokens_ && shape[i] > 0 && shape[i] != *tokens_) {
        throw KerasProblem(fmt::format("the model has {} tokens, --tokens says {}", shape[i], *tokens_));
      }
      if (shape[i] < 0 && is_tokens && tokens_) {
        shape[i] = *tokens_;
      }
      if (shape[i] < 0) {
        throw KerasProblem(is_tokens ? "the number of tokens is open, expected --tokens N"
                                     : "the size of an axis is open, expected a number");
      }
      size *= shape[i];
      if (size > kMostEventSize) {
        throw KerasProblem("the event is too large");
      }
    }
    return {"event", shape, false};
  }

  KerasTensor sequential(const json& list, const json& config, const KerasPlace& place,
                         const std::vector<KerasTensor>* inputs) {
    const Scope scope = scope_of(list, place);
    if (inputs != nullptr && inputs->size() != 1) {
      throw KerasProblem(fmt::format("{} inputs, expected 1", inputs->size()));
    }
    std::optional<KerasTensor> tensor;
    if (inputs != nullptr) {
      tensor = inputs->front();
    }
    for (const json& layer : list) {
      const std::string name = name_of(layer);
      const json& own = config_value(layer, "config");
      if (!tensor) {
        tensor = about(name, layer, [&] { return event(sequential_shape(layer, own, config)); });
      }
      if (plain_class(layer) != "InputLayer") {
        KerasCall arguments;
        arguments.inputs = {*tensor};
        std::vector<KerasTensor> outputs = call(layer, scope.places.at(name), arguments);
        if (outputs.size() != 1) {
          throw KerasProblem(
              fmt::format("the model '{}' in a Sequential model has {} outputs, expected 1", name, outputs.size()));
        }
        tensor = std::move(outputs.front());
      }
    }
    if (!tensor) {
      throw KerasProblem("the model has no layers");
    }
    return *tensor;
  }

  /// The event's shape as the first layer states it, else as the model was built.
  static std::vector<int> sequential_shape(const json& layer, const json& own, const json& config) {
    std::vector<int> shape = shape_behind_batch(own, {"batch_shape", "batch_input_shape"});
    if (shape.empty() && is_model(plain_class(layer))) {
      const json& inner = own.is_array() ? own : config_value(own, "layers");
      if (inner.is_array() && !inner.empty()) {
        shape = shape_behind_batch(config_value(inner.front(), "config"), {"batch_shape", "batch_input_shape"});
      }
    }
    return shape.empty() ? shape_behind_batch(config, {"build_input_shape"}) : shape;
  }

  std::vector<KerasTensor> functional(const json& config, const KerasPlace& place,
                                      const std::vector<KerasTensor>* inputs) {
    Scope scope = scope_of(config_value(config, "layers"), place);
    const std::vector<Reference> heads = references(config_value(config, "input_layers"));
    const std::vector<Reference> outputs = references(config_value(config, "output_layers"));
    if (outputs.empty() || outputs.size() > kMostLayers) {
      throw KerasProblem(fmt::format("{} outputs, expected 1 to {}", outputs.size(), kMostLayers));
    }
    const std::size_t given = inputs == nullptr ? 1 : inputs->size();
    if (heads.size() != given) {
      throw KerasProblem(fmt::format("{} inputs, expected {}", heads.size(), given));
    }
    for (std::size_t i = 0; i < heads.size(); ++i) {
      const auto layer = scope.layers.find(heads[i].layer);
      if (layer == scope.layers.end()) {
        throw KerasProblem(fmt::format("the input layer '{}' is missing", heads[i].layer));
      }
      scope.inputs[heads[i].layer] = inputs != nullptr ? (*inputs)[i] : about(heads[i].layer, *layer->second, [&] {
        return event(shape_behind_batch(config_value(*layer->second, "config"), {"batch_shape", "batch_input_shape"}));
      });
    }
    std::vector<KerasTensor> tensors;
    tensors.reserve(outputs.size());
    for (const Reference& output : outputs) {
      tensors.push_back(tensor_of(scope, output));
    }
    return tensors;
  }

  /// One of the tensors that a call has made.
  static const KerasTensor& output_of(const std::vector<KerasTensor>& tensors, int index) {
    if (static_cast<std::size_t>(index) >= tensors.size()) {
      throw KerasProblem(fmt::format("its output {} is used, of which it has {}", index, tensors.size()));
    }
    return tensors[static_cast<std::size_t>(index)];
  }

  /// The tensor that a reference names; makes the layers that lead to it.
  KerasTensor tensor_of(Scope& scope, const Reference& wanted) {
    const auto input = scope.inputs.find(wanted.layer);
    if (input != scope.inputs.end()) {
      return input->second;
    }
    const std::pair<std::string, int> key = {wanted.layer, wanted.node};
    const auto layer = scope.layers.find(wanted.layer);
    if (layer == scope.layers.end()) {
      throw KerasProblem(fmt::format("there is no layer '{}', which others take as input", wanted.layer));
    }
    return about(wanted.layer, *layer->second, [&] {
      const auto made = scope.made.find(key);
      if (made != scope.made.end()) {
        return output_of(made->second, wanted.output);
      }
      if (!scope.under_way.insert(key).second) {
        throw KerasProblem("the layer's inputs come from its own output");
      }
      if (++depth_ > kMostDepth) {
        throw KerasProblem("the layer has too many layers in front of it");
      }
      const Node node = node_of(*layer->second, wanted);
      KerasCall arguments;
      arguments.arguments = node.arguments;
      for (const Reference& one : node.inputs) {
        arguments.inputs.push_back(tensor_of(scope, one));
      }
      for (const auto& [name, one] : node.named) {
        arguments.named[name] = tensor_of(scope, one);
      }
      const std::vector<KerasTensor>& results = scope.made[key] =
          call(*layer->second, scope.places.at(wanted.layer), arguments);
      --depth_;
      return output_of(results, wanted.output);
    });
  }

  static Node node_of(const json& layer, const Reference& wanted) {
    const json& nodes = config_value(layer, "inbound_nodes");
    if (!nodes.is_array() || nodes.size() <= static_cast<std::size_t>(wanted.node)) {
      throw KerasProblem(fmt::format("its call {} is missing in inbound_nodes", wanted.node));
    }
    const json& node = nodes[static_cast<std::size_t>(wanted.node)];
    return node.is_object() ? new_node(node) : old_node(node);
  }

  std::optional<int> tokens_;
  KerasLayers& layers_;
  int depth_ = 0;
  int calls_ = 0;
};

}  // namespace

std::string keras_store_name(const std::string& class_name) {
  std::string name;
  const auto is_lower = [](char c) { return std::islower(static_cast<unsigned char>(c)) != 0; };
  const auto is_upper = [](char c) { return std::isupper(static_cast<unsigned char>(c)) != 0; };
  for (std::size_t i = 0; i < class_name.size(); ++i) {
    const char c = class_name[i];
    if (i > 0 && is_upper(c)) {
      const bool begins_word = i + 1 < class_name.size() && is_lower(class_name[i + 1]);
      if (begins_word || is_lower(class_name[i - 1])) {
        name += '_';
      }
    }
    name += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return name;
}

std::vector<KerasTensor> walk_keras_graph(const json& model, std::optional<int> tokens, KerasLayers& layers) {
  try {
    return GraphWalk(tokens, layers).model(model, {}, nullptr);
  } catch (const json::exception& problem) {
    throw KerasProblem(std::string("the configuration is not what Keras writes: ") + problem.what());
  }
}

}  // namespace rtlgen
