#include "rtlgen/netlist/module.hpp"

#include <iterator>
#include <stdexcept>
#include <utility>

namespace rtlgen {
namespace {

template <typename Condition>
Cost cost_where(const Module& module, const Condition& condition) {
  Cost cost;
  for (const Body::Item& item : module.body.items()) {
    const auto* const cell = std::get_if<Cell>(&item);
    if (cell != nullptr && condition(*cell)) {
      cost += cell->cost;
    }
  }
  return cost;
}

}  // namespace

Expression Body::net(const std::string& name, int width) {
  items_.emplace_back(Net{name, width});
  return {name, width};
}

Expression Body::wire(const std::string& name) {
  items_.emplace_back(Net{name, 0});
  return {name, 1};
}

void Body::assign(const Expression& target, const Expression& value) {
  if (target.width() != value.width()) {
    throw std::logic_error("the widths of " + target.text() + " and " + value.text() + " differ");
  }
  items_.emplace_back(Assignment{target, value});
}

Cell& Body::cell(std::string module, std::string name, CellKind kind) {
  items_.emplace_back(Cell(std::move(module), std::move(name), kind));
  return std::get<Cell>(items_.back());
}

void Body::append(Body other) {
  items_.insert(items_.end(), std::make_move_iterator(other.items_.begin()),
                std::make_move_iterator(other.items_.end()));
}

std::vector<std::string> Body::net_names() const {
  std::vector<std::string> names;
  for (const Item& item : items_) {
    if (const auto* const net = std::get_if<Net>(&item)) {
      names.push_back(net->name);
    }
  }
  return names;
}

Cost cost_of(const Module& module, CellKind kind) {
  return cost_where(module, [&](const Cell& cell) { return cell.kind == kind; });
}

Cost cost_of_node(const Module& module, const std::string& owner) {
  return cost_where(module, [&](const Cell& cell) { return cell.kind == CellKind::unit && cell.owner == owner; });
}

Cost total_cost(const Module& module) {
  return cost_where(module, [](const Cell& /*cell*/) { return true; });
}

}  // namespace rtlgen
