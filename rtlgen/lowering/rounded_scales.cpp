#include "rtlgen/lowering/rounded_scales.hpp"

#include <spdlog/spdlog.h>

namespace rtlgen {

void warn_if_rounded(bool rounded, const Layer& layer) {
  if (rounded) {
    spdlog::warn(
        "layer '{}': the scales of its input's features are not related by powers of two; its weights times these "
        "scales are rounded to 32 bits",
        layer.name);
  }
}

}  // namespace rtlgen
