#include "rtlgen/import/torch_file.hpp"

#include <fmt/format.h>
#include <zip.h>

#include <algorithm>
#include <cctype>
#include <memory>
#include <optional>
#include <set>

#include "ir/source_error.hpp"
#include "rtlgen/files/file_bytes.hpp"

namespace rtlgen {
namespace {

constexpr std::size_t kMostPickle = std::size_t{16} << 20;  // only the beginning of larger ones is looked at
constexpr std::size_t kMostName = 100;
constexpr zip_int64_t kMostMembers = 65536;

struct ZipDiscard {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};

struct ZipFileClose {
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};

/// What torch.save and torch.jit.save put into their archives.
struct Contents {
  bool is_archive = false;
  bool has_code = false;
  std::string pickle;
};

std::string read_member(zip_t* archive, zip_uint64_t index) {
  const std::unique_ptr<zip_file_t, ZipFileClose> file(zip_fopen_index(archive, index, 0));
  std::string bytes(file ? kMostPickle : 0, '\0');
  const zip_int64_t count = file ? zip_fread(file.get(), bytes.data(), bytes.size()) : 0;
  bytes.resize(static_cast<std::size_t>(std::max<zip_int64_t>(count, 0)));
  return bytes;
}

Contents contents_of(const std::string& path) {
  Contents contents;
  int code = 0;
  const std::unique_ptr<zip_t, ZipDiscard> archive(zip_open(path.c_str(), ZIP_RDONLY, &code));
  contents.is_archive = archive != nullptr;
  const zip_int64_t count = archive ? std::min(zip_get_num_entries(archive.get(), 0), kMostMembers) : 0;
  for (zip_int64_t i = 0; i < count; ++i) {
    const auto index = static_cast<zip_uint64_t>(i);
    const char* const raw = zip_get_name(archive.get(), index, ZIP_FL_ENC_RAW);
    const std::string name = raw == nullptr ? "" : raw;
    const std::string inside = name.substr(std::min(name.size(), name.find('/') + 1));
    contents.has_code = contents.has_code || inside == "constants.pkl" || inside.rfind("code/", 0) == 0;
    if (inside == "data.pkl") {
      contents.pickle = read_member(archive.get(), index);
    }
  }
  return contents;
}

/// The module or name at `from` that ends its line; empty where there is none.
std::string word_at(const std::string& pickle, std::size_t from) {
  std::size_t end = from;
  const auto is_letter = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '.'; };
  while (end < pickle.size() && end - from < kMostName && is_letter(static_cast<unsigned char>(pickle[end]))) {
    ++end;
  }
  return end < pickle.size() && pickle[end] == '\n' ? pickle.substr(from, end - from) : "";
}

/// The first class in a pickle that state dicts do not have: `c`, its module and its name, on a line each.
std::optional<std::string> foreign_class(const std::string& pickle) {
  static const std::set<std::string> kModules = {"collections", "torch", "torch._utils", "torch._tensor"};
  for (std::size_t at = pickle.find('c'); at != std::string::npos; at = pickle.find('c', at + 1)) {
    const std::string module = word_at(pickle, at + 1);
    const std::string name = module.empty() ? "" : word_at(pickle, at + module.size() + 2);
    if (!name.empty() && kModules.count(module) == 0) {
      return fmt::format("{}.{}", module, name);
    }
    at += name.empty() ? 0 : module.size() + name.size() + 2;
  }
  return std::nullopt;
}

}  // namespace

std::string torch_advice(const std::string& path) {
  const std::string problem = why_unreadable(path);
  if (!problem.empty()) {
    throw SourceError({path}, "cannot read the file: " + problem);
  }
  static const std::string kToOnnx =
      "where its code is, export the model with torch.onnx.export(model, event, 'model.onnx')";
  const Contents contents = contents_of(path);
  if (contents.has_code) {
    return "TorchScript of PyTorch (torch.jit.save), which is not read; " + kToOnnx;
  }
  if (const auto name = foreign_class(contents.pickle)) {
    return "a whole pickled object of PyTorch (" + *name + "), which cannot be read without running its code; " +
           kToOnnx + ", or save its weights with torch.save(model.state_dict(), ..) for scripts/export_torch.py";
  }
  return "PyTorch files are turned into a description by scripts/export_torch.py FILE -o DIR --heads H --tokens T (or "
         "export the model with torch.onnx.export)";
}

}  // namespace rtlgen
