#include "primitives/block_costs.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace rtlgen {
namespace {

/// Factors of a DSP48E2, signed; a larger one is cut into parts of 17 bits.
constexpr int kWideFactor = 27;
constexpr int kNarrowFactor = 18;
constexpr int kPartOfFactor = 17;
/// Products of fewer bits are made of LUTs.
constexpr int kLeastDspProduct = 9;

int dsp_blocks(int a_width, int b_width) {
  const int wide = std::max(a_width, b_width);
  const int narrow = std::min(a_width, b_width);
  if (wide > kWideFactor) {
    const int parts = ceil_div(wide - kWideFactor, kPartOfFactor);
    return parts * dsp_blocks(kNarrowFactor, narrow) + dsp_blocks(wide - parts * kPartOfFactor, narrow);
  }
  if (narrow > kNarrowFactor) {
    const int parts = ceil_div(narrow - kNarrowFactor, kPartOfFactor);
    return parts * dsp_blocks(wide, kNarrowFactor) + dsp_blocks(wide, narrow - parts * kPartOfFactor);
  }
  return 1;
}

}  // namespace

Cost delay_line_cost(int bits, int depth) {
  constexpr int kDepthOfLut = 32;
  constexpr int kLeastChain = 3;
  const int rest = depth % kDepthOfLut;
  const int luts = depth / kDepthOfLut + (rest >= kLeastChain ? 1 : 0);
  return {static_cast<double>(bits) * luts, static_cast<double>(bits) * (rest < kLeastChain ? rest : 0), 0, 0};
}

Cost delay_line_difference(long bits, int depth) {
  Cost cost = static_cast<double>(bits) * delay_line_cost(1, depth);
  cost.ff -= static_cast<double>(bits) * depth;
  return cost;
}

Cost control_delay_cost(int depth) {
  // The valid bits have a reset, which a shift-register LUT has not.
  Cost cost = delay_line_cost(2, depth);
  cost.ff += depth;
  return cost;
}

Cost event_replay_cost(int bits, int beats) {
  if (beats == 1) {
    return delay_line_cost(bits, 1);
  }
  // Eight LUTs with one write port store 14 bits of 32 words or 7 bits of 64.
  constexpr int kLutsOfRam = 8;
  const int counter = clog2(beats);
  const int rams = beats <= 32 ? ceil_div(bits, 14) : ceil_div(bits, 7) * ceil_div(beats, 64);
  return {kLutsOfRam * static_cast<double>(rams) + 3.0 * counter + 3, bits + 2.0 * counter, 0, 0};
}

Cost token_bank_cost(int tokens, int lanes, int bits) {
  const int earlier = (ceil_div(tokens, lanes) - 1) * lanes;
  return {0, static_cast<double>(bits) * (tokens + earlier), 0, 0};
}

Cost table_cost(const std::vector<std::int64_t>& entries, int width) {
  // LUTs of equal content are one, and of constant content none; multiplexers F7 and F8 come with them.
  constexpr std::size_t kEntriesOfLut = 64;
  std::set<std::uint64_t> contents{0, ~std::uint64_t{0}};
  for (std::size_t first = 0; first < entries.size(); first += kEntriesOfLut) {
    for (int bit = 0; bit < width; ++bit) {
      std::uint64_t content = 0;
      for (std::size_t i = 0; i < kEntriesOfLut; ++i) {
        const auto entry = static_cast<std::uint64_t>(entries[(first + i) % entries.size()]);
        content |= (entry >> bit & 1U) << i;
      }
      contents.insert(content);
    }
  }
  return {static_cast<double>(contents.size()) - 2, 0, 0, 0};
}

Cost table_cost(int address, int width) {
  // A LUT6 has 64 entries; the multiplexers F7 and F8 join four of them, further LUTs four of these.
  const double luts = address <= 8 ? std::ldexp(1.0, std::max(0, address - 6)) : std::ldexp(1.25, address - 6);
  return {address == 0 ? 0 : width * luts, 0, 0, 0};
}

Cost dsp_cost(int a_width, int b_width) {
  const int product = a_width + b_width;
  if (product < kLeastDspProduct || std::min(a_width, b_width) < 2) {
    return {static_cast<double>(a_width) * b_width, 0, 0, 0};
  }
  const int blocks = dsp_blocks(a_width, b_width);
  // Several blocks: sums of the partial products.
  return {static_cast<double>(blocks - 1) * (product - kPartOfFactor), 0, static_cast<double>(blocks), 0};
}

Cost adder_tree_cost(int count, int width) {
  Cost cost;
  for (int left = count; left > 1; left = (left + 1) / 2, ++width) {
    cost.lut += (left / 2) * width;  // the sign bits of both operands make the two upper bits of the sum
  }
  return cost;
}

Cost max_tree_cost(int count, int width) {
  // A carry chain compares, a LUT a bit chooses; where the two top bits differ is part of the choice.
  return {(count - 1) * (2.0 * width - 1), 0, 0, 0};
}

Cost max_difference_cost(int count, int width, bool masked) {
  const double choice = masked ? count * width : 0;
  return max_tree_cost(count, width) + Cost{count * (width + 1.0) + choice, 0, 0, 0};
}

}  // namespace rtlgen
