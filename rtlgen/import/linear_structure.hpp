// Affine layers of imported models that are less than they look.
#pragma once

#include "rtlgen/import/imported_model.hpp"

namespace rtlgen {

/// Makes one affine layer of affine layers and batch norms in a row that nothing else reads, and drops those that leave
/// all numbers as they are, but for the rounding of constants to float32. Layers with a precision of their own stay,
/// and so do constants of tokens.
void simplify_linear_layers(ImportedModel& model);

}  // namespace rtlgen
