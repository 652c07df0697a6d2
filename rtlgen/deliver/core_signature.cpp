#include "rtlgen/deliver/core_signature.hpp"

#include <fmt/format.h>

#include <fstream>

#include "ir/source_error.hpp"
#include "primitives/primitive.hpp"
#include "primitives/sources.hpp"

namespace rtlgen {
namespace {

using nlohmann::ordered_json;

Quantizer parse_quantizer(const ordered_json& json) {
  std::string problem;
  const auto spec = parse_format(json.get<std::string>(), problem);
  if (!spec || spec->automatic) {
    throw std::runtime_error("a format is not fixed<..> or ufixed<..>");
  }
  return spec->quantizer;
}

MaskKind parse_mask(const std::string& text) {
  return text == "count" ? MaskKind::count : (text == "valid" ? MaskKind::valid : MaskKind::none);
}

}  // namespace

std::string to_string(MaskKind mask) {
  return mask == MaskKind::count ? "count" : (mask == MaskKind::valid ? "valid" : "none");
}

CoreSignature make_signature(const Graph& graph, const Schedule& schedule, const EventArrays& arrays) {
  const Node& input = input_node(graph);
  const Node& output = graph.node(graph.output());
  CoreSignature signature;
  signature.top = graph.name;
  signature.clock_mhz = graph.target.clock_mhz;
  signature.tokens = input.type.tokens;
  signature.features = input.type.features;
  signature.lanes = schedule.input.lanes;
  signature.beats = schedule.input.beats();
  signature.input = *input.operation->output_quantizer();
  signature.mask = mask_kind(graph);
  signature.count_width = clog2(input.type.tokens + 1);
  signature.output_tokens = output.type.tokens;
  signature.output_features = output.type.features;
  signature.output_lanes = schedule.output.lanes;
  signature.output_beats = schedule.output.beats();
  signature.output = tensor_format(output);
  signature.output_scale = output.scale;
  signature.token_timed = schedule.output.anchor == Anchor::beat;
  signature.offset = schedule.output.start.clock;
  signature.latency_cycles = schedule.latency;
  signature.interval_cycles = schedule.interval;
  signature.arrays = arrays;
  return signature;
}

ordered_json to_json(const CoreSignature& s) {
  ordered_json json = {{"top", s.top},
                       {"clock_mhz", s.clock_mhz},
                       {"tokens", s.tokens},
                       {"features", s.features},
                       {"tokens_per_beat", s.lanes},
                       {"beats", s.beats},
                       {"input", to_string(s.input)},
                       {"mask", to_string(s.mask)},
                       {"count_width", s.count_width},
                       {"output_tokens", s.output_tokens},
                       {"output_features", s.output_features},
                       {"output_tokens_per_beat", s.output_lanes},
                       {"output_beats", s.output_beats},
                       {"output", to_string(s.output)},
                       {"token_timed", s.token_timed},
                       {"offset", s.offset},
                       {"latency_cycles", s.latency_cycles},
                       {"interval_cycles", s.interval_cycles},
                       {"arrays", {{"x", s.arrays.features}, {"mask", s.arrays.mask}, {"labels", s.arrays.labels}}}};
  if (!s.output_scale.scale.empty()) {
    json["output_scale"] = s.output_scale.scale;
    json["output_offset"] = s.output_scale.offset;
  }
  return json;
}

CoreSignature read_signature(const std::filesystem::path& out) {
  const std::filesystem::path path = out / "signature.json";
  std::ifstream file(path);
  if (!file) {
    throw SourceError({path.string()}, "cannot be read, expected a folder made by `rtlgen build`");
  }
  try {
    const ordered_json json = ordered_json::parse(file);
    CoreSignature s;
    s.top = json.at("top");
    s.clock_mhz = json.at("clock_mhz");
    s.tokens = json.at("tokens");
    s.features = json.at("features");
    s.lanes = json.at("tokens_per_beat");
    s.beats = json.at("beats");
    s.input = parse_quantizer(json.at("input"));
    s.mask = parse_mask(json.at("mask"));
    s.count_width = json.at("count_width");
    s.output_tokens = json.at("output_tokens");
    s.output_features = json.at("output_features");
    s.output_lanes = json.at("output_tokens_per_beat");
    s.output_beats = json.at("output_beats");
    s.output = parse_quantizer(json.at("output")).format;
    s.token_timed = json.at("token_timed");
    s.offset = json.at("offset");
    s.latency_cycles = json.at("latency_cycles");
    s.interval_cycles = json.at("interval_cycles");
    if (json.contains("output_scale")) {
      json.at("output_scale").get_to(s.output_scale.scale);
      json.at("output_offset").get_to(s.output_scale.offset);
      if (s.output_scale.scale.size() != static_cast<std::size_t>(s.output_features) ||
          s.output_scale.offset.size() != s.output_scale.scale.size()) {
        throw std::runtime_error("output_scale and output_offset must have a number for each feature");
      }
    }
    s.arrays = {json.at("arrays").at("x"), json.at("arrays").at("mask"), json.at("arrays").at("labels")};
    return s;
  } catch (const std::exception& error) {
    throw SourceError({path.string()}, fmt::format("is not a signature: {}", error.what()));
  }
}

std::string core_config_header(const CoreSignature& s) {
  std::string text =
      "// The core's signature for the testbench. Generated.\n#pragma once\n\n#include \"Vcore.h\"\n\nnamespace core "
      "{\n\n";
  const auto constant = [&](const char* name, int value, const char* comment) {
    text += fmt::format("constexpr int {} = {};  ///< {}\n", name, value, comment);
  };
  constant("kTokens", s.tokens, "tokens of an event");
  constant("kLanes", s.lanes, "tokens of a beat");
  constant("kFeatures", s.features, "features of a token");
  constant("kInputWidth", s.input.format.width, "bits of an input feature");
  constant("kMask", s.mask == MaskKind::none ? 0 : (s.mask == MaskKind::count ? 1 : 2),
           "0 none, 1 in_count, 2 in_mask");
  constant("kCountWidth", s.count_width, "bits of in_count");
  constant("kBeats", s.beats, "input beats of an event");
  constant("kOutputLanes", s.output_lanes, "tokens of an output beat");
  constant("kOutputFeatures", s.output_features, "features of an output token");
  constant("kOutputWidth", s.output.width, "bits of an output feature");
  constant("kOutputBeats", s.output_beats, "output beats of an event");
  constant("kTokenTimed", s.token_timed ? 1 : 0, "1: output beat i is timed from input beat i; 0: from the last one");
  constant("kOffset", s.offset, "clocks from that input beat to the (first) output beat");
  constant("kLatency", s.latency_cycles, "clocks from the first input beat to the last output beat, without gaps");
  constant("kInterval", s.interval_cycles,
           "clocks between events; from a last beat to the next first one kInterval - kBeats + 1");
  return text + "\n}  // namespace core\n";
}

}  // namespace rtlgen
