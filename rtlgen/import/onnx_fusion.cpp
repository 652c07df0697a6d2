#include "rtlgen/import/onnx_fusion.hpp"

#include <algorithm>

namespace rtlgen {
namespace {

bool all_are(const std::vector<double>& list, double value) {
  return std::all_of(list.begin(), list.end(), [&](double x) { return x == value; });
}

/// Goes through the operations once, inputs first.
class Fuser {
 public:
  Fuser(OnnxProgram& program, bool exact) : network_(program.network), users_(count_users(program)), exact_(exact) {}

  void run() {
    for (std::size_t i = 0; i < network_.size(); ++i) {
      if (users_[i] > 0) {
        fuse(i);
      }
    }
  }

 private:
  void fuse(std::size_t i) {
    switch (network_.at(i).op) {
      case NetOp::affine:
        fuse_affine(i);
        break;
      case NetOp::dense:
        fuse_dense(i);
        break;
      case NetOp::select:
        fuse_select(i);
        break;
      case NetOp::function:
      case NetOp::softmax:
        fuse_function(i);
        break;
      default:
        break;
    }
  }

  const NetNode& input_of(std::size_t i) const { return network_.at(network_.at(i).inputs[0]); }

  bool is_only_user(std::size_t i) const { return users_[network_.at(i).inputs[0]] == 1; }

  /// Puts `made`, which does what the operation and its input did, in the place of operation i.
  void replace(std::size_t i, NetNode made) {
    const std::size_t before = network_.at(i).inputs[0];
    if (--users_[before] > 0) {  // both use what the input uses
      for (const std::size_t input : made.inputs) {
        ++users_[input];
      }
    }
    network_.at(i) = std::move(made);
  }

  void fuse_affine(std::size_t i) {
    const NetNode& map = network_.at(i);
    const NetNode& from = input_of(i);
    const bool dense = (from.op == NetOp::dense || (from.op == NetOp::heads && from.matrix)) && from.function.empty();
    const bool norm = from.op == NetOp::layer_norm || (from.op == NetOp::rms_norm && all_are(map.offsets, 0));
    if (!is_only_user(i) || (!dense && !norm) || (dense && exact_ && !all_are(map.factors, 1))) {
      return;
    }
    NetNode made = from;
    for (std::size_t f = 0; f < made.factors.size(); ++f) {
      made.factors[f] *= map.factors[f];
      made.offsets[f] = map.factors[f] * made.offsets[f] + map.offsets[f];
    }
    replace(i, std::move(made));
  }

  void fuse_dense(std::size_t i) {
    const NetNode& from = input_of(i);
    const NetNode& dense = network_.at(i);
    if (from.op == NetOp::select) {
      NetNode made = dense;
      made.inputs = from.inputs;
      spread_columns(made, from);
      replace(i, std::move(made));
    } else if (from.op == NetOp::heads && !from.matrix && is_only_user(i) && !dense.flat) {
      NetNode made = dense;
      made.op = NetOp::heads;
      made.inputs = from.inputs;
      made.heads = from.heads;
      made.name = from.name;
      made.label = from.label;
      replace(i, std::move(made));
    }
  }

  /// The columns of a dense layer of selected features become columns of all features.
  void spread_columns(NetNode& dense, const NetNode& select) const {
    const NetMatrix& old = *dense.matrix;
    const NetNode& source = network_.at(select.inputs[0]);
    const bool flat = dense.flat || select.flat;
    NetMatrix made;
    made.rows = old.rows;
    made.columns = source.features * (flat ? source.tokens : 1);
    made.integral = old.integral;
    made.values.assign(static_cast<std::size_t>(made.rows * made.columns), 0);
    const auto width = static_cast<std::int64_t>(select.columns.size());
    for (std::int64_t row = 0; row < old.rows; ++row) {
      for (std::int64_t column = 0; column < old.columns; ++column) {
        const std::int64_t token = column / width;
        const std::int64_t to = token * source.features + select.columns[static_cast<std::size_t>(column % width)];
        made.values[static_cast<std::size_t>(row * made.columns + to)] +=
            old.values[static_cast<std::size_t>(row * old.columns + column)];
      }
    }
    dense.flat = flat && source.tokens > 1;
    dense.matrix = std::make_shared<const NetMatrix>(std::move(made));
  }

  /// Selected outputs of a dense layer are outputs of a smaller one.
  void fuse_select(std::size_t i) {
    const NetNode& from = input_of(i);
    const NetNode& select = network_.at(i);
    if (from.op != NetOp::dense || select.flat) {
      return;
    }
    NetNode made = from;
    NetMatrix matrix;
    matrix.rows = static_cast<std::int64_t>(select.columns.size());
    matrix.columns = from.matrix->columns;
    matrix.integral = from.matrix->integral;
    made.factors.clear();
    made.offsets.clear();
    for (const std::int64_t column : select.columns) {
      const auto row = from.matrix->values.begin() + column * matrix.columns;
      matrix.values.insert(matrix.values.end(), row, row + matrix.columns);
      made.factors.push_back(from.factors[static_cast<std::size_t>(column)]);
      made.offsets.push_back(from.offsets[static_cast<std::size_t>(column)]);
    }
    made.features = matrix.rows;
    made.matrix = std::make_shared<const NetMatrix>(std::move(matrix));
    replace(i, std::move(made));
  }

  void fuse_function(std::size_t i) {
    const NetNode& from = input_of(i);
    const std::string function = network_.at(i).op == NetOp::softmax ? "softmax" : network_.at(i).function;
    if (from.op != NetOp::dense || !from.function.empty() || !is_only_user(i) || (exact_ && function != "relu") ||
        function == "leaky_relu") {  // it has a key of its own
      return;
    }
    NetNode made = from;
    made.function = function;
    replace(i, std::move(made));
  }

  OnnxNetwork& network_;
  std::vector<int> users_;
  bool exact_;
};

}  // namespace

std::vector<int> count_users(const OnnxProgram& program) {
  std::vector<int> users(program.network.size(), 0);
  users[program.output] = 1;
  for (std::size_t i = users.size(); i-- > 0;) {
    if (users[i] > 0) {
      for (const std::size_t input : program.network.at(i).inputs) {
        ++users[input];
      }
    }
  }
  return users;
}

void fuse_operations(OnnxProgram& program, bool exact) { Fuser(program, exact).run(); }

}  // namespace rtlgen
