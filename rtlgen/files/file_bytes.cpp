#include "rtlgen/files/file_bytes.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "ir/source_error.hpp"

namespace rtlgen {
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 20;

}  // namespace

std::string why_unreadable(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) {
    return "no such file";
  }
  if (error) {
    return error.message();
  }
  if (std::filesystem::is_directory(status)) {
    return "it is a folder";
  }
  if (!std::filesystem::is_regular_file(status)) {
    return "it is not a regular file";
  }
  errno = 0;
  const std::ifstream stream(path, std::ios::binary);
  return stream ? "" : std::strerror(errno);
}

std::string read_file_bytes(const std::string& path, std::size_t limit) {
  const std::string problem = why_unreadable(path);
  if (!problem.empty()) {
    throw SourceError({path, 0, 0}, "cannot read the file: " + problem);
  }
  std::ifstream stream(path, std::ios::binary);
  std::string bytes;
  while (stream) {
    const std::size_t old_size = bytes.size();
    bytes.resize(old_size + kChunk);
    stream.read(bytes.data() + old_size, static_cast<std::streamsize>(kChunk));
    bytes.resize(old_size + static_cast<std::size_t>(stream.gcount()));
    if (bytes.size() > limit) {
      throw SourceError({path, 0, 0}, "the file is larger than " + std::to_string(limit) + " bytes");
    }
  }
  if (stream.bad()) {
    throw SourceError({path, 0, 0}, "cannot read the file");
  }
  return bytes;
}

void write_file_bytes(const std::string& path, std::string_view bytes) {
  errno = 0;
  std::ofstream stream(path, std::ios::binary | std::ios::trunc);
  stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  stream.close();
  if (!stream) {
    throw SourceError({path, 0, 0}, std::string("cannot write the file: ") + std::strerror(errno));
  }
}

}  // namespace rtlgen
