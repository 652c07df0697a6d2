#include "rtlgen/import/onnx_attention.hpp"

#include <algorithm>
#include <cmath>

namespace rtlgen {
namespace {

/// Rows of a linear map of a tensor.
struct LinearRows {
  std::int64_t width = 0;
  std::vector<double> weight;  ///< [rows, width]
  std::vector<double> bias;
};

bool is_linear(const NetNode& node) {
  return (node.op == NetOp::dense && !node.flat && node.function.empty()) || node.op == NetOp::affine ||
         (node.op == NetOp::select && !node.flat);
}

/// The tensor itself and those that it is a linear map of, the nearest first.
std::vector<std::size_t> linear_sources(const OnnxNetwork& network, std::size_t node) {
  std::vector<std::size_t> sources = {node};
  while (is_linear(network.at(sources.back()))) {
    sources.push_back(network.at(sources.back()).inputs[0]);
  }
  return sources;
}

/// Takes tensors back to `base`, step by step.
class Composer {
 public:
  Composer(const std::string& file, const OnnxNetwork& network, const NetNode& heads)
      : file_(file), network_(network), heads_(heads) {}

  /// Features `columns` of `node` as a map of `base`.
  LinearRows rows(std::size_t node, std::size_t base, const std::vector<std::int64_t>& columns) const {
    LinearRows map = chosen(network_.at(node).features, columns);
    for (std::size_t at = node; at != base; at = network_.at(at).inputs[0]) {
      map = through(map, network_.at(at));
    }
    return map;
  }

 private:
  static LinearRows chosen(std::int64_t width, const std::vector<std::int64_t>& columns) {
    LinearRows map;
    map.width = width;
    map.bias.assign(columns.size(), 0);
    map.weight.assign(columns.size() * static_cast<std::size_t>(width), 0);
    for (std::size_t row = 0; row < columns.size(); ++row) {
      map.weight[row * static_cast<std::size_t>(width) + static_cast<std::size_t>(columns[row])] = 1;
    }
    return map;
  }

  /// The map of what `node` makes as a map of its input.
  LinearRows through(const LinearRows& map, const NetNode& node) const {
    LinearRows made;
    made.width = network_.at(node.inputs[0]).features;
    made.bias = map.bias;
    const auto from = static_cast<std::size_t>(map.width);
    const auto to = static_cast<std::size_t>(made.width);
    constexpr std::size_t kMost = std::size_t{1} << 26;
    if (map.bias.size() > kMost / std::max(from, to)) {
      throw SourceError({file_}, heads_.label + ": attention is too large");
    }
    made.weight.assign(map.bias.size() * to, 0);
    for (std::size_t row = 0; row < map.bias.size(); ++row) {
      for (std::size_t i = 0; i < from; ++i) {
        const double factor = map.weight[row * from + i];
        if (factor == 0) {
          continue;
        }
        if (node.op == NetOp::select) {
          made.weight[row * to + static_cast<std::size_t>(node.columns[i])] += factor;
          continue;
        }
        made.bias[row] += factor * node.offsets[i];
        if (node.op == NetOp::affine) {
          made.weight[row * to + i] += factor * node.factors[i];
          continue;
        }
        for (std::size_t j = 0; j < to; ++j) {
          made.weight[row * to + j] += factor * (node.factors[i] * node.matrix->values[i * to + j]);
        }
      }
    }
    return made;
  }

  const std::string& file_;
  const OnnxNetwork& network_;
  const NetNode& heads_;
};

/// The nearest tensor of which all three are linear maps.
std::optional<std::size_t> common_source(const OnnxNetwork& network, std::size_t query, std::size_t key,
                                         std::size_t value) {
  const std::vector<std::size_t> queries = linear_sources(network, query);
  const std::vector<std::size_t> keys = linear_sources(network, key);
  const std::vector<std::size_t> values = linear_sources(network, value);
  const auto holds = [](const std::vector<std::size_t>& list, std::size_t node) {
    return std::find(list.begin(), list.end(), node) != list.end();
  };
  const auto found = std::find_if(queries.begin(), queries.end(),
                                  [&](std::size_t node) { return holds(keys, node) && holds(values, node); });
  return found == queries.end() ? std::nullopt : std::optional<std::size_t>(*found);
}

}  // namespace

bool have_common_source(const OnnxNetwork& network, std::size_t query, std::size_t key, std::size_t value) {
  return common_source(network, query, key, value).has_value();
}

OnnxAttention find_attention(const std::string& file, const OnnxNetwork& network, const NetNode& heads) {
  const auto base = common_source(network, heads.inputs[0], heads.inputs[1], heads.inputs[2]);
  if (!base) {
    throw SourceError({file}, heads.label +
                                  ": queries, keys and values are no linear maps of one tensor; nearest supported "
                                  "form: self-attention without quantizers or functions between");
  }
  const NetHeads& parts = *heads.heads;
  const Composer composer(file, network, heads);
  const auto count = static_cast<std::size_t>(parts.heads);
  OnnxAttention made;
  made.input = *base;
  const auto fill = [&](std::size_t input, const std::vector<std::int64_t>& columns, double factor,
                        ImportedArray& weight, ImportedArray& bias) {
    LinearRows rows = composer.rows(heads.inputs[input], *base, columns);
    for (std::vector<double>* const list : {&rows.weight, &rows.bias}) {
      for (double& number : *list) {
        number *= factor;
      }
    }
    const std::size_t dim = columns.size() / count;
    weight = {{count, dim, static_cast<std::size_t>(rows.width)}, std::move(rows.weight), false};
    bias = {{count, dim}, std::move(rows.bias), false};
  };
  constexpr double kClose = 1e-7;  // 1/sqrt(key dim) of float32 graphs is off by 2^-25
  const std::size_t key_dim = parts.query.size() / count;
  double factor = parts.factor * std::sqrt(static_cast<double>(key_dim));
  factor = std::abs(factor - 1) < kClose ? 1 : factor;
  fill(0, parts.query, factor, made.wq, made.bq);
  fill(1, parts.key, 1, made.wk, made.bk);
  fill(2, parts.value, 1, made.wv, made.bv);
  return made;
}

}  // namespace rtlgen
