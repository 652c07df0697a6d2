// Watches the outputs of the core.
#pragma once

#include <systemc>

#include "scoreboard.hpp"
#include "wires.hpp"

namespace bench {

/// Hands the outputs of every clock to the scoreboard.
class Monitor : public sc_core::sc_module {
 public:
  sc_core::sc_in<bool> clk;
  sc_core::sc_in<bool> rst;
  sc_core::sc_in<bool> out_valid;
  sc_core::sc_in<bool> out_first;
  sc_core::sc_in<bool> out_last;
  sc_core::sc_in<DataOut> out_data;

  Monitor(const sc_core::sc_module_name& name, Scoreboard& scoreboard) : sc_module(name), scoreboard_(scoreboard) {
    SC_HAS_PROCESS(Monitor);
    SC_METHOD(sample);
    sensitive << clk.pos();
    dont_initialize();
  }

 private:
  // At a rising edge the wires still carry the values of the clock that ends there.
  void sample() {
    OutputSample seen;
    seen.reset = rst.read();
    seen.valid = out_valid.read();
    if (seen.valid) {
      seen.first = out_first.read();
      seen.last = out_last.read();
      seen.data = to_bits(out_data.read());
    }
    scoreboard_.output(current_clock() - 1, std::move(seen));
  }

  Scoreboard& scoreboard_;
};

}  // namespace bench
