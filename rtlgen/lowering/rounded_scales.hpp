// A word to the user where an exact layer's scales are rounded after all.
#pragma once

#include "rtlgen/model/layer.hpp"

namespace rtlgen {

/// `rounded`: as exact_product() says.
void warn_if_rounded(bool rounded, const Layer& layer);

}  // namespace rtlgen
