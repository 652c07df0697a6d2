// HDF5 files: types of numbers and texts, and files that mean harm.
#include "rtlgen/import/hdf5_file.hpp"

#include <catch2/catch.hpp>
#include <random>

#include "ir/source_error.hpp"
#include "rtlgen/files/file_bytes.hpp"
#include "tests/support/temporary_folder.hpp"

namespace rtlgen {
namespace {

std::string fixture(const std::string& name) {
  return read_file_bytes(testing::source_folder() + "/tests/data/import/keras/" + name, 1 << 20);
}

template <typename Function>
std::string error_of(const Function& function) {
  try {
    function();
  } catch (const SourceError& error) {
    return error.what();
  }
  return "no error";
}

TEST_CASE("hdf5: numbers of all types read as what they are", "[hdf5]") {
  const Hdf5File file(fixture("types.h5"), "types.h5");
  const std::vector<double> numbers = {0, 1, 2, 3, 100, 5};
  for (const char* name :
       {"all/float16", "all/float32", "all/float64", "all/big_f4", "all/int8", "all/uint16", "all/big_i8", "packed"}) {
    INFO(name);
    CHECK(file.read(name).values == numbers);
    CHECK(file.read(name).shape == std::vector<std::size_t>{2, 3});
  }
  CHECK(file.read("scalar").shape.empty());
  CHECK(file.read("scalar").values == std::vector<double>{2.5});
  CHECK(file.read("empty").shape == std::vector<std::size_t>{0, 3});
  CHECK(error_of([&] { file.read("text"); }) ==
        "types.h5: error: 'text': the dataset does not hold numbers, expected integers or floating-point numbers");
  CHECK(error_of([&] { file.read("all/none"); }) == "types.h5: error: 'all/none': there is no such dataset");
  CHECK(error_of([&] { file.read("all"); }).find("types.h5: error: 'all': ") == 0);
}

TEST_CASE("hdf5: texts of attributes", "[hdf5]") {
  const Hdf5File file(fixture("types.h5"), "types.h5");
  using Texts = std::vector<std::string>;
  CHECK(file.texts("", "text") == Texts{"one"});
  CHECK(file.texts("", "fixed") == Texts{"two"});
  CHECK(file.texts("", "list") == Texts{"a", "bcd"});
  CHECK(file.texts("", "none") == Texts{});
  CHECK(file.texts("", "absent") == std::nullopt);
  CHECK(error_of([&] { file.texts("", "number"); }) == "types.h5: error: the attribute 'number' is not text");
  CHECK(file.contains("all/int8"));
  CHECK_FALSE(file.contains("all/int8/more"));
  CHECK_FALSE(file.contains("../types.h5"));
}

TEST_CASE("hdf5: only what lies in the file is read, and no more than it can hold", "[hdf5]") {
  const Hdf5File file(fixture("hostile.h5"), "hostile.h5");
  CHECK(file.read("inside").values.size() == 3);
  for (const char* name : {"soft", "external"}) {
    CHECK(error_of([&] { file.read(name); }) == std::string("hostile.h5: error: '") + name + "': '" + name +
                                                    "' is a link to elsewhere, expected an object in the file");
  }
  for (const char* name : {"elsewhere", "virtual"}) {
    CHECK(error_of([&] { file.read(name); }) == std::string("hostile.h5: error: '") + name +
                                                    "': the data lies in another file, expected it in the file itself");
  }
  for (const char* name : {"terabytes", "bomb", "chunk"}) {
    CHECK(error_of([&] { file.read(name); }).find("more numbers than a file of") != std::string::npos);
  }
}

TEST_CASE("hdf5: many reads of one dataset add up", "[hdf5]") {
  const std::string bytes = fixture("jet_tagger.h5");
  const Hdf5File file(bytes, "jet_tagger.h5");
  const std::string name = "model_weights/fc2/fc2/kernel:0";
  const std::size_t size = file.read(name).values.size();
  const std::size_t most = (65536 + 16 * bytes.size()) / size;
  std::size_t count = 1;
  const std::string error = error_of([&] {
    for (; count <= most; ++count) {
      file.read(name);
    }
  });
  CHECK(count == most);
  CHECK(error.find("more numbers than") != std::string::npos);
}

// The library itself crashes on some of these: in a process of its own.
TEST_CASE("hdf5: damaged files are errors or read, and never more", "[hdf5][hostile]") {
  const std::string good = fixture("branches.h5");
  const unsigned seed = 7;
  INFO("seed " << seed);
  std::mt19937 random(seed);
  int errors = 0;
  for (int i = 0; i < 150; ++i) {
    std::string bytes = good;
    if (i % 5 == 0) {
      bytes.resize(random() % bytes.size());
    } else {
      for (int changes = 1 << (i % 7); changes > 0; --changes) {
        bytes[random() % (i % 2 == 0 ? bytes.size() : 4096)] = static_cast<char>(random());
      }
    }
    const std::string error = error_of([&] {
      const Hdf5File file(bytes, "damaged.h5");
      file.texts("", "model_config");
      file.texts("model_weights/left", "weight_names");
      file.read("model_weights/left/each/kernel:0");
      file.read("model_weights/out/out/kernel:0");
    });
    CHECK((error == "no error" || error.find("damaged.h5: error: ") == 0));
    CHECK(error.find('\n') == std::string::npos);
    errors += error == "no error" ? 0 : 1;
  }
  CHECK(errors > 30);
  CHECK(error_of([] { Hdf5File("", "empty.h5"); }) == "empty.h5: error: not an HDF5 file, or a damaged one");
  CHECK(error_of([] { Hdf5File(std::string(5000, 'x'), "x.h5"); }) ==
        "x.h5: error: not an HDF5 file, or a damaged one");
}

}  // namespace
}  // namespace rtlgen
