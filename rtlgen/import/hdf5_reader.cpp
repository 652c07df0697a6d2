#include "rtlgen/import/hdf5_reader.hpp"

#include <H5Cpp.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace rtlgen {
namespace {

/// Elements that a file may have whatever its size, and for each of its bytes.
constexpr std::size_t kFreeElements = std::size_t{1} << 16;
constexpr std::size_t kElementsPerByte = 16;
/// Most elements that are read from one file (512 MiB as doubles).
constexpr std::size_t kMostElements = std::size_t{1} << 26;
constexpr std::size_t kMostRank = 8;
constexpr std::size_t kMostNames = 65536;

/// The last component's object in `group`, whose link must lie in the file itself. Nothing where there is none.
bool is_hard_link(const H5::Group& group, const std::string& name) {
  if (H5Lexists(group.getId(), name.c_str(), H5P_DEFAULT) <= 0) {
    return false;
  }
  H5L_info_t info{};
  if (H5Lget_info(group.getId(), name.c_str(), &info, H5P_DEFAULT) < 0) {
    throw Hdf5Problem("the link '" + name + "' is damaged");
  }
  if (info.type != H5L_TYPE_HARD) {
    throw Hdf5Problem("'" + name + "' is a link to elsewhere, expected an object in the file");
  }
  return true;
}

std::vector<std::string> components(const std::string& path) {
  std::vector<std::string> names;
  std::size_t begin = 0;
  while (begin < path.size()) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    if (end > begin) {
      names.push_back(path.substr(begin, end - begin));
    }
    begin = end + 1;
  }
  return names;
}

/// Whether all components but the last are groups, and the last is a group or dataset.
bool is_there(const H5::H5File& file, const std::string& path) {
  H5::Group group = file.openGroup("/");
  const std::vector<std::string> names = components(path);
  for (std::size_t i = 0; i < names.size(); ++i) {
    // A component of "." would be the group itself.
    if (names[i] == "." || !is_hard_link(group, names[i])) {
      return false;
    }
    const H5O_type_t type = group.childObjType(names[i]);
    if (i + 1 == names.size()) {
      return type == H5O_TYPE_GROUP || type == H5O_TYPE_DATASET;
    }
    if (type != H5O_TYPE_GROUP) {
      return false;
    }
    group = group.openGroup(names[i]);
  }
  return true;
}

/// Strings of an attribute or one text; `count` of them.
std::vector<std::string> read_texts(const H5::Attribute& attribute, std::size_t count) {
  const H5::StrType type = attribute.getStrType();
  std::vector<std::string> texts;
  if (type.isVariableStr()) {
    std::vector<char*> pointers(count, nullptr);
    attribute.read(type, static_cast<void*>(pointers.data()));
    texts.reserve(count);
    for (const char* text : pointers) {
      texts.emplace_back(text == nullptr ? "" : text);
    }
    H5Dvlen_reclaim(type.getId(), attribute.getSpace().getId(), H5P_DEFAULT, static_cast<void*>(pointers.data()));
    return texts;
  }
  const std::size_t width = type.getSize();
  std::vector<char> bytes(count * width);
  attribute.read(type, bytes.data());
  for (std::size_t i = 0; i < count; ++i) {
    const std::string text(bytes.data() + i * width, width);
    texts.push_back(text.substr(0, text.find('\0')));
  }
  return texts;
}

/// Runs `action`; what HDF5 throws becomes an Hdf5Problem.
template <typename Action>
auto guarded(const Action& action) -> decltype(action()) {
  try {
    return action();
  } catch (const H5::Exception& error) {
    throw Hdf5Problem("the HDF5 file is damaged: " + error.getDetailMsg());
  }
}

}  // namespace

struct Hdf5Reader::Impl {
  std::size_t bytes = 0;
  H5::H5File file;
  mutable std::size_t elements_left = 0;

  /// How many elements a dataset has; fails for what is not stored in this file or too large for it.
  std::size_t element_count(const H5::DataSet& set, const std::vector<hsize_t>& shape) const {
    const H5::DSetCreatPropList how = set.getCreatePlist();
    const H5D_layout_t layout = how.getLayout();
    if (layout == H5D_VIRTUAL || how.getExternalCount() > 0) {
      throw Hdf5Problem("the data lies in another file, expected it in the file itself");
    }
    const std::size_t limit = std::min(elements_left, kMostElements);
    const auto product = [&](const std::vector<hsize_t>& sizes) {
      std::size_t count = 1;
      for (const hsize_t size : sizes) {
        if (size != 0 && count > limit / size) {
          throw Hdf5Problem("more numbers than a file of " + std::to_string(bytes) + " bytes can be taken for");
        }
        count *= size;
      }
      return count;
    };
    if (layout == H5D_CHUNKED) {
      std::vector<hsize_t> chunk(shape.size());
      how.getChunk(static_cast<int>(shape.size()), chunk.data());
      product(chunk);
    }
    return product(shape);
  }
};

Hdf5Reader::Hdf5Reader(std::string_view bytes) : impl_(std::make_unique<Impl>()) {
  H5::Exception::dontPrint();
  H5PLset_loading_state(0);  // filters come with the library or not at all
  impl_->bytes = bytes.size();
  impl_->elements_left = kFreeElements + kElementsPerByte * std::min(bytes.size(), kMostElements);
  try {
    H5::FileAccPropList access;
    H5Pset_fapl_core(access.getId(), std::size_t{1} << 16, 0);
    // HDF5 takes a copy; it does not write to what it is given.
    H5Pset_file_image(access.getId(), const_cast<char*>(bytes.data()), bytes.size());  // NOLINT
    impl_->file = H5::H5File("in_memory.h5", H5F_ACC_RDONLY, H5::FileCreatPropList::DEFAULT, access);
  } catch (const H5::Exception&) {
    throw Hdf5Problem("not an HDF5 file, or a damaged one");
  }
}

Hdf5Reader::~Hdf5Reader() = default;

bool Hdf5Reader::contains(const std::string& path) const {
  return guarded([&] { return is_there(impl_->file, path); });
}

std::optional<std::vector<std::string>> Hdf5Reader::texts(const std::string& path, const std::string& attribute) const {
  using Texts = std::optional<std::vector<std::string>>;
  return guarded([&]() -> Texts {
    if (!is_there(impl_->file, path)) {
      throw Hdf5Problem("there is no such group");
    }
    const H5::Group group = impl_->file.openGroup("/" + path);
    if (!group.attrExists(attribute)) {
      return std::nullopt;
    }
    const H5::Attribute found = group.openAttribute(attribute);
    const hssize_t count = found.getSpace().getSimpleExtentNpoints();
    // h5py writes an empty list as one of float64.
    if (count <= 0) {
      return std::vector<std::string>{};
    }
    if (found.getTypeClass() != H5T_STRING) {
      throw Hdf5Problem("the attribute '" + attribute + "' is not text");
    }
    const std::size_t width = found.getDataType().getSize();
    if (static_cast<std::size_t>(count) > kMostNames || width > impl_->bytes ||
        width * static_cast<std::size_t>(count) > std::size_t{64} * impl_->bytes + kFreeElements) {
      throw Hdf5Problem("the attribute '" + attribute + "' is too large");
    }
    return read_texts(found, static_cast<std::size_t>(count));
  });
}

Hdf5Array Hdf5Reader::read(const std::string& path) const {
  return guarded([&] {
    if (!is_there(impl_->file, path)) {
      throw Hdf5Problem("there is no such dataset");
    }
    const H5::DataSet set = impl_->file.openDataSet("/" + path);
    const H5T_class_t kind = set.getTypeClass();
    if ((kind != H5T_FLOAT && kind != H5T_INTEGER) || set.getDataType().getSize() > 16) {
      throw Hdf5Problem("the dataset does not hold numbers, expected integers or floating-point numbers");
    }
    const H5::DataSpace space = set.getSpace();
    if (!space.isSimple() || space.getSimpleExtentType() == H5S_NULL ||
        space.getSimpleExtentNdims() > static_cast<int>(kMostRank)) {
      throw Hdf5Problem("the dataset has no shape, or one of too many dimensions");
    }
    std::vector<hsize_t> shape(static_cast<std::size_t>(space.getSimpleExtentNdims()));
    space.getSimpleExtentDims(shape.data());
    const std::size_t count = impl_->element_count(set, shape);
    impl_->elements_left -= count;
    Hdf5Array array;
    array.shape.assign(shape.begin(), shape.end());
    array.values.resize(count);
    if (count > 0) {
      set.read(array.values.data(), H5::PredType::NATIVE_DOUBLE);
    }
    return array;
  });
}

}  // namespace rtlgen
