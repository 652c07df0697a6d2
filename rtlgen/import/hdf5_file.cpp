#include "rtlgen/import/hdf5_file.hpp"

#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "ir/source_error.hpp"
#include "rtlgen/import/hdf5_process.hpp"

namespace rtlgen {
namespace {

using nlohmann::json;

/// The library's own needs, and how often the file is held: as it was read, by HDF5, and its data as they are sent.
constexpr std::size_t kOwnBytes = std::size_t{3} << 28;
constexpr std::size_t kCopies = 4;
constexpr std::size_t kMostAnswer = (std::size_t{1} << 29) + (std::size_t{1} << 20);

/// Damaged files may make the library run in circles: what reading takes is far below this.
ServingProcess::Limits limits_of(std::size_t bytes) {
  return {kOwnBytes + kCopies * bytes + kMostAnswer, 4 + static_cast<unsigned>(bytes >> 24)};
}

/// JSON, then the bytes of an array's values.
std::string answer(const Hdf5Reader& reader, const json& request) {
  const std::string path = request.at("path").get<std::string>();
  if (request.contains("attribute")) {
    const std::optional<std::vector<std::string>> texts =
        reader.texts(path, request.at("attribute").get<std::string>());
    const json result = texts ? json(*texts) : json();
    return json({{"texts", result}}).dump(-1, ' ', false, json::error_handler_t::replace) + '\n';
  }
  if (request.contains("contains")) {
    return json({{"contains", reader.contains(path)}}).dump() + '\n';
  }
  const Hdf5Array array = reader.read(path);
  std::string text = json({{"shape", array.shape}}).dump() + '\n';
  const std::size_t begin = text.size();
  text.resize(begin + array.values.size() * sizeof(double));
  std::memcpy(text.data() + begin, array.values.data(), array.values.size() * sizeof(double));
  return text;
}

ServingProcess::Function make_reader(std::string_view bytes) {
  std::shared_ptr<Hdf5Reader> reader;
  std::string problem;
  try {
    reader = std::make_shared<Hdf5Reader>(bytes);
  } catch (const Hdf5Problem& error) {
    problem = error.what();
  }
  return [reader, problem](const std::string& request) -> std::string {
    try {
      if (!problem.empty()) {
        throw Hdf5Problem(problem);
      }
      return answer(*reader, json::parse(request));
    } catch (const Hdf5Problem& error) {
      return json({{"problem", error.what()}}).dump(-1, ' ', false, json::error_handler_t::replace) + '\n';
    }
  };
}

}  // namespace

struct Hdf5File::Impl {
  std::string name;
  ServingProcess process;

  Impl(std::string_view bytes, std::string called)
      : name(std::move(called)), process([bytes] { return make_reader(bytes); }, limits_of(bytes.size())) {}

  [[noreturn]] void fail(const std::string& object, const std::string& reason) const {
    throw SourceError({name}, (object.empty() ? "" : "'" + object + "': ") + reason);
  }

  /// The JSON part of an answer; what follows it is left in `rest`.
  json ask(const std::string& path, json request, const std::string& expected, std::string& rest) {
    request["path"] = path;
    try {
      rest = process.ask(request.dump(-1, ' ', false, json::error_handler_t::replace), kMostAnswer);
    } catch (const ProcessFailure&) {
      fail(path, "the HDF5 file is damaged: the HDF5 library cannot cope with it");
    }
    const std::size_t end = rest.find('\n');
    const json result = json::parse(rest.substr(0, end), nullptr, false);
    if (result.is_object() && result.contains("problem") && result["problem"].is_string()) {
      fail(path, result["problem"].get<std::string>());
    }
    // A process whose memory the library has overwritten may say anything.
    if (end == std::string::npos || !result.is_object() || !result.contains(expected)) {
      fail(path, "the HDF5 file is damaged");
    }
    rest.erase(0, end + 1);
    return result[expected];
  }
};

Hdf5File::Hdf5File(std::string_view bytes, std::string name) {
  try {
    impl_ = std::make_unique<Impl>(bytes, name);
  } catch (const ProcessFailure& failure) {
    throw SourceError({name}, std::string("cannot be read: ") + failure.what());
  }
  contains("");  // shows whether it can be opened
}

Hdf5File::~Hdf5File() = default;

bool Hdf5File::contains(const std::string& path) const {
  std::string rest;
  return impl_->ask(path, {{"contains", true}}, "contains", rest) == true;
}

std::optional<std::vector<std::string>> Hdf5File::texts(const std::string& path, const std::string& attribute) const {
  std::string rest;
  const json texts = impl_->ask(path, {{"attribute", attribute}}, "texts", rest);
  if (texts.is_null()) {
    return std::nullopt;
  }
  std::vector<std::string> result;
  for (const json& text : texts) {
    result.push_back(text.is_string() ? text.get<std::string>() : "");
  }
  return result;
}

Hdf5Array Hdf5File::read(const std::string& path) const {
  std::string rest;
  const json shape = impl_->ask(path, json::object(), "shape", rest);
  Hdf5Array array;
  std::size_t count = 1;
  for (const json& size : shape) {
    array.shape.push_back(size.is_number_unsigned() ? size.get<std::size_t>() : 0);
    count *= array.shape.back();
  }
  if (rest.size() / sizeof(double) != count || rest.size() % sizeof(double) != 0) {
    impl_->fail(path, "the HDF5 file is damaged");
  }
  array.values.resize(count);
  std::memcpy(array.values.data(), rest.data(), rest.size());
  return array;
}

}  // namespace rtlgen
