#include "rtlgen/files/npy.hpp"

#include <cmath>
#include <cstring>
#include <optional>

#include "ir/source_error.hpp"
#include "rtlgen/files/file_bytes.hpp"

namespace rtlgen {
namespace {

constexpr std::size_t kMaxFileBytes = std::size_t{1} << 31;
constexpr std::size_t kMaxDimensions = 32;
constexpr std::string_view kMagic = "\x93NUMPY";

[[noreturn]] void fail(const std::string& name, const std::string& message) {
  throw SourceError({name, 0, 0}, message);
}

/// What the header of a .npy file says.
struct NpyHeader {
  std::string descr;
  bool fortran_order = false;
  std::vector<std::size_t> shape;
};

/// Reads the Python dictionary in the header of a .npy file.
class HeaderParser {
 public:
  HeaderParser(std::string_view text, const std::string& name) : text_(text), name_(name) {}

  NpyHeader parse() {
    NpyHeader header;
    bool has_descr = false;
    bool has_order = false;
    bool has_shape = false;
    expect('{');
    while (!accept('}')) {
      const std::string key = quoted();
      expect(':');
      if (key == "descr" && !has_descr) {
        skip_space();
        if (position_ < text_.size() && text_[position_] == '[') {
          fail(name_, "structured arrays are not supported");
        }
        header.descr = quoted();
        has_descr = true;
      } else if (key == "fortran_order" && !has_order) {
        header.fortran_order = boolean();
        has_order = true;
      } else if (key == "shape" && !has_shape) {
        header.shape = shape();
        has_shape = true;
      } else {
        broken();
      }
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    if (!has_descr || !has_order || !has_shape) {
      broken();
    }
    return header;
  }

 private:
  [[noreturn]] void broken() const { fail(name_, "the .npy header is broken"); }

  void skip_space() {
    while (position_ < text_.size() && (text_[position_] == ' ' || text_[position_] == '\n')) {
      ++position_;
    }
  }

  bool accept(char wanted) {
    skip_space();
    if (position_ < text_.size() && text_[position_] == wanted) {
      ++position_;
      return true;
    }
    return false;
  }

  void expect(char wanted) {
    if (!accept(wanted)) {
      broken();
    }
  }

  std::string quoted() {
    skip_space();
    const char quote = position_ < text_.size() ? text_[position_] : '\0';
    if (quote != '\'' && quote != '"') {
      broken();
    }
    const std::size_t end = text_.find(quote, position_ + 1);
    if (end == std::string_view::npos) {
      broken();
    }
    std::string result(text_.substr(position_ + 1, end - position_ - 1));
    position_ = end + 1;
    return result;
  }

  bool boolean() {
    skip_space();
    if (text_.substr(position_, 4) == "True") {
      position_ += 4;
      return true;
    }
    if (text_.substr(position_, 5) != "False") {
      broken();
    }
    position_ += 5;
    return false;
  }

  std::size_t dimension() {
    skip_space();
    std::size_t value = 0;
    bool any = false;
    while (position_ < text_.size() && text_[position_] >= '0' && text_[position_] <= '9') {
      value = value * 10 + static_cast<std::size_t>(text_[position_++] - '0');
      any = true;
      if (value > kMaxFileBytes) {
        fail(name_, "the shape in the .npy header is too large");
      }
    }
    if (!any) {
      broken();
    }
    accept('L');
    return value;
  }

  std::vector<std::size_t> shape() {
    std::vector<std::size_t> result;
    expect('(');
    while (!accept(')')) {
      result.push_back(dimension());
      if (result.size() > kMaxDimensions) {
        fail(name_, "the array has too many dimensions");
      }
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    return result;
  }

  std::string_view text_;
  const std::string& name_;
  std::size_t position_ = 0;
};

double half_to_double(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 0x1f;
  const int fraction = bits & 0x3ff;
  double value = 0;
  if (exponent == 0x1f) {
    value = fraction == 0 ? HUGE_VAL : std::nan("");
  } else if (exponent == 0) {
    value = std::ldexp(fraction, -24);
  } else {
    value = std::ldexp(fraction + 1024, exponent - 25);
  }
  return (bits & 0x8000) != 0 ? -value : value;
}

/// Bytes of an element and how to read one.
struct ElementType {
  std::size_t size;
  double (*read)(const char*);
  bool integral;
};

template <typename T>
double read_element(const char* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return static_cast<double>(value);
}

double read_half(const char* bytes) {
  std::uint16_t bits = 0;
  std::memcpy(&bits, bytes, sizeof bits);
  return half_to_double(bits);
}

double read_bool(const char* bytes) { return *bytes != 0 ? 1.0 : 0.0; }

std::optional<ElementType> element_type(const std::string& descr) {
  static const struct {
    const char* descr;
    ElementType type;
  } kTypes[] = {
      {"<f2", {2, read_half, false}},
      {"<f4", {4, read_element<float>, false}},
      {"<f8", {8, read_element<double>, false}},
      {"|i1", {1, read_element<std::int8_t>, true}},
      {"<i1", {1, read_element<std::int8_t>, true}},
      {"<i2", {2, read_element<std::int16_t>, true}},
      {"<i4", {4, read_element<std::int32_t>, true}},
      {"<i8", {8, read_element<std::int64_t>, true}},
      {"|u1", {1, read_element<std::uint8_t>, true}},
      {"<u1", {1, read_element<std::uint8_t>, true}},
      {"<u2", {2, read_element<std::uint16_t>, true}},
      {"<u4", {4, read_element<std::uint32_t>, true}},
      {"<u8", {8, read_element<std::uint64_t>, true}},
      {"|b1", {1, read_bool, true}},
  };
  for (const auto& entry : kTypes) {
    if (descr == entry.descr) {
      return entry.type;
    }
  }
  return std::nullopt;
}

std::vector<double> fortran_to_c(const std::vector<double>& values, const std::vector<std::size_t>& shape) {
  std::vector<double> result(values.size());
  std::vector<std::size_t> index(shape.size(), 0);
  for (double& element : result) {
    std::size_t source = 0;
    for (std::size_t axis = shape.size(); axis-- > 0;) {
      source = source * shape[axis] + index[axis];
    }
    element = values[source];
    for (std::size_t axis = shape.size(); axis-- > 0;) {
      if (++index[axis] < shape[axis]) {
        break;
      }
      index[axis] = 0;
    }
  }
  return result;
}

template <typename T>
std::string make_bytes(const char* descr, const std::vector<std::size_t>& shape, const std::vector<T>& values) {
  std::string dimensions;
  for (const std::size_t dimension : shape) {
    dimensions += std::to_string(dimension) + ", ";
  }
  if (shape.size() > 1) {
    dimensions.resize(dimensions.size() - 2);
  } else if (shape.size() == 1) {
    dimensions.pop_back();
  }
  std::string header =
      std::string("{'descr': '") + descr + "', 'fortran_order': False, 'shape': (" + dimensions + "), }";
  constexpr std::size_t kPrefix = 10;
  constexpr std::size_t kAlignment = 64;
  while ((kPrefix + header.size() + 1) % kAlignment != 0) {
    header += ' ';
  }
  header += '\n';
  std::string bytes(kMagic);
  bytes += '\x01';
  bytes += '\0';
  bytes += static_cast<char>(header.size() & 0xff);
  bytes += static_cast<char>(header.size() >> 8);
  bytes += header;
  const std::size_t start = bytes.size();
  bytes.resize(start + values.size() * sizeof(T));
  if (!values.empty()) {
    std::memcpy(bytes.data() + start, values.data(), values.size() * sizeof(T));
  }
  return bytes;
}

}  // namespace

std::string shape_text(const std::vector<std::size_t>& shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    text += (i == 0 ? "" : ",") + std::to_string(shape[i]);
  }
  return text + "]";
}

NpyArray parse_npy(std::string_view bytes, const std::string& name) {
  if (bytes.size() < 10 || bytes.substr(0, kMagic.size()) != kMagic) {
    fail(name, "not a .npy array");
  }
  const auto byte = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(bytes[i])); };
  const std::size_t version = byte(6);
  if (version < 1 || version > 3) {
    fail(name, "unknown .npy version " + std::to_string(version));
  }
  const std::size_t prefix = version == 1 ? 10 : 12;
  if (bytes.size() < prefix) {
    fail(name, "the .npy file is truncated");
  }
  std::size_t header_size = byte(8) | byte(9) << 8;
  if (version > 1) {
    header_size |= byte(10) << 16 | byte(11) << 24;
  }
  if (header_size > bytes.size() - prefix) {
    fail(name, "the .npy file is truncated");
  }
  const NpyHeader header = HeaderParser(bytes.substr(prefix, header_size), name).parse();
  const std::optional<ElementType> type = element_type(header.descr);
  if (!type) {
    fail(name, "unsupported array type '" + header.descr +
                   "': little endian f2, f4, f8, i1 to i8, u1 to u8 and bool can be read");
  }
  const std::string_view data = bytes.substr(prefix + header_size);
  std::size_t count = 1;
  for (const std::size_t dimension : header.shape) {
    if (dimension != 0 && count > kMaxArrayElements / dimension) {
      fail(name, "the array is too large: shape " + shape_text(header.shape));
    }
    count *= dimension;
  }
  if (data.size() != count * type->size) {
    fail(name, "the array's shape " + shape_text(header.shape) + " needs " + std::to_string(count * type->size) +
                   " bytes, the file has " + std::to_string(data.size()));
  }
  NpyArray array;
  array.shape = header.shape;
  array.integral = type->integral;
  array.values.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    array.values[i] = type->read(data.data() + i * type->size);
  }
  if (header.fortran_order && header.shape.size() > 1) {
    array.values = fortran_to_c(array.values, array.shape);
  }
  return array;
}

NpyArray read_npy(const std::string& path) { return parse_npy(read_file_bytes(path, kMaxFileBytes), path); }

std::string npy_bytes(const std::vector<std::size_t>& shape, const std::vector<double>& values) {
  return make_bytes("<f8", shape, values);
}

std::string npy_bytes(const std::vector<std::size_t>& shape, const std::vector<std::int64_t>& values) {
  return make_bytes("<i8", shape, values);
}

void write_npy(const std::string& path, const std::vector<std::size_t>& shape, const std::vector<double>& values) {
  write_file_bytes(path, npy_bytes(shape, values));
}

void write_npy(const std::string& path, const std::vector<std::size_t>& shape,
               const std::vector<std::int64_t>& values) {
  write_file_bytes(path, npy_bytes(shape, values));
}

}  // namespace rtlgen
