// Event files: .npy and .npz with features, masks and labels.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "ir/events.hpp"
#include "rtlgen/model/model.hpp"

namespace rtlgen {

/// Reads the events of a .npy file (features only) or an .npz file (the arrays that `model.arrays` names), at most
/// `limit` of them. Tokens beyond the model's are cut with a warning. Throws SourceError naming the file where shapes,
/// masks or values are wrong.
Events load_events(const std::string& path, const Model& model, std::optional<std::size_t> limit);
/// The same of `wanted` events all over the file, chosen as sample_indices does.
Events sample_events(const std::string& path, const Model& model, std::size_t wanted);

}  // namespace rtlgen
