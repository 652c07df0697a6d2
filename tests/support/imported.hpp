// Models of other frameworks, imported and compared with what their files say.
#pragma once

#include <string>
#include <vector>

#include "rtlgen/files/npy.hpp"
#include "rtlgen/import/imported_model.hpp"
#include "rtlgen/model/model.hpp"
#include "tests/support/temporary_folder.hpp"

namespace rtlgen::testing {

/// A layer without arrays, as a reader makes it.
ImportedLayer imported_layer(const std::string& name, const std::string& type,
                             nlohmann::ordered_json keys = nlohmann::ordered_json::object(),
                             std::vector<std::string> inputs = {});

/// Path of a file below tests/data/import.
std::string import_data(const std::string& name);

/// Imports an ONNX file into a folder of its name; `input` is the format of the event, empty where the file has it.
/// Returns the path of the description.
std::string import_onnx(const TemporaryFolder& folder, const std::string& file, const std::string& input);

/// Outputs of the golden model of a description, an event a row.
RowMatrix golden_rows(const std::string& model, const std::string& events);

/// Outputs of the float model of a description, an event a row.
RowMatrix float_rows(const std::string& model, const std::string& events);

/// How many of the values differ by more than float64 leaves open: 1e-9 of the larger of 1 and the value. Requires as
/// many values on both sides.
std::size_t count_differences(const RowMatrix& rows, const NpyArray& expected);

/// Largest distance of two values. Requires as many values on both sides.
double largest_difference(const RowMatrix& rows, const NpyArray& expected);

}  // namespace rtlgen::testing
