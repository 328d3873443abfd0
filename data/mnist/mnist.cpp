#include <gradus/data/mnist/mnist.h>

#include <gradus/data/mnist/idx.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <system_error>

namespace gradus::inline GRADUS_PRECISION {

namespace {

constexpr Index side = 28;
constexpr Index classes = 10;

/// The first existing variant of a file name. `stem` is for example "train-images", `format` "idx3-ubyte".
std::filesystem::path find(const std::filesystem::path& folder, std::string_view stem, std::string_view format) {
  std::string tried;
  for (const char separator : {'-', '.'}) {
    for (const std::string_view ending : {"", ".gz"}) {
      const std::string name = fmt::format("{}{}{}{}", stem, separator, format, ending);
      std::error_code ignored;
      if (std::filesystem::exists(folder / name, ignored)) return folder / name;
      tried += (tried.empty() ? "" : ", ") + name;
    }
  }
  throw FileError(
      fmt::format("{}: expected a folder with one of {}, got none; name the folder of the four "
                  "MNIST files, or use load_digits_sample()",
                  folder.string(), tried));
}

Dataset load_part(const std::filesystem::path& folder, const std::string& part) {
  const auto images_path = find(folder, part + "-images", "idx3-ubyte");
  const auto labels_path = find(folder, part + "-labels", "idx1-ubyte");
  IdxArray images = read_idx_images(images_path);
  const IdxArray labels = read_idx_labels(labels_path);
  check<FileError>(images.sizes[1] == side && images.sizes[2] == side,
                   "{}: expected images of {} x {} at offset 8, got {} x {}; the file is from another data set",
                   images_path.string(), side, side, images.sizes[1], images.sizes[2]);
  check<FileError>(
      labels.sizes[0] == images.sizes[0],
      "{}: expected {} labels at offset 4, one per image of {}, got {}; are the files from different data sets?",
      labels_path.string(), images.sizes[0], images_path.string(), labels.sizes[0]);
  const auto bad = std::ranges::find_if(labels.bytes, [](std::uint8_t label) { return label >= classes; });
  if (bad != labels.bytes.end()) {
    check<FileError>(
        false, "{}: expected labels from 0 to {}, got {} at offset {}; the file is damaged or from another data set",
        labels_path.string(), classes - 1, *bad, 8 + (bad - labels.bytes.begin()));
  }
  return {std::move(images.bytes), labels.bytes, {side * side}, classes};
}

}  // namespace

TrainTest load_mnist(const std::filesystem::path& folder) {
  return {load_part(folder, "train"), load_part(folder, "t10k")};
}

}  // namespace gradus::inline GRADUS_PRECISION
