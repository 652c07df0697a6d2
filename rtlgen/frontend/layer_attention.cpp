#include <algorithm>
#include <cmath>

#include "rtlgen/frontend/layer_types.hpp"

namespace rtlgen {
namespace {

constexpr double kLog2E = 1.44269504088896340735992468100189214;
constexpr int kMaxHeadDim = 1024;
/// Largest merged query matrix (elements).
constexpr std::size_t kMaxMergedWeights = std::size_t{1} << 24;

/// One attention layer on its way into the model.
class AttentionExpansion {
 public:
  AttentionExpansion(Expansion& model, const LayerSpec& spec, const AttentionSpec& said)
      : model_(model), spec_(spec), said_(said), name_(spec.name.name) {}

  std::size_t expand() {
    const int width = model_.layer(model_.input()).features;
    if (!said_.key_dim && width % said_.heads != 0) {
      fail(spec_, "layer '" + name_ + "': " + std::to_string(width) + " features do not divide into " +
                      std::to_string(said_.heads) + " heads; give 'key_dim'");
    }
    const int key_dim = said_.key_dim.value_or(width / said_.heads);
    const int value_dim = said_.value_dim.value_or(key_dim);
    read_weights(size_of(key_dim), size_of(value_dim), size_of(said_.units.value_or(width)));
    const double scale = kLog2E / std::sqrt(static_cast<double>(key_dim));
    wq_ *= scale;
    bq_ *= scale;
    return merges(size_of(std::min(key_dim, value_dim))) ? push_merged() : push_separate();
  }

 private:
  void read_weights(std::size_t k, std::size_t v, std::size_t units) {
    const std::size_t heads = size_of(said_.heads);
    wq_ = per_head(".wq", k);
    wk_ = per_head(".wk", k);
    wv_ = per_head(".wv", v);
    wo_ = model_.weights().matrix(name_ + ".wo", {units, heads, v}, spec_.where);
    bq_ = model_.bias(spec_, said_.use_bias, name_ + ".bq", {heads, k});
    bk_ = model_.bias(spec_, said_.use_bias, name_ + ".bk", {heads, k});
    bv_ = model_.bias(spec_, said_.use_bias, name_ + ".bv", {heads, v});
    bo_ = model_.bias(spec_, said_.use_bias, name_ + ".bo", {units});
  }

  /// Array [heads, dim, features] as [heads * dim, features].
  RowMatrix per_head(const char* array, std::size_t dim) const {
    const std::size_t heads = size_of(said_.heads);
    const Eigen::VectorXd flat = model_.weights().vector(name_ + array, {heads, dim, model_.width()}, spec_.where);
    const auto rows = static_cast<Eigen::Index>(heads * dim);
    return Eigen::Map<const RowMatrix>(flat.data(), rows, flat.size() / rows);
  }

  /// Whether the projections are merged into products of the input's features squared.
  bool merges(std::size_t head_dim) const {
    const std::size_t d = model_.width();
    if (said_.projection == "merged") {
      if (d * d > kMaxMergedWeights / size_of(said_.heads)) {
        fail(spec_, "layer '" + name_ + "' is too wide for 'projection: merged'");
      }
      return true;
    }
    const auto has_format = [&](const char* part) {
      return model_.precisions().distinguishes(name_ + part, name_ + ".heads");
    };
    return said_.projection == "auto" && 2 * d <= head_dim && !has_format(".q") && !has_format(".k") &&
           !has_format(".v");
  }

  std::size_t push_separate() {
    const std::size_t x = model_.input();
    // bk adds the same to the scores of a query with all keys, which a softmax does not see.
    bk_.setZero();
    const std::size_t q = model_.push_dense(spec_, name_ + ".q", x, {std::move(wq_), std::move(bq_), {}});
    const std::size_t k = model_.push_dense(spec_, name_ + ".k", x, {std::move(wk_), std::move(bk_), {}});
    const std::size_t v = model_.push_dense(spec_, name_ + ".v", x, {std::move(wv_), std::move(bv_), {}});
    return push_heads({q, k, v}, model_.layer(v).features, said_.heads, {std::move(wo_), std::move(bo_), {}});
  }

  /// q.k = x_i Wq^T Wk x_j + bq Wk x_j + what is constant over j; and the weights of a row sum to 1.
  std::size_t push_merged() {
    const Eigen::Index heads = said_.heads;
    const Eigen::Index d = wq_.cols();
    const Eigen::Index k = wq_.rows() / heads;
    const Eigen::Index v = wv_.rows() / heads;
    DenseLayer query{RowMatrix(heads * d, d), Eigen::VectorXd(heads * d), {}};
    DenseLayer output{RowMatrix(wo_.rows(), heads * d), bo_, {}};
    for (Eigen::Index head = 0; head < heads; ++head) {
      const auto key = wk_.middleRows(head * k, k);
      const auto mix = wo_.middleCols(head * v, v);
      query.weight.middleRows(head * d, d) = key.transpose() * wq_.middleRows(head * k, k);
      query.bias.segment(head * d, d) = key.transpose() * bq_.segment(head * k, k);
      output.weight.middleCols(head * d, d) = mix * wv_.middleRows(head * v, v);
      output.bias += mix * bv_.segment(head * v, v);
    }
    const std::size_t x = model_.input();
    const std::size_t q = model_.push_dense(spec_, name_ + ".q", x, std::move(query));
    return push_heads({q, x, x}, static_cast<int>(heads * d), 1, std::move(output));
  }

  std::size_t push_heads(const std::vector<std::size_t>& inputs, int features, int kv_heads, DenseLayer output) {
    const AttentionLayer attention{said_.heads, kv_heads, said_.row_max};
    Layer made = model_.make(spec_, name_ + ".heads", model_.with_mask(inputs), attention);
    made.features = features;
    return model_.push_dense(spec_, name_, model_.push(std::move(made)), std::move(output));
  }

  Expansion& model_;
  const LayerSpec& spec_;
  const AttentionSpec& said_;
  const std::string& name_;
  RowMatrix wq_, wk_, wv_, wo_;  // rows of wq, wk, wv are head-major, columns of wo too
  Eigen::VectorXd bq_, bk_, bv_, bo_;
};

}  // namespace

LayerSpec::What read_attention(const LayerKeys& keys) {
  AttentionSpec attention;
  attention.heads = keys.whole("heads", 1, kMaxHeads);
  attention.key_dim = keys.maybe_whole("key_dim", 1, kMaxHeadDim);
  attention.value_dim = keys.maybe_whole("value_dim", 1, kMaxHeadDim);
  const std::string row_max = keys.choice("row_max", {"auto", "true", "false"}, "auto");
  attention.row_max = row_max == "auto" ? std::nullopt : std::optional<bool>(row_max == "true");
  attention.projection = keys.choice("projection", {"auto", "merged", "separate"}, "auto");
  attention.use_bias = keys.flag("use_bias", true);
  attention.units = keys.maybe_whole("units", 1, kMaxUnits);
  return attention;
}

std::size_t expand(Expansion& model, const LayerSpec& spec, const AttentionSpec& said) {
  return AttentionExpansion(model, spec, said).expand();
}

}  // namespace rtlgen
