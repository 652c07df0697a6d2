// All primitives. A new one is three files (primitives/foo.{hpp,cpp}, rtl_lib/foo.v, tests/primitives/foo_test.cpp) and
// a line here.
#include <algorithm>
#include <array>

#include "primitives/add.hpp"
#include "primitives/argmax.hpp"
#include "primitives/attention.hpp"
#include "primitives/bank_product.hpp"
#include "primitives/concat.hpp"
#include "primitives/dense.hpp"
#include "primitives/flatten_dense.hpp"
#include "primitives/normalize.hpp"
#include "primitives/pool.hpp"
#include "primitives/primitive.hpp"
#include "primitives/quantize.hpp"
#include "primitives/slice.hpp"
#include "primitives/softmax.hpp"
#include "primitives/sources.hpp"
#include "primitives/table.hpp"
#include "primitives/table_softmax.hpp"
#include "primitives/token_quantize.hpp"

namespace rtlgen {
namespace {

const auto& registry() {
  // One line a primitive.
  // clang-format off
  static const std::array kAll = {
      make_input(),
      make_mask(),
      make_dense(),
      make_flatten_dense(),
      make_quantize(),
      make_token_quantize(),
      make_add(),
      make_concat(),
      make_slice(),
      make_table(),
      make_normalize(),
      make_attention(),
      make_scores(),
      make_mix(),
      make_pool(),
      make_softmax(),
      make_table_softmax(),
      make_argmax(),
  };
  // clang-format on
  return kAll;
}

}  // namespace

const Primitive& primitive(std::string_view op) {
  const auto found =
      std::find_if(registry().begin(), registry().end(), [op](const auto& known) { return known->op() == op; });
  if (found == registry().end()) {
    throw IrError("there is no operation '" + std::string(op) + "'");
  }
  return **found;
}

std::vector<std::string_view> primitive_ops() {
  std::vector<std::string_view> ops;
  for (const auto& known : registry()) {
    ops.push_back(known->op());
  }
  return ops;
}

}  // namespace rtlgen
