#include "rtlgen/deliver/report.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdint>
#include <string>

#include "ir/golden.hpp"
#include "primitives/device_capacity.hpp"
#include "rtlgen/deliver/accuracy.hpp"
#include "rtlgen/model/calibrate.hpp"
#include "rtlgen/model/float_reference.hpp"
#include "rtlgen/schedule/asap_schedule.hpp"

namespace rtlgen {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kPortion = 128;  // events of the float reference at once

void row(const std::string& label, const std::string& value) { fmt::print("  {:<28} {}\n", label, value); }

/// Digits enough to tell 0.667 from 0.668, and 5.4e-05 from 5.5e-05.
double shortened(double value) {
  if (!std::isfinite(value)) {
    return 999;
  }
  return std::stod(fmt::format("{:.6g}", value));
}

std::string resource_line(const ordered_json& r) {
  std::string text;
  for (const char* key : {"lut", "ff", "srl", "lutram", "dsp", "bram", "carry"}) {
    if (r.contains(key)) {
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", r[key].get<double>(), key);
    }
  }
  return text;
}

ordered_json to_json(const Cost& cost) {
  return {{"lut", std::llround(cost.lut)},
          {"ff", std::llround(cost.ff)},
          {"dsp", std::llround(cost.dsp)},
          {"bram", std::llround(cost.bram)}};
}

std::string in_capital_letters(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return static_cast<char>(std::toupper(static_cast<unsigned char>(c))); });
  return text;
}

/// 1728000 as 1,728,000.
std::string grouped(std::int64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t end = digits.size(); end > 3; end -= 3) {
    digits.insert(end - 3, ",");
  }
  return digits;
}

/// What share of the device the estimate takes.
std::string device_line(const ordered_json& r) {
  const std::string device = r.at("device");
  const ordered_json& resources = r.at("resources");
  if (!resources.contains("capacity")) {
    return device + ", whose capacity is not known";
  }
  std::string text;
  for (const auto& [key, available] : resources["capacity"].items()) {
    text += fmt::format("{}{:.1f} % of the {}", text.empty() ? "" : ", ",
                        100.0 * resources["estimate"][key].get<double>() / available.get<double>(), key);
  }
  return device + ": " + text;
}

std::string path_line(const ordered_json& path) {
  return fmt::format("{:.2f} ns, {} LUTs, {} carry chains, {} products: {} to {}", path["worst_ns"].get<double>(),
                     path["lut_levels"].get<int>(), path["carry_chains"].get<int>(), path["products"].get<int>(),
                     path["from"].get<std::string>(), path["to"].get<std::string>());
}

/// The worst path, and those of the modules.
void print_timing(const ordered_json& timing) {
  row("clock", fmt::format("{:.2f} ns {}", timing["period_ns"].get<double>(),
                           timing["holds"].get<bool>() ? "holds" : "does not hold"));
  row("worst path", path_line(timing));
  for (const auto& [name, path] : timing["modules"].items()) {
    row("  " + name.substr(0, name.find('(')), path_line(path));
  }
  if (timing.contains("loops")) {
    row("loop of logic", timing["loops"][0].get<std::string>());
  }
}

}  // namespace

void warn_about_capacity(const ordered_json& report) {
  const ordered_json& resources = report.at("resources");
  for (const auto& key : resources.value("exceeded", ordered_json::array())) {
    const auto needed = resources["estimate"][key.get<std::string>()].get<std::int64_t>();
    const auto available = resources["capacity"][key.get<std::string>()].get<std::int64_t>();
    spdlog::warn("estimate needs {} {}, {} has {} ({:.0f} %)", grouped(needed),
                 in_capital_letters(key.get<std::string>()), report["device"].get<std::string>(), grouped(available),
                 100.0 * static_cast<double>(needed) / static_cast<double>(available));
  }
}

ordered_json core_report(const CompiledModel& compiled, const CoreNetlist& core) {
  const CoreSignature& s = compiled.signature;
  const BufferBits buffers = buffer_bits(compiled.graph, compiled.schedule);
  ordered_json report = {{"model", compiled.model.name},
                         {"top", s.top},
                         {"device", compiled.model.device},
                         {"clock_mhz", s.clock_mhz},
                         {"tokens", s.tokens},
                         {"features", s.features},
                         {"tokens_per_beat", s.lanes},
                         {"input", to_string(s.input)},
                         {"output", to_string(s.output)},
                         {"latency_cycles", s.latency_cycles},
                         {"latency_ns", shortened(s.latency_ns())},
                         {"interval_cycles", s.interval_cycles},
                         {"interval_ns", shortened(1000.0 * s.interval_cycles / s.clock_mhz)}};
  report["resources"]["estimate"] = to_json(total_cost(core.top));
  if (const auto capacity = device_capacity(compiled.model.device)) {
    report["resources"]["capacity"] = to_json(*capacity);
    report["resources"]["exceeded"] = ordered_json::array();
    for (const auto& [key, available] : report["resources"]["capacity"].items()) {
      if (report["resources"]["estimate"][key] > available) {
        report["resources"]["exceeded"].push_back(key);
      }
    }
  }
  const BufferBits asap = buffer_bits(compiled.graph, asap_schedule(compiled.graph));
  report["buffers"] = {{"delay_bits", buffers.delay}, {"delay_bits_asap", asap.delay}, {"replay_bits", buffers.replay}};
  return report;
}

ordered_json accuracy_report(const CompiledModel& compiled, const Events& events, const Mantissas& golden,
                             const Mantissas& rtl) {
  const TensorType& type = compiled.graph.node(compiled.graph.output()).type;
  const TensorScale& scale = compiled.graph.node(compiled.graph.output()).scale;
  const RowMatrix reference = float_output(compiled.model, events, kPortion);
  const RowMatrix golden_real = to_real(golden, type.frac, scale);
  ordered_json report = {{"events", events.count}};
  const auto against_labels = [&](const char* name, const RowMatrix& output) {
    if (const auto accuracy = class_accuracy(output, events)) {
      report[name]["accuracy"] = shortened(*accuracy);
    }
    if (const auto error = squared_error(output, events)) {
      report[name]["mean_squared_error"] = shortened(*error);
    }
  };
  against_labels("float", reference);
  against_labels("golden", golden_real);
  if (rtl.size() > 0) {
    against_labels("rtl", to_real(rtl, type.frac, scale));
  }
  if (type.tokens == 1) {
    report["class_agreement"] = shortened(class_agreement(golden_real, reference));
    report["sqnr_db"] = shortened(sqnr_db(golden_real, reference));
  } else {
    report["sqnr_db"] = shortened(sqnr_db(real_tokens(golden_real, events), real_tokens(reference, events)));
  }
  return report;
}

void print_report(const ordered_json& r) {
  fmt::print("{}\n", r.at("model").get<std::string>());
  if (r.contains("accuracy")) {
    for (const char* measure : {"accuracy", "mean_squared_error"}) {
      std::string text;
      for (const char* name : {"float", "golden", "rtl"}) {
        if (r["accuracy"].contains(name) && r["accuracy"][name].contains(measure)) {
          text +=
              fmt::format("{}{} {:.4g}", text.empty() ? "" : ", ", name, r["accuracy"][name][measure].get<double>());
        }
      }
      if (!text.empty()) {
        row(measure, text);
      }
    }
    if (r["accuracy"].contains("class_agreement")) {
      row("golden class = float class", fmt::format("{:.2f} %", 100 * r["accuracy"]["class_agreement"].get<double>()));
    }
    row("golden against float", fmt::format("{:.1f} dB SQNR", r["accuracy"]["sqnr_db"].get<double>()));
  }
  row("latency", fmt::format("{} clocks = {} ns at {} MHz", r["latency_cycles"].get<int>(),
                             r["latency_ns"].get<double>(), r["clock_mhz"].get<double>()));
  row("event interval",
      fmt::format("{} clocks = {} ns", r["interval_cycles"].get<int>(), r["interval_ns"].get<double>()));
  row("resources, estimate", resource_line(r["resources"]["estimate"]));
  row("device", device_line(r));
  if (r["resources"].contains("yosys")) {
    row("resources, yosys", resource_line(r["resources"]["yosys"]));
  }
  if (r.contains("timing")) {
    print_timing(r["timing"]);
  }
  const ordered_json& buffers = r["buffers"];
  row("delay lines", fmt::format("{} bits ({} if all were as soon as possible)", buffers["delay_bits"].get<long>(),
                                 buffers["delay_bits_asap"].get<long>()));
  row("event buffers", fmt::format("{} bits", buffers["replay_bits"].get<long>()));
  if (r.contains("verification")) {
    const ordered_json& v = r["verification"];
    row("co-simulation", fmt::format("{} events, {} with gaps, {} with resets", v["events"].get<long>(),
                                     v["events_with_gaps"].get<long>(), v["events_with_resets"].get<long>()));
    row("measured latency, interval", fmt::format("{} and {} clocks", v["measured_latency_cycles"].get<int>(),
                                                  v["measured_interval_cycles"].get<int>()));
    row("mismatches", fmt::format("{} (wrong clocks {}, protocol errors {})", v["mismatches"].get<long>(),
                                  v["latency_errors"].get<long>(), v["protocol_errors"].get<long>()));
  }
}

}  // namespace rtlgen
