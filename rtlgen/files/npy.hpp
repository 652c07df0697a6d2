// Arrays of numbers in NumPy's .npy files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rtlgen {

/// Most elements an array may have (2 GiB as doubles).
constexpr std::size_t kMaxArrayElements = std::size_t{1} << 28;

/// An array read from a file; values are in C order whatever the file's order is.
struct NpyArray {
  std::vector<std::size_t> shape;
  std::vector<double> values;
  bool integral = false;  ///< the file's type is an integer or bool
};

/// The text of a shape: `[16,3]`.
std::string shape_text(const std::vector<std::size_t>& shape);

/// Parses the bytes of a .npy file (versions 1 to 3, little endian, C or Fortran order; f2 f4 f8 i1..i8 u1..u8 bool).
/// `name` is what errors call the file. Throws SourceError; never allocates more than `bytes` justify.
NpyArray parse_npy(std::string_view bytes, const std::string& name);

/// Reads a .npy file; throws SourceError.
NpyArray read_npy(const std::string& path);

/// The bytes of a float64 .npy file (version 1).
std::string npy_bytes(const std::vector<std::size_t>& shape, const std::vector<double>& values);
/// The bytes of an int64 .npy file (version 1).
std::string npy_bytes(const std::vector<std::size_t>& shape, const std::vector<std::int64_t>& values);

/// Writes a float64 .npy file; throws SourceError.
void write_npy(const std::string& path, const std::vector<std::size_t>& shape, const std::vector<double>& values);
/// Writes an int64 .npy file; throws SourceError.
void write_npy(const std::string& path, const std::vector<std::size_t>& shape, const std::vector<std::int64_t>& values);

}  // namespace rtlgen
