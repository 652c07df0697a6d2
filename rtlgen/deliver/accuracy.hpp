// How good outputs are: against labels, and against the float reference.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>

#include "ir/events.hpp"
#include "rtlgen/model/model.hpp"

namespace rtlgen {

/// Class of each event from a model's output: the value itself if there is one feature, otherwise the first largest
/// feature.
std::vector<std::int64_t> predicted_classes(const RowMatrix& output);

/// Share of events whose class is the label's; nothing unless the output is one row an event and there are class
/// labels.
std::optional<double> class_accuracy(const RowMatrix& output, const Events& events);

/// Mean squared error against real labels over real tokens; nothing where there are none of the output's shape.
std::optional<double> squared_error(const RowMatrix& output, const Events& events);

/// Share of rows with the same class, and signal-to-quantization-noise ratio in dB, of `output` against `reference`
/// (real tokens only).
double class_agreement(const RowMatrix& output, const RowMatrix& reference);
double sqnr_db(const RowMatrix& output, const RowMatrix& reference);

}  // namespace rtlgen
