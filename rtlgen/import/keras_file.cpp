#include "rtlgen/import/keras_file.hpp"

#include <fmt/format.h>
#include <zip.h>

#include <algorithm>
#include <filesystem>

#include "ir/source_error.hpp"
#include "rtlgen/files/file_bytes.hpp"
#include "rtlgen/import/keras_config.hpp"
#include "rtlgen/import/keras_problem.hpp"

namespace rtlgen {
namespace {

constexpr std::size_t kMostFileBytes = std::size_t{1} << 30;
constexpr std::size_t kMostConfigBytes = std::size_t{1} << 24;
/// Weights hardly shrink: a member that grows more than this when it is unpacked is no model.
constexpr std::size_t kMostGrowth = 16;
constexpr std::size_t kFreeBytes = std::size_t{1} << 24;
constexpr std::size_t kChunk = std::size_t{1} << 20;

struct ZipDiscard {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};

struct ZipFileClose {
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};

constexpr const char* kHasConfig = "the file has its own configuration, expected --config with files of weights only";

/// The one `.json` beside a file, in words; empty where there is none or where there are several.
std::string json_beside(const std::string& path) {
  namespace fs = std::filesystem;
  std::string found;
  std::error_code error;
  const fs::path folder = fs::path(path).parent_path();
  for (fs::directory_iterator at(folder.empty() ? "." : folder, error), end; !error && at != end; at.increment(error)) {
    if (at->path().extension() != ".json") {
      continue;
    }
    if (!found.empty()) {
      return "";
    }
    found = (folder / at->path().filename()).string();
  }
  return found.empty() ? "" : " (is it " + found + "?)";
}

/// The bytes of a member, at most `limit`.
std::string read_member(zip_t* archive, const std::string& path, const std::string& member, std::size_t limit) {
  const std::unique_ptr<zip_file_t, ZipFileClose> file(zip_fopen(archive, member.c_str(), 0));
  if (!file) {
    throw SourceError({path}, fmt::format("cannot read '{}' in the archive: {}", member, zip_strerror(archive)));
  }
  std::string bytes;
  while (true) {
    const std::size_t old_size = bytes.size();
    bytes.resize(old_size + kChunk);
    const zip_int64_t count = zip_fread(file.get(), bytes.data() + old_size, kChunk);
    if (count < 0) {
      throw SourceError({path},
                        fmt::format("'{}' in the archive is damaged: {}", member, zip_file_strerror(file.get())));
    }
    bytes.resize(old_size + static_cast<std::size_t>(count));
    if (count == 0) {
      return bytes;
    }
    if (bytes.size() > limit) {
      throw SourceError({path}, fmt::format("'{}' in the archive is too large", member));
    }
  }
}

/// A list that was cut into attributes NAME0, NAME1, .. because HDF5 limits their size.
std::vector<std::string> text_list(const Hdf5File& file, const std::string& group, const std::string& name) {
  if (std::optional<std::vector<std::string>> whole = file.texts(group, name)) {
    return *whole;
  }
  std::vector<std::string> texts;
  for (int i = 0; std::optional<std::vector<std::string>> part = file.texts(group, name + std::to_string(i)); ++i) {
    texts.insert(texts.end(), part->begin(), part->end());
  }
  return texts;
}

/// `a/b:0` as {a, b}.
std::vector<std::string> weight_components(std::string name) {
  const std::size_t colon = name.rfind(':');
  if (colon != std::string::npos) {
    name.resize(colon);
  }
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (begin <= name.size()) {
    const std::size_t end = std::min(name.find('/', begin), name.size());
    parts.push_back(name.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

/// Whether a weight's name ends with `wanted` and has the names of `layers` before that, in their order.
bool is_weight_of(const std::vector<std::string>& parts, const std::vector<std::string>& wanted,
                  const std::vector<std::string>& layers) {
  if (parts.size() < wanted.size() || !std::equal(wanted.rbegin(), wanted.rend(), parts.rbegin())) {
    return false;
  }
  auto at = parts.begin();
  const auto end = parts.end() - static_cast<std::ptrdiff_t>(wanted.size());
  for (const std::string& layer : layers) {
    at = std::find(at, end, layer);
    if (at == end) {
      return false;
    }
    ++at;
  }
  return true;
}

}  // namespace

KerasFile::KerasFile(const std::string& path, const std::string& config) {
  try {
    if (std::filesystem::path(path).extension() != ".keras") {
      open_h5(path, config);
    } else if (config.empty()) {
      open_archive(path);
    } else {
      throw KerasProblem(kHasConfig);
    }
  } catch (const KerasProblem& problem) {
    throw SourceError({path}, problem.what());
  }
}

void KerasFile::open_archive(const std::string& path) {
  is_store_ = true;
  const std::string bytes = read_file_bytes(path, kMostFileBytes);
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* const source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
  const std::unique_ptr<zip_t, ZipDiscard> archive(
      source == nullptr ? nullptr : zip_open_from_source(source, ZIP_RDONLY, &error));
  if (!archive) {
    const std::string reason = zip_error_strerror(&error);
    zip_error_fini(&error);
    if (source != nullptr) {
      zip_source_free(source);
    }
    throw SourceError({path}, "not a .keras file (a zip archive): " + reason);
  }
  model_ = parse_keras_json(read_member(archive.get(), path, "config.json", kMostConfigBytes));
  if (zip_name_locate(archive.get(), "metadata.json", 0) >= 0) {
    const nlohmann::json about = parse_keras_json(read_member(archive.get(), path, "metadata.json", kMostConfigBytes));
    version_ = config_text(about, "keras_version", "");
  }
  const std::string weights =
      read_member(archive.get(), path, "model.weights.h5", kFreeBytes + kMostGrowth * bytes.size());
  weights_ = std::make_unique<Hdf5File>(weights, path + ":model.weights.h5");
}

void KerasFile::open_h5(const std::string& path, const std::string& config) {
  weights_ = std::make_unique<Hdf5File>(read_file_bytes(path, kMostFileBytes), path);
  const std::optional<std::vector<std::string>> inside = weights_->texts("", "model_config");
  const std::optional<std::vector<std::string>> version = weights_->texts("", "keras_version");
  version_ = version && version->size() == 1 ? version->front() : "";
  if (inside && inside->size() == 1) {
    if (!config.empty()) {
      throw KerasProblem(kHasConfig);
    }
    model_ = parse_keras_json(inside->front());
    root_ = "model_weights/";
    return;
  }
  // Weights alone are written with names, or as they are in `.keras`.
  is_store_ = weights_->contains("layers") || weights_->contains("_layer_checkpoint_dependencies");
  if (!is_store_ && text_list(*weights_, "", "layer_names").empty()) {
    throw KerasProblem("the file has no model_config and no weights of layers, expected one written by model.save()");
  }
  if (config.empty()) {
    throw KerasProblem(
        fmt::format("the file holds weights only (model.save_weights()), expected --config FILE.json with what "
                    "model.to_json() writes{}, or a file written by model.save()",
                    json_beside(path)));
  }
  read_config(config);
}

void KerasFile::read_config(const std::string& config) {
  try {
    model_ = parse_keras_json(read_file_bytes(config, kMostConfigBytes));
    if (model_.is_string()) {  // json.dump() of what is JSON already
      model_ = parse_keras_json(model_.get<std::string>());
    }
    if (config_text(model_, "class_name", "").empty()) {
      throw KerasProblem("no configuration of a model, expected what model.to_json() writes");
    }
    version_ = version_.empty() ? config_text(model_, "keras_version", "") : version_;
  } catch (const KerasProblem& problem) {
    throw SourceError({config}, problem.what());
  }
}

std::string KerasFile::find_in_store(const KerasPlace& place, const KerasWeight& weight) const {
  // Attributes of sublayers were private in versions of Keras 2 that write `.keras`.
  const std::vector<std::string> parts = weight.part.empty()
                                             ? std::vector<std::string>{""}
                                             : std::vector<std::string>{weight.part + "/", "_" + weight.part + "/"};
  for (const std::string& store : {place.store, place.named_store}) {
    for (const std::string& part : parts) {
      std::string path = fmt::format("{}/{}vars/{}", store, part, weight.index);
      if (weights_->contains(path)) {
        return path;
      }
      std::string old_path = path;
      for (std::size_t at = 0; (at = old_path.find("layers/", at)) != std::string::npos; at += 1) {
        if (at == 0 || old_path[at - 1] == '/') {
          old_path.replace(at, 6, "_layer_checkpoint_dependencies");
        }
      }
      if (weights_->contains(old_path)) {
        return old_path;
      }
    }
  }
  throw KerasProblem(
      fmt::format("the file has no weight '{}' (no {}/vars/{})", weight.path, place.store, weight.index));
}

std::string KerasFile::group_of(const KerasPlace& place) const { return root_ + place.names.front(); }

std::string KerasFile::find_by_name(const KerasPlace& place, const KerasWeight& weight) const {
  const std::string group = group_of(place);
  if (!weights_->contains(group)) {
    throw KerasProblem(fmt::format("the file has no weights of this layer (no {})", group));
  }
  const std::vector<std::string> inner(place.names.begin() + 1, place.names.end());
  const std::vector<std::string> wanted = weight_components(weight.path);
  std::vector<std::string> found;
  for (const std::string& name : text_list(*weights_, group, "weight_names")) {
    if (is_weight_of(weight_components(name), wanted, inner)) {
      found.push_back(name);
    }
  }
  if (found.size() != 1) {
    throw KerasProblem(
        fmt::format("the file has {} weights '{}' of this layer, expected 1", found.size(), weight.path));
  }
  return group + "/" + found.front();
}

std::optional<Hdf5Array> KerasFile::read_only_weight(const KerasPlace& place) const {
  if (is_store_) {
    for (const std::string& store : {place.store, place.named_store}) {
      if (weights_->contains(store + "/vars/0")) {
        return weights_->contains(store + "/vars/1") ? std::nullopt
                                                     : std::optional<Hdf5Array>(weights_->read(store + "/vars/0"));
      }
    }
    return std::nullopt;
  }
  const std::string group = group_of(place);
  const std::vector<std::string> inner(place.names.begin() + 1, place.names.end());
  std::vector<std::string> found;
  for (const std::string& name :
       weights_->contains(group) ? text_list(*weights_, group, "weight_names") : std::vector<std::string>{}) {
    if (is_weight_of(weight_components(name), {}, inner)) {
      found.push_back(name);
    }
  }
  return found.size() == 1 ? std::optional<Hdf5Array>(weights_->read(group + "/" + found.front())) : std::nullopt;
}

Hdf5Array KerasFile::read(const KerasPlace& place, const KerasWeight& weight) const {
  return weights_->read(is_store_ ? find_in_store(place, weight) : find_by_name(place, weight));
}

}  // namespace rtlgen
