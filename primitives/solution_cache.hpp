// Adder graphs found before, kept in files.
#pragma once

#include <filesystem>
#include <vector>

#include "primitives/cmvm/constant_matrix.hpp"

namespace rtlgen {

/// A folder of adder graphs by content: matrix, bias, intervals, options and the version of the search. A file that
/// is damaged, or does not say what its name promises, is as good as none; a folder that cannot be written to is no
/// error.
class SolutionCache {
 public:
  /// No folder: every graph is searched for anew.
  SolutionCache() = default;
  explicit SolutionCache(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// What $RTLGEN_CACHE names (nothing: no cache), else rtlgen/ in $XDG_CACHE_HOME or ~/.cache.
  static SolutionCache of_user();

  /// solve_constant_matrix(), from the cache if it is there.
  AdderGraph solve(const Literal& weight, const Literal& bias, const std::vector<Interval>& inputs,
                   const ConstantMatrixOptions& options) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace rtlgen
