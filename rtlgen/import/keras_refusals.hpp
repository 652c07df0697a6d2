// What is said of layers of Keras that have no counterpart, with the nearest form.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace rtlgen {

/// Why a layer of HGQ, whose bits are those of single elements, is not understood; empty for other layers.
std::string hgq_problem(const std::string& class_name, const nlohmann::json& config);

/// Why a class is not understood.
std::string unknown_class_problem(const std::string& class_name);

}  // namespace rtlgen
