// Names of a Verilog scope, made unique in one place.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>

namespace rtlgen {

/// Gives out names that are all different, also for tools and file systems that do not know small letters from capital
/// ones.
class NameScope {
 public:
  /// Keeps a name from being given out.
  void reserve(const std::string& name);
  /// A new name: the one wished for, with underscores behind it where that is taken.
  std::string make(const std::string& wish);
  /// The name of a part of something that has a name: `owner`_`part` where that is free. The same each time.
  const std::string& part(const std::string& owner, const std::string& part);

 private:
  std::set<std::string> taken_;  ///< in small letters
  std::map<std::pair<std::string, std::string>, std::string> parts_;
};

}  // namespace rtlgen
