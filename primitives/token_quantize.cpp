#include "primitives/token_quantize.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "primitives/element_formats.hpp"
#include "primitives/emission.hpp"
#include "primitives/node_rules.hpp"
#include "primitives/requantize.hpp"

namespace rtlgen {
namespace {

std::size_t at(int index) { return static_cast<std::size_t>(index); }

/// The constants of all tokens as multiples of the sums' unit; empty where there are none.
struct TokenConstants {
  std::vector<std::int64_t> values;  ///< [tokens, features]
  int frac = 0;                      ///< fraction bits of the sums
  int shift = 0;                     ///< left shift of x

  TokenConstants(const TokenQuantize& operation, const NodeView& view) : frac(view.operand(0).frac) {
    if (!operation.bias) {
      return;
    }
    const TensorType& x = view.operand(0);
    require_shape(view, "bias", *operation.bias, {x.tokens, x.features});
    const int bias_frac = operation.bias_frac;
    require(
        view, bias_frac >= x.frac - kMaxShift && bias_frac <= x.frac + kMaxShift,
        "the binary points of 'bias' and of what goes in are more than " + std::to_string(kMaxShift) + " bits apart");
    frac = std::max(x.frac, bias_frac);
    shift = frac - x.frac;
    const Interval range = x.range();
    require(view, signed_width(range) + shift < 62, "'bias' has too many fraction bits for what goes in");
    const int lift = frac - bias_frac;
    for (const std::int64_t value : operation.bias->values) {
      require(view, signed_width({value, value}) + lift < 62, "an entry of 'bias' is too large for what goes in");
      values.push_back(value * (std::int64_t{1} << lift));
    }
  }

  std::int64_t constant(std::size_t element) const { return values.empty() ? 0 : values[element]; }
  /// What the sums of one element can be.
  Interval sum(const Interval& x, std::size_t element) const {
    return (std::int64_t{1} << shift) * x + Interval{constant(element), constant(element)};
  }
};

/// The exact sums x + bias.
TensorType sum_type(const NodeView& view, const TokenConstants& constants) {
  const TensorType& x = view.operand(0);
  std::vector<Interval> sums;
  for (int f = 0; f < x.features; ++f) {
    sums.push_back(constants.sum(x.intervals[at(f)], at(f)));
    for (int t = 1; t < x.tokens; ++t) {
      sums.back() = hull(sums.back(), constants.sum(x.intervals[at(f)], at(t * x.features + f)));
    }
  }
  return exact_type(x.tokens, constants.frac, std::move(sums));
}

/// What one element of a beat, a feature of the tokens of a lane, goes through.
struct Element {
  std::vector<std::int64_t> constants;  ///< a beat each; all 0: none is added
  std::vector<ElementFormat> formats;   ///< those that differ
  std::vector<std::int64_t> select;     ///< of each beat: which one

  bool adds() const {
    return std::any_of(constants.begin(), constants.end(), [](std::int64_t value) { return value != 0; });
  }
};

/// Whether two formats of a node, which has one pair of modes, are the same.
bool same(const ElementFormat& a, const ElementFormat& b) {
  return a.pruned == b.pruned && (a.pruned || a.quantizer.format == b.quantizer.format);
}

/// A format of nothing but 0 in the form of one that has no bits.
ElementFormat simplified(ElementFormat format) {
  format.pruned = format.pruned || (format.quantizer.lowest() == 0 && format.quantizer.format.max() == 0);
  return format;
}

std::vector<Element> elements_of(const TokenQuantize& operation, const NodeView& view, const Hardware& hardware) {
  const TensorType& type = view.node.type;
  const TokenConstants constants(operation, view);
  const std::vector<ElementFormat> formats = element_formats(operation.output, at(type.tokens * type.features));
  const int lanes = hardware.lanes_of(type);
  std::vector<Element> elements;
  for (int lane = 0; lane < lanes; ++lane) {
    for (int f = 0; f < type.features; ++f) {
      Element element;
      for (int token = lane; token < type.tokens; token += lanes) {
        const std::size_t place = at(token * type.features + f);
        element.constants.push_back(constants.constant(place));
        const ElementFormat format = simplified(formats[place]);
        const auto known = std::find_if(element.formats.begin(), element.formats.end(),
                                        [&](const ElementFormat& other) { return same(format, other); });
        element.select.push_back(known - element.formats.begin());
        if (known == element.formats.end()) {
          element.formats.push_back(format);
        }
      }
      elements.push_back(std::move(element));
    }
  }
  return elements;
}

/// A table's entries, one a number of `width` bits: those beyond the last are never asked for.
std::vector<std::int64_t> filled(std::vector<std::int64_t> entries, int width) {
  entries.resize(std::size_t{1} << static_cast<unsigned>(width), entries.back());
  return entries;
}

/// The word in which token_requantize rounds: it holds what goes in and every format, at one binary point.
struct WorkWord {
  int frac = 0;
  int width = 0;

  WorkWord(const Element& element, int sum_width, int sum_frac, const Format& output)
      : frac(std::max(sum_frac, output.frac())) {
    width = sum_width + frac - sum_frac + 1;
    width = std::max(width, frac - output.frac() + output.width + (output.is_signed ? 0 : 1));
    for (const ElementFormat& own : element.formats) {
      if (!own.pruned) {
        const Format& format = own.quantizer.format;
        width = std::max(width, frac - format.frac() + format.width + (format.is_signed ? 0 : 1));
      }
    }
  }
};

/// `count` equal digits of a binary literal.
std::string digits(int count, char digit) {
  std::string text(at(std::max(count, 0)), digit);
  return text;
}

/// The entry of FORMATS of rtl_lib/token_requantize.v as a binary literal.
std::string format_word(const ElementFormat& own, const WorkWord& word) {
  if (own.pruned) {
    return fmt::format("{}'b1{}", 2 * word.width + 2, digits(2 * word.width + 1, '0'));
  }
  const Format& format = own.quantizer.format;
  const int dropped = word.frac - format.frac();
  const int below = dropped + format.width - (format.is_signed ? 1 : 0);
  return fmt::format("{}'b0{}{}{}{}{}", 2 * word.width + 2, format.is_signed ? 1 : 0, digits(word.width - below, '1'),
                     digits(below, '0'), digits(word.width - dropped, '0'), digits(dropped, '1'));
}

/// Formats of which the words' bits are part of other LUTs.
constexpr int kFormatsInLuts = 4;

/// The steps of rtl_lib/token_requantize.v.
std::vector<Step> selected_steps(const DeviceModel& device, const Element& element, const WorkWord& word, int width,
                                 const Quantizer& output) {
  const int formats = static_cast<int>(element.formats.size());
  const int select = clog2(formats);
  const int words = formats > kFormatsInLuts ? device.table(select) : 0;
  Step rounding{0, width + select};
  if (output.rounding != Rounding::trn) {
    const bool sees_bits = output.rounding == Rounding::rnd_conv;  // where a half goes up
    rounding.delay = words + device.adder(word.width) + (sees_bits ? device.luts(2) : 0);
  } else {
    rounding.delay = words + device.luts(1);
  }
  // Two bits at each place: that of the number, and whether it is above the format.
  const Step fitting{words + device.gate(2 * word.width) + device.luts(1), word.width + select};
  return {rounding, fitting};
}

/// Where registers stand in the module of a node: all its elements have them at the same steps.
struct Registers {
  Pipeline sums;          ///< of x and constants
  Pipeline requantizers;  ///< behind the sums
  bool adds;

  bool fits() const { return adds ? sums.fits() : requantizers.fits(); }
  int latency() const { return requantizers.end().clock; }
  Cost cost() const { return sums.cost() + requantizers.cost(); }
};

/// When a beat's constants and formats are known: whether it is the first one is seen from the control wires.
int beat_known(const DeviceModel& device, int beats) {
  constexpr int kBitsInLuts = 4;
  const int bits = clog2(beats);
  return (bits > 0 ? device.luts(1) : 0) + (bits > kBitsInLuts ? device.table(bits) : 0);
}

/// Of what goes into the requantizer of an element.
struct SumFormat {
  int frac;
  int width;
};

SumFormat sum_format(const Element& element, const NodeView& view, const TokenConstants& constants, int sum_width) {
  const TensorType& x = view.operand(0);
  return element.adds() ? SumFormat{constants.frac, sum_width} : SumFormat{x.frac, x.width};
}

Registers registers_of(const TokenQuantize& operation, const NodeView& view, const Hardware& hardware,
                       const std::vector<Element>& elements) {
  const DeviceModel& device = hardware.device;
  const TokenConstants constants(operation, view);
  const int sum_width = signed_width(sum_type(view, constants).range());
  const int beats = ceil_div(view.node.type.tokens, hardware.lanes_of(view.node.type));
  Step sum;
  std::vector<Step> requantizers(2);
  bool adds = false;
  bool selects = false;
  for (const Element& element : elements) {
    if (element.formats.size() == 1 && element.formats[0].pruned) {
      continue;
    }
    const auto [frac, width] = sum_format(element, view, constants, sum_width);
    if (element.adds()) {
      adds = true;
      sum = {device.adder(sum_width), 0};  // no register stands in front of it
    }
    const bool is_plain = element.formats.size() == 1;
    selects = selects || !is_plain;
    const Quantizer& output = operation.output.quantizer;
    const std::vector<Step> own =
        is_plain ? requantize_steps(device, width, frac, element.formats[0].quantizer, operation.relu)
                 : selected_steps(device, element, WorkWord(element, width, frac, output.format), width, output);
    for (std::size_t i = 0; i < own.size(); ++i) {
      requantizers[i] = {std::max(requantizers[i].delay, own[i].delay), requantizers[i].bits + own[i].bits};
    }
  }
  const int wait = std::max(0, beat_known(device, beats) - hardware.start);
  sum.delay += wait;
  requantizers[0].delay += selects && !adds ? wait : 0;
  Pipeline sums(device, {0, hardware.start}, {{"", adds ? std::vector<Step>{sum} : std::vector<Step>{}}});
  Pipeline behind(device, sums.end(), {{"REGISTERS", std::move(requantizers)}});
  return {std::move(sums), std::move(behind), adds};
}

/// Makes the generated module of one node.
class ModuleMaker {
 public:
  ModuleMaker(const TokenQuantize& operation, const NodeView& view, const Hardware& hardware)
      : operation_(operation),
        view_(view),
        elements_(elements_of(operation, view, hardware)),
        beats_(ceil_div(view.node.type.tokens, hardware.lanes_of(view.node.type))),
        beat_("beat", std::max(1, clog2(beats_))),
        x_("x", count() * view.operand(0).width),
        result_("y", count() * view.node.type.width),
        constants_(operation, view),
        sum_width_(signed_width(sum_type(view, constants_).range())),
        registers_(registers_of(operation, view, hardware, elements_)) {}

  Module make(const std::string& name) {
    const TensorType& x = view_.operand(0);
    const TensorType& y = view_.node.type;
    Module module{name, fmt::format("{}: constants and formats of {} values a beat, which differ between {} beats. "
                                    "Latency: {}. Generated.\n"
                                    "x: signed {} bits, {} of them fraction; y: signed {} bits, {} of them fraction.",
                                    name, count(), beats_, registers_.latency(), x.width, x.frac, y.width, y.frac)};
    module.ports = {{PortKind::input, "clk"},
                    {PortKind::input, "in_valid"},
                    {PortKind::input, "in_first"},
                    {PortKind::input, "x", x_.width()},
                    {PortKind::output, "y", result_.width()}};
    module.body = body();
    module.sinks = {"clk", "beat", "x"};
    return module;
  }

 private:
  int count() const { return static_cast<int>(elements_.size()); }
  int relu() const { return operation_.relu ? 1 : 0; }

  Body body() {
    Body body;
    body.net("beat", beat_.width());
    Cell& index = body.cell("beat_index", "beat_inst");
    index.with("BEATS", beats_).port("clk").port("in_valid").port("in_first").port("beat", beat_);
    for (int i = 0; i < count(); ++i) {
      add_element(body, i);
    }
    return body;
  }

  Expression result(int number) const { return result_.element(number, view_.node.type.width); }

  /// One element: its sum, and what that is rounded to.
  void add_element(Body& body, int number) {
    const Element& element = elements_[at(number)];
    body.text("\n");
    if (element.formats.size() == 1 && element.formats[0].pruned) {
      body.assign(result(number), Expression::zeros(view_.node.type.width));
      return;
    }
    const bool adds = element.adds();
    const Expression x = adds ? add_sum(body, number) : x_.element(number, view_.operand(0).width);
    const int frac = adds ? constants_.frac : view_.operand(0).frac;
    if (element.formats.size() == 1) {
      add_plain(body, number, x, frac);
    } else {
      add_selected(body, number, x, frac);
    }
  }

  Expression add_sum(Body& body, int number) {
    const std::vector<std::int64_t>& constants = elements_[at(number)].constants;
    const auto [lo, hi] = std::minmax_element(constants.begin(), constants.end());
    const int width = signed_width({*lo, *hi});
    Expression sum = body.net(fmt::format("sum{}", number), sum_width_);
    Cell& cell = body.cell("token_constant", fmt::format("constant{}", number));
    cell.with("BEAT_W", beat_.width()).with("IN_W", view_.operand(0).width).with("SHIFT", constants_.shift);
    cell.with("CONSTANT_W", width).with("OUT_W", sum_width_);
    cell.with("CONSTANTS", verilog_table(filled(constants, beat_.width()), width));
    cell.port("beat", beat_).port("x", x_.element(number, view_.operand(0).width)).port("y", sum);
    return sum;
  }

  /// One format for all beats.
  void add_plain(Body& body, int number, const Expression& x, int frac) {
    const ElementFormat& own = elements_[at(number)].formats[0];
    const Format& format = own.quantizer.format;
    const Expression code = body.net(fmt::format("code{}", number), format.width + (format.is_signed ? 0 : 1));
    Cell& cell = body.cell("requantize", fmt::format("requantize{}", number));
    cell.with("IN_W", x.width()).with_quantizer(frac, own.quantizer).with("RELU", relu());
    registers_.requantizers.set(cell);
    cell.port("clk").port("x", x).port("y", code);
    body.assign(result(number), code.aligned(own.align, view_.node.type.width));
  }

  /// A format that the beat selects.
  void add_selected(Body& body, int number, const Expression& x, int frac) {
    const Element& element = elements_[at(number)];
    const Quantizer& output = operation_.output.quantizer;
    const WorkWord word(element, x.width(), frac, output.format);
    const int select_width = clog2(static_cast<std::int64_t>(element.formats.size()));
    std::string formats;
    for (std::size_t i = std::size_t{1} << static_cast<unsigned>(select_width); i-- > 0;) {
      formats += format_word(element.formats[std::min(i, element.formats.size() - 1)], word) + (i > 0 ? ", " : "");
    }
    Cell& cell = body.cell("token_requantize", fmt::format("requantize{}", number));
    cell.with("BEAT_W", beat_.width()).with("FORMAT_W", select_width).with("IN_W", x.width());
    cell.with("LIFT", word.frac - frac).with("WORK_W", word.width).with("DROP", word.frac - output.format.frac());
    cell.with("OUT_W", view_.node.type.width).with("ROUNDING", static_cast<int>(output.rounding));
    cell.with("OVERFLOW", static_cast<int>(output.overflow)).with("RELU", relu());
    registers_.requantizers.set(cell);
    cell.with("SELECT", verilog_table(filled(element.select, beat_.width()), select_width));
    cell.with("FORMATS", "{" + formats + "}");
    cell.port("clk").port("beat", beat_).port("x", x).port("y", result(number));
  }

  const TokenQuantize& operation_;
  const NodeView& view_;
  std::vector<Element> elements_;
  int beats_;
  Expression beat_;
  Expression x_;
  Expression result_;
  TokenConstants constants_;
  int sum_width_;
  Registers registers_;
};

}  // namespace

void TokenQuantize::visit(AttributeVisitor& visitor) {
  visitor("bias", bias);
  if (bias) {
    visitor("bias_frac", bias_frac);
  }
  visitor("relu", relu);
  visitor.without_limits(output);
}

TensorType TokenQuantize::infer(const NodeView& view) const {
  require_operands(view, 1);
  const TensorType& x = view.operand(0);
  const TokenConstants constants(*this, view);
  const TensorType sum = sum_type(view, constants);
  require_exact(view, sum);
  require(view, output.limits.empty(), "literal 'limits' must not be there");
  require_formats(view, output, {x.tokens, x.features});
  const std::vector<ElementFormat> formats = element_formats(output, at(x.tokens * x.features));
  TensorType type = quantized_type(x.tokens, x.features, output.quantizer);
  for (int t = 0; t < x.tokens; ++t) {
    for (int f = 0; f < x.features; ++f) {
      const std::size_t place = at(t * x.features + f);
      if (!formats[place].pruned) {
        require_quantizer(view, sum, formats[place].quantizer);
      }
      const Interval y = formats[place].apply(constants.sum(x.intervals[at(f)], place), sum.frac, relu);
      type.intervals[at(f)] = t == 0 ? y : hull(type.intervals[at(f)], y);
    }
  }
  return type;
}

Mantissas TokenQuantize::evaluate(const NodeView& view, const std::vector<const Mantissas*>& operands) const {
  const TensorType& type = view.node.type;
  const TokenConstants constants(*this, view);
  const std::vector<ElementFormat> formats = element_formats(output, at(type.tokens * type.features));
  const std::int64_t scale = std::int64_t{1} << constants.shift;
  Mantissas y = *operands[0];
  for (Eigen::Index row = 0; row < y.rows(); ++row) {
    const auto first = static_cast<std::size_t>((row % type.tokens) * type.features);
    for (Eigen::Index f = 0; f < y.cols(); ++f) {
      const std::size_t place = first + static_cast<std::size_t>(f);
      const std::int64_t sum = static_cast<std::int64_t>(y(row, f)) * scale + constants.constant(place);
      y(row, f) = static_cast<double>(formats[place].apply(sum, constants.frac, relu));
    }
  }
  return y;
}

Timing TokenQuantize::timing(const NodeView& view, const Hardware& hardware) const {
  const Registers registers = registers_of(*this, view, hardware, elements_of(*this, view, hardware));
  Timing timing(registers.requantizers);
  timing.latency = registers.latency();
  timing.fits = registers.fits();
  return timing;
}

Cost TokenQuantize::cost(const NodeView& view, const Hardware& hardware) const {
  const TokenConstants constants(*this, view);
  const int sum_width = signed_width(sum_type(view, constants).range());
  const std::vector<Element> elements = elements_of(*this, view, hardware);
  Cost total = registers_of(*this, view, hardware, elements).cost();
  for (const Element& element : elements) {
    const auto [frac, width] = sum_format(element, view, constants, sum_width);
    total.lut += element.adds() ? sum_width : 0;
    if (element.formats.size() == 1) {
      total.lut += requantize_cost(width, frac, element.formats[0], relu).lut;
      continue;
    }
    // An adder that rounds, a limiter, and the words of the formats.
    const WorkWord word(element, width, frac, output.quantizer.format);
    total.lut += 2.0 * word.width + static_cast<double>(element.formats.size()) + view.node.type.width;
  }
  total.ff += clog2(hardware.beats());
  return total;
}

void TokenQuantize::emit(const NodeView& view, const Hardware& hardware, Emission& emission) const {
  const std::string module = emission.module_name("tokens");
  emission.add_module(ModuleMaker(*this, view, hardware).make(module));
  Cell& cell = emission.cell(module, "unit");
  const ControlWires& control = emission.control(0);
  cell.port("clk").port("in_valid", control.valid).port("in_first", control.first);
  cell.port("x", emission.input(0)).port("y", emission.output());
}

}  // namespace rtlgen
