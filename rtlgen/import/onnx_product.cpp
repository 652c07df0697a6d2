#include <algorithm>

#include "rtlgen/import/onnx_contraction.hpp"
#include "rtlgen/import/onnx_readers.hpp"
#include "rtlgen/import/onnx_scores.hpp"

namespace rtlgen {
namespace {

using Kind = OnnxValue::Kind;

/// Reads one node.
class ProductReader {
 public:
  ProductReader(OnnxContext& context, const OnnxNode& node, const OnnxInputs& inputs)
      : context_(context), node_(node), a_(required(context, node, inputs, 0)), b_(required(context, node, inputs, 1)) {
    bias_ = inputs.size() > 2 ? inputs[2] : nullptr;
  }

  OnnxValue run() {
    if (node_.op == "Gemm") {
      return gemm();
    }
    return node_.op == "MatMul" ? matmul() : einsum();
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { context_.fail(node_, what); }

  OnnxValue gemm() {
    if (a_.shape().size() != 2 || b_.shape().size() != 2) {
      fail("multiplies tensors that do not have two axes");
    }
    const bool trans_a = node_.whole("transA", 0) != 0;
    const bool trans_b = node_.whole("transB", 0) != 0;
    const OnnxOperand a = {&a_, trans_a ? std::vector<int>{'k', 'm'} : std::vector<int>{'m', 'k'}};
    const OnnxOperand b = {&b_, trans_b ? std::vector<int>{'n', 'k'} : std::vector<int>{'k', 'n'}};
    OnnxValue y = contract(a, b, {'m', 'n'}, node_.number("alpha", 1));
    return bias_ == nullptr ? y : with_bias(std::move(y), node_.number("beta", 1));
  }

  OnnxValue with_bias(OnnxValue y, double beta) {
    if (!bias_->is(Kind::constant) || !y.is(Kind::activation)) {
      fail("adds something that is no constant");
    }
    const auto numbers = per_feature(context_, y, *bias_->constant, 0);
    if (!numbers) {
      fail("has a bias of shape " + shape_text(bias_->constant->shape) + "; nearest supported form: one per output");
    }
    std::vector<double> offsets = *numbers;
    for (double& offset : offsets) {
      offset *= beta;
    }
    y.node =
        context_.network.add_affine(y.node, std::vector<double>(offsets.size(), 1), offsets, context_.origin(node_));
    return y;
  }

  OnnxValue matmul() {
    const OnnxShape left = a_.shape();
    const OnnxShape right = b_.shape();
    if (left.empty() || right.empty()) {
      fail("multiplies a scalar");
    }
    // Leading axes are counted from the matrices outwards: -1, -2, ..; an axis of size 1 that meets a larger one
    // repeats.
    OnnxOperand a = {&a_, letters(left, {'m', 'k'}, left.size() == 1)};
    OnnxOperand b = {&b_, letters(right, {'k', 'n'}, false)};
    if (right.size() == 1) {
      b.letters = {'k'};
    }
    const std::size_t leading = std::max(left.size(), right.size());
    std::vector<int> out;
    for (std::size_t i = leading; i > 2; --i) {
      out.push_back(-static_cast<int>(i));
      separate(a, left, b, right, i);
    }
    if (left.size() > 1) {
      out.push_back('m');
    }
    if (right.size() > 1) {
      out.push_back('n');
    }
    return contract(a, b, out, 1);
  }

  static std::vector<int> letters(const OnnxShape& shape, const std::vector<int>& last, bool vector) {
    if (vector) {
      return {last[1]};
    }
    std::vector<int> list;
    for (std::size_t i = shape.size(); i > 2; --i) {
      list.push_back(-static_cast<int>(i));
    }
    list.insert(list.end(), last.begin(), last.end());
    return list;
  }

  /// Gives axis `from_end` of size 1 a letter of its own where the other operand's is larger.
  static void separate(OnnxOperand& a, const OnnxShape& left, OnnxOperand& b, const OnnxShape& right,
                       std::size_t from_end) {
    constexpr int kAlone = 1000;
    if (left.size() < from_end || right.size() < from_end) {
      return;
    }
    const std::int64_t l = left[left.size() - from_end];
    const std::int64_t r = right[right.size() - from_end];
    if (l == 1 && r != 1) {
      a.letters[left.size() - from_end] = kAlone + static_cast<int>(from_end);
    } else if (r == 1 && l != 1) {
      b.letters[right.size() - from_end] = kAlone + static_cast<int>(from_end);
    }
  }

  OnnxValue einsum() {
    std::string text = node_.text("equation", "");
    text.erase(std::remove(text.begin(), text.end(), ' '), text.end());
    const std::size_t comma = text.find(',');
    const std::size_t arrow = text.find("->");
    if (comma == std::string::npos || arrow == std::string::npos || arrow < comma ||
        text.find('.') != std::string::npos || text.find(',', comma + 1) != std::string::npos) {
      fail("has the equation '" + onnx_printable(text) +
           "'; nearest supported form: two operands and a result, abc,cd->abd");
    }
    const auto list = [](const std::string& part) { return std::vector<int>(part.begin(), part.end()); };
    const OnnxOperand a = {&a_, list(text.substr(0, comma))};
    const OnnxOperand b = {&b_, list(text.substr(comma + 1, arrow - comma - 1))};
    const std::vector<int> out = list(text.substr(arrow + 2));
    for (const auto* const letters : {&a.letters, &b.letters, &out}) {
      std::vector<int> sorted = *letters;
      std::sort(sorted.begin(), sorted.end());
      if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) {
        fail("has a letter twice in one operand");
      }
    }
    const auto in = [](const std::vector<int>& letters, int letter) {
      return std::find(letters.begin(), letters.end(), letter) != letters.end();
    };
    for (const int letter : out) {
      if (!in(a.letters, letter) && !in(b.letters, letter)) {
        fail("has a letter in the result that no operand has");
      }
    }
    if (a.letters.size() != a_.shape().size() || b.letters.size() != b_.shape().size()) {
      fail("has an equation that does not fit its operands");
    }
    return contract(a, b, out, 1);
  }

  /// Drops axes of size 1 of a constant that the other operand and the result do not have.
  OnnxValue with_constant(const OnnxOperand& x, const OnnxOperand& weight, const std::vector<int>& out, double factor) {
    if (!x.value->is(Kind::activation)) {
      fail("multiplies attention scores or a mask by a matrix");
    }
    for (std::size_t i = 0; i < weight.letters.size(); ++i) {
      const bool used =
          axis_of(x, weight.letters[i]) != nullptr || std::find(out.begin(), out.end(), weight.letters[i]) != out.end();
      if (!used && weight.value->constant->shape[i] != 1) {
        fail("sums over an axis of the weights alone");
      }
    }
    return contract_constant(context_, node_, x, weight, out, factor);
  }

  OnnxValue contract(const OnnxOperand& a, const OnnxOperand& b, const std::vector<int>& out, double factor) {
    check_sizes(a, b);
    if (a_.is(Kind::constant) || b_.is(Kind::constant)) {
      return b_.is(Kind::constant) ? with_constant(a, b, out, factor) : with_constant(b, a, out, factor);
    }
    check_summed(a, b, out);
    check_summed(b, a, out);
    if (factor == 1 && a_.is(Kind::activation) && b_.is(Kind::activation)) {
      if (is_mix(context_, a, b, out)) {
        return contract_mix(context_, node_, a, b, out);
      }
      if (is_mix(context_, b, a, out)) {
        return contract_mix(context_, node_, b, a, out);
      }
    }
    if (a_.is(Kind::activation) && b_.is(Kind::activation)) {
      OnnxValue scores = contract_to_scores(context_, node_, a, b, out);
      if (factor != 1) {
        OnnxScores scaled = *scores.scores;
        scaled.factor = factor;
        scores.scores = std::make_shared<const OnnxScores>(scaled);
      }
      return scores;
    }
    if (factor == 1 && a_.is(Kind::scores) && b_.is(Kind::activation)) {
      return contract_heads(context_, node_, a, b, out);
    }
    if (factor == 1 && b_.is(Kind::scores) && a_.is(Kind::activation)) {
      return contract_heads(context_, node_, b, a, out);
    }
    fail("multiplies tensors for which there is no counterpart");
  }

  /// Letters that are not in the result must be in both operands.
  void check_summed(const OnnxOperand& a, const OnnxOperand& b, const std::vector<int>& out) const {
    for (const int letter : a.letters) {
      const bool kept = std::find(out.begin(), out.end(), letter) != out.end() || axis_of(b, letter) != nullptr;
      if (!kept && !axis_of(a, letter)->empty()) {
        fail("sums over an axis of one operand alone");
      }
    }
  }

  void check_sizes(const OnnxOperand& a, const OnnxOperand& b) const {
    const OnnxShape left = a_.shape();
    const OnnxShape right = b_.shape();
    for (std::size_t i = 0; i < left.size(); ++i) {
      const auto at = std::find(b.letters.begin(), b.letters.end(), a.letters[i]);
      if (at != b.letters.end() && right[static_cast<std::size_t>(at - b.letters.begin())] != left[i]) {
        fail("multiplies tensors of shapes " + shape_text(left) + " and " + shape_text(right) + ", which do not fit");
      }
    }
  }

  OnnxContext& context_;
  const OnnxNode& node_;
  const OnnxValue& a_;
  const OnnxValue& b_;
  const OnnxValue* bias_ = nullptr;
};

}  // namespace

OnnxOutputs read_product(OnnxContext& context, const OnnxNode& node, const OnnxInputs& inputs) {
  if (node.op != "Gemm" && node.op != "MatMul" && node.op != "Einsum") {
    return std::nullopt;
  }
  return std::vector<OnnxValue>{ProductReader(context, node, inputs).run()};
}

}  // namespace rtlgen
