#include "primitives/emission.hpp"

#include <fmt/format.h>

#include "primitives/softmax_tables.hpp"

namespace rtlgen {

Instance& Instance::with(const std::string& parameter, std::int64_t value) {
  // Negative numbers are bracketed: Verilog has no unary minus in front of a number inside an expression list.
  parameters.emplace_back(parameter, value < 0 ? fmt::format("({})", value) : std::to_string(value));
  return *this;
}

Instance& Instance::with(const std::string& parameter, const std::string& value) {
  parameters.emplace_back(parameter, value);
  return *this;
}

Instance& Instance::with_quantizer(int input_frac, const Quantizer& quantizer) {
  return with("SHIFT", input_frac - quantizer.format.frac())
      .with("OUT_W", quantizer.format.width)
      .with("OUT_SIGNED", quantizer.format.is_signed ? 1 : 0)
      .with("ROUNDING", static_cast<int>(quantizer.rounding))
      .with("OVERFLOW", static_cast<int>(quantizer.overflow));
}

Instance& Instance::port(const std::string& port_name, const std::string& expression) {
  ports.emplace_back(port_name, expression);
  return *this;
}

void with_softmax_tables(Instance& instance, const SoftmaxTables& tables, const DeviceModel& device) {
  instance.with("EXP_FRAC", tables.exp_frac())
      .with("EXP_W", tables.exp_width)
      .with("EXP_STAGES", device.table_stages)
      .with("EXP_TABLE", verilog_table(tables.exp_table.values, tables.exp_width))
      .with("RECIP_INDEX_W", tables.recip_index())
      .with("RECIP_TABLE_W", tables.recip_width)
      .with("RECIP_LZ_MAX", tables.recip_lz_max)
      .with("RECIP_STAGES", device.table_stages)
      .with("RECIP_TABLE", verilog_table(tables.recip_table.values, tables.recip_width));
}

std::string to_verilog(const Instance& instance) {
  const auto list = [](const std::vector<std::pair<std::string, std::string>>& items) {
    std::string text;
    for (std::size_t i = 0; i < items.size(); ++i) {
      text += fmt::format("    .{}({}){}\n", items[i].first, items[i].second, i + 1 < items.size() ? "," : "");
    }
    return text;
  };
  std::string text = "  " + instance.module;
  if (!instance.parameters.empty()) {
    text += " #(\n" + list(instance.parameters) + "  )";
  }
  return text + " " + instance.name + " (\n" + list(instance.ports) + "  );\n";
}

std::string Emission::module_name(const std::string& suffix) const {
  return design_.modules.part(design_.top + "_" + output_, suffix);
}

void Emission::line(const std::string& text) { design_.body += "  " + text + "\n"; }

void Emission::instance(const Instance& instance) { design_.body += to_verilog(instance); }

void Emission::add_module(const std::string& name, const std::string& text) { design_.files[name] = text; }

std::string slice(const std::string& name, int index, int width) {
  return fmt::format("{}[{} +: {}]", name, index * width, width);
}

std::string verilog_number(std::int64_t value, int width) {
  return value < 0 ? fmt::format("-{}'sd{}", width, -value) : fmt::format("{}'sd{}", width, value);
}

std::string verilog_table(const std::vector<std::int64_t>& entries, int width) {
  const std::size_t bits = entries.size() * static_cast<std::size_t>(width);
  std::string digits((bits + 3) / 4, '0');
  for (std::size_t entry = 0; entry < entries.size(); ++entry) {
    for (int bit = 0; bit < width; ++bit) {
      if ((static_cast<std::uint64_t>(entries[entry]) >> bit & 1U) != 0) {
        const std::size_t position = entry * static_cast<std::size_t>(width) + static_cast<std::size_t>(bit);
        char& digit = digits[digits.size() - 1 - position / 4];
        const int value = (digit <= '9' ? digit - '0' : digit - 'a' + 10) | 1 << (position % 4);
        digit = "0123456789abcdef"[value];
      }
    }
  }
  return fmt::format("{}'h{}", bits, digits);
}

}  // namespace rtlgen
