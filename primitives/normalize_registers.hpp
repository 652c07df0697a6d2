// The branches of rtl_lib/normalize.v: their steps, where registers stand in them, and what waits for what.
#pragma once

#include "ir/numerics/format.hpp"
#include "primitives/pipeline.hpp"
#include "primitives/primitive.hpp"
#include "rtlgen/netlist/cell.hpp"

namespace rtlgen {

/// What the steps of a token depend on; widths in bits.
struct NormalizeShape {
  int features = 1;  ///< d
  int input = 1;     ///< x_i
  int variance = 2;  ///< V, even
  int index = 2;     ///< of the table
  int root = 1;      ///< an entry of the table
  bool center = true;
  bool adds_epsilon = true;
  int frac = 0;  ///< fraction bits of a product with the root
  Quantizer output;

  int sum() const { return input + clog2(features); }
  int deviation() const { return center ? sum() + 1 : input; }
  int squares() const { return 2 * input + clog2(features); }
  int shifted() const { return variance / 2 + 1; }          ///< of a deviation, in the end
  int product() const { return shifted() + root + 1; }      ///< of that and the root
  int digits() const;                                       ///< of base 4 that tell V's leading pair
  int kept_variance(int left) const;                        ///< with so many digits to come: bits of V,
  int kept_deviation(int left) const;                       ///< of a deviation,
  int kept_digits(int left) const;                          ///< and of the digits of the pairs that are left
  int multiple_adders() const { return adders(features); }  ///< of d times a number
  int square_multiple_adders() const { return center ? adders(std::int64_t{features} * features) : 0; }

 private:
  static int adders(std::int64_t factor);
};

/// The registers of a token.
class NormalizeRegisters {
 public:
  NormalizeRegisters(const DeviceModel& device, int start, const NormalizeShape& shape);

  Timing timing() const;
  /// Flip-flops, and LUTs of longer delays.
  Cost cost() const;
  /// Sets the parameters of all branches.
  void set(const DeviceModel& device, Cell& cell) const;

 private:
  /// How the deviations are formed: when x_i goes in, and registers on the way to the shift.
  struct Deviations {
    int clock = 0;
    bool waits_for_sum = false;    ///< a register in front of the subtraction of S
    bool waits_for_place = false;  ///< and one behind it
    int ps = 0;                    ///< when they are there behind the last register
    bool fits = true;              ///< whether all of it fits into its clocks

    int subtraction() const { return clock + (waits_for_sum ? 1 : 0); }
  };

  /// The same way with its times.
  Deviations formed(const DeviceModel& device, Deviations way) const;
  Cost cost(const Deviations& way) const;
  /// Of all ways to the clock of `place` the cheapest that is there at its ps, else the soonest.
  Deviations best_deviations(const DeviceModel& device, Time place) const;

  NormalizeShape shape_;
  Pipeline squares_;
  Pipeline sum_;
  Pipeline mean_;
  Pipeline variance_;
  Pipeline rest_;  // shift and result
  Deviations deviations_;
};

}  // namespace rtlgen
