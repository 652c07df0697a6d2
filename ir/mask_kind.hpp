// Which tokens of an event are real.
#pragma once

namespace rtlgen {

/// How an event says which of its tokens are real: not at all (all are), by their number, or by a bit a token.
enum class MaskKind { none, count, valid };

}  // namespace rtlgen
