#include "primitives/lut_multiply.hpp"

#include <algorithm>
#include <cstdint>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>

#include "primitives/primitive.hpp"

namespace rtlgen {
namespace {

/// Widest result of the modules, whose bounds are computed in 64 bits.
constexpr int kMaxResultBits = 60;
/// Inputs of a LUT: up to as many bits a table is one LUT for each bit of the result.
constexpr int kLutInputs = 6;

/// Bits that are recoded in pairs: an unsigned operand has a zero on top, and a single sign is there twice.
int recoded_bits(const LutOperand& operand) { return std::max(2, operand.width + (operand.is_signed ? 0 : 1)); }

/// As rtl_lib/lut_dot_product.v does: b is what is recoded.
LutProducts ordered(LutProducts products) {
  const int a = recoded_bits(products.a);
  const int b = recoded_bits(products.b);
  if (!products.square && a < b && ((a + 1) / 2 < (b + 1) / 2 || a % 2 != 0)) std::swap(products.a, products.b);
  return products;
}

bool is_table(const LutProducts& products) {
  return products.count == 1 &&
         (products.square ? products.a.width : products.a.width + products.b.width) <= kLutInputs;
}

/// The rows of a heap, by the rules and names of rtl_lib/row_heap.v.
class Heap {
 public:
  Heap(const LutProducts& products, int steps) : products_(ordered(products)), steps_(steps) {
    while (split_ < steps_ - 1 && rows() > (steps_ - split_ + 1) << split_) ++split_;
  }

  int rows() const { return products_.count * (products_.square ? folded() + 1 : (recoded_bits(products_.b) + 1) / 2); }
  int split() const { return split_; }
  int chains() const { return 1 << split_; }
  int chain_steps() const { return steps_ - split_; }
  /// First row of a chain; that of chain chains() is rows().
  int first(int chain) const { return chain * rows() / chains(); }
  /// Step in which its chain takes row r.
  int step(int r) const;

  /// Row r is only a bit and a number: it lacks no carry.
  bool is_plain(int r) const { return !products_.square && odd() && row(r) == 0; }
  bool is_whole(int r) const;
  bool lacks_carry(int r) const { return !products_.square && !is_plain(r) && !is_whole(r) && !is_positive(r); }
  int lowest(int r) const { return products_.square ? 4 * row(r) : 2 * row(r) - (odd() && row(r) > 0 ? 1 : 0); }
  int width(int r) const;
  bool is_signed(int r) const {
    if (products_.square) return row(r) < folded();
    return products_.a.is_signed || !(is_plain(r) || is_positive(r));
  }
  /// Bit 1 of a square's row is 0.
  int zero_bits() const { return products_.square ? 1 : 0; }
  /// Bits of row r that take a LUT each.
  int row_luts(int r) const;
  /// Highest bit of the sum of rows first to last - 1, its sign.
  int highest(int first, int last) const;
  int result_width() const;
  /// Bits of the operands that steps from `step` on look at.
  int operand_bits(int step) const;

 private:
  int row(int r) const { return r / products_.count; }
  bool odd() const { return recoded_bits(products_.b) % 2 != 0; }
  int wide_a() const { return products_.a.width + (products_.a.is_signed ? 0 : 1); }
  int folded() const { return wide_a() > 4 ? (wide_a() - 3) / 2 : 0; }
  /// The highest row of an unsigned multiplier, whose digit is not negative.
  bool is_positive(int r) const { return !products_.b.is_signed && row(r) == (recoded_bits(products_.b) + 1) / 2 - 1; }

  LutProducts products_;
  int steps_;
  int split_ = 0;
};

int Heap::step(int r) const {
  int chain = 0;
  while (first(chain + 1) <= r) ++chain;
  return std::max(0, r - first(chain) - 1);
}

bool Heap::is_whole(int r) const {
  const int chain = ceil_div(r * chains(), rows());
  if (first(chain) != r) return false;
  if (products_.square) return rows() > 1 && wide_a() > 1;
  const bool all = products_.count == 1 || products_.b.width <= 3;
  return (r == 0 || all) && !is_plain(r);
}

int Heap::width(int r) const {
  if (products_.square) return row(r) < folded() ? wide_a() - 2 * row(r) + 2 : 2 * (wide_a() - 2 * folded());
  return is_plain(r) ? wide_a() : wide_a() + (is_whole(r) ? 2 : 1);
}

int Heap::row_luts(int r) const {
  // Bit 1 of a square is 0, bit 0 of that of the lowest bits a wire; an unsigned table has no sign, and does not reach
  // its highest bit but one.
  if (products_.square) return width(r) - (row(r) == folded() ? 3 : 1) - (row(r) == 0 ? 1 : 0);
  // The sign of a multiple of an unsigned number is that of the digit.
  return is_plain(r) || (!products_.b.is_signed && products_.b.width == 1) ? products_.a.width : products_.a.width + 1;
}

int Heap::highest(int first, int last) const {
  if (last - first == 1) return lowest(first) + width(first) - 1;
  std::int64_t bound = products_.square || is_whole(first) ? 1 : 0;
  for (int r = first; r < last; ++r) {
    const bool narrow = products_.square ? row(r) == folded() : is_whole(r);
    bound += std::int64_t{1} << (lowest(r) + width(r) - (narrow ? 2 : 1));
  }
  return std::min(clog2(static_cast<std::int64_t>(bound)), result_width() - 1);
}

int Heap::result_width() const {
  return products_.a.width + (products_.square ? products_.a.width : products_.b.width) + clog2(products_.count);
}

int Heap::operand_bits(int step_from) const {
  std::set<std::pair<int, int>> multiplier_bits;
  std::set<int> elements;
  for (int r = 0; r < rows(); ++r) {
    if (step(r) < step_from) continue;
    const int element = r % products_.count;
    elements.insert(element);
    const int place = 2 * row(r) - (odd() ? 1 : 0);
    for (int bit = std::max(0, place - 1); bit <= place + 1; ++bit) {
      if (bit < products_.b.width && !(odd() && row(r) == 1 && bit == 0)) multiplier_bits.emplace(element, bit);
    }
  }
  const int a_bits = static_cast<int>(elements.size()) * products_.a.width;
  return a_bits + (products_.square ? 0 : static_cast<int>(multiplier_bits.size()));
}

/// Bits of a number that are not constants; those above are the sign of a signed one, else 0.
struct Bits {
  int top;
  bool is_signed;
};

Bits sum_bits(const Heap& heap, int first, int last) {
  bool is_signed = false;
  for (int r = first; r < last; ++r) is_signed = is_signed || heap.is_signed(r);
  return {heap.highest(first, last) - (is_signed ? 0 : 1), is_signed};
}

/// LUTs of an adder from bit `low` on: none where one operand is 0, unless a LUT makes the other one as well, nor where
/// both are signs.
int adder_luts(int low, const Bits& x, const Bits& y, bool makes_y) {
  const int both = std::min(x.top, y.top);
  const Bits& longer = x.top > y.top ? x : y;
  const Bits& shorter = x.top > y.top ? y : x;
  const bool all = shorter.is_signed || (makes_y && y.top > x.top);
  return std::max(0, (all ? longer.top : both) - low + 1);
}

int lut_delay(const Delays& delays) { return delays.net + delays.lut; }

int adder_delay(int bits, const Delays& delays) {
  // The carry enters as a bit below.
  return delays.net + delays.lut + delays.carry_in + delays.carry4 * ceil_div(bits + 1, 4) + delays.carry_out;
}

/// The rows that start a chain: their LUTs, and the time until they are there.
void start_chains(const Heap& heap, const Delays& delays, LutPlan& plan) {
  int delay = 0;
  for (int chain = 0; chain < heap.chains(); ++chain) {
    const int r = heap.first(chain);
    plan.luts += heap.row_luts(r);
    // A plain row and what is added to it have six inputs or fewer: the adder's LUTs take both.
    if (!heap.is_plain(r)) {
      delay = std::max(delay, heap.is_whole(r) ? adder_delay(heap.width(r), delays) : lut_delay(delays));
    }
  }
  plan.steps.front().delay = delay;
  plan.steps.front().bits = heap.operand_bits(0);
}

/// The step of all chains that adds to each its row `step` + 1.
void add_rows(const Heap& heap, int step, const Delays& delays, LutPlan& plan) {
  Step& timing = plan.steps[static_cast<std::size_t>(step)];
  int delay = 0;
  if (step > 0) timing.bits = heap.operand_bits(step);
  for (int chain = 0; chain < heap.chains(); ++chain) {
    const int first = heap.first(chain);
    const int r = std::min(first + step + 1, heap.first(chain + 1));
    const int x_top = heap.highest(first, r);
    if (step > 0) timing.bits += x_top - heap.lowest(first) + 1 + (heap.lacks_carry(first) ? 1 : 0);
    if (r == heap.first(chain + 1)) continue;
    const int low = heap.lowest(r);
    const int y_top = std::min(low + heap.width(r) - 1, heap.result_width() - 1) - (heap.is_signed(r) ? 0 : 1);
    plan.luts += adder_luts(low, sum_bits(heap, first, r), {y_top, heap.is_signed(r)}, true) - heap.zero_bits();
    delay = std::max(delay, adder_delay(heap.highest(first, r + 1) - low + 1, delays));
  }
  timing.delay += delay;
}

/// Level `level` of the tree, from 0, adds neighbours among the sums of 2^level chains.
void add_sums(const Heap& heap, int level, const Delays& delays, LutPlan& plan) {
  Step& timing = plan.steps[static_cast<std::size_t>(heap.chain_steps() + level)];
  for (int chain = 0; chain < heap.chains(); chain += 2 << level) {
    const int first = heap.first(chain);
    const int middle = heap.first(chain + (1 << level));
    const int last = heap.first(chain + (2 << level));
    const int low = heap.lowest(middle);
    const int x_top = heap.highest(first, middle);
    const int y_top = heap.highest(middle, last);
    timing.bits += x_top - heap.lowest(first) + 1 + (heap.lacks_carry(first) ? 1 : 0);
    timing.bits += y_top - low + 1 + (heap.lacks_carry(middle) ? 1 : 0);
    plan.luts += adder_luts(low, sum_bits(heap, first, middle), sum_bits(heap, middle, last), false);
    timing.delay = std::max(timing.delay, adder_delay(heap.highest(first, last) - low + 1, delays));
  }
}

LutPlan table_plan(const LutProducts& products, const Delays& delays) {
  LutPlan plan;
  const int a = products.a.width;
  // The lowest bit of a square is a wire, the next one 0, and the highest one 0 if a is signed.
  if (products.square) {
    plan.luts = std::max(0, 2 * a - 2 - (products.a.is_signed ? 1 : 0));
  } else {
    plan.luts = a + products.b.width;
  }
  plan.steps = {{lut_delay(delays), a + (products.square ? 0 : products.b.width)}};
  return plan;
}

void check(const LutProducts& products) {
  if (products.count < 1 || products.a.width < 1 || (!products.square && products.b.width < 1)) {
    throw std::invalid_argument("a product of nothing");
  }
  if (Heap(products, 1).result_width() > kMaxResultBits) {
    throw std::invalid_argument("a product of more than " + std::to_string(kMaxResultBits) + " bits");
  }
}

}  // namespace

int least_lut_steps(const LutProducts& products) {
  check(products);
  if (is_table(products)) return 1;
  return std::max(1, clog2(Heap(products, 1).rows()));
}

int most_lut_steps(const LutProducts& products) {
  check(products);
  return is_table(products) ? 1 : std::max(1, Heap(products, 1).rows() - 1);
}

LutPlan lut_plan(const LutProducts& products, int steps, const Delays& delays) {
  if (steps < least_lut_steps(products) || steps > most_lut_steps(products)) {
    throw std::invalid_argument("a product cannot have " + std::to_string(steps) + " steps");
  }
  if (is_table(products)) return table_plan(products, delays);
  const Heap heap(products, steps);
  LutPlan plan;
  plan.steps.resize(static_cast<std::size_t>(steps));
  start_chains(heap, delays, plan);
  for (int step = 0; step < heap.chain_steps(); ++step) add_rows(heap, step, delays, plan);
  for (int level = 0; level < heap.split(); ++level) add_sums(heap, level, delays, plan);
  return plan;
}

}  // namespace rtlgen
