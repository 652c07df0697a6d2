// Products whose sums are codes of a quantizer, with some bits behind the point.
#pragma once

#include <optional>

#include "ir/tensor_type.hpp"
#include "rtlgen/lowering/code_formats.hpp"
#include "rtlgen/lowering/exact_tensor.hpp"
#include "rtlgen/lowering/whole_product.hpp"
#include "rtlgen/model/uniform_quantizer.hpp"

namespace rtlgen {

/// The product where scales have few bits; nothing where they have not.
std::optional<WholeProduct> shifted_product(const ExactTensor& tensor, const UniformQuantizer& quantizer,
                                            const CodeFormats& formats);

/// The product where the weight is not whole: rounded once, in units of the codes. `type` is that of the node.
WholeProduct rounded_product(const ExactTensor& tensor, const TensorType& type, const UniformQuantizer& quantizer,
                             const CodeFormats& formats);

/// Factors that give the codes themselves, rounded by fit_rounding(), for every mantissa of the node; `tensor` has no
/// weight. Nothing where there are none: a mean of ten numbers lies half way between two codes now and then, which
/// rounding to even takes up here and down there.
std::optional<WholeProduct> fitted_product(const ExactTensor& tensor, const TensorType& type,
                                           const UniformQuantizer& quantizer, const CodeFormats& formats);

/// Factors whose codes, of one format, are those of the real formula but near a boundary; `tensor` has no weight.
WholeProduct near_product(const ExactTensor& tensor, const TensorType& type, const UniformQuantizer& quantizer,
                          const CodeFormats& formats);

}  // namespace rtlgen
