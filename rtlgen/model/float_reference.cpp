#include "rtlgen/model/float_reference.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "rtlgen/model/activation_functions.hpp"
#include "rtlgen/model/layer_traits.hpp"

namespace rtlgen {
namespace {

using Eigen::Index;

constexpr double kLn2 = 0.69314718055994530941723212145817657;

/// 2^(x - row maximum) over the rows, divided by the row's sum.
RowMatrix softmax_rows(const RowMatrix& x) {
  RowMatrix result = ((x.colwise() - x.rowwise().maxCoeff()).array() * kLn2).exp();
  const Eigen::VectorXd sums = result.rowwise().sum();
  result.array().colwise() /= sums.array();
  return result;
}

RowMatrix normalize(const NormalizeLayer& layer, const RowMatrix& x) {
  RowMatrix result = x;
  if (layer.center) {
    const Eigen::VectorXd means = x.rowwise().mean();
    result.colwise() -= means;
  }
  const Eigen::ArrayXd power = result.rowwise().squaredNorm().array() / static_cast<double>(x.cols()) + layer.epsilon;
  const Eigen::ArrayXd factors = (power > 0).select(power.rsqrt(), 0.0);
  result.array().colwise() *= factors;
  return result;
}

/// Rows of the tokens that are real (all where there is no mask).
std::vector<Index> real_tokens(const RowMatrix* mask, Index event, Index tokens) {
  std::vector<Index> result;
  for (Index token = 0; token < tokens; ++token) {
    if (mask == nullptr || (*mask)(event * tokens + token, 0) != 0) {
      result.push_back(token);
    }
  }
  return result;
}

RowMatrix take_rows(const RowMatrix& x, Index first, const std::vector<Index>& rows) {
  RowMatrix result(static_cast<Index>(rows.size()), x.cols());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    result.row(static_cast<Index>(i)) = x.row(first + rows[i]);
  }
  return result;
}

/// 2^(x - largest of the real features).
template <typename Group, typename Weights>
void exponentials(const SoftmaxLayer& /*layer*/, const Group& group, const std::vector<Index>& real, Weights& weights) {
  double largest = -std::numeric_limits<double>::infinity();
  for (const Index f : real) {
    largest = std::max(largest, group[f]);
  }
  weights = ((group.array() - largest).min(0.0) * kLn2).exp();
}

template <typename Group, typename Weights>
void exponentials(const TableSoftmaxLayer& layer, const Group& group, const std::vector<Index>& /*real*/,
                  Weights& weights) {
  const double largest = group.maxCoeff();
  weights = group.unaryExpr([&](double value) { return layer.exp_table.at(largest - value); });
}

template <typename Weights>
void divide(const SoftmaxLayer& /*layer*/, Weights& weights, double sum) {
  if (sum > 0) {
    weights /= sum;
  }
}

template <typename Weights>
void divide(const TableSoftmaxLayer& layer, Weights& weights, double sum) {
  weights *= layer.inv_table.at(sum);
}

/// Softmax of every group of features; with a mask, feature j of a group is token j of the event.
template <typename SoftmaxKind>
RowMatrix softmax(const SoftmaxKind& layer, Index tokens, const RowMatrix& x, const RowMatrix* mask) {
  const Index count = x.cols() / layer.groups;
  RowMatrix result = RowMatrix::Zero(x.rows(), x.cols());
  std::vector<Index> real;
  for (Index row = 0; row < x.rows(); ++row) {
    const Index event = row / tokens;
    if (row % tokens == 0) {
      real = real_tokens(mask, event, count);
    }
    for (Index first = 0; first < x.cols(); first += count) {
      auto weights = result.row(row).segment(first, count);
      exponentials(layer, x.row(row).segment(first, count), real, weights);
      for (Index f = 0; mask != nullptr && f < count; ++f) {
        weights[f] *= (*mask)(event * tokens + f, 0);
      }
      divide(layer, weights, weights.sum());
    }
  }
  return result;
}

/// Products of the tokens of a with all tokens of b, head by head; tokens and features are those of `shape`.
RowMatrix bank_product(const BankProductLayer& layer, const Layer& shape, const RowMatrix& a, const RowMatrix& b) {
  const Index tokens = shape.tokens;
  const Index dim = b.cols() / layer.kv_heads;
  const Index count = a.cols() / layer.heads;
  const Index results = shape.features / layer.heads;
  RowMatrix result(a.rows(), shape.features);
  for (Index top = 0; top < a.rows(); top += tokens) {
    for (Index head = 0; head < layer.heads; ++head) {
      const auto left = a.block(top, head * count, tokens, count);
      const auto right = b.block(top, (layer.kv_heads == 1 ? 0 : head) * dim, tokens, dim);
      auto block = result.block(top, head * results, tokens, results);
      if (layer.mix) {
        block.noalias() = left * right;
      } else {
        block.noalias() = left * right.transpose();
      }
    }
  }
  return result;
}

RowMatrix attention(const AttentionLayer& layer, const Layer& shape, const RowMatrix& q, const RowMatrix& k,
                    const RowMatrix& v, const RowMatrix* mask) {
  const Index tokens = shape.tokens;
  const Index heads = layer.heads;
  const Index key_dim = q.cols() / heads;
  const Index value_dim = shape.features / heads;
  const bool shared = layer.kv_heads == 1;
  RowMatrix result = RowMatrix::Zero(q.rows(), shape.features);
  for (Index event = 0; event < q.rows() / tokens; ++event) {
    const Index first = event * tokens;
    const std::vector<Index> rows = real_tokens(mask, event, tokens);
    if (rows.empty()) {
      continue;
    }
    const RowMatrix keys = take_rows(k, first, rows);
    const RowMatrix values = take_rows(v, first, rows);
    for (Index head = 0; head < heads; ++head) {
      const Index kv_head = shared ? 0 : head;
      const RowMatrix scores =
          q.block(first, head * key_dim, tokens, key_dim) * keys.middleCols(kv_head * key_dim, key_dim).transpose();
      result.block(first, head * value_dim, tokens, value_dim).noalias() =
          softmax_rows(scores) * values.middleCols(kv_head * value_dim, value_dim);
    }
  }
  return result;
}

RowMatrix pool(PoolMode mode, const RowMatrix& x, Index tokens, const RowMatrix* mask) {
  const Index events = x.rows() / tokens;
  RowMatrix result = RowMatrix::Zero(events, x.cols());
  for (Index event = 0; event < events; ++event) {
    const std::vector<Index> rows = real_tokens(mask, event, tokens);
    if (rows.empty()) {
      continue;
    }
    const RowMatrix real = take_rows(x, event * tokens, rows);
    if (mode == PoolMode::max) {
      result.row(event) = real.colwise().maxCoeff();
    } else {
      result.row(event) = real.colwise().sum();
    }
    if (mode == PoolMode::mean) {
      result.row(event) /= static_cast<double>(rows.size());
    }
  }
  return result;
}

RowMatrix argmax(const RowMatrix& x) {
  RowMatrix result(x.rows(), 1);
  for (Index row = 0; row < x.rows(); ++row) {
    Index best = 0;
    for (Index column = 1; column < x.cols(); ++column) {
      best = x(row, column) > x(row, best) ? column : best;
    }
    result(row, 0) = static_cast<double>(best);
  }
  return result;
}

RowMatrix dense(const DenseLayer& layer, const RowMatrix& x) {
  RowMatrix result = x * layer.weight.transpose();
  result.rowwise() += layer.bias.transpose();
  return result;
}

RowMatrix affine(const AffineLayer& layer, const RowMatrix& x) {
  RowMatrix result = x.array().rowwise() * layer.factor.transpose().array();
  result.rowwise() += layer.bias.transpose();
  for (Index row = 0; layer.token_bias.size() > 0 && row < result.rows(); ++row) {
    result.row(row) += layer.token_bias.row(row % layer.token_bias.rows());
  }
  return result;
}

RowMatrix quantize(const UniformQuantizer& quantizer, const RowMatrix& x) {
  RowMatrix result(x.rows(), x.cols());
  for (Index row = 0; row < x.rows(); ++row) {
    const Index first = row * x.cols() % quantizer.features();  // of the token, where tokens differ
    for (Index f = 0; f < x.cols(); ++f) {
      result(row, f) = quantizer.value(first + f, x(row, f));
    }
  }
  return result;
}

RowMatrix mask_of(const Events& events) {
  RowMatrix result(events.x.rows(), 1);
  for (Index row = 0; row < result.rows(); ++row) {
    result(row, 0) = events.mask.empty() ? 1.0 : static_cast<double>(events.mask[static_cast<std::size_t>(row)]);
  }
  return result;
}

/// The function of each kind of layer.
class LayerEvaluator {
 public:
  LayerEvaluator(const Model& model, const Layer& layer, const Events& events, const std::vector<RowMatrix>& tensors)
      : model_(model), layer_(layer), events_(events), tensors_(tensors) {}

  RowMatrix operator()(const InputLayer& /*what*/) const { return events_.x; }
  RowMatrix operator()(const MaskLayer& /*what*/) const { return mask_of(events_); }
  RowMatrix operator()(const DenseLayer& what) const {
    const RowMatrix& x = input(0);
    const Index width = what.weight.cols();
    return what.flatten ? dense(what, Eigen::Map<const RowMatrix>(x.data(), x.size() / width, width)) : dense(what, x);
  }
  RowMatrix operator()(const AffineLayer& what) const { return affine(what, input(0)); }
  RowMatrix operator()(const AddLayer& /*what*/) const { return input(0) + input(1); }
  RowMatrix operator()(const NormalizeLayer& what) const { return normalize(what, input(0)); }
  RowMatrix operator()(const AttentionLayer& what) const {
    return attention(what, layer_, input(0), input(1), input(2), mask(3));
  }
  RowMatrix operator()(const ActivationLayer& what) const {
    return input(0).unaryExpr([&](double x) { return activation_function(what.function, x, what.slope); });
  }
  RowMatrix operator()(const ClipLayer& what) const { return input(0).cwiseMax(what.low).cwiseMin(what.high); }
  RowMatrix operator()(const QuantizeLayer& what) const { return quantize(what.quantizer, input(0)); }
  RowMatrix operator()(const ConcatLayer& /*what*/) const {
    RowMatrix result(input(0).rows(), layer_.features);
    Index column = 0;
    for (std::size_t i = 0; i < layer_.inputs.size(); ++i) {
      result.middleCols(column, input(i).cols()) = input(i);
      column += input(i).cols();
    }
    return result;
  }
  RowMatrix operator()(const PoolLayer& what) const {
    return pool(what.mode, input(0), model_.layers[layer_.inputs[0]].tokens, mask(1));
  }
  RowMatrix operator()(const BankProductLayer& what) const { return bank_product(what, layer_, input(0), input(1)); }
  RowMatrix operator()(const SoftmaxLayer& what) const { return softmax(what, layer_.tokens, input(0), mask(1)); }
  RowMatrix operator()(const TableSoftmaxLayer& what) const { return softmax(what, layer_.tokens, input(0), mask(1)); }
  RowMatrix operator()(const ArgmaxLayer& /*what*/) const { return argmax(input(0)); }

 private:
  const RowMatrix& input(std::size_t i) const { return tensors_[layer_.inputs[i]]; }
  const RowMatrix* mask(std::size_t i) const { return layer_.inputs.size() > i ? &input(i) : nullptr; }

  const Model& model_;
  const Layer& layer_;
  const Events& events_;
  const std::vector<RowMatrix>& tensors_;
};

}  // namespace

std::vector<RowMatrix> evaluate_float(const Model& model, const Events& events) {
  std::vector<RowMatrix> tensors;
  tensors.reserve(model.layers.size());
  for (const Layer& layer : model.layers) {
    tensors.push_back(std::visit(LayerEvaluator(model, layer, events, tensors), layer.what));
    if (has_relu(layer)) {
      tensors.back() = tensors.back().cwiseMax(0.0).eval();
    }
  }
  return tensors;
}

RowMatrix float_output(const Model& model, const Events& events, std::size_t portion) {
  const Layer& last = model.layers.back();
  RowMatrix output(static_cast<Index>(events.count) * last.tokens, last.features);
  for (std::size_t begin = 0; begin < events.count; begin += portion) {
    const std::size_t count = std::min(portion, events.count - begin);
    output.middleRows(static_cast<Index>(begin) * last.tokens, static_cast<Index>(count) * last.tokens) =
        evaluate_float(model, slice_events(events, begin, count)).back();
  }
  return output;
}

}  // namespace rtlgen
