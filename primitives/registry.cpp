// All primitives. A new one is three files (primitives/foo.{hpp,cpp}, rtl_lib/foo.v, tests/primitives/foo_test.cpp) and
// a line here.
#include "primitives/registry.hpp"

#include <array>

#include "primitives/add.hpp"
#include "primitives/argmax.hpp"
#include "primitives/attention.hpp"
#include "primitives/bank_product.hpp"
#include "primitives/concat.hpp"
#include "primitives/dense.hpp"
#include "primitives/elementwise.hpp"
#include "primitives/flatten_dense.hpp"
#include "primitives/normalize.hpp"
#include "primitives/pool.hpp"
#include "primitives/quantize.hpp"
#include "primitives/slice.hpp"
#include "primitives/softmax.hpp"
#include "primitives/sources.hpp"
#include "primitives/step_table.hpp"
#include "primitives/table.hpp"
#include "primitives/table_softmax.hpp"
#include "primitives/token_quantize.hpp"

namespace rtlgen {
namespace {

struct Entry {
  std::string_view op;
  std::shared_ptr<Operation> (*make)();
};

template <typename T>
constexpr Entry entry() {
  return {T::kOp, [] { return std::shared_ptr<Operation>(std::make_shared<T>()); }};
}

// One line a primitive.
// clang-format off
constexpr std::array kAll = {
    entry<Input>(),
    entry<Mask>(),
    entry<Dense>(),
    entry<Elementwise>(),
    entry<FlattenDense>(),
    entry<Quantize>(),
    entry<TokenQuantize>(),
    entry<Add>(),
    entry<Concat>(),
    entry<Slice>(),
    entry<Table>(),
    entry<StepTable>(),
    entry<Normalize>(),
    entry<Attention>(),
    entry<Scores>(),
    entry<Mix>(),
    entry<Pool>(),
    entry<Softmax>(),
    entry<TableSoftmax>(),
    entry<Argmax>(),
};
// clang-format on

}  // namespace

std::shared_ptr<Operation> make_operation(std::string_view op) {
  for (const Entry& known : kAll) {
    if (known.op == op) {
      return known.make();
    }
  }
  return nullptr;
}

std::vector<std::string_view> primitive_ops() {
  std::vector<std::string_view> ops;
  for (const Entry& known : kAll) {
    ops.push_back(known.op);
  }
  return ops;
}

}  // namespace rtlgen
