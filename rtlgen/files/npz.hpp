// Named arrays in NumPy's .npz files.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "rtlgen/files/npy.hpp"

namespace rtlgen {

/// An open .npz file; arrays are read when asked for. All problems are SourceErrors that name the file.
class NpzFile {
 public:
  /// Opens the file and reads its directory.
  explicit NpzFile(const std::string& path);
  ~NpzFile();
  NpzFile(NpzFile&&) noexcept;
  NpzFile& operator=(NpzFile&&) noexcept;

  /// The path as given.
  const std::string& path() const;
  /// Names of all arrays, in file order.
  std::vector<std::string> names() const;
  /// Whether there is an array of this name.
  bool contains(const std::string& name) const;
  /// Reads an array.
  NpyArray read(const std::string& name) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Writes an .npz file of arrays given by name as the bytes of .npy files (see npy_bytes). Equal arrays give equal
/// files. Throws SourceError.
void write_npz(const std::string& path, const std::map<std::string, std::string>& arrays);

}  // namespace rtlgen
