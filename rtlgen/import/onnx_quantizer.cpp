#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "rtlgen/import/onnx_readers.hpp"

namespace rtlgen {
namespace {

using Kind = OnnxValue::Kind;

constexpr double kMaxBits = 32;

/// Rounding modes: as QONNX calls them, as docs/yaml.md does.
const std::map<std::string, std::string>& roundings() {
  static const std::map<std::string, std::string> kRoundings = {{"ROUND", "rnd_conv"},
                                                                {"HALF_EVEN", "rnd_conv"},
                                                                {"CEIL", "ceil"},
                                                                {"FLOOR", "trn"},
                                                                {"UP", "away"},
                                                                {"DOWN", "trn_zero"},
                                                                {"HALF_UP", "rnd_inf"},
                                                                {"HALF_DOWN", "rnd_zero"},
                                                                {"ROUND_TO_ZERO", "trn_zero"}};
  return kRoundings;
}

double rounded(const std::string& rounding, double x) {
  const double size = std::abs(x);
  const double sign = x < 0 ? -1 : 1;
  if (rounding == "rnd_conv") {
    return std::nearbyint(x);  // the default mode: halves to even
  }
  if (rounding == "ceil") {
    return std::ceil(x);
  }
  if (rounding == "trn") {
    return std::floor(x);
  }
  if (rounding == "away") {
    return sign * std::ceil(size);
  }
  if (rounding == "trn_zero") {
    return std::trunc(x);
  }
  return sign * (rounding == "rnd_inf" ? std::floor(size + 0.5) : std::ceil(size - 0.5));
}

/// A quantizer: y = scale * (clamp(round(x / scale + zero point)) - zero point).
struct Quantizer {
  OnnxTensor scale;
  OnnxTensor zero_point;
  OnnxTensor bits;
  bool is_signed = true;
  bool narrow = false;
  bool zero_after_rounding = false;  ///< QuantizeLinear adds the zero point to what it rounded
  std::string rounding = "rnd_conv";

  double low(double width) const { return is_signed ? -std::exp2(width - 1) + (narrow ? 1 : 0) : 0; }
  double high(double width) const {
    return is_signed ? std::exp2(width - 1) - 1 : std::exp2(width) - 1 - (narrow ? 1 : 0);
  }
};

OnnxTensor scalar(double value) {
  OnnxTensor tensor;
  tensor.values = {value};
  return tensor;
}

/// Reads one node.
class QuantizerReader {
 public:
  QuantizerReader(OnnxContext& context, const OnnxNode& node, const OnnxInputs& inputs)
      : context_(context), node_(node), inputs_(inputs), x_(required(context, node, inputs, 0)) {}

  OnnxValue quant() {
    Quantizer q;
    q.scale = constant(1);
    q.zero_point = constant(2);
    q.bits = constant(3);
    q.is_signed = node_.whole("signed", 1) != 0;
    q.narrow = node_.whole("narrow", 0) != 0;
    q.rounding = rounding("ROUND");
    const bool one_bit = q.bits.values.size() == 1 && q.bits.values[0] == 1 && q.is_signed;
    if (!one_bit) {
      return apply(q);
    }
    if (q.zero_point.values.size() != 1 || q.zero_point.values[0] != 0) {
      fail("has one signed bit and a zero point; nearest supported form: BipolarQuant");
    }
    return signs(q.scale);
  }

  OnnxValue bipolar() { return signs(constant(1)); }

  /// +scale or -scale, as the sign is.
  OnnxValue signs(const OnnxTensor& scale) {
    if (x_.is(Kind::constant)) {
      const auto spread = expand(scale);
      OnnxTensor made = *x_.constant;
      auto mantissas = std::make_shared<OnnxMantissas>();
      for (std::size_t i = 0; i < made.values.size(); ++i) {
        mantissas->mantissas.push_back(made.values[i] >= 0 ? 1 : -1);
        mantissas->scales.push_back(spread[i]);
        made.values[i] = mantissas->mantissas[i] * spread[i];
      }
      made.quantized = std::move(mantissas);
      return constant_value(std::move(made));
    }
    OnnxValue x = activation();
    const std::vector<double> scales = features(x, scale, 1);
    const bool same = is_uniform(scales);
    nlohmann::ordered_json keys;
    keys["bipolar"] = true;
    keys["scale"] = same ? scales[0] : 1;
    x.node = add(x.node, keys, {});
    if (!same) {
      x.node =
          context_.network.add_affine(x.node, scales, std::vector<double>(scales.size(), 0), context_.origin(node_));
    }
    return x;
  }

  /// Trunc: drops the lowest bits of an integer. Inputs x, scale, zero point, bits, in version 2 also the scale and the
  /// bits of the result; in version 1 its bits.
  OnnxValue trunc() {
    const bool second = inputs_.size() == 6;
    std::vector<double> parameters;
    for (std::size_t i = 1; i < inputs_.size(); ++i) {
      const OnnxTensor parameter = constant(i);
      if (parameter.values.size() != 1) {
        fail("has a parameter for each channel; nearest supported form: one for all");
      }
      parameters.push_back(parameter.values[0]);
    }
    if (parameters.size() < 4 || parameters[1] != 0 || x_.is(Kind::constant)) {
      fail("nearest supported form: Trunc of a tensor of the event, without a zero point");
    }
    const double scale = parameters[0];
    const double factor =
        std::exp2(second ? std::round(std::log2(parameters[3] / scale)) : parameters[2] - parameters[3]);
    Quantizer q;
    q.scale = scalar(scale * factor);
    q.zero_point = scalar(0);
    // In version 1 nothing is clamped, and what comes in may be signed or not.
    q.bits = scalar(second ? parameters[4] : parameters[3] + 1);
    q.is_signed = !second || node_.whole("signed", 1) != 0;
    q.narrow = second && node_.whole("narrow", 0) != 0;
    q.rounding = rounding("FLOOR");
    OnnxValue x = on_activation(q, on_integers(scale));
    const double ratio = (second ? parameters[3] : scale) / (scale * factor);
    const auto count = static_cast<std::size_t>(context_.network.at(x.node).features);
    x.node = context_.network.add_affine(x.node, std::vector<double>(count, ratio), std::vector<double>(count, 0),
                                         context_.origin(node_));
    return x;
  }

  OnnxValue quantize_linear() {
    Quantizer q = linear_quantizer();
    const OnnxTensorPtr zero_point = optional_constant(context_, node_, inputs_, 2);
    const bool is_typed = zero_point && zero_point->kind == OnnxKind::integer;
    q.is_signed = is_typed && zero_point->is_signed;
    q.bits = scalar(is_typed ? zero_point->bits : 8);
    q.zero_after_rounding = true;
    if (x_.is(Kind::constant)) {
      OnnxTensor codes = *on_constant(q).constant;
      const auto zeros = expand(q.zero_point);
      for (std::size_t i = 0; i < codes.values.size(); ++i) {
        codes.values[i] = codes.quantized->mantissas[i] + zeros[i];
      }
      codes.quantized = nullptr;
      codes.kind = OnnxKind::integer;
      return constant_value(std::move(codes));
    }
    const OnnxValue x = activation();
    const double bits = q.bits.values[0];
    return with_codes(x, {x.node, features(x, q.scale, 1), features(x, q.zero_point, 0), q.low(bits), q.high(bits)});
  }

  /// Clip of the integers behind QuantizeLinear: how fewer bits are written.
  OnnxValue clip_codes() {
    OnnxCodes codes = x_.codes;
    const auto bound = [&](std::size_t input, double otherwise) {
      const OnnxTensorPtr given = optional_constant(context_, node_, inputs_, input);
      if (given && given->values.size() != 1) {
        fail("has a bound that is not one number");
      }
      return given ? whole(given->values[0]) : otherwise;
    };
    codes.low = std::max(codes.low, bound(1, codes.low));
    codes.high = std::min(codes.high, bound(2, codes.high));
    if (codes.low >= codes.high) {
      fail("leaves less than two integers");
    }
    return with_codes(x_, std::move(codes));
  }

  OnnxValue dequantize_linear() {
    const Quantizer q = linear_quantizer();
    if (x_.is(Kind::constant)) {
      const auto scales = expand(q.scale);
      const auto zeros = expand(q.zero_point);
      OnnxTensor made = *x_.constant;
      auto mantissas = std::make_shared<OnnxMantissas>();
      for (std::size_t i = 0; i < made.values.size(); ++i) {
        mantissas->mantissas.push_back(whole(made.values[i]) - whole(zeros[i]));
        mantissas->scales.push_back(scales[i]);
        made.values[i] = mantissas->mantissas[i] * scales[i];
      }
      made.kind = OnnxKind::real;
      made.quantized = std::move(mantissas);
      return constant_value(std::move(made));
    }
    if (!x_.is(Kind::codes)) {
      fail("is not behind a QuantizeLinear");
    }
    OnnxValue made = x_;
    made.kind = Kind::activation;
    std::vector<double> factors = features(made, q.scale, 1);
    std::vector<double> offsets = features(made, q.zero_point, 0);
    for (std::size_t i = 0; i < factors.size(); ++i) {
      offsets[i] = factors[i] * (x_.codes.zero_point[i] - offsets[i]);
      factors[i] /= x_.codes.scale[i];
    }
    made.node = context_.network.add_affine(made.node, std::move(factors), std::move(offsets), context_.origin(node_));
    return made;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { context_.fail(node_, what); }

  std::string rounding(const std::string& otherwise) const {
    std::string mode = node_.text("rounding_mode", otherwise);
    std::transform(mode.begin(), mode.end(), mode.begin(), [](unsigned char c) { return std::toupper(c); });
    const auto found = roundings().find(mode);
    if (found == roundings().end()) {
      fail("has the rounding mode '" + onnx_printable(mode) +
           "'; nearest supported forms: ROUND, ROUND_TO_ZERO, CEIL, FLOOR, UP, DOWN, HALF_UP, HALF_DOWN");
    }
    return found->second;
  }

  OnnxTensor constant(std::size_t i) const {
    const OnnxTensorPtr given = optional_constant(context_, node_, inputs_, i);
    if (!given || given->values.empty()) {
      fail("input " + std::to_string(i) + " is missing");
    }
    return *given;
  }

  static bool is_uniform(const std::vector<double>& list) {
    return std::all_of(list.begin(), list.end(), [&](double x) { return x == list[0]; });
  }

  static bool is_whole_number(double x) { return std::isfinite(x) && x == std::round(x) && std::abs(x) <= 0x1p53; }

  double whole(double x) const {
    if (!is_whole_number(x)) {
      fail("has a zero point or a code that is no whole number");
    }
    return x;
  }

  /// Scale and zero point of QuantizeLinear and DequantizeLinear, with axes as those of the tensor.
  Quantizer linear_quantizer() const {
    Quantizer q;
    q.scale = constant(1);
    const OnnxTensorPtr zero_point = optional_constant(context_, node_, inputs_, 2);
    q.zero_point = zero_point ? *zero_point : scalar(0);
    const OnnxShape shape = x_.shape();
    for (OnnxTensor* const tensor : {&q.scale, &q.zero_point}) {
      if (tensor->values.size() == 1) {
        tensor->shape = {};
      } else {
        const auto axis = resolve_axis(node_.whole("axis", 1), shape.size());
        if (!axis || tensor->shape.size() != 1 || tensor->shape[0] != shape[*axis] ||
            node_.whole("block_size", 0) != 0) {
          fail("has scales that are no list along an axis");
        }
        OnnxShape along(shape.size(), 1);
        along[*axis] = tensor->shape[0];
        tensor->shape = along;
      }
    }
    return q;
  }

  /// A parameter for each element of a constant.
  std::vector<double> expand(const OnnxTensor& parameter) const {
    const OnnxShape& shape = x_.constant->shape;
    OnnxTensor given = parameter;
    if (given.values.size() == 1) {
      given.shape = {};
    }
    const auto both = broadcast_shape(shape, given.shape);
    if (!both || *both != shape) {
      fail("has a parameter of shape " + shape_text(parameter.shape) + " for a tensor of shape " + shape_text(shape));
    }
    context_.budget.take(node_, element_count(shape));
    return pick_elements(given, shape, broadcast_indices(given.shape, shape)).values;
  }

  OnnxValue activation() const {
    if (!x_.is(Kind::activation)) {
      fail("quantizes attention scores or a mask; nearest supported form: quantizers outside of attention");
    }
    return context_.with_all_features(node_, x_);
  }

  std::vector<double> features(const OnnxValue& x, const OnnxTensor& parameter, double otherwise) const {
    const auto list = per_feature(context_, x, parameter, otherwise);
    if (!list) {
      fail("has a parameter of shape " + shape_text(parameter.shape) +
           "; nearest supported form: one number, or one per feature");
    }
    return *list;
  }

  std::size_t add(std::size_t input, nlohmann::ordered_json keys, std::map<std::string, ImportedArray> arrays) const {
    const std::size_t made = context_.network.add_unary(NetOp::quantize, input, context_.origin(node_));
    context_.network.at(made).keys = std::move(keys);
    context_.network.at(made).arrays = std::move(arrays);
    return made;
  }

  void check(double scale, double zero_point, double bits) const {
    whole(zero_point);
    if (!(scale > 0) || !std::isfinite(scale) || !is_whole_number(bits) || bits < 1 || bits > kMaxBits) {
      fail("has a scale that is not positive, or bits that are no whole number of 1 to " + fmt::format("{}", kMaxBits));
    }
  }

  OnnxValue apply(const Quantizer& q) const {
    return x_.is(Kind::constant) ? on_constant(q) : on_activation(q, activation());
  }

  /// The tensor rounded to multiples of `scale`, unless a quantizer has just made it.
  OnnxValue on_integers(double scale) const {
    OnnxValue x = activation();
    if (context_.network.at(x.node).op == NetOp::quantize) {
      return x;
    }
    Quantizer q;
    q.scale = scalar(scale);
    q.zero_point = scalar(0);
    q.bits = scalar(kMaxBits);
    return on_activation(q, x);
  }

  OnnxValue on_constant(const Quantizer& q) const {
    const auto scales = expand(q.scale);
    const auto zeros = expand(q.zero_point);
    const auto bits = expand(q.bits);
    OnnxTensor made = *x_.constant;
    auto mantissas = std::make_shared<OnnxMantissas>();
    for (std::size_t i = 0; i < made.values.size(); ++i) {
      check(scales[i], zeros[i], bits[i]);
      const double steps = made.values[i] / scales[i];
      if (std::isnan(steps)) {
        fail("quantizes something that is no number");
      }
      const double code =
          q.zero_after_rounding ? rounded(q.rounding, steps) + zeros[i] : rounded(q.rounding, steps + zeros[i]);
      mantissas->mantissas.push_back(std::clamp(code, q.low(bits[i]), q.high(bits[i])) - zeros[i]);
      mantissas->scales.push_back(scales[i]);
      made.values[i] = mantissas->mantissas[i] * scales[i];
    }
    made.quantized = std::move(mantissas);
    return constant_value(std::move(made));
  }

  /// Limits of integers that are not those of their bits.
  struct Bounds {
    double low;
    double high;
  };

  OnnxValue on_activation(const Quantizer& q, const OnnxValue& x) const {
    return quantized(q, x, features(x, q.scale, 1), features(x, q.zero_point, 0), features(x, q.bits, 8), {});
  }

  /// A quantize layer on `x` with numbers for each feature; of `q` its modes are used.
  OnnxValue quantized(const Quantizer& q, OnnxValue x, const std::vector<double>& scales,
                      const std::vector<double>& zeros, const std::vector<double>& bits,
                      const std::optional<Bounds>& bounds) const {
    for (std::size_t i = 0; i < scales.size(); ++i) {
      check(scales[i], zeros[i], bits[i]);
    }
    nlohmann::ordered_json keys;
    std::map<std::string, ImportedArray> arrays;
    const bool uniform = is_uniform(scales) && is_uniform(zeros) && is_uniform(bits) && !bounds;
    if (uniform && zeros[0] == 0 && (!q.narrow || q.is_signed) && is_power_of_two(scales[0])) {
      keys["format"] = format(q, scales[0], bits[0]);
    } else {
      const auto say = [&](const char* key, const std::vector<double>& list, bool integral) {
        if (!is_uniform(list)) {
          arrays[key] = {{list.size()}, list, integral};
        } else if (integral) {
          keys[key] = static_cast<std::int64_t>(list[0]);
        } else {
          keys[key] = list[0];
        }
      };
      say("bits", bits, true);
      say("scale", scales, false);
      if (!is_uniform(zeros) || zeros[0] != 0) {
        say("zero_point", zeros, true);
      }
      if (bounds) {
        keys["low"] = static_cast<std::int64_t>(bounds->low);
        keys["high"] = static_cast<std::int64_t>(bounds->high);
      }
      keys["signed"] = q.is_signed;
      if (q.narrow) {
        keys["narrow"] = true;
      }
      keys["rounding"] = q.rounding;
    }
    x.node = add(x.node, std::move(keys), std::move(arrays));
    return x;
  }

  /// The tensor that `codes` stand for, in the place of `like`.
  OnnxValue with_codes(OnnxValue like, OnnxCodes codes) const {
    like.kind = Kind::activation;
    like.node = codes.source;
    OnnxValue made = codes_tensor(std::move(like), codes);
    made.kind = Kind::codes;
    made.codes = std::move(codes);
    return made;
  }

  OnnxValue codes_tensor(OnnxValue x, const OnnxCodes& codes) const {
    if (is_uniform(codes.zero_point)) {  // a zero point that is added after rounding only moves the bounds
      const double zero = codes.zero_point[0];
      const std::vector<double> none(codes.scale.size(), 0);
      return within(std::move(x), codes.scale, none, {codes.low - zero, codes.high - zero});
    }
    // Whole numbers of steps first; zero points and bounds then round nothing any more.
    const double most = codes.high - codes.low;
    const std::vector<double> none(codes.scale.size(), 0);
    return within(within(std::move(x), codes.scale, none, {-most, most}), codes.scale, codes.zero_point,
                  {codes.low, codes.high});
  }

  /// A quantizer whose integers are those within `bounds`.
  OnnxValue within(OnnxValue x, const std::vector<double>& scales, const std::vector<double>& zeros,
                   const Bounds& bounds) const {
    Quantizer q;
    q.is_signed = bounds.low < 0;
    double bits = 1;
    while (bits <= kMaxBits && (q.low(bits) > bounds.low || q.high(bits) < bounds.high)) {
      ++bits;
    }
    q.narrow = q.is_signed && bounds.low == q.low(bits) + 1 && bounds.high == q.high(bits);
    const bool all = bounds.low == q.low(bits) && bounds.high == q.high(bits);
    return quantized(q, std::move(x), scales, zeros, std::vector<double>(scales.size(), bits),
                     all ? std::nullopt : std::optional<Bounds>(bounds));
  }

  static bool is_power_of_two(double scale) {
    int exponent = 0;
    return std::frexp(scale, &exponent) == 0.5 && std::abs(exponent) < 30;
  }

  /// The format of integers of `bits` bits in units of `scale`.
  static std::string format(const Quantizer& q, double scale, double bits) {
    const int width = static_cast<int>(bits);
    return fmt::format("{}<{},{},{},{}>", q.is_signed ? "fixed" : "ufixed", width, width + std::ilogb(scale),
                       q.rounding, q.narrow ? "sat_sym" : "sat");
  }

  OnnxContext& context_;
  const OnnxNode& node_;
  const OnnxInputs& inputs_;
  const OnnxValue& x_;
};

}  // namespace

OnnxOutputs read_quantizer(OnnxContext& context, const OnnxNode& node, const OnnxInputs& inputs) {
  using Method = OnnxValue (QuantizerReader::*)();
  const std::map<std::string, Method> methods = {{"Quant", &QuantizerReader::quant},
                                                 {"IntQuant", &QuantizerReader::quant},
                                                 {"BipolarQuant", &QuantizerReader::bipolar},
                                                 {"Trunc", &QuantizerReader::trunc},
                                                 {"QuantizeLinear", &QuantizerReader::quantize_linear},
                                                 {"DequantizeLinear", &QuantizerReader::dequantize_linear},
                                                 {"Clip", &QuantizerReader::clip_codes}};
  const auto method = methods.find(node.op);
  const bool on_codes = !inputs.empty() && inputs[0] != nullptr && inputs[0]->is(Kind::codes);
  if (method == methods.end() || (node.op == "Clip" && !on_codes)) {
    return std::nullopt;
  }
  QuantizerReader reader(context, node, inputs);
  return std::vector<OnnxValue>{(reader.*method->second)()};
}

}  // namespace rtlgen
