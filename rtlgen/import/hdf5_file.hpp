// HDF5 files as plain texts and numbers, safe against damaged and hostile files.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rtlgen/import/hdf5_reader.hpp"

namespace rtlgen {

/// An Hdf5Reader in a process of its own: the HDF5 library crashes on some damaged files. All problems are SourceErrors
/// that name the file and the object.
class Hdf5File {
 public:
  /// Opens a file of HDF5's format that is held in memory; `name` is what errors call it.
  Hdf5File(std::string_view bytes, std::string name);
  ~Hdf5File();
  Hdf5File(const Hdf5File&) = delete;
  Hdf5File& operator=(const Hdf5File&) = delete;

  /// As of Hdf5Reader.
  bool contains(const std::string& path) const;
  /// As of Hdf5Reader.
  std::optional<std::vector<std::string>> texts(const std::string& path, const std::string& attribute) const;
  /// As of Hdf5Reader.
  Hdf5Array read(const std::string& path) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace rtlgen
