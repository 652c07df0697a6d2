#include "rtlgen/files/output_file.hpp"

#include <vector>

#include "rtlgen/files/npy.hpp"

namespace rtlgen {

void write_outputs(const std::string& path, const RowMatrix& output, int tokens) {
  std::vector<std::size_t> shape{static_cast<std::size_t>(output.rows() / tokens),
                                 static_cast<std::size_t>(output.cols())};
  if (tokens > 1) {
    shape.insert(shape.begin() + 1, static_cast<std::size_t>(tokens));
  }
  write_npy(path, shape, std::vector<double>(output.data(), output.data() + output.size()));
}

}  // namespace rtlgen
