#include "rtlgen/frontend/layer_order.hpp"

#include <set>

#include "rtlgen/files/nearest.hpp"

namespace rtlgen {
namespace {

using Producers = std::vector<std::vector<std::size_t>>;

Producers resolve_names(const LayerList& list) {
  std::map<std::string, std::size_t> index;
  for (std::size_t i = 0; i < list.layers.size(); ++i) {
    index[list.layers[i].name.name] = i;
  }
  for (const auto& [alias, name] : list.aliases) {
    index[alias] = index.at(name);
  }
  index[kEventName] = kEventProducer;
  Producers producers(list.layers.size());
  for (std::size_t i = 0; i < list.layers.size(); ++i) {
    for (const NameRef& input : list.layers[i].inputs) {
      const auto found = index.find(input.name);
      if (found == index.end()) {
        std::vector<std::string> names;
        names.reserve(index.size());
        for (const auto& [name, unused] : index) {
          names.push_back(name);
        }
        throw SourceError(input.where, "there is no layer '" + input.name + "'" + did_you_mean(input.name, names));
      }
      producers[i].push_back(found->second);
    }
  }
  return producers;
}

/// Throws naming a cycle among the layers that are not `done`.
[[noreturn]] void report_cycle(const LayerList& list, const Producers& producers, const std::vector<bool>& done) {
  std::size_t at = 0;
  while (done[at]) {
    ++at;
  }
  std::vector<std::size_t> path;
  std::vector<bool> seen(list.layers.size(), false);
  while (!seen[at]) {
    seen[at] = true;
    path.push_back(at);
    for (const std::size_t producer : producers[at]) {
      if (producer != kEventProducer && !done[producer]) {
        at = producer;
        break;
      }
    }
  }
  std::string text = "'" + list.layers[at].name.name + "'";
  for (std::size_t i = path.size(); i-- > 0;) {
    text += " -> '" + list.layers[path[i]].name.name + "'";
    if (path[i] == at) {
      break;
    }
  }
  throw SourceError(list.layers[at].where, "layers feed themselves: " + text);
}

std::vector<std::size_t> sort(const LayerList& list, const Producers& producers) {
  const std::size_t count = list.layers.size();
  std::vector<std::size_t> waiting(count, 0);
  Producers users(count);
  std::set<std::size_t> ready;
  for (std::size_t i = 0; i < count; ++i) {
    for (const std::size_t producer : producers[i]) {
      if (producer != kEventProducer) {
        users[producer].push_back(i);
        ++waiting[i];
      }
    }
    if (waiting[i] == 0) {
      ready.insert(i);
    }
  }
  std::vector<std::size_t> order;
  std::vector<bool> done(count, false);
  while (!ready.empty()) {
    const std::size_t layer = *ready.begin();
    ready.erase(ready.begin());
    order.push_back(layer);
    done[layer] = true;
    for (const std::size_t user : users[layer]) {
      if (--waiting[user] == 0) {
        ready.insert(user);
      }
    }
  }
  if (order.size() != count) {
    report_cycle(list, producers, done);
  }
  return order;
}

void check_dead(const LayerList& list, const Producers& producers, const std::vector<std::size_t>& order) {
  std::vector<bool> live(list.layers.size(), false);
  live.back() = true;
  for (std::size_t i = order.size(); i-- > 0;) {
    for (const std::size_t producer : producers[order[i]]) {
      if (live[order[i]] && producer != kEventProducer) {
        live[producer] = true;
      }
    }
  }
  for (std::size_t i = 0; i < live.size(); ++i) {
    if (!live[i]) {
      throw SourceError(list.layers[i].where, "dead layer: nothing uses '" + list.layers[i].name.name +
                                                  "' on the way to the output '" + list.layers.back().name.name + "'");
    }
  }
}

}  // namespace

OrderedLayers order_layers(const LayerList& list) {
  const Producers producers = resolve_names(list);
  const std::vector<std::size_t> order = sort(list, producers);
  check_dead(list, producers, order);
  std::vector<std::size_t> position(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    position[order[i]] = i;
  }
  OrderedLayers result;
  result.users.assign(order.size(), 0);
  for (const std::size_t layer : order) {
    result.layers.push_back(list.layers[layer]);
    result.producers.emplace_back();
    for (const std::size_t producer : producers[layer]) {
      result.producers.back().push_back(producer == kEventProducer ? producer : position[producer]);
      if (producer != kEventProducer) {
        ++result.users[position[producer]];
      }
    }
  }
  return result;
}

}  // namespace rtlgen
