#include "rtlgen/frontend/event_file.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <utility>

#include "rtlgen/files/npy.hpp"
#include "rtlgen/files/npz.hpp"
#include "rtlgen/model/sample.hpp"

namespace rtlgen {
namespace {

/// Largest whole number that a double holds exactly.
constexpr double kMaxClass = 9007199254740992.0;

/// Reads the arrays of one event file into `Events`.
class EventReader {
 public:
  /// Which events of a file with so many are read, in rising order.
  using Choice = std::function<std::vector<std::size_t>(std::size_t)>;

  EventReader(const std::string& path, const Model& model, Choice choice)
      : path_(path), model_(model), choice_(std::move(choice)) {}

  Events read() {
    if (path_.size() > 4 && path_.compare(path_.size() - 4, 4, ".npy") == 0) {
      read_features(read_npy(path_));
      if (model_.mask != MaskKind::none) {
        fail("a .npy file holds no mask; the model '" + model_.name + "' needs an .npz file with the array '" +
             mask_name() + "'");
      }
      return std::move(events_);
    }
    const NpzFile file(path_);
    if (!file.contains(model_.arrays.features)) {
      fail("missing array '" + model_.arrays.features + "', expected shape " + expected_shape());
    }
    read_features(file.read(model_.arrays.features));
    if (model_.mask != MaskKind::none) {
      if (!file.contains(mask_name())) {
        fail("missing array '" + mask_name() + "': the model's mask is '" +
             (model_.mask == MaskKind::count ? "count" : "valid") + "'");
      }
      read_mask(file.read(mask_name()));
    }
    if (file.contains(model_.arrays.labels)) {
      read_labels(file.read(model_.arrays.labels));
    }
    return std::move(events_);
  }

 private:
  [[noreturn]] void fail(const std::string& message) const { throw SourceError({path_, 0, 0}, message); }

  std::string mask_name() const {
    if (!model_.arrays.mask.empty()) {
      return model_.arrays.mask;
    }
    return model_.mask == MaskKind::count ? "count" : "valid";
  }

  std::string expected_shape() const {
    return "[n," + std::to_string(model_.tokens) + "," + std::to_string(model_.features) + "]";
  }

  void read_features(const NpyArray& array) {
    const std::string& name = model_.arrays.features;
    const auto tokens = static_cast<std::size_t>(model_.tokens);
    // All features of an event in a row: token after token.
    const bool flat = array.shape.size() == 2 &&
                      (tokens == 1 || array.shape[1] == tokens * static_cast<std::size_t>(model_.features));
    if (array.shape.size() != 3 && !flat) {
      fail("array '" + name + "' has shape " + shape_text(array.shape) + ", expected " + expected_shape());
    }
    file_events_ = array.shape[0];
    file_tokens_ = flat ? tokens : array.shape[1];
    const std::size_t features = array.shape.back() / (flat ? tokens : 1);
    if (features != static_cast<std::size_t>(model_.features) || file_tokens_ < tokens) {
      fail("array '" + name + "' has shape " + shape_text(array.shape) + ", expected " + expected_shape());
    }
    if (file_tokens_ > tokens) {
      spdlog::warn("{}: array '{}' has {} tokens an event, the model {}: the rest is cut", path_, name, file_tokens_,
                   tokens);
    }
    if (file_events_ == 0) {
      fail("array '" + name + "' holds no events");
    }
    chosen_ = choice_(file_events_);
    events_.count = chosen_.size();
    events_.tokens = model_.tokens;
    events_.features = model_.features;
    events_.x.resize(static_cast<Eigen::Index>(events_.count * tokens), model_.features);
    for (std::size_t event = 0; event < events_.count; ++event) {
      for (std::size_t token = 0; token < tokens; ++token) {
        for (std::size_t feature = 0; feature < features; ++feature) {
          const double value = array.values[(chosen_[event] * file_tokens_ + token) * features + feature];
          if (!std::isfinite(value)) {
            fail("array '" + name + "' is not finite at [" + std::to_string(chosen_[event]) + "," +
                 std::to_string(token) + "," + std::to_string(feature) + "]");
          }
          events_.x(static_cast<Eigen::Index>(event * tokens + token), static_cast<Eigen::Index>(feature)) = value;
        }
      }
    }
  }

  void read_mask(const NpyArray& array) {
    const bool counts = model_.mask == MaskKind::count;
    const std::vector<std::size_t> wanted =
        counts ? std::vector<std::size_t>{file_events_} : std::vector<std::size_t>{file_events_, file_tokens_};
    if (array.shape != wanted) {
      fail("array '" + mask_name() + "' has shape " + shape_text(array.shape) + ", expected " + shape_text(wanted));
    }
    const auto tokens = static_cast<std::size_t>(model_.tokens);
    events_.mask.assign(events_.count * tokens, 0);
    for (std::size_t event = 0; event < events_.count; ++event) {
      if (counts) {
        const double count = array.values[chosen_[event]];
        if (!(count >= 0) || count > static_cast<double>(file_tokens_) || count != std::floor(count)) {
          fail("array '" + mask_name() + "' must hold whole numbers from 0 to " + std::to_string(file_tokens_) +
               ", event " + std::to_string(chosen_[event]) + " does not");
        }
        const std::size_t real = std::min(static_cast<std::size_t>(count), tokens);
        std::fill_n(events_.mask.begin() + static_cast<std::ptrdiff_t>(event * tokens), real, std::uint8_t{1});
        continue;
      }
      for (std::size_t token = 0; token < tokens; ++token) {
        const double valid = array.values[chosen_[event] * file_tokens_ + token];
        if (valid != 0 && valid != 1) {
          fail("array '" + mask_name() + "' must hold 0 and 1, event " + std::to_string(chosen_[event]) + " does not");
        }
        events_.mask[event * tokens + token] = static_cast<std::uint8_t>(valid);
      }
    }
  }

  void read_labels(const NpyArray& array) {
    const std::string& name = model_.arrays.labels;
    const std::vector<std::size_t>& shape = array.shape;
    if (shape.empty() || shape.size() > 3 || shape[0] != file_events_) {
      fail("labels '" + name + "' have shape " + shape_text(shape) +
           ", expected [n], [n,k] or [n,tokens,k] with n = " + std::to_string(file_events_));
    }
    if (array.integral && shape.size() == 1) {
      events_.classes.resize(events_.count);
      for (std::size_t event = 0; event < events_.count; ++event) {
        const double label = array.values[chosen_[event]];
        if (std::abs(label) > kMaxClass) {
          fail("label " + std::to_string(chosen_[event]) + " of '" + name + "' is out of range");
        }
        events_.classes[event] = static_cast<std::int64_t>(label);
      }
      return;
    }
    const std::size_t columns = shape.size() == 1 ? 1 : shape.back();
    const std::size_t file_rows = shape.size() == 3 ? shape[1] : 1;
    if (shape.size() == 3 && file_rows != file_tokens_) {
      fail("labels '" + name + "' have " + std::to_string(file_rows) + " tokens an event, array '" +
           model_.arrays.features + "' has " + std::to_string(file_tokens_));
    }
    const std::size_t rows = shape.size() == 3 ? static_cast<std::size_t>(model_.tokens) : 1;
    events_.targets.resize(static_cast<Eigen::Index>(events_.count * rows), static_cast<Eigen::Index>(columns));
    for (std::size_t event = 0; event < events_.count; ++event) {
      for (std::size_t row = 0; row < rows; ++row) {
        for (std::size_t column = 0; column < columns; ++column) {
          events_.targets(static_cast<Eigen::Index>(event * rows + row), static_cast<Eigen::Index>(column)) =
              array.values[(chosen_[event] * file_rows + row) * columns + column];
        }
      }
    }
  }

  const std::string& path_;
  const Model& model_;
  Choice choice_;
  std::vector<std::size_t> chosen_;  // events of the file
  std::size_t file_events_ = 0;
  std::size_t file_tokens_ = 0;
  Events events_;
};

}  // namespace

Events load_events(const std::string& path, const Model& model, std::optional<std::size_t> limit) {
  const auto first = [&](std::size_t count) {
    std::vector<std::size_t> chosen(limit ? std::min(*limit, count) : count);
    std::iota(chosen.begin(), chosen.end(), std::size_t{0});
    return chosen;
  };
  return EventReader(path, model, first).read();
}

Events sample_events(const std::string& path, const Model& model, std::size_t wanted) {
  return EventReader(path, model, [&](std::size_t count) { return sample_indices(count, wanted); }).read();
}

}  // namespace rtlgen
