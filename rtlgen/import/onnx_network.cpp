#include "rtlgen/import/onnx_network.hpp"

#include <algorithm>

#include "rtlgen/import/float32_rounding.hpp"

namespace rtlgen {

std::size_t OnnxNetwork::add_unary(NetOp op, std::size_t input, const NetNode& origin) {
  NetNode made;
  made.op = op;
  made.inputs = {input};
  made.tokens = at(input).tokens;
  made.features = at(input).features;
  made.name = origin.name;
  made.label = origin.label;
  return add(std::move(made));
}

std::size_t OnnxNetwork::add_affine(std::size_t input, std::vector<double> factors, std::vector<double> offsets,
                                    const NetNode& origin) {
  const NetLinear before = linear(input);
  for (std::size_t i = 0; i < factors.size(); ++i) {
    offsets[i] = float32_sum(offsets[i], factors[i] * before.offsets[i]);
    factors[i] *= before.factors[i];
  }
  if (std::all_of(factors.begin(), factors.end(), [](double x) { return is_float32_close(x, 1); })) {
    factors.assign(factors.size(), 1);
    if (std::all_of(offsets.begin(), offsets.end(), [](double x) { return x == 0; })) {
      return before.root;
    }
  }
  const std::size_t made = add_unary(NetOp::affine, before.root, origin);
  at(made).factors = std::move(factors);
  at(made).offsets = std::move(offsets);
  return made;
}

std::size_t OnnxNetwork::add_select(std::size_t input, const std::vector<std::int64_t>& columns, bool flat,
                                    const NetNode& origin) {
  bool same = !flat && static_cast<std::int64_t>(columns.size()) == at(input).features;
  for (std::size_t i = 0; same && i < columns.size(); ++i) {
    same = columns[i] == static_cast<std::int64_t>(i);
  }
  if (same) {
    return input;
  }
  const auto known = selected_.find({input, columns});
  if (known != selected_.end() && at(known->second).flat == flat) {
    return known->second;
  }
  const std::size_t made = add_unary(NetOp::select, input, origin);
  at(made).columns = columns;
  at(made).flat = flat;
  at(made).features = static_cast<std::int64_t>(columns.size());
  at(made).tokens = flat ? 1 : at(input).tokens;
  selected_[{input, columns}] = made;
  return made;
}

NetLinear OnnxNetwork::linear(std::size_t node) const {
  if (at(node).op == NetOp::affine) {
    return {at(node).inputs[0], at(node).factors, at(node).offsets};
  }
  const auto features = static_cast<std::size_t>(at(node).features);
  return {node, std::vector<double>(features, 1), std::vector<double>(features, 0)};
}

}  // namespace rtlgen
