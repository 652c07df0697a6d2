// .npy, .npz and event files.
#include "rtlgen/files/npy.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "ir/source_error.hpp"
#include "rtlgen/files/file_bytes.hpp"
#include "rtlgen/files/npz.hpp"
#include "rtlgen/frontend/event_file.hpp"
#include "tests/support/temporary_folder.hpp"

namespace rtlgen {
namespace {

using testing::TemporaryFolder;

/// A version 1 file of this header and data.
std::string raw_npy(const std::string& header, const std::string& data) {
  std::string bytes("\x93NUMPY\x01", 7);
  bytes += '\0';
  bytes += static_cast<char>(header.size() & 0xff);
  bytes += static_cast<char>(header.size() >> 8);
  return bytes + header + data;
}

std::string header_of(const std::string& descr, const std::string& shape, const std::string& order = "False") {
  return "{'descr': '" + descr + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }\n";
}

std::string error_of(const std::string& bytes) {
  try {
    parse_npy(bytes, "a.npy");
  } catch (const SourceError& error) {
    return error.what();
  }
  return "no error";
}

template <typename Function>
std::string message_of(const Function& function, const std::string& path) {
  try {
    function();
  } catch (const SourceError& error) {
    std::string text = error.what();
    const std::size_t at = text.find(path);
    return at == std::string::npos ? text : text.replace(at, path.size(), "FILE");
  }
  return "no error";
}

TEST_CASE("npy: what is written is read back", "[npy]") {
  const TemporaryFolder folder;
  const std::vector<double> reals = {0.5, -1.25, 3e300, 0, 7, 1e-310};
  write_npy(folder.file("r.npy"), {2, 3}, reals);
  const NpyArray back = read_npy(folder.file("r.npy"));
  CHECK(back.shape == std::vector<std::size_t>{2, 3});
  CHECK(back.values == reals);
  CHECK_FALSE(back.integral);

  write_npy(folder.file("i.npy"), {3}, std::vector<std::int64_t>{-5, 0, 1234567890123});
  const NpyArray whole = read_npy(folder.file("i.npy"));
  CHECK(whole.integral);
  CHECK(whole.values == std::vector<double>{-5, 0, 1234567890123.0});
  CHECK(read_file_bytes(folder.file("i.npy"), 1000).size() % 8 == 0);

  const NpyArray scalar = parse_npy(npy_bytes({}, std::vector<double>{4}), "s");
  CHECK(scalar.shape.empty());
  CHECK(scalar.values == std::vector<double>{4});
  CHECK(parse_npy(npy_bytes({0, 3}, std::vector<double>{}), "e").values.empty());
}

TEST_CASE("npy: every type and order", "[npy]") {
  CHECK(parse_npy(raw_npy(header_of("|i1", "(2,)"), "\xff\x02"), "a").values == std::vector<double>{-1, 2});
  CHECK(parse_npy(raw_npy(header_of("|u1", "(2,)"), "\xff\x02"), "a").values == std::vector<double>{255, 2});
  CHECK(parse_npy(raw_npy(header_of("<i2", "(1,)"), "\xfe\xff"), "a").values == std::vector<double>{-2});
  CHECK(parse_npy(raw_npy(header_of("<u4", "(1,)"), "\xff\xff\xff\xff"), "a").values ==
        std::vector<double>{4294967295.0});
  CHECK(parse_npy(raw_npy(header_of("|b1", "(2,)"), std::string("\x01\x00", 2)), "a").values ==
        std::vector<double>{1, 0});
  CHECK(parse_npy(raw_npy(header_of("<f4", "(1,)"), std::string("\x00\x00\xc0\x3f", 4)), "a").values ==
        std::vector<double>{1.5});
  const std::string halves("\x00\x3c\x00\xc0\x01\x00\x00\x7c", 8);
  const NpyArray half = parse_npy(raw_npy(header_of("<f2", "(4,)"), halves), "a");
  CHECK(half.values[0] == 1);
  CHECK(half.values[1] == -2);
  CHECK(half.values[2] == std::ldexp(1.0, -24));
  CHECK(std::isinf(half.values[3]));
  const NpyArray fortran = parse_npy(raw_npy(header_of("|u1", "(2, 3)", "True"), "\x01\x04\x02\x05\x03\x06"), "a");
  CHECK(fortran.values == std::vector<double>{1, 2, 3, 4, 5, 6});
}

TEST_CASE("npy: broken files are errors that name the file", "[npy]") {
  CHECK(error_of("") == "a.npy: error: not a .npy array");
  CHECK(error_of("not numpy at all") == "a.npy: error: not a .npy array");
  CHECK(error_of(raw_npy(header_of("<f8", "(2,)"), "12345678")) ==
        "a.npy: error: the array's shape [2] needs 16 bytes, the file has 8");
  CHECK(error_of(raw_npy(header_of("<f8", "(1000000, 1000000, 1000000)"), "")) ==
        "a.npy: error: the array is too large: shape [1000000,1000000,1000000]");
  CHECK(error_of(raw_npy(header_of("<f8", "(99999999999999999999,)"), "")) ==
        "a.npy: error: the shape in the .npy header is too large");
  CHECK(
      error_of(raw_npy(header_of(">f4", "(1,)"), "1234")) ==
      "a.npy: error: unsupported array type '>f4': little endian f2, f4, f8, i1 to i8, u1 to u8 and bool can be read");
  CHECK(error_of(raw_npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", "1234")) ==
        "a.npy: error: structured arrays are not supported");
  CHECK(error_of(raw_npy("{'descr': '<f4', 'fortran_order': False}", "")) == "a.npy: error: the .npy header is broken");
  std::string truncated = npy_bytes({2}, std::vector<double>{1, 2});
  CHECK(error_of(truncated.substr(0, 60)) == "a.npy: error: the .npy file is truncated");
  for (std::size_t size = 0; size < truncated.size(); ++size) {
    CHECK_THROWS_AS(parse_npy(std::string_view(truncated).substr(0, size), "a.npy"), SourceError);
  }
  truncated[6] = 9;
  CHECK(error_of(truncated) == "a.npy: error: unknown .npy version 9");
}

TEST_CASE("npz: arrays by name", "[npy]") {
  const TemporaryFolder folder;
  const std::string path = folder.file("a.npz");
  write_npz(path, {{"x", npy_bytes({2}, std::vector<double>{1, 2})}, {"block0.attn.wq", "garbage"}});
  const NpzFile file(path);
  CHECK(file.names() == std::vector<std::string>{"block0.attn.wq", "x"});
  CHECK(file.contains("x"));
  CHECK_FALSE(file.contains("y"));
  CHECK(file.read("x").values == std::vector<double>{1, 2});
  CHECK(message_of([&] { file.read("y"); }, path) == "FILE: error: no array 'y' in the file");
  CHECK(message_of([&] { file.read("block0.attn.wq"); }, path) == "FILE:block0.attn.wq: error: not a .npy array");

  const std::string bytes = read_file_bytes(path, 100000);
  for (std::size_t size = 0; size < bytes.size(); size += 7) {
    write_file_bytes(folder.file("cut.npz"), bytes.substr(0, size));
    CHECK_THROWS_AS(NpzFile(folder.file("cut.npz")).read("x"), SourceError);
  }
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string flipped = bytes;
    flipped[at] = static_cast<char>(flipped[at] ^ 0x40);
    write_file_bytes(folder.file("flip.npz"), flipped);
    try {
      const NpzFile flip(folder.file("flip.npz"));
      for (const std::string& name : flip.names()) {
        flip.read(name);
      }
    } catch (const SourceError&) {
    }
  }
  CHECK(message_of([&] { NpzFile(folder.file("none.npz")); }, folder.file("none.npz")) ==
        "FILE: error: cannot read the file: no such file");
  CHECK(message_of([&] { NpzFile(folder.file("")); }, folder.file("")) ==
        "FILE: error: cannot read the file: it is a folder");
}

TEST_CASE("events: shapes, masks and labels", "[npy]") {
  const TemporaryFolder folder;
  const std::string path = folder.file("e.npz");
  Model model;
  model.tokens = 2;
  model.features = 1;
  const std::string x = npy_bytes({2, 3, 1}, std::vector<double>{1, 2, 3, 4, 5, 6});
  const auto problem = [&](const std::map<std::string, std::string>& arrays) {
    write_npz(path, arrays);
    return message_of([&] { load_events(path, model, std::nullopt); }, path);
  };

  SECTION("tokens beyond the model's are cut, real labels too") {
    write_npz(path, {{"x", x}, {"y", npy_bytes({2, 3, 1}, std::vector<double>{.1, .2, .3, .4, .5, .6})}});
    const Events events = load_events(path, model, std::nullopt);
    CHECK(events.count == 2);
    CHECK(events.mask.empty());
    CHECK(events.x == (RowMatrix(4, 1) << 1, 2, 4, 5).finished());
    CHECK(events.targets == (RowMatrix(4, 1) << .1, .2, .4, .5).finished());
    CHECK(load_events(path, model, 1).x.rows() == 2);
  }
  SECTION("whole labels are classes") {
    write_npz(path, {{"x", x}, {"y", npy_bytes({2}, std::vector<std::int64_t>{3, 1})}});
    const Events events = load_events(path, model, std::nullopt);
    CHECK(events.classes == std::vector<std::int64_t>{3, 1});
    CHECK(events.targets.size() == 0);
  }
  SECTION("counts are clipped to the tokens") {
    model.mask = MaskKind::count;
    write_npz(path, {{"x", x}, {"count", npy_bytes({2}, std::vector<std::int64_t>{3, 1})}});
    CHECK(load_events(path, model, std::nullopt).mask == std::vector<std::uint8_t>{1, 1, 1, 0});
    CHECK(problem({{"x", x}}) == "FILE: error: missing array 'count': the model's mask is 'count'");
    CHECK(problem({{"x", x}, {"count", npy_bytes({2}, std::vector<std::int64_t>{3, -1})}}) ==
          "FILE: error: array 'count' must hold whole numbers from 0 to 3, event 1 does not");
    CHECK(problem({{"x", x}, {"count", npy_bytes({2, 1}, std::vector<std::int64_t>{3, 1})}}) ==
          "FILE: error: array 'count' has shape [2,1], expected [2]");
  }
  SECTION("valid bits") {
    model.mask = MaskKind::valid;
    model.arrays.mask = "ok";
    write_npz(path, {{"x", x}, {"ok", npy_bytes({2, 3}, std::vector<std::int64_t>{0, 1, 1, 1, 0, 1})}});
    CHECK(load_events(path, model, std::nullopt).mask == std::vector<std::uint8_t>{0, 1, 1, 0});
    write_file_bytes(folder.file("e.npy"), x);
    CHECK(message_of([&] { load_events(folder.file("e.npy"), model, std::nullopt); }, folder.file("e.npy")) ==
          "FILE: error: a .npy file holds no mask; the model '' needs an .npz file with the array 'ok'");
  }
  SECTION("errors") {
    CHECK(problem({{"z", x}}) == "FILE: error: missing array 'x', expected shape [n,2,1]");
    CHECK(problem({{"x", npy_bytes({2, 1, 1}, std::vector<double>{1, 2})}}) ==
          "FILE: error: array 'x' has shape [2,1,1], expected [n,2,1]");
    CHECK(problem({{"x", npy_bytes({1, 2, 1}, std::vector<double>{1, std::nan("")})}}) ==
          "FILE: error: array 'x' is not finite at [0,1,0]");
    CHECK(problem({{"x", npy_bytes({0, 2, 1}, std::vector<double>{})}}) == "FILE: error: array 'x' holds no events");
    CHECK(problem({{"x", x}, {"y", npy_bytes({3}, std::vector<std::int64_t>{1, 2, 3})}}) ==
          "FILE: error: labels 'y' have shape [3], expected [n], [n,k] or [n,tokens,k] with n = 2");
  }
}

}  // namespace
}  // namespace rtlgen
