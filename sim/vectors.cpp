#include "vectors.hpp"

#include <fstream>
#include <functional>
#include <sstream>
#include <stdexcept>

namespace bench {
namespace {

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  throw std::runtime_error(std::string("'") + c + "' is not a hex digit");
}

// Calls parse for each line that is not blank; errors get the line's place.
void for_each_line(const std::string& path, const std::function<void(std::istringstream&)>& parse) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error(path + ": cannot be read");
  std::string line;
  for (long number = 1; std::getline(file, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    std::istringstream words(line);
    try {
      parse(words);
      std::string rest;
      if (words >> rest) throw std::runtime_error("more than was expected: '" + rest + "'");
    } catch (const std::runtime_error& error) {
      throw std::runtime_error(path + ":" + std::to_string(number) + ": " + error.what());
    }
  }
}

Bits next_bits(std::istringstream& words, int width) {
  std::string text;
  if (!(words >> text)) throw std::runtime_error("a value is missing");
  return Bits::from_hex(text, width);
}

}  // namespace

void Bits::set_word(int index, std::uint32_t value) {
  const int above = 32 * (index + 1) - width_;
  words_[static_cast<std::size_t>(index)] = above > 0 ? value & (0xffffffffU >> above) : value;
}

void Bits::clear_from(int from) {
  for (int i = from / 32; i < word_count(); ++i) {
    const int keep = from - 32 * i;  // low bits that stay
    set_word(i, keep > 0 ? word(i) & ~(0xffffffffU << keep) : 0);
  }
}

void Bits::randomize_from(int from, Random& random) {
  for (int i = from / 32; i < word_count(); ++i) {
    const int keep = from - 32 * i;
    const std::uint32_t changed = keep > 0 ? 0xffffffffU << keep : 0xffffffffU;
    set_word(i, (word(i) & ~changed) | (static_cast<std::uint32_t>(random()) & changed));
  }
}

std::string Bits::to_hex() const {
  std::string text;
  for (int digit = (width_ + 3) / 4 - 1; digit >= 0; --digit) {
    text += "0123456789abcdef"[(word(digit / 8) >> (4 * (digit % 8))) & 15U];
  }
  return text;
}

Bits Bits::from_hex(const std::string& text, int width) {
  Bits bits(width);
  int digit = static_cast<int>(text.size());
  for (const char c : text) {
    --digit;
    const auto value = static_cast<std::uint32_t>(digit_value(c));
    if (value == 0) continue;
    const int room = width - 4 * digit;  // bits of this digit that lie within the width
    if (room < 4 && (room <= 0 || value >> room != 0)) {
      throw std::runtime_error("'" + text + "' has more than " + std::to_string(width) + " bits");
    }
    bits.set_word(digit / 8, bits.word(digit / 8) | value << (4 * (digit % 8)));
  }
  return bits;
}

std::vector<InputBeat> read_inputs(const std::string& path, int data_width, int mask_width) {
  std::vector<InputBeat> beats;
  for_each_line(path, [&](std::istringstream& words) {
    InputBeat beat;
    beat.data = next_bits(words, data_width);
    if (mask_width > 0) beat.mask = next_bits(words, mask_width);
    beats.push_back(std::move(beat));
  });
  return beats;
}

std::vector<Bits> read_outputs(const std::string& path, int data_width) {
  std::vector<Bits> beats;
  for_each_line(path, [&](std::istringstream& words) { beats.push_back(next_bits(words, data_width)); });
  return beats;
}

void write_outputs(const std::string& path, const std::vector<Bits>& beats) {
  std::ofstream file(path);
  for (const Bits& beat : beats) file << beat.to_hex() << '\n';
  if (!file.flush()) throw std::runtime_error(path + ": cannot be written");
}

}  // namespace bench
