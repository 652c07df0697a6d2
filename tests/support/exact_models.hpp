// Golden models of exact layers against the real formula.
#pragma once

#include <cstddef>
#include <string>

#include "ir/golden.hpp"
#include "rtlgen/model/model.hpp"
#include "tests/support/dice.hpp"

namespace rtlgen::testing {

/// Largest difference of the golden model's output and the float model's on the same events. Requires as many values on
/// both sides.
double largest_error(const Model& model, const Graph& graph, const IntegerEvents& events);

/// How many values of the golden model's output differ from those of the float model on the same events: by more than
/// 1e-9 of the larger of 1 and the value. Requires as many values on both sides.
std::size_t differences_from_formula(const Model& model, const Graph& graph, const IntegerEvents& events);

/// Quantizes the model for one of test_clocks(), which `seed` chooses, finds its adder graphs and runs the core on
/// random events: BenchResult::verdict().
std::string rtl_verdict(Model model, Dice& dice, unsigned seed);

}  // namespace rtlgen::testing
