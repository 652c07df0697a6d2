#include "rtlgen/frontend/quantizer_spec.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace rtlgen {
namespace {

constexpr double kMaxCodeBits = 32;
constexpr double kMaxInteger = 64;

/// Reads what one layer says of its quantizer.
class QuantizerReader {
 public:
  QuantizerReader(const QuantizeSpec& said, const std::string& name, const SourceLocation& where,
                  const WeightFile& weights, int tokens, int features)
      : said_(said), name_(name), where_(where), weights_(weights), tokens_(tokens), features_(features) {}

  UniformQuantizer read() const {
    switch (said_.form) {
      case QuantizeSpec::Form::format:
        return uniform_quantizer(said_.quantizer, features_);
      case QuantizeSpec::Form::per_feature:
        return formats({static_cast<std::size_t>(features_)});
      case QuantizeSpec::Form::per_token:
        return reduced(formats({static_cast<std::size_t>(tokens_), static_cast<std::size_t>(features_)}));
      case QuantizeSpec::Form::scaled:
        return scaled();
      case QuantizeSpec::Form::bipolar:
        break;
    }
    // The sign bit is the code: -1 stands for -scale, 0 for scale.
    UniformQuantizer result = uniform_quantizer({Format{true, 1, 1}, Rounding::trn, Overflow::sat}, features_);
    result.scale = 2 * positive("scale", said_.scale);
    result.zero_point.setConstant(-0.5);
    return result;
  }

 private:
  [[noreturn]] void fail(const std::string& message) const {
    throw SourceError(where_, "layer '" + name_ + "': " + message);
  }

  /// What the description says for all features, or an array.
  Eigen::VectorXd numbers(const std::string& key, const std::optional<double>& said) const {
    if (said) {
      return Eigen::VectorXd::Constant(features_, *said);
    }
    return array(key, {static_cast<std::size_t>(features_)});
  }
  Eigen::VectorXd array(const std::string& key, const std::vector<std::size_t>& shape) const {
    return weights_.vector(name_ + "." + key, shape, where_);
  }

  Eigen::VectorXd positive(const std::string& key, const std::optional<double>& said) const {
    Eigen::VectorXd result = numbers(key, said);
    if ((result.array() < 0x1p-60).any() || (result.array() > 0x1p60).any()) {
      fail("'" + key + "' must be positive, from 2^-60 to 2^60");
    }
    return result;
  }

  /// Whole numbers from `least` to `most`.
  Eigen::VectorXd whole(const std::string& key, Eigen::VectorXd result, double least, double most) const {
    if ((result.array() != result.array().round()).any() || (result.array() < least).any() ||
        (result.array() > most).any()) {
      fail("'" + key + "' must be whole numbers from " + std::to_string(std::llround(least)) + " to " +
           std::to_string(std::llround(most)));
    }
    return result;
  }

  /// Fixed-point formats from arrays of this shape.
  UniformQuantizer formats(const std::vector<std::size_t>& shape) const {
    const Quantizer& modes = said_.quantizer;
    const Eigen::VectorXd width = whole("width", array("width", shape), 0, kMaxFormatWidth);
    const Eigen::VectorXd integer = whole("integer", array("integer", shape), -kMaxInteger, kMaxInteger);
    Eigen::VectorXd is_signed = Eigen::VectorXd::Constant(width.size(), modes.format.is_signed ? 1 : 0);
    if (weights_.contains(name_ + ".signed")) {
      is_signed = whole("signed", array("signed", shape), 0, 1);
    }
    UniformQuantizer result = uniform_quantizer(modes, static_cast<int>(width.size()));
    for (Eigen::Index f = 0; f < width.size(); ++f) {
      const auto i = static_cast<std::size_t>(f);
      if (width[f] == 0) {  // pruned
        result.scale[f] = 1;
        result.low[i] = 0;
        result.high[i] = 0;
        continue;
      }
      const Format format{is_signed[f] != 0, static_cast<int>(width[f]), static_cast<int>(integer[f])};
      const Quantizer quantizer{format, modes.rounding, modes.overflow};
      result.scale[f] = std::ldexp(1.0, -format.frac());
      result.low[i] = quantizer.lowest();
      result.high[i] = format.max();
    }
    return result;
  }

  /// A quantizer of all tokens as one of features, if the tokens agree.
  UniformQuantizer reduced(UniformQuantizer all) const {
    const auto features = static_cast<std::size_t>(features_);
    for (std::size_t i = features; i < all.low.size(); ++i) {
      const std::size_t f = i % features;
      if (all.scale[static_cast<Eigen::Index>(i)] != all.scale[static_cast<Eigen::Index>(f)] ||
          all.low[i] != all.low[f] || all.high[i] != all.high[f]) {
        return all;
      }
    }
    all.scale.conservativeResize(features_);
    all.shift.conservativeResize(features_);
    all.zero_point.conservativeResize(features_);
    all.low.resize(features);
    all.high.resize(features);
    return all;
  }

  UniformQuantizer scaled() const {
    UniformQuantizer result = uniform_quantizer(said_.quantizer, features_);
    result.scale = positive("scale", said_.scale);
    result.zero_point.setZero();
    if (said_.zero_point || weights_.contains(name_ + ".zero_point")) {
      result.zero_point = whole("zero_point", numbers("zero_point", said_.zero_point), -0x1p32, 0x1p32);
    }
    result.shift = result.zero_point;
    const std::optional<double> bits_said = said_.bits ? std::optional<double>(*said_.bits) : std::nullopt;
    const Eigen::VectorXd bits = whole("bits", numbers("bits", bits_said), 1, kMaxCodeBits);
    for (Eigen::Index f = 0; f < features_; ++f) {
      const auto i = static_cast<std::size_t>(f);
      const int width = static_cast<int>(bits[f]);
      const Format format{said_.quantizer.format.is_signed, width, width};
      // Narrow: as many codes on both sides of 0, or one less above it.
      result.low[i] = format.min() + (said_.narrow && format.is_signed ? 1 : 0);
      result.high[i] = format.max() - (said_.narrow && !format.is_signed ? 1 : 0);
      limit(result.low[i], result.high[i]);
    }
    return result;
  }

  void limit(std::int64_t& low, std::int64_t& high) const {
    low = said_.low ? std::max(low, static_cast<std::int64_t>(std::ceil(*said_.low))) : low;
    high = said_.high ? std::min(high, static_cast<std::int64_t>(std::floor(*said_.high))) : high;
    if (low > high) {
      fail("no whole number lies between the limits " + std::to_string(low) + " and " + std::to_string(high));
    }
  }

  const QuantizeSpec& said_;
  const std::string& name_;
  const SourceLocation& where_;
  const WeightFile& weights_;
  int tokens_;
  int features_;
};

}  // namespace

UniformQuantizer make_quantizer(const QuantizeSpec& said, const std::string& name, const SourceLocation& where,
                                const WeightFile& weights, int tokens, int features) {
  return QuantizerReader(said, name, where, weights, tokens, features).read();
}

}  // namespace rtlgen
