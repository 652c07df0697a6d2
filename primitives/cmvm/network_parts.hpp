// Parts of an adder network as networks of their own.
#pragma once

#include <vector>

#include "primitives/cmvm/adder_network.hpp"
#include "primitives/cmvm/network_partition.hpp"

namespace rtlgen {

/// A part as a network of its own. Leaves are the inputs and what other parts share, outputs those of the network in
/// this part and what this part shares.
AdderNetwork cut_out(const AdderNetwork& network, const NetworkPartition& partition, int part);

/// The network that changed parts make together. Values that several parts made are there once. Outputs keep their
/// numbers if they are the first adders of `network`.
AdderNetwork put_together(const AdderNetwork& network, const std::vector<AdderNetwork>& parts);

}  // namespace rtlgen
