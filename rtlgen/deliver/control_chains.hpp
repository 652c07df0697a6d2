// The control wires of a core's streams: valid, first and last.
#pragma once

#include <map>
#include <set>
#include <string>

#include "primitives/emission.hpp"
#include "rtlgen/netlist/module.hpp"
#include "rtlgen/netlist/name_scope.hpp"
#include "rtlgen/schedule/stream.hpp"

namespace rtlgen {

/// One shift register for all streams that differ in their start alone, tapped where it is asked for.
class ControlChains {
 public:
  /// `input` are the beats of an event as they enter; both must outlive this.
  ControlChains(const Stream& input, NameScope& names) : input_(input), names_(names) {}

  /// What the names of a stream's control wires begin with.
  std::string name(const Stream& stream) const { return name({stream.anchor, stream.beats()}, stream.start.clock); }
  /// The control wires of a stream.
  ControlWires of(const Stream& stream) { return tap({stream.anchor, stream.beats()}, stream.start.clock); }
  /// So many clocks after the event's last input beat.
  Expression event_end(int clock);
  /// The cells of all that has been asked for.
  Body body();

 private:
  /// Streams that are counted from the input's beats, and those of so many beats an event that follow its last.
  struct Chain {
    Anchor anchor;
    int beats;

    bool operator<(const Chain& other) const {
      return anchor != other.anchor ? anchor < other.anchor : beats < other.beats;
    }
  };

  /// The input's beats.
  Chain input_chain() const { return {Anchor::beat, input_.beats()}; }
  std::string name(const Chain& chain, int start) const;
  ControlWires wires(const Chain& chain, int start);
  ControlWires tap(const Chain& chain, int start);
  ControlWires declare(Body& body, const Chain& chain, int start);
  void add_input(Body& body);
  void add_replay(Body& body, const Chain& chain, const Expression& start);
  void add_event(Body& body, const Chain& chain);
  void add_delays(Body& body, const Chain& chain, int from);

  const Stream& input_;
  NameScope& names_;
  std::map<Chain, std::set<int>> taps_;  ///< clocks at which a chain is tapped
};

}  // namespace rtlgen
