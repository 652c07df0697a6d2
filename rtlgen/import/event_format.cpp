#include "rtlgen/import/event_format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "ir/numerics/format.hpp"
#include "primitives/requantize.hpp"
#include "rtlgen/import/default_formats.hpp"
#include "rtlgen/import/feature_map.hpp"
#include "rtlgen/import/layer_links.hpp"
#include "rtlgen/model/layer_traits.hpp"

namespace rtlgen {
namespace {

constexpr int kGuardBits = 10;  ///< of the event behind the steps of its quantizers
constexpr int kMaxBinaryPlace = 64;
constexpr double kMostScannedCodes = 0x1p16;

/// The codes of a quantize layer, feature by feature: scale * (code - zero_point), code = low .. high.
struct Codes {
  std::vector<double> scale;
  std::vector<double> zero_point;
  std::vector<double> low;
  std::vector<double> high;
  Rounding rounding = Rounding::rnd_conv;
};

/// A key or an array of a quantize layer as a list of `size` numbers.
std::vector<double> numbers(const ImportedLayer& layer, const char* key, std::size_t size, double otherwise) {
  const auto array = layer.arrays.find(key);
  if (array != layer.arrays.end() && array->second.values.size() == size) {
    return array->second.values;
  }
  const auto given = layer.keys.find(key);
  std::vector<double> list(size);
  std::fill(list.begin(), list.end(),
            given != layer.keys.end() && given->is_number() ? given->get<double>() : otherwise);
  return list;
}

/// Whether the boundaries between codes lie half way between them.
bool rounds_to_nearest(Rounding rounding) {
  return rounding != Rounding::trn && rounding != Rounding::ceil && rounding != Rounding::trn_zero &&
         rounding != Rounding::away;
}

/// Nothing where the layer only looks at signs, or has a format for each feature.
std::optional<Codes> codes_of(const ImportedLayer& layer, std::size_t size) {
  Codes codes;
  codes.zero_point = numbers(layer, "zero_point", size, 0);
  if (layer.keys.contains("format")) {
    std::string problem;
    const auto spec = parse_format(layer.keys["format"].get<std::string>(), problem);
    if (!spec || spec->automatic || spec->quantizer.overflow == Overflow::wrap) {
      return std::nullopt;
    }
    const Quantizer& quantizer = spec->quantizer;
    codes.scale.assign(size, std::ldexp(1.0, -quantizer.format.frac()));
    codes.low.assign(size, static_cast<double>(quantizer.lowest()));
    codes.high.assign(size, static_cast<double>(quantizer.format.max()));
    codes.rounding = quantizer.rounding;
    return codes;
  }
  const bool has_bits = layer.keys.contains("bits") || layer.arrays.count("bits") != 0;
  if (!has_bits || layer.keys.contains("bipolar")) {
    return std::nullopt;
  }
  codes.scale = numbers(layer, "scale", size, 1);
  codes.rounding = parse_rounding(layer.keys.value("rounding", "rnd_conv")).value_or(Rounding::rnd_conv);
  const bool is_signed = layer.keys.value("signed", true);
  const bool narrow = layer.keys.value("narrow", false);
  for (const double bits : numbers(layer, "bits", size, 8)) {
    const double low = is_signed ? -std::exp2(bits - 1) + (narrow ? 1 : 0) : 0;
    const double high = is_signed ? std::exp2(bits - 1) - 1 : std::exp2(bits) - 1 - (narrow ? 1 : 0);
    codes.low.push_back(std::max(low, layer.keys.value("low", low)));
    codes.high.push_back(std::min(high, layer.keys.value("high", high)));
  }
  return codes;
}

/// What the quantizers that read the event can tell apart.
struct EventUse {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  double step = std::numeric_limits<double>::infinity();
  std::vector<std::string> quantizers;  ///< names of their layers
  std::set<std::string> formats;        ///< of quantizers that read the event itself; empty: of one without a format
  bool changed = false;                 ///< a quantizer reads a map of the event
  bool unquantized = false;             ///< something else reads it
};

class EventFormat {
 public:
  EventFormat(ImportedModel& model, const ImportOptions& options)
      : model_(model), options_(options), links_(model.layers) {}

  void settle() {
    follow_event();
    if (!options_.input && model_.input_format.empty()) {
      choose();
    }
    note_ties(options_.input.value_or(model_.input_format));
  }

 private:
  using MapPtr = std::shared_ptr<const FeatureMap>;

  /// Goes from the event to the first layers that are no maps of single features.
  void follow_event() {
    const auto features = static_cast<std::size_t>(model_.features);
    const auto identity = std::make_shared<FeatureMap>();
    identity->factors.assign(features, 1);
    identity->offsets.assign(features, 0);
    std::vector<std::pair<std::size_t, MapPtr>> open;
    const auto open_readers = [&](std::size_t layer, const MapPtr& map) {
      use_.unquantized = use_.unquantized || links_.readers(layer).empty();
      for (const std::size_t reader : links_.readers(layer)) {
        open.emplace_back(reader, map);
      }
    };
    open_readers(kEventPlace, identity);
    while (!open.empty()) {
      const auto [at, map] = open.back();
      open.pop_back();
      const ImportedLayer& layer = model_.layers[at];
      if (layer.type == "quantize") {
        add_quantizer(layer, *map, map == identity);
      } else if (const MapPtr next = through(layer, map)) {
        open_readers(at, next);
      } else {
        use_.unquantized = true;
      }
    }
  }

  /// The map behind a layer; nothing where the layer is no map of single features, limits aside.
  MapPtr through(const ImportedLayer& layer, const MapPtr& map) const {
    if (layer.type == "flatten") {
      auto flat = std::make_shared<FeatureMap>();
      for (int token = 0; token < model_.tokens; ++token) {
        flat->factors.insert(flat->factors.end(), map->factors.begin(), map->factors.end());
        flat->offsets.insert(flat->offsets.end(), map->offsets.begin(), map->offsets.end());
      }
      return flat;
    }
    if (layer.keys.contains("precision")) {
      return nullptr;
    }
    const std::string function = layer.keys.value("function", "");
    if (layer.type == "activation" && only_limits(function)) {
      return map;
    }
    const auto own = feature_map(layer);
    return own && own->factors.size() == map->factors.size() ? std::make_shared<FeatureMap>(joined_maps(*map, *own))
                                                             : nullptr;
  }

  void add_quantizer(const ImportedLayer& layer, const FeatureMap& map, bool is_event) {
    const auto codes = codes_of(layer, map.factors.size());
    if (!codes) {
      use_.unquantized = true;
      return;
    }
    use_.quantizers.push_back(layer.name);
    use_.changed = use_.changed || !is_event;
    use_.formats.insert(layer.keys.value("format", ""));
    for (std::size_t f = 0; f < map.factors.size(); ++f) {
      if (map.factors[f] == 0) {
        continue;
      }
      for (const double code : {codes->low[f], codes->high[f]}) {
        const double x = ((code - codes->zero_point[f]) * codes->scale[f] - map.offsets[f]) / map.factors[f];
        use_.low = std::min(use_.low, x);
        use_.high = std::max(use_.high, x);
      }
      use_.step = std::min(use_.step, codes->scale[f] / std::abs(map.factors[f]));
    }
    if (is_event) {
      for (std::size_t f = 0; f < map.factors.size(); ++f) {
        steps_.emplace(Steps(codes->scale[f], codes->zero_point[f], codes->low[f], codes->high[f], codes->rounding),
                       layer.name);
      }
    }
  }

  void choose() {
    const bool same = use_.formats.size() == 1 && !use_.formats.begin()->empty();
    if (same && !use_.changed && !use_.unquantized) {
      model_.input_format = *use_.formats.begin();
      return;
    }
    model_.input_chosen = true;
    const bool calibrated = !options_.calibration.empty();
    const auto format = use_.unquantized && calibrated ? std::nullopt : quantizers_format();
    if (format) {
      model_.input_format = to_string(*format);
      model_.notes.push_back(fmt::format(
          "the event's format {} was chosen here: it holds the range of quantizer '{}', and numbers closer than 2^{} "
          "to one of the quantizer's rounding boundaries may go the other way{}",
          model_.input_format, use_.quantizers.front(), -format->frac() - 1,
          use_.unquantized ? "; other layers read the event without a quantizer" : ""));
    } else if (calibrated) {
      model_.input_format = model_.exact ? kCalibratedFormat : "auto<16>";
      model_.notes.push_back(
          fmt::format("the event's format {} was chosen here; the events settle it", model_.input_format));
    } else {
      model_.input_format = kChosenFormat;
      model_.notes.push_back(
          fmt::format("the event's format {} was chosen here without looking at ranges, of which the file says "
                      "nothing; events (--calibration) or --input settle it",
                      model_.input_format));
    }
  }

  /// A format that holds the range of all quantizers, so that they saturate as before.
  std::optional<Format> quantizers_format() const {
    if (!(use_.low <= use_.high) || !std::isfinite(use_.step) || use_.step <= 0) {
      return std::nullopt;
    }
    Format format;
    format.is_signed = use_.low < 0;
    int frac = kGuardBits - std::ilogb(use_.step);
    format.integer = -kMaxBinaryPlace;
    const auto holds = [&] {
      const double limit = std::ldexp(1.0, format.integer - (format.is_signed ? 1 : 0));
      return limit - std::ldexp(1.0, -frac) >= use_.high && (!format.is_signed || -limit <= use_.low);
    };
    while (format.integer < kMaxBinaryPlace && !holds()) {
      ++format.integer;
    }
    frac = std::min(frac, kMaxFormatWidth - format.integer);
    while (format.integer < kMaxBinaryPlace && !holds()) {  // the last step is larger now
      ++format.integer;
      --frac;
    }
    format.width = format.integer + frac;
    return holds() && format.width >= 1 ? std::optional<Format>(format) : std::nullopt;
  }

  /// What quantizers do that read the event itself: scale, zero point, lowest and highest code.
  using Steps = std::tuple<double, double, double, double, Rounding>;

  /// Numbers of the event that are a rounding boundary in float32, but with the scale as it is lie beside it, on the
  /// side that is not rounded as the boundary is.
  static std::size_t count_ties(const Steps& steps, const Format& event) {
    const auto& [scale, zero_point, low, high, rounding] = steps;
    if (high - low > kMostScannedCodes) {
      return 0;
    }
    const std::int64_t above = rounds_to_nearest(rounding) ? 2 : 4;  // quarters from a code to the boundary behind it
    std::size_t count = 0;
    for (auto code = static_cast<std::int64_t>(low); code < static_cast<std::int64_t>(high); ++code) {
      const std::int64_t boundary = 4 * code + above;
      const double place = std::ldexp((static_cast<double>(boundary) / 4 - zero_point) * scale, event.frac());
      const double number = std::round(place);
      const bool is_there = number >= static_cast<double>(event.min()) && number <= static_cast<double>(event.max());
      const auto x = static_cast<float>(std::ldexp(number, -event.frac()));
      const float single = x / static_cast<float>(scale) + static_cast<float>(zero_point);
      if (is_there && number != place && static_cast<double>(single) == static_cast<double>(boundary) / 4) {
        const std::int64_t beside = boundary + (number > place ? 1 : -1);
        count += shift_round(beside, 2, rounding) != shift_round(boundary, 2, rounding) ? 1 : 0;
      }
    }
    return count;
  }

  void note_ties(const std::string& event) {
    std::string problem;
    const auto spec = parse_format(event, problem);
    if (!spec || spec->automatic) {
      return;
    }
    for (const auto& [steps, name] : steps_) {
      const std::size_t count = count_ties(steps, spec->quantizer.format);
      if (count > 0) {
        model_.notes.push_back(
            fmt::format("{} numbers of the event's format {} lie on a rounding boundary of quantizer '{}' (scale "
                        "{:.9g}) to the precision of float32: frameworks that divide in float32 round them the other "
                        "way",
                        count, event, name, std::get<0>(steps)));
        return;
      }
    }
  }

  ImportedModel& model_;
  const ImportOptions& options_;
  LayerLinks links_;
  EventUse use_;
  std::map<Steps, std::string> steps_;  ///< and names of quantizers
};

}  // namespace

void settle_event_format(ImportedModel& model, const ImportOptions& options) { EventFormat(model, options).settle(); }

}  // namespace rtlgen
