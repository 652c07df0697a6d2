// Random small models as a user would write them: YAML, weights, calibration events.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "rtlgen/deliver/compile_model.hpp"
#include "tests/support/dice.hpp"
#include "tests/support/temporary_folder.hpp"

namespace rtlgen::testing {

/// A folder with a model in it.
class ModelFolder {
 public:
  /// Adds an array of random numbers to the weights.
  void array(Dice& dice, const std::string& name, const std::vector<std::size_t>& shape, double scale = 0.5,
             double offset = 0);
  /// Writes model.yaml, weights.npz and calibration.npz (which fits `tokens`, `features` and `mask`).
  void write(Dice& dice, const std::string& yaml, int tokens, int features, const std::string& mask);
  CompiledModel compile(const std::vector<std::string>& overrides = {}) const;

  const std::string& yaml() const { return yaml_; }
  const TemporaryFolder& folder() const { return folder_; }

 private:
  TemporaryFolder folder_;
  std::string yaml_;
  std::map<std::string, std::string> arrays_;
};

/// Writes a random model. Every choice goes round with `index`, at coprime periods, or is thrown with `dice`.
void write_random_model(ModelFolder& folder, Dice& dice, int index);

/// A masked model with attention, a flatten and a softmax.
void write_masked_flatten_model(ModelFolder& folder, Dice& dice);

}  // namespace rtlgen::testing
