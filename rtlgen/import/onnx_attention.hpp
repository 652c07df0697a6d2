// Attention whose queries, keys and values are maps of one tensor.
#pragma once

#include "rtlgen/import/onnx_network.hpp"

namespace rtlgen {

/// Queries, keys and values of attention as dense layers of one tensor.
struct OnnxAttention {
  std::size_t input = 0;     ///< that tensor
  ImportedArray wq, wk, wv;  ///< [heads, dim, features of the input]
  ImportedArray bq, bk, bv;  ///< [heads, dim]
};

/// Whether there is a tensor of which these three are linear maps.
bool have_common_source(const OnnxNetwork& network, std::size_t query, std::size_t key, std::size_t value);

/// Looks for the tensor nearest to the operation `heads` of which queries, keys and values are linear maps. What the
/// scores are multiplied by, beyond 1/sqrt(key dim), is in wq and bq. Throws SourceError naming `file` where there is
/// none.
OnnxAttention find_attention(const std::string& file, const OnnxNetwork& network, const NetNode& heads);

}  // namespace rtlgen
