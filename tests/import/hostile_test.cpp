// Damaged and malicious model files: one line, status 2, nothing written, bounded memory.
#include <zip.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "rtlgen/files/file_bytes.hpp"
#include "rtlgen/files/process.hpp"
#include "tests/support/dice.hpp"
#include "tests/support/imported.hpp"
#include "tests/support/python.hpp"

namespace rtlgen::testing {
namespace {

namespace fs = std::filesystem;

/// What `rtlgen import` made of a file.
struct Outcome {
  int status = 0;
  std::string log;
};

/// Runs `rtlgen import` as a process that may map 1.5 GiB. Whatever it says of the file, it must end by itself with
/// status 0 or 2, leave no folder behind where it fails, and then print one line that names the file.
Outcome import_bytes(const TemporaryFolder& folder, const std::string& bytes, const std::string& extension) {
  const std::string name = "model." + extension;
  write_file_bytes(folder.file(name), bytes);
  // The shell only sets the limit: 1572864 KiB.
  const Command command{
      {"sh", "-c", "ulimit -v 1572864 && exec \"$@\"", "sh", RTLGEN_PROGRAM, "--quiet", "import", name, "-o", "out"},
      folder.path(),
      folder.path() / "log",
      std::chrono::seconds{60}};
  Outcome outcome;
  outcome.status = run_process(command);
  outcome.log = read_text(command.log);
  INFO("status " << outcome.status << ": " << outcome.log.substr(0, 2000));
  CHECK((outcome.status == 0 || outcome.status == 2));
  CHECK(fs::exists(folder.file("out/model.yaml")) == (outcome.status == 0));
  fs::remove_all(folder.file("out"));
  std::vector<std::string> left;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder.path())) {
    left.push_back(entry.path().filename().string());
  }
  std::sort(left.begin(), left.end());
  CHECK(left == std::vector<std::string>{"log", name});
  if (outcome.status == 2) {
    CHECK(std::count(outcome.log.begin(), outcome.log.end(), '\n') == 1);
    CHECK(outcome.log.find(name) != std::string::npos);
    CHECK(outcome.log.find("error: ") != std::string::npos);
    CHECK(std::all_of(outcome.log.begin(), outcome.log.end() - 1, [](char c) { return c >= ' ' || c < 0; }));
    CHECK(outcome.log.size() < 2000);
  }
  return outcome;
}

/// Every file of a folder of test data with this extension, in order; none where there is no such folder.
std::vector<fs::path> data_files(const std::string& name, const std::string& extension) {
  std::vector<fs::path> files;
  if (fs::exists(import_data(name))) {
    for (const fs::directory_entry& entry : fs::directory_iterator(import_data(name))) {
      if (entry.path().extension() == "." + extension) {
        files.push_back(entry.path());
      }
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// The file, cut after every hundredth of its length: no cut file is a model.
void check_cut(const fs::path& file, const std::string& extension) {
  const TemporaryFolder folder;
  const std::string bytes = read_text(file);
  REQUIRE(bytes.size() > 100);
  for (std::size_t percent = 0; percent < 100; ++percent) {
    INFO(file.filename() << " cut at " << percent << " %");
    CHECK(import_bytes(folder, bytes.substr(0, bytes.size() * percent / 100), extension).status == 2);
  }
}

/// The file with one byte changed: it may still be a model.
void check_flipped(const fs::path& file, const std::string& extension, int count) {
  const TemporaryFolder folder;
  const std::string bytes = read_text(file);
  REQUIRE(bytes.size() > 100);
  constexpr unsigned kSeed = 4711;
  Dice dice(kSeed);
  for (int i = 0; i < count; ++i) {
    const int place = dice.below(static_cast<int>(bytes.size()));
    const int value = dice.below(256);
    INFO(file.filename() << " with byte " << place << " = " << value << ", seed " << kSeed << " + " << seed_offset());
    std::string damaged = bytes;
    damaged[static_cast<std::size_t>(place)] = static_cast<char>(value);
    import_bytes(folder, damaged, extension);
  }
}

/// Wire format of protocol buffers: a field with a number, or with bytes.
std::string varint(std::uint64_t value) {
  std::string text;
  for (; value >= 128; value >>= 7) {
    text += static_cast<char>(128 + value % 128);
  }
  return text + static_cast<char>(value);
}
std::string field(int number, std::uint64_t value) {
  return varint(static_cast<std::uint64_t>(number) * 8) + varint(value);
}
std::string field(int number, const std::string& bytes) {
  return varint(static_cast<std::uint64_t>(number) * 8 + 2) + varint(bytes.size()) + bytes;
}

/// A tensor or a value of ONNX, float, with two dimensions.
std::string value_info(const std::string& name, std::uint64_t rows, std::uint64_t columns) {
  const std::string shape = field(1, field(1, rows)) + field(1, field(1, columns));
  return field(1, name) + field(2, field(1, field(1, 1) + field(2, shape)));
}
std::string node(const std::string& inputs, const std::string& output, const std::string& op) {
  return inputs + field(2, output) + field(4, op);
}
std::string onnx_model(const std::string& graph) { return field(1, 8) + field(7, graph) + field(8, field(2, 13)); }

TEST_CASE("hostile: cut ONNX files", "[import][hostile]") {
  for (const char* name : {"qonnx_channel_scales", "qdq_mlp"}) {
    check_cut(import_data("onnx/" + std::string(name) + ".onnx"), "onnx");
  }
}

TEST_CASE("hostile: ONNX files with one wrong byte", "[import][hostile]") {
  for (const char* name : {"onnx/qonnx_channel_scales", "onnx/qdq_mlp", "onnx/qonnx_trunc_v2", "torch/attention_13"}) {
    check_flipped(import_data(std::string(name) + ".onnx"), "onnx", 150);
  }
}

TEST_CASE("hostile: ONNX models that say what cannot be", "[import][hostile]") {
  // Odd, but there is a meaning for them: an importer may make something of these.
  const std::set<std::string> odd = {"batch_norm_sizes", "opset_far_future", "opset_zero",
                                     "rank3_weight",     "scale_tiny",       "too_many_inputs"};
  const std::vector<fs::path> files = data_files("hostile", "onnx");
  REQUIRE(files.size() > 70);
  for (const fs::path& file : files) {
    INFO(file.filename());
    const TemporaryFolder folder;
    const int status = import_bytes(folder, read_text(file), "onnx").status;
    CHECK((status == 2 || odd.count(file.stem().string()) > 0));
  }
}

TEST_CASE("hostile: what no ONNX file may be is called invalid", "[import][hostile]") {
  const std::string ends =
      field(2, std::string("g")) + field(11, value_info("x", 1, 4)) + field(12, value_info("y", 1, 4));
  const auto text = [](int number, const std::string& value) { return field(number, value); };
  const std::string x = text(1, "x");
  const std::string good = onnx_model(field(1, node(x, "y", "Relu")) + ends);
  // An attribute `axis` that is a list: name, ints, type INTS.
  const std::string list = field(5, text(1, "axis") + field(8, 1) + field(20, 7));
  const std::string real = read_text(import_data("onnx/qdq_mlp.onnx"));
  const std::vector<std::pair<const char*, std::string>> cases = {
      {"empty", ""},
      {"text", "this is no model\n"},
      {"HDF5", read_text(import_data("keras/functions.h5"))},
      {"zip", read_text(import_data("torch/attention_13.pt"))},
      {"cut", real.substr(0, real.size() / 2)},
      {"without graph", field(1, 8) + field(8, field(2, 13))},
      {"without opset", field(1, 8) + field(7, field(1, node(x, "y", "Relu")) + ends)},
      {"without output", onnx_model(field(1, node(x, "y", "Relu")) + text(2, "g") + field(11, value_info("x", 1, 4)))},
      {"without operation", onnx_model(field(1, node(x, "y", "")) + ends)},
      {"too many inputs", onnx_model(field(1, node(x + x, "y", "Relu")) + ends)},
      {"too few inputs", onnx_model(field(1, node(x, "y", "MatMul")) + ends)},
      {"attribute of another type", onnx_model(field(1, node(x, "y", "Softmax") + list) + ends)},
      {"input that nothing makes", onnx_model(field(1, node(text(1, "z"), "y", "Relu")) + ends)},
      {"made twice", onnx_model(field(1, node(x, "y", "Relu")) + field(1, node(x, "y", "Tanh")) + ends)},
      {"output that nothing makes", onnx_model(field(1, node(x, "z", "Relu")) + ends)},
      {"cycle",
       onnx_model(field(1, node(text(1, "y"), "z", "Relu")) + field(1, node(text(1, "z"), "y", "Relu")) + ends)}};
  const TemporaryFolder folder;
  CHECK(import_bytes(folder, good, "onnx").status == 0);
  for (const auto& [what, bytes] : cases) {
    INFO(what);
    const Outcome outcome = import_bytes(folder, bytes, "onnx");
    INFO(outcome.log);
    CHECK(outcome.status == 2);
    CHECK(outcome.log.find("error: invalid ONNX: ") != std::string::npos);
  }
}

TEST_CASE("hostile: a megabyte that claims 2^40 numbers", "[import][hostile]") {
  const std::string dims = field(1, 1 << 20) + field(1, 1 << 20);
  const std::string weight = dims + field(2, 1) + field(8, std::string("w")) + field(9, std::string(1 << 20, '\x3f'));
  const std::string matmul = node(field(1, std::string("x")) + field(1, std::string("w")), "y", "MatMul");
  const std::string graph = field(1, matmul) + field(2, std::string("g")) + field(5, weight) +
                            field(11, value_info("x", 1, 1 << 20)) + field(12, value_info("y", 1, 1 << 20));
  const TemporaryFolder folder;
  CHECK(import_bytes(folder, onnx_model(graph), "onnx").status == 2);
}

TEST_CASE("hostile: a chain of very many nodes is no danger to the stack", "[import][hostile]") {
  constexpr int kNodes = 100000;
  std::string graph;
  for (int i = kNodes; i-- > 0;) {  // backwards: whoever sorts them goes all the way down
    const std::string input = i == 0 ? "x" : "t" + std::to_string(i - 1);
    const std::string output = i == kNodes - 1 ? "y" : "t" + std::to_string(i);
    graph += field(1, node(field(1, input), output, "Identity"));
  }
  graph += field(2, std::string("g")) + field(11, value_info("x", 1, 4)) + field(12, value_info("y", 1, 4));
  const TemporaryFolder folder;
  CHECK(import_bytes(folder, onnx_model(graph), "onnx").status == 2);
}

TEST_CASE("hostile: messages nested two thousand deep", "[import][hostile]") {
  std::string nested;
  for (int i = 0; i < 2000; ++i) {  // node { attribute { graph { node ..
    nested = field(1, field(5, field(1, std::string("a")) + field(6, nested)));
  }
  const TemporaryFolder folder;
  CHECK(import_bytes(folder, onnx_model(nested), "onnx").status == 2);
}

TEST_CASE("hostile: an empty file, text, and a folder for a file", "[import][hostile]") {
  for (const char* extension : {"onnx", "h5", "keras"}) {
    const TemporaryFolder folder;
    INFO(extension);
    CHECK(import_bytes(folder, "", extension).status == 2);
    CHECK(import_bytes(folder, "this is no model\n", extension).status == 2);
    CHECK(import_bytes(folder, std::string(100000, '\0'), extension).status == 2);
    CHECK(import_bytes(folder, std::string(100000, '\xff'), extension).status == 2);
  }
}

TEST_CASE("hostile: a PyTorch file is refused with the name of the script that reads it", "[import][hostile]") {
  const TemporaryFolder folder;
  const Outcome outcome = import_bytes(folder, read_text(import_data("torch/attention_13.pt")), "pt");
  CHECK(outcome.status == 2);
  CHECK(outcome.log.find("scripts/export_torch.py") != std::string::npos);
}

/// An archive of torch with these members: name and bytes.
std::string torch_archive(const TemporaryFolder& folder,
                          const std::vector<std::pair<std::string, std::string>>& members) {
  const std::string path = folder.file("made.zip");
  int code = 0;
  zip_t* const archive = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code);
  REQUIRE(archive != nullptr);
  for (const auto& [name, bytes] : members) {
    zip_source_t* const source = zip_source_buffer(archive, bytes.data(), bytes.size(), 0);
    const zip_int64_t index = zip_file_add(archive, name.c_str(), source, ZIP_FL_OVERWRITE);
    REQUIRE(index >= 0);
    zip_set_file_compression(archive, static_cast<zip_uint64_t>(index), ZIP_CM_STORE, 0);
  }
  REQUIRE(zip_close(archive) == 0);
  std::string bytes = read_text(path);
  fs::remove(path);
  return bytes;
}

TEST_CASE("hostile: TorchScript and whole modules of PyTorch are told apart, and nobody is told to run them",
          "[import][hostile]") {
  const std::string empty_pickle = "\x80\x02}.";
  const std::string module_pickle = std::string("\x80\x02") + "cmodels.tagger\nTagger\n)\x81}" + "b.";
  const TemporaryFolder folder;
  const std::string script = torch_archive(folder, {{"net/data.pkl", empty_pickle},
                                                    {"net/constants.pkl", "\x80\x02)."},
                                                    {"net/code/__torch__.py", "class Net(Module):\n"}});
  const std::string module = torch_archive(folder, {{"net/data.pkl", module_pickle}, {"net/version", "3\n"}});
  const std::vector<std::pair<std::string, const char*>> cases = {{script, "TorchScript"},
                                                                  {module, "models.tagger.Tagger"}};
  for (const auto& [bytes, name] : cases) {
    for (const char* extension : {"pt", "pth"}) {
      const Outcome outcome = import_bytes(folder, bytes, extension);
      INFO(outcome.log);
      CHECK(outcome.status == 2);
      CHECK(outcome.log.find(name) != std::string::npos);
      CHECK(outcome.log.find("torch.onnx.export") != std::string::npos);
      CHECK(outcome.log.find("weights_only") == std::string::npos);
      fs::remove(folder.file(std::string("model.") + extension));
    }
    if (!has_python()) {
      continue;
    }
    write_file_bytes(folder.file("model.pt"), bytes);
    const Command command{{RTLGEN_PYTHON, "-B", source_folder() + "/scripts/export_torch.py", "model.pt", "-o", "out",
                           "--heads", "2", "--tokens", "8"},
                          folder.path(),
                          folder.path() / "log",
                          std::chrono::seconds{60}};
    CHECK(run_process(command) == 2);
    const std::string log = read_text(command.log);
    INFO(log);
    CHECK(std::count(log.begin(), log.end(), '\n') == 1);
    CHECK(log.find(name) != std::string::npos);
    CHECK(log.find("torch.onnx.export") != std::string::npos);
    CHECK(log.find("weights_only") == std::string::npos);
    fs::remove(folder.file("model.pt"));
  }
}

TEST_CASE("hostile: cut and damaged Keras files", "[import][hostile]") {
  for (const char* extension : {"h5", "keras"}) {
    const std::vector<fs::path> files = data_files("keras", extension);
    REQUIRE_FALSE(files.empty());
    // The smallest one: most of its bytes mean something.
    const fs::path file = *std::min_element(files.begin(), files.end(), [](const fs::path& a, const fs::path& b) {
      return fs::file_size(a) < fs::file_size(b);
    });
    check_cut(file, extension);
    check_flipped(file, extension, 200);
  }
}

}  // namespace
}  // namespace rtlgen::testing
