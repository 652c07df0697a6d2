#include "rtlgen/import/qkeras_quantizer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "rtlgen/import/keras_config.hpp"
#include "rtlgen/import/keras_problem.hpp"

namespace rtlgen {
namespace {

using Kind = QKerasQuantizer::Kind;

constexpr int kMostBits = 32;
constexpr double kKerasEpsilon = 1e-7;
/// Iterations of QKeras' search for a power of two.
constexpr int kPowerIterations = 5;
constexpr int kTernaryIterations = 5;

/// Parameters in the order in which they may stand without a name.
const std::map<std::string, std::vector<std::string>>& positional() {
  static const std::map<std::string, std::vector<std::string>> kNames = {
      {"quantized_bits", {"bits", "integer", "symmetric", "keep_negative", "alpha", "use_stochastic_rounding"}},
      {"quantized_relu", {"bits", "integer", "use_sigmoid", "negative_slope", "use_stochastic_rounding"}},
      {"quantized_linear", {"bits", "integer", "symmetric", "keep_negative", "alpha", "use_stochastic_rounding"}},
      {"quantized_po2", {"bits", "max_value", "use_stochastic_rounding", "quadratic_approximation"}},
      {"quantized_relu_po2",
       {"bits", "max_value", "negative_slope", "use_stochastic_rounding", "quadratic_approximation"}},
      {"quantized_tanh", {"bits"}},
      {"quantized_sigmoid", {"bits"}},
      {"quantized_softmax", {"bits", "axis"}},
      {"binary", {"use_01", "alpha", "use_stochastic_rounding"}},
      {"stochastic_binary", {"alpha"}},
      {"ternary", {"alpha", "threshold", "use_stochastic_rounding"}},
      {"stochastic_ternary", {"alpha", "threshold"}},
  };
  return kNames;
}

std::string stripped(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// A literal of Python: a number, True, False, None or a quoted text.
nlohmann::json plain_literal(const std::string& text) {
  if (text == "True" || text == "False") {
    return text == "True";
  }
  if (text == "None") {
    return nullptr;
  }
  if (text.size() >= 2 && (text.front() == '\'' || text.front() == '"') && text.back() == text.front()) {
    return text.substr(1, text.size() - 2);
  }
  nlohmann::json number = nlohmann::json::parse(text, nullptr, false);
  if (number.is_number()) {
    return number;
  }
  // Python allows 1. and .5.
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || !std::isfinite(value)) {
    throw KerasProblem(fmt::format("quantizer argument '{}', expected a number, True, False, None or a text", text));
  }
  return value;
}

/// A literal of Python; one in lists of one element, as (8,), is the element.
nlohmann::json python_literal(std::string text) {
  constexpr int kMostLists = 4;
  for (int i = 0; i < kMostLists && text.size() > 2; ++i) {
    const bool is_list = (text.front() == '(' && text.back() == ')') || (text.front() == '[' && text.back() == ']');
    if (!is_list) {
      break;
    }
    text = stripped(text.substr(1, text.size() - 2));
    text = text.empty() || text.back() != ',' ? text : stripped(text.substr(0, text.size() - 1));
  }
  return plain_literal(text);
}

/// Where the first argument ends: at a comma outside of parentheses.
std::size_t end_of_argument(const std::string& arguments) {
  int depth = 0;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const char c = arguments[i];
    depth += c == '(' || c == '[' ? 1 : c == ')' || c == ']' ? -1 : 0;
    if (c == ',' && depth <= 0) {
      return i;
    }
  }
  return arguments.size();
}

/// `name(1,2,key=3)` as {class_name, config}.
nlohmann::json parse_call(const std::string& text) {
  const std::size_t open = text.find('(');
  const std::string name = stripped(text.substr(0, open));
  nlohmann::json config = nlohmann::json::object();
  if (name == "quantized_tanh" || name == "quantized_sigmoid") {
    config["symmetric"] = false;
  }
  if (open != std::string::npos) {
    const std::string call = stripped(text);
    if (call.back() != ')') {
      throw KerasProblem(fmt::format("quantizer '{}', expected NAME(ARGUMENTS)", text));
    }
    const std::size_t begin = call.find('(') + 1;
    std::string arguments = call.substr(begin, call.size() - begin - 1);
    const auto names = positional().find(name);  // there is one: the caller has looked
    std::size_t position = 0;
    while (!stripped(arguments).empty()) {
      const std::size_t comma = end_of_argument(arguments);
      const std::string argument = arguments.substr(0, comma);
      arguments.erase(0, comma + 1);
      const std::size_t equals = argument.find('=');
      if (equals != std::string::npos) {
        config[stripped(argument.substr(0, equals))] = python_literal(stripped(argument.substr(equals + 1)));
        continue;
      }
      if (position >= names->second.size()) {
        throw KerasProblem(fmt::format("quantizer '{}': argument {} must be named", text, position + 1));
      }
      config[names->second[position++]] = python_literal(stripped(argument));
    }
  }
  return {{"class_name", name}, {"config", config}};
}

[[noreturn]] void refuse(const std::string& text) {
  throw KerasProblem(
      fmt::format("quantizer {} is not supported; nearest: quantized_bits, quantized_relu, binary or ternary", text));
}

/// The name behind a package: `qkeras>quantized_bits`.
std::string plain_name(const std::string& name) { return name.substr(name.rfind('>') + 1); }

void read_alpha(const nlohmann::json& config, QKerasQuantizer& result) {
  const nlohmann::json& alpha = config_value(config, "alpha");
  if (alpha.is_string()) {
    // `1.0` may stand as a text.
    const std::string text = alpha.get<std::string>();
    if (text == "auto" || text == "auto_po2") {
      result.auto_alpha = text;
      result.symmetric = true;
      return;
    }
    result.alpha = config_number({{"alpha", python_literal(text)}}, "alpha", 1);
    return;
  }
  result.no_alpha = alpha.is_null();
  result.alpha = config_number(config, "alpha", 1);
  if (result.alpha == 0) {
    throw KerasProblem("quantizer with alpha: 0, expected another number");
  }
}

void check_refused(const nlohmann::json& config, const std::string& text) {
  if (config_number(config, "qnoise_factor", 1) != 1) {
    throw KerasProblem(fmt::format("quantizer {} mixes in unquantized values, expected qnoise_factor: 1", text));
  }
  for (const char* key :
       {"scale_axis", "elements_per_scale", "min_po2_exponent", "max_po2_exponent", "post_training_scale"}) {
    if (!config_value(config, key).is_null()) {
      throw KerasProblem(fmt::format("quantizer {} with {}, expected one without (nearest: alpha: 1)", text, key));
    }
  }
}

void read_power(const nlohmann::json& config, bool has_sign, const std::string& text, QKerasQuantizer& result) {
  constexpr int kMostPowerBits = 12;
  result.kind = QKerasQuantizer::Kind::power;
  result.bits = config_integer(config, "bits", 8, 1, kMostPowerBits);
  result.has_sign = has_sign;
  result.quadratic = config_flag(config, "quadratic_approximation", false);
  if (!config_value(config, "max_value").is_null()) {
    result.max_value = config_number(config, "max_value", 0);
    if (*result.max_value <= 0) {
      throw KerasProblem(fmt::format("quantizer {}: max_value must be positive", text));
    }
  }
  const std::string rounding = config_text(config, "log2_rounding", "rnd");
  if (rounding != "rnd" && rounding != "floor") {
    throw KerasProblem(fmt::format("quantizer {}: log2_rounding must be rnd or floor", text));
  }
  result.rounds_down = rounding == "floor";
  if (config_number(config, "negative_slope", 0) != 0) {
    throw KerasProblem(fmt::format("quantizer {}, expected one without negative_slope", text));
  }
}

/// The number in lists of one element: QKeras writes some bits as (8,).
nlohmann::json only_element(nlohmann::json value) {
  while (value.is_array() && value.size() == 1) {
    nlohmann::json inner = value.front();
    value = std::move(inner);
  }
  return value;
}

void read_softmax(const nlohmann::json& config, const std::string& text, QKerasQuantizer& result) {
  constexpr int kMostSoftmaxBits = 16;
  result.kind = Kind::softmax;
  result.has_sign = false;
  result.bits = config_integer({{"bits", only_element(config_value(config, "bits"))}}, "bits", 8, 1, kMostSoftmaxBits);
  const nlohmann::json axis = only_element(config_value(config, "axis"));
  if (!axis.is_null() && axis != -1) {
    throw KerasProblem(fmt::format("quantizer {}, expected axis: -1 (the features)", text));
  }
}

QKerasQuantizer parse_object(const nlohmann::json& value, const std::string& text) {
  const std::string name = plain_name(config_text(value, "class_name", ""));
  const nlohmann::json& config = config_value(value, "config");
  QKerasQuantizer result;
  result.text = text;
  check_refused(config, text);
  if (name == "quantized_bits") {
    result.bits = config_integer(config, "bits", 8, 1, kMostBits);
    result.integer = config_integer(config, "integer", 0, -kMostBits, kMostBits);
    result.has_sign = config_flag(config, "keep_negative", true);
    result.symmetric = config_flag(config, "symmetric", false);
    result.after_0_9 = config.is_object() && config.contains("post_training_scale");
    read_alpha(config, result);
    if (result.bits == 1 && result.has_sign) {
      result.kind = Kind::sign;
    }
  } else if (name == "quantized_relu") {
    result.bits = config_integer(config, "bits", 8, 1, kMostBits);
    result.integer = config_integer(config, "integer", 0, -kMostBits, kMostBits);
    result.has_sign = false;
    if (config_flag(config, "use_sigmoid", false)) {
      throw KerasProblem(fmt::format("quantizer {}, expected one without use_sigmoid", text));
    }
    result.slope = config_number(config, "negative_slope", 0);
    if (result.slope != 0) {
      result.has_sign = true;
      // The lowest code, -slope m, must be whole.
      const double lowest = std::ldexp(result.slope, result.bits - 1);
      if (result.slope < 0 || result.slope > 1 || lowest != std::floor(lowest)) {
        throw KerasProblem(
            fmt::format("quantizer {}, expected a negative_slope that is a power of two from 2^(1-bits) to 1", text));
      }
    }
  } else if (name == "quantized_linear") {
    result.bits = config_integer(config, "bits", 8, 2, kMostBits);
    result.integer = config_integer(config, "integer", 0, -kMostBits, kMostBits);
    result.has_sign = config_flag(config, "keep_negative", true);
    result.scaled = true;
    read_alpha(config, result);
    result.symmetric = config_flag(config, "symmetric", true);
    if (!result.auto_alpha.empty()) {
      throw KerasProblem(
          fmt::format("quantizer {}: its scale is searched for in the data, expected a number for alpha (nearest: "
                      "quantized_bits)",
                      text));
    }
  } else if (name == "quantized_po2" || name == "quantized_relu_po2") {
    read_power(config, name == "quantized_po2", text, result);
  } else if (name == "quantized_tanh" || name == "quantized_sigmoid") {
    result.kind = name == "quantized_tanh" ? Kind::tanh : Kind::sigmoid;
    result.bits = config_integer(config, "bits", 8, 2, kMostBits);
    result.real = config_flag(config, name == "quantized_tanh" ? "use_real_tanh" : "use_real_sigmoid", false);
    if (!config_value(config, "integer").is_null()) {
      throw KerasProblem(fmt::format("quantizer {} of an old QKeras, expected that of QKeras 0.9", text));
    }
    // Versions without the parameter left the most negative value out.
    result.symmetric = config_flag(config, "symmetric", true);
  } else if (name == "quantized_softmax") {
    read_softmax(config, text, result);
  } else if (name == "binary" || name == "stochastic_binary") {
    result.kind = Kind::sign;
    result.bits = 1;
    result.zero_one = config_flag(config, "use_01", false);
    read_alpha(config, result);
  } else if (name == "ternary" || name == "stochastic_ternary") {
    result.kind = Kind::ternary;
    result.bits = 2;
    result.threshold = static_cast<double>(static_cast<float>(config_number(config, "threshold", 0.33)));
    read_alpha(config, result);
  } else {
    refuse(text);
  }
  return result;
}

/// The bits of a `fixed` quantizer's mantissa without the sign.
int magnitude_bits(const QKerasQuantizer& quantizer) { return quantizer.bits - (quantizer.has_sign ? 1 : 0); }

double fixed_mantissa(const QKerasQuantizer& quantizer, double x) {
  const double m = std::ldexp(1.0, magnitude_bits(quantizer));
  const double low = quantizer.has_sign ? -m + (quantizer.symmetric ? 1 : 0) : 0;
  const double scaled = quantizer.scaled ? x / quantizer.alpha : x;
  return std::clamp(std::nearbyint(std::ldexp(scaled, magnitude_bits(quantizer) - quantizer.integer)), low, m - 1);
}

/// The exponent that a `power` quantizer gives to x. Logarithms are in float32, as QKeras' are.
int power_exponent(const QKerasQuantizer& quantizer, double x) {
  const int sign_of_exponent = quantizer.max_value && *quantizer.max_value <= 1 ? 0 : 1;
  const int bits = std::max(0, quantizer.bits - (quantizer.has_sign ? 1 : 0) - sign_of_exponent);
  const int lowest = -(1 << bits);
  const int step = quantizer.quadratic ? 2 : 1;
  const int highest = ((1 << bits) - 1) / step * step;
  const auto magnitude = static_cast<float>(quantizer.has_sign ? std::abs(x) : std::max(x, 0.0));
  if (magnitude < static_cast<float>(kKerasEpsilon)) {
    return lowest;
  }
  const float limited = quantizer.max_value ? std::min(magnitude, static_cast<float>(*quantizer.max_value)) : magnitude;
  const float logarithm = std::log(quantizer.quadratic ? std::sqrt(limited) : limited) / std::log(2.0F);
  const float rounded = quantizer.rounds_down ? std::floor(logarithm) : std::nearbyint(logarithm);
  return step * std::clamp(static_cast<int>(rounded), lowest, highest);
}

/// Powers of two as whole numbers times the smallest of them.
QuantizedKernel quantize_to_powers(const QKerasQuantizer& quantizer, const std::vector<double>& values) {
  constexpr int kMostSpan = 40;
  std::vector<int> exponents;
  exponents.reserve(values.size());
  for (const double x : values) {
    exponents.push_back(power_exponent(quantizer, x));
  }
  const auto [least, most] = std::minmax_element(exponents.begin(), exponents.end());
  if (exponents.empty() || *most - *least > kMostSpan) {
    throw KerasProblem(fmt::format("quantizer {} makes weights of 2^{} to 2^{}, expected a range of at most 2^{}",
                                   quantizer.text, exponents.empty() ? 0 : *least, exponents.empty() ? 0 : *most,
                                   kMostSpan));
  }
  QuantizedKernel result;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double power = std::ldexp(1.0, exponents[i] - *least);
    result.mantissas.push_back(quantizer.has_sign && values[i] < 0 ? -power : power);
  }
  result.scale = {std::ldexp(1.0, *least)};
  return result;
}

double mantissa(const QKerasQuantizer& quantizer, double x) {
  switch (quantizer.kind) {
    case Kind::sign:
      return x >= 0 ? 1 : quantizer.zero_one ? 0 : -1;
    case Kind::ternary:
      return std::abs(x) >= quantizer.threshold ? (x > 0) - (x < 0) : 0;
    case Kind::fixed:
      return fixed_mantissa(quantizer, x);
    default:
      throw KerasProblem(fmt::format("quantizer {} for weights, expected quantized_bits", quantizer.text));
  }
}

/// The power of two nearest to `scale`.
double nearest_power(double scale) {
  const double exponent = std::log2(scale + kKerasEpsilon);
  // QKeras counts in float32: nearer to the middle between two powers, its rounding may go the other way.
  if (std::abs(exponent - std::floor(exponent) - 0.5) < 1e-5) {
    throw KerasProblem("the scale of alpha: auto_po2 lies between two powers of two; nearest: alpha: 1");
  }
  return std::ldexp(1.0, static_cast<int>(std::nearbyint(exponent)));
}

/// The power of two nearest to the least squares fit of q times a factor to x.
double power_scale(const std::vector<double>& x, const std::vector<double>& q) {
  double xq = 0;
  double qq = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xq += x[i] * q[i];
    qq += q[i] * q[i];
  }
  const auto count = static_cast<double>(x.size());
  return nearest_power((xq / count) / (qq / count + kKerasEpsilon));
}

/// One channel of a kernel by alpha: auto_po2: mantissas and scale.
struct Channel {
  std::vector<double> mantissas;
  double scale = 1;
};

/// Rounds to levels of `scale`, halves away from 0, at most `most`.
std::vector<double> levels_of(const std::vector<double>& x, double scale, double most) {
  std::vector<double> z;
  z.reserve(x.size());
  for (const double value : x) {
    z.push_back(std::copysign(std::min(std::floor(std::abs(value) / scale + 0.5), most), value));
  }
  return z;
}

/// `x` are the weights over 2^integer. After 0.9 the first scale is another one, and the mantissas are those of the
/// last scale, not of the one before. In 0.9, `auto` differs from `auto_po2` by its first scale only.
Channel fixed_by_power(const QKerasQuantizer& quantizer, const std::vector<double>& x) {
  const double most = std::ldexp(1.0, quantizer.bits - 1) - 1;
  const auto [low, high] = std::minmax_element(x.begin(), x.end());
  double scale = quantizer.after_0_9 ? 2 * std::max(std::abs(*low), std::abs(*high)) / (2 * most)
                                     : (*high - *low) / (2 * most + 1);
  if (quantizer.auto_alpha != "auto") {
    scale = nearest_power(scale);
  }
  if (scale == 0) {
    throw KerasProblem(fmt::format("quantizer {} of equal weights has no scale; nearest: alpha: 1", quantizer.text));
  }
  Channel channel;
  for (int i = 0; i < kPowerIterations; ++i) {
    channel.mantissas = levels_of(x, scale, most);
    scale = power_scale(x, channel.mantissas);
  }
  if (quantizer.after_0_9) {
    channel.mantissas = levels_of(x, scale, most);
  }
  channel.scale = scale;
  return channel;
}

Channel ternary_by_power(const std::vector<double>& x) {
  double most = 0;
  for (const double value : x) {
    most = std::max(most, std::abs(value));
  }
  double scale = nearest_power(2 * most / 3);
  Channel channel;
  for (int i = 0; i < kTernaryIterations; ++i) {
    channel.mantissas.clear();
    for (const double value : x) {
      const double rounded = scale * std::nearbyint(value / scale);
      channel.mantissas.push_back(std::abs(rounded) >= scale / 2 ? (value > 0) - (value < 0) : 0);
    }
    scale = power_scale(x, channel.mantissas);
  }
  channel.scale = scale;
  return channel;
}

Channel by_power(const QKerasQuantizer& quantizer, std::vector<double> x) {
  if (quantizer.kind == Kind::ternary) {
    return ternary_by_power(x);
  }
  if (quantizer.kind == Kind::sign && quantizer.text.rfind("quantized_bits", 0) != 0) {
    Channel channel;
    for (const double value : x) {
      channel.mantissas.push_back(mantissa(quantizer, value));
    }
    channel.scale = power_scale(x, channel.mantissas);
    return channel;
  }
  if (quantizer.kind != Kind::fixed || !quantizer.has_sign || quantizer.bits < 2) {
    throw KerasProblem(fmt::format("quantizer {} with alpha: auto_po2; nearest: alpha: 1", quantizer.text));
  }
  for (double& value : x) {
    value = std::ldexp(value, -quantizer.integer);
  }
  const Channel channel = fixed_by_power(quantizer, x);
  return {channel.mantissas, std::ldexp(channel.scale, quantizer.integer)};
}

QuantizedKernel quantize_by_power(const QKerasQuantizer& quantizer, const Hdf5Array& kernel) {
  const std::size_t channels = kernel.shape.size() > 1 ? kernel.shape.back() : 1;
  QuantizedKernel result;
  result.mantissas.resize(kernel.values.size());
  for (std::size_t c = 0; c < channels; ++c) {
    std::vector<double> x;
    for (std::size_t i = c; i < kernel.values.size(); i += channels) {
      x.push_back(kernel.values[i]);
    }
    const bool is_zero = std::all_of(x.begin(), x.end(), [](double value) { return value == 0; });
    const Channel channel = is_zero ? Channel{x, 1} : by_power(quantizer, x);
    result.scale.push_back(channel.scale);
    for (std::size_t i = 0; i < x.size(); ++i) {
      result.mantissas[i * channels + c] = channel.mantissas[i];
    }
  }
  return result;
}

}  // namespace

bool is_qkeras_quantizer(const nlohmann::json& value) {
  std::string name;
  if (value.is_string()) {
    name = value.get<std::string>();
  } else if (config_value(value, "class_name").is_string()) {
    name = config_value(value, "class_name").get<std::string>();
  }
  name = plain_name(name);
  name = stripped(name.substr(0, name.find('(')));
  return name.rfind("quantized_", 0) == 0 || name == "bernoulli" || positional().count(name) != 0;
}

std::optional<QKerasQuantizer> parse_qkeras_quantizer(const nlohmann::json& value) {
  if (value.is_null()) {
    return std::nullopt;
  }
  if (value.is_string()) {
    const std::string text = value.get<std::string>();
    if (positional().count(stripped(text.substr(0, text.find('(')))) == 0) {
      refuse(text);
    }
    return parse_object(parse_call(text), text);
  }
  const nlohmann::json& config = config_value(value, "config");
  return parse_object(value, plain_name(config_text(value, "class_name", "?")) + config_shown(config));
}

QuantizedKernel quantize_kernel(const QKerasQuantizer& quantizer, const Hdf5Array& kernel) {
  if (quantizer.slope != 0) {
    throw KerasProblem(fmt::format("quantizer {} for weights, expected quantized_bits", quantizer.text));
  }
  if (quantizer.kind == Kind::power) {
    return quantize_to_powers(quantizer, kernel.values);
  }
  if (quantizer.scaled && quantizer.no_alpha) {  // a layer that trains its kernel turns that into auto_po2
    throw KerasProblem(fmt::format(
        "quantizer {} of a kernel: its scale is searched for in the weights, expected a number for alpha (nearest: "
        "quantized_bits)",
        quantizer.text));
  }
  // A layer that trains its kernel turns alpha: None into auto_po2.
  const bool trains = quantizer.no_alpha && quantizer.auto_alpha.empty();
  if (quantizer.auto_alpha == "auto" && (quantizer.kind != Kind::fixed || quantizer.after_0_9)) {
    throw KerasProblem(fmt::format("quantizer {}: scales of alpha: auto are any real numbers; nearest: alpha: auto_po2",
                                   quantizer.text));
  }
  if (trains || !quantizer.auto_alpha.empty()) {
    QKerasQuantizer by_weights = quantizer;
    by_weights.symmetric = true;
    return quantize_by_power(by_weights, kernel);
  }
  QuantizedKernel result;
  result.mantissas.reserve(kernel.values.size());
  for (const double x : kernel.values) {
    result.mantissas.push_back(mantissa(quantizer, x));
  }
  const int exponent = quantizer.kind == Kind::fixed ? quantizer.integer - magnitude_bits(quantizer) : 0;
  result.scale = {std::ldexp(quantizer.alpha, exponent)};
  return result;
}

std::vector<double> quantize_bias(const QKerasQuantizer& quantizer, const std::vector<double>& bias) {
  if (!quantizer.auto_alpha.empty()) {
    throw KerasProblem(fmt::format("quantizer {} for a bias, expected alpha: 1", quantizer.text));
  }
  QKerasQuantizer plain = quantizer;
  plain.no_alpha = false;
  const QuantizedKernel quantized = quantize_kernel(plain, {{bias.size()}, bias});
  std::vector<double> result;
  result.reserve(bias.size());
  for (const double value : quantized.mantissas) {
    result.push_back(value * quantized.scale.front());
  }
  return result;
}

}  // namespace rtlgen
