// The number format of the event.
#pragma once

#include "rtlgen/import/imported_model.hpp"

namespace rtlgen {

/// Gives the event a format where neither the file nor the user does, and notes which: where quantizers read it, one
/// that holds all that they tell apart, with some bits more than their codes have; else `auto` where there are
/// calibration events, and a plain default where there are none. Notes, too, where numbers on the event's grid lie so
/// close to a quantizer's rounding boundaries that frameworks which divide in float32 may round them the other way.
void settle_event_format(ImportedModel& model, const ImportOptions& options);

}  // namespace rtlgen
