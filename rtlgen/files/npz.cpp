#include "rtlgen/files/npz.hpp"

#include <zip.h>

#include "ir/source_error.hpp"
#include "rtlgen/files/file_bytes.hpp"

namespace rtlgen {
namespace {

constexpr std::size_t kMaxMemberBytes = std::size_t{1} << 31;
constexpr std::size_t kChunk = std::size_t{1} << 20;
constexpr zip_int64_t kMaxMembers = 65536;
/// 1980-01-01, the first date of MS-DOS.
constexpr zip_uint16_t kZipDate = 0x21;

struct ZipDiscard {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};

struct ZipFileClose {
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};

}  // namespace

struct NpzFile::Impl {
  std::string path;
  std::unique_ptr<zip_t, ZipDiscard> archive;
};

NpzFile::NpzFile(const std::string& path) : impl_(std::make_unique<Impl>()) {
  impl_->path = path;
  const std::string problem = why_unreadable(path);
  if (!problem.empty()) {
    throw SourceError({path, 0, 0}, "cannot read the file: " + problem);
  }
  int code = 0;
  impl_->archive.reset(zip_open(path.c_str(), ZIP_RDONLY, &code));
  if (!impl_->archive) {
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    const std::string reason = zip_error_strerror(&error);
    zip_error_fini(&error);
    throw SourceError({path, 0, 0}, "not a .npz file: " + reason);
  }
  if (zip_get_num_entries(impl_->archive.get(), 0) > kMaxMembers) {
    throw SourceError({path, 0, 0}, "the .npz file has too many members");
  }
}

NpzFile::~NpzFile() = default;
NpzFile::NpzFile(NpzFile&&) noexcept = default;
NpzFile& NpzFile::operator=(NpzFile&&) noexcept = default;

const std::string& NpzFile::path() const { return impl_->path; }

std::vector<std::string> NpzFile::names() const {
  static constexpr std::string_view kSuffix = ".npy";
  std::vector<std::string> result;
  const zip_int64_t count = zip_get_num_entries(impl_->archive.get(), 0);
  for (zip_int64_t i = 0; i < count; ++i) {
    const char* const raw = zip_get_name(impl_->archive.get(), static_cast<zip_uint64_t>(i), ZIP_FL_ENC_RAW);
    const std::string name = raw == nullptr ? "" : raw;
    if (name.size() > kSuffix.size() && name.compare(name.size() - kSuffix.size(), kSuffix.size(), kSuffix) == 0) {
      result.push_back(name.substr(0, name.size() - kSuffix.size()));
    }
  }
  return result;
}

bool NpzFile::contains(const std::string& name) const {
  return zip_name_locate(impl_->archive.get(), (name + ".npy").c_str(), ZIP_FL_ENC_RAW) >= 0;
}

NpyArray NpzFile::read(const std::string& name) const {
  const std::string label = impl_->path + ":" + name;
  const zip_int64_t index = zip_name_locate(impl_->archive.get(), (name + ".npy").c_str(), ZIP_FL_ENC_RAW);
  if (index < 0) {
    throw SourceError({impl_->path, 0, 0}, "no array '" + name + "' in the file");
  }
  const std::unique_ptr<zip_file_t, ZipFileClose> file(
      zip_fopen_index(impl_->archive.get(), static_cast<zip_uint64_t>(index), 0));
  if (!file) {
    throw SourceError({label, 0, 0}, std::string("cannot read the array: ") + zip_strerror(impl_->archive.get()));
  }
  std::string bytes;
  while (true) {
    const std::size_t old_size = bytes.size();
    bytes.resize(old_size + kChunk);
    const zip_int64_t count = zip_fread(file.get(), bytes.data() + old_size, kChunk);
    if (count < 0) {
      throw SourceError({label, 0, 0}, std::string("cannot read the array: ") + zip_file_strerror(file.get()));
    }
    bytes.resize(old_size + static_cast<std::size_t>(count));
    if (count == 0) {
      break;
    }
    if (bytes.size() > kMaxMemberBytes) {
      throw SourceError({label, 0, 0}, "the array is larger than 2 GiB");
    }
  }
  return parse_npy(bytes, label);
}

void write_npz(const std::string& path, const std::map<std::string, std::string>& arrays) {
  const auto fail = [&](const std::string& reason) {
    throw SourceError({path, 0, 0}, "cannot write the file: " + reason);
  };
  int code = 0;
  std::unique_ptr<zip_t, ZipDiscard> archive(zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code));
  if (!archive) {
    fail("error " + std::to_string(code) + " of libzip");
  }
  for (const auto& [name, bytes] : arrays) {
    zip_source_t* const source = zip_source_buffer(archive.get(), bytes.data(), bytes.size(), 0);
    const zip_int64_t index = zip_file_add(archive.get(), (name + ".npy").c_str(), source, ZIP_FL_ENC_UTF_8);
    if (index < 0) {
      zip_source_free(source);
      fail(zip_strerror(archive.get()));
    }
    zip_file_set_dostime(archive.get(), static_cast<zip_uint64_t>(index), 0, kZipDate, 0);
  }
  if (zip_close(archive.get()) != 0) {
    fail(zip_strerror(archive.get()));
  }
  static_cast<void>(archive.release());  // zip_close has freed it
}

}  // namespace rtlgen
