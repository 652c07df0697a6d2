#include "rtlgen/deliver/test_vectors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include "ir/source_error.hpp"

namespace rtlgen {
namespace {

/// Bits of one beat, element 0 in the low bits.
class BeatBits {
 public:
  explicit BeatBits(int bits) : bits_(static_cast<std::size_t>(bits)) {}

  void set(int position, int width, std::int64_t value) {
    for (int bit = 0; bit < width; ++bit) {
      bits_[static_cast<std::size_t>(position + bit)] = (static_cast<std::uint64_t>(value) >> bit & 1U) != 0;
    }
  }

  std::int64_t get(int position, const Format& format) const {
    std::uint64_t value = 0;
    for (int bit = 0; bit < format.width; ++bit) {
      value |= static_cast<std::uint64_t>(bits_[static_cast<std::size_t>(position + bit)]) << bit;
    }
    const bool negative = format.is_signed && (value >> (format.width - 1) & 1U) != 0;
    return static_cast<std::int64_t>(negative ? value | ~((std::uint64_t{1} << format.width) - 1) : value);
  }

  std::string to_hex() const {
    std::string text;
    for (std::size_t digit = (bits_.size() + 3) / 4; digit-- > 0;) {
      int value = 0;
      for (std::size_t bit = 0; bit < 4 && digit * 4 + bit < bits_.size(); ++bit) {
        value |= bits_[digit * 4 + bit] ? 1 << bit : 0;
      }
      text += "0123456789abcdef"[value];
    }
    return text;
  }

  bool from_hex(const std::string& text) {
    if (text.size() != (bits_.size() + 3) / 4) {
      return false;
    }
    for (std::size_t digit = 0; digit < text.size(); ++digit) {
      const std::size_t found = std::string("0123456789abcdef").find(text[text.size() - 1 - digit]);
      if (found == std::string::npos) {
        return false;
      }
      for (std::size_t bit = 0; bit < 4 && digit * 4 + bit < bits_.size(); ++bit) {
        bits_[digit * 4 + bit] = (found >> bit & 1U) != 0;
      }
    }
    return true;
  }

 private:
  std::vector<bool> bits_;
};

std::ofstream open_output(const std::filesystem::path& path) {
  std::ofstream file(path);
  if (!file) {
    throw SourceError({path.string()}, "cannot be written");
  }
  return file;
}

}  // namespace

std::vector<InputBeat> input_beats(const CoreSignature& s, const IntegerEvents& events) {
  std::vector<InputBeat> beats;
  const int width = s.input.format.width;
  for (std::size_t event = 0; event < events.count; ++event) {
    const auto top = static_cast<Eigen::Index>(event) * s.tokens;
    int count = 0;
    for (int token = 0; token < s.tokens && s.mask == MaskKind::count; ++token) {
      count += static_cast<int>(events.mask(top + token, 0));
    }
    for (int beat = 0; beat < s.beats; ++beat) {
      BeatBits data(s.lanes * s.features * width);
      BeatBits mask(s.mask == MaskKind::count ? s.count_width : s.lanes);
      mask.set(0, s.mask == MaskKind::count ? s.count_width : 0, count);
      for (int lane = 0; lane < s.lanes && beat * s.lanes + lane < s.tokens; ++lane) {
        const Eigen::Index row = top + beat * s.lanes + lane;
        for (int f = 0; f < s.features; ++f) {
          data.set((lane * s.features + f) * width, width, static_cast<std::int64_t>(events.x(row, f)));
        }
        if (s.mask == MaskKind::valid) {
          mask.set(lane, 1, static_cast<std::int64_t>(events.mask(row, 0)));
        }
      }
      beats.push_back({data.to_hex(), s.mask == MaskKind::none ? "" : mask.to_hex()});
    }
  }
  return beats;
}

std::vector<std::string> output_beats(const CoreSignature& s, const Mantissas& output) {
  std::vector<std::string> beats;
  const int width = s.output.width;
  for (Eigen::Index top = 0; top < output.rows(); top += s.output_tokens) {
    for (int beat = 0; beat < s.output_beats; ++beat) {
      BeatBits data(s.output_lanes * s.output_features * width);
      for (int lane = 0; lane < s.output_lanes && beat * s.output_lanes + lane < s.output_tokens; ++lane) {
        for (int f = 0; f < s.output_features; ++f) {
          data.set((lane * s.output_features + f) * width, width,
                   static_cast<std::int64_t>(output(top + beat * s.output_lanes + lane, f)));
        }
      }
      beats.push_back(data.to_hex());
    }
  }
  return beats;
}

void write_input_vectors(const std::filesystem::path& path, const CoreSignature& s, const IntegerEvents& events) {
  std::ofstream file = open_output(path);
  for (const InputBeat& beat : input_beats(s, events)) {
    file << beat.data << (beat.mask.empty() ? "" : " ") << beat.mask << '\n';
  }
}

void write_output_vectors(const std::filesystem::path& path, const CoreSignature& s, const Mantissas& output) {
  std::ofstream file = open_output(path);
  for (const std::string& beat : output_beats(s, output)) {
    file << beat << '\n';
  }
}

Mantissas read_output_vectors(const std::filesystem::path& path, const CoreSignature& s) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    lines.push_back(line);
  }
  const auto beats = static_cast<std::size_t>(s.output_beats);
  if (lines.empty() || lines.size() % beats != 0) {
    throw SourceError({path.string()}, fmt::format("has {} beats, expected whole events of {}", lines.size(), beats));
  }
  const auto events = static_cast<Eigen::Index>(lines.size() / beats);
  Mantissas output(events * s.output_tokens, s.output_features);
  for (Eigen::Index event = 0; event < events; ++event) {
    for (int beat = 0; beat < s.output_beats; ++beat) {
      const auto line = static_cast<std::size_t>(event) * beats + static_cast<std::size_t>(beat);
      BeatBits data(s.output_lanes * s.output_features * s.output.width);
      if (!data.from_hex(lines[line])) {
        throw SourceError({path.string(), static_cast<int>(line) + 1, 1}, "is not a beat in hexadecimal");
      }
      for (int lane = 0; lane < s.output_lanes && beat * s.output_lanes + lane < s.output_tokens; ++lane) {
        for (int f = 0; f < s.output_features; ++f) {
          output(event * s.output_tokens + beat * s.output_lanes + lane, f) =
              static_cast<double>(data.get((lane * s.output_features + f) * s.output.width, s.output));
        }
      }
    }
  }
  return output;
}

}  // namespace rtlgen
