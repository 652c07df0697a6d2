#include "primitives/emission.hpp"

namespace rtlgen {

Cell& Emission::cell(const std::string& module, const std::string& suffix) {
  Cell& cell = design_.body.cell(module, local(suffix));
  cell.owner = name_;
  cells_.push_back(&cell);
  return cell;
}

std::string Emission::module_name(const std::string& suffix) const {
  return design_.module_names.part(design_.top + "_" + output_.text(), suffix);
}

void Emission::add_module(Module module) {
  const std::string name = module.name;
  design_.modules.emplace(name, std::move(module));
}

void Emission::charge(const Cost& cost) const {
  for (Cell* const cell : cells_) {
    cell->cost = 1.0 / static_cast<double>(cells_.size()) * cost;
  }
}

}  // namespace rtlgen
