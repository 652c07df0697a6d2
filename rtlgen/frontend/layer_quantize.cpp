#include <algorithm>

#include "rtlgen/frontend/layer_types.hpp"

namespace rtlgen {
namespace {

using Form = QuantizeSpec::Form;

constexpr double kLeastScale = 0x1p-50;  // a scale is positive
constexpr int kMaxCodeBits = 32;

/// A form, the key that only it has, and those that may stand beside that.
struct FormKeys {
  Form form;
  std::string first;
  std::vector<std::string> others;
};

const FormKeys& form_of(const LayerKeys& keys) {
  static const std::vector<FormKeys> kForms = {
      {Form::format, "format", {}},
      {Form::per_feature, "formats", {"signed", "rounding", "overflow"}},
      {Form::bipolar, "bipolar", {"scale"}},
      {Form::scaled, "signed", {"bits", "scale", "zero_point", "narrow", "low", "high", "rounding"}}};
  const auto form = std::find_if(kForms.begin(), kForms.end(),
                                 [&](const FormKeys& candidate) { return keys.find(candidate.first) != nullptr; });
  if (form == kForms.end()) {
    throw SourceError(keys.node().where,
                      keys.what() + " needs 'format', 'formats', 'signed' (with 'bits' and 'scale') or 'bipolar'");
  }
  std::vector<std::string> known = {"name", "type", "input", "precision", form->first};
  known.insert(known.end(), form->others.begin(), form->others.end());
  check_map(keys.node(), keys.what() + " with '" + form->first + "'", known);
  return *form;
}

Quantizer read_fixed(const YamlNode& format) {
  const FormatSpec spec = read_format(format, "format");
  if (spec.automatic) {
    throw SourceError(format.where, "'format' of a quantize layer must be fixed<W,I> or ufixed<W,I>");
  }
  return spec.quantizer;
}

/// Sign and modes.
void read_modes(const LayerKeys& keys, Quantizer& quantizer) {
  quantizer.format.is_signed = keys.flag("signed", quantizer.format.is_signed);
  if (keys.find("rounding") != nullptr) {
    quantizer.rounding = *parse_rounding(keys.choice("rounding", {kRoundingNames.begin(), kRoundingNames.end()}));
  }
  if (keys.find("overflow") != nullptr) {
    const std::string text = keys.choice("overflow", {"wrap", "sat", "sat_sym"});
    quantizer.overflow = text == "wrap" ? Overflow::wrap : text == "sat" ? Overflow::sat : Overflow::sat_sym;
  }
}

/// What the key that only it has says of a form.
void read_first(const LayerKeys& keys, QuantizeSpec& quantize) {
  if (quantize.form == Form::format) {
    quantize.quantizer = read_fixed(keys.need("format"));
  } else if (quantize.form == Form::per_feature) {
    const bool per_token = keys.choice("formats", {"per_feature", "per_token"}) == "per_token";
    quantize.form = per_token ? Form::per_token : Form::per_feature;
  } else if (quantize.form == Form::bipolar) {
    if (!keys.flag("bipolar", true)) {
      throw SourceError(keys.need("bipolar").where, "'bipolar' is true or not there");
    }
    quantize.quantizer.rounding = Rounding::trn;
  }
}

}  // namespace

LayerSpec::What read_quantize(const LayerKeys& keys) {
  QuantizeSpec quantize;
  quantize.form = form_of(keys).form;
  quantize.quantizer.rounding = Rounding::rnd_conv;
  read_first(keys, quantize);
  read_modes(keys, quantize.quantizer);
  quantize.narrow = keys.flag("narrow", false);
  quantize.bits = keys.maybe_whole("bits", 1, kMaxCodeBits);
  quantize.scale = keys.maybe_number("scale", kLeastScale, kMaxReal);
  quantize.zero_point = keys.maybe_number("zero_point", -kMaxReal, kMaxReal);
  quantize.low = keys.maybe_number("low", -kMaxReal, kMaxReal);
  quantize.high = keys.maybe_number("high", -kMaxReal, kMaxReal);
  return quantize;
}

std::size_t expand(Expansion& model, const LayerSpec& spec, const QuantizeSpec& said) {
  const Layer& from = model.layer(model.input());
  QuantizeLayer quantize{make_quantizer(said, spec.name.name, spec.where, model.weights(), from.tokens, from.features)};
  return model.push(model.make(spec, spec.name.name, {model.input()}, std::move(quantize)));
}

}  // namespace rtlgen
