#include "rtlgen/timing/flat_netlist.hpp"

#include <map>
#include <stdexcept>

namespace rtlgen {
namespace {

constexpr int kDeepest = 200;

std::size_t index(int number) { return static_cast<std::size_t>(number); }

/// The representative of a net; shortens the way to it (union-find with path halving).
int find(std::vector<int>& same_as, int net) {
  while (same_as[index(net)] != net) {
    same_as[index(net)] = same_as[index(same_as[index(net)])];
    net = same_as[index(net)];
  }
  return net;
}

}  // namespace

FlatNetlist::FlatNetlist(const MappedNetlist& netlist, const std::string& top) {
  if (netlist.count(top) == 0) {
    throw std::runtime_error("the netlist has no module " + top);
  }
  add_instance(netlist, top, "", 0);
  number_nets();
  list_readers();
}

void FlatNetlist::add_instance(const MappedNetlist& netlist, const std::string& name, const std::string& path,
                               int depth) {
  if (depth > kDeepest) {
    throw std::runtime_error("module " + name + " contains itself");
  }
  const MappedModule& module = netlist.at(name);
  const auto self = static_cast<int>(instances_.size());
  const std::size_t first_net = nets_.size();
  instances_.push_back({&module, name, path, first_net});
  for (std::size_t i = 0; i < module.net_names.size(); ++i) {
    nets_.push_back(static_cast<int>(first_net + i));
  }
  for (const MappedCell& cell : module.cells) {
    if (netlist.count(cell.type) == 0) {
      cells_.push_back({&cell, self});
      continue;
    }
    const std::size_t child = instances_.size();
    add_instance(netlist, cell.type, path + cell.name + ".", depth + 1);
    std::map<std::string, const MappedPort*> ports;
    for (const MappedPort& port : instances_[child].module->ports) {
      ports[port.name] = &port;
    }
    for (const MappedPin& pin : cell.pins) {
      const auto port = ports.find(pin.port);
      const int inner = port == ports.end() || index(pin.index) >= port->second->nets.size()
                            ? kNoNet
                            : port->second->nets[index(pin.index)];
      if (inner != kNoNet) {
        const int a = find(nets_, static_cast<int>(instances_[child].first_net) + inner);
        const int b = find(nets_, static_cast<int>(first_net) + pin.net);
        nets_[index(a)] = b;
      }
    }
  }
}

void FlatNetlist::number_nets() {
  std::vector<int> number(nets_.size(), kNoNet);
  std::vector<int> result(nets_.size());
  for (std::size_t i = 0; i < nets_.size(); ++i) {
    int& own = number[index(find(nets_, static_cast<int>(i)))];
    if (own == kNoNet) {
      own = net_count_++;
    }
    result[i] = own;
  }
  nets_ = std::move(result);
}

void FlatNetlist::list_readers() {
  const auto for_each_reader = [this](const auto& visit) {
    for (std::size_t c = 0; c < cells_.size(); ++c) {
      const std::vector<MappedPin>& pins = cells_[c].cell->pins;
      for (std::size_t p = 0; p < pins.size(); ++p) {
        if (!pins[p].output) {
          visit(net(cells_[c], pins[p]), Reader{static_cast<int>(c), static_cast<int>(p)});
        }
      }
    }
    for (const MappedPort& port : instances_.front().module->ports) {
      for (const int inner : port.nets) {
        if (port.output && inner != kNoNet) {
          visit(net_of(0, inner), Reader{-1, 0});
        }
      }
    }
  };
  first_reader_.assign(index(net_count_) + 1, 0);
  for_each_reader([this](int net, const Reader& /*reader*/) { ++first_reader_[index(net) + 1]; });
  for (std::size_t i = 1; i < first_reader_.size(); ++i) {
    first_reader_[i] += first_reader_[i - 1];
  }
  readers_.resize(first_reader_.back());
  std::vector<std::size_t> next(first_reader_.begin(), first_reader_.end() - 1);
  for_each_reader([this, &next](int net, const Reader& reader) { readers_[next[index(net)]++] = reader; });
}

int FlatNetlist::net_of(int instance, int net) const {
  return net == kNoNet ? kNoNet : nets_[instances_[index(instance)].first_net + index(net)];
}

std::string FlatNetlist::name_of(int instance, int net) const {
  const FlatInstance& owner = instances_[index(instance)];
  return net == kNoNet ? owner.path : owner.path + owner.module->net_names[index(net)];
}

}  // namespace rtlgen
