// Files of tensors and of models. The input is a header, a zero byte and data, which the target makes a file of, with
// checksums that fit where the header has such: other inputs are hardly ever more than a wrong length or checksum.
#include "target.h"

#include <gradus/files/model_file.h>
#include <gradus/files/safetensors.h>
#include <gradus/gradus.h>
#include <support/temporary_folder.h>

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>

using namespace gradus;

namespace {

std::string checksum(std::string_view bytes) {
  return fmt::format("{:08x}", crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

/// Replaces the 8 digits behind a text, if it is there.
void replace_behind(std::string& header, std::string_view text, std::string_view digits) {
  const std::size_t found = header.find(text);
  if (found != header.npos && found + text.size() + 8 <= header.size()) header.replace(found + text.size(), 8, digits);
}

std::string file_of(std::string header, std::string_view data) {
  replace_behind(header, R"("crc32":")", checksum(data));
  replace_behind(header, R"("header_crc32":")", "00000000");
  replace_behind(header, R"("header_crc32":")", checksum(header));
  const std::uint64_t length = header.size();
  std::string file(sizeof(length), '\0');
  std::memcpy(file.data(), &length, sizeof(length));
  return file + header + std::string(data);
}

void read(const MemoryFile& file) {
  accepted([&] { read_safetensors(file.path()); });
  accepted([&] {
    const Sequential model = load_model(file.path());
    // No file is written that is refused.
    static const TemporaryFolder folder;
    save_model(model, folder / "again");
    load_model(folder / "again");
  });
}

/// The input for a file that was written.
void seed_file(const std::filesystem::path& path) {
  const std::string file = file_text(path);
  std::uint64_t length = 0;
  std::memcpy(&length, file.data(), sizeof(length));
  std::string header = file.substr(sizeof(length), length);
  header.erase(header.find_last_not_of(' ') + 1);
  seed(header + '\0' + file.substr(sizeof(length) + length));
}

}  // namespace

void fuzz(Bytes bytes) {
  read(MemoryFile(bytes));
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const std::size_t end = std::min(text.size(), text.find('\0'));
  const std::string_view data = text.substr(std::min(text.size(), end + 1));
  read(MemoryFile(file_of(std::string(text.substr(0, end)), data)));
}

void make_seeds() {
  const TemporaryFolder folder;
  Sequential model{Input{{2}}, Dense{3, {.use_bias = false}}, BatchNormalization{}, Activation{"relu"}, Dense{2}};
  save_model(model, folder / "model");
  seed_file(folder / "model");
  const SafeTensor tensors[]{
      {"a", Tensor::zeros({2, 3})}, {"empty", Tensor::zeros({0, 4})}, {"scalar", Tensor::full({}, 2)}};
  write_safetensors(folder / "tensors", tensors, {{"key", "value"}});
  seed_file(folder / "tensors");
  seed(std::string(R"({"x":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},)"
                   R"("y":{"dtype":"F64","shape":[],"data_offsets":[8,16]}})") +
       std::string(17, '\0'));
}
