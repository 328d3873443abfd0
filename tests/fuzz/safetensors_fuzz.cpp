// Files of tensors and of models.
#include "safetensors_input.h"

#include <gradus/files/model_file.h>
#include <gradus/files/safetensors.h>
#include <gradus/gradus.h>
#include <support/temporary_folder.h>

#include <fmt/format.h>
#include <zlib.h>

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

/// With the checksums of version 1 that fit.
std::string file_of(std::string header, std::string_view data) {
  replace_behind(header, R"("crc32":")", checksum(data));
  replace_behind(header, R"("header_crc32":")", "00000000");
  replace_behind(header, R"("header_crc32":")", checksum(header));
  return safetensors(header, data);
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

}  // namespace

void fuzz(Bytes bytes) {
  read(MemoryFile(bytes));
  const auto [header, data] = halves(bytes);
  read(MemoryFile(file_of(header, data)));
}

void make_seeds() {
  const TemporaryFolder folder;
  Sequential model{Input{{2}}, Dense{3, {.use_bias = false}}, BatchNormalization{}, Activation{"relu"}, Dense{2}};
  save_model(model, folder / "model");
  seed_without_checksums(folder / "model");
  const SafeTensor tensors[]{
      {"a", Tensor::zeros({2, 3})}, {"empty", Tensor::zeros({0, 4})}, {"scalar", Tensor::full({}, 2)}};
  write_safetensors(folder / "tensors", tensors, {{"key", "value"}});
  seed_without_checksums(folder / "tensors");
  seed(std::string(R"({"x":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},)"
                   R"("y":{"dtype":"F64","shape":[],"data_offsets":[8,16]}})") +
       std::string(17, '\0'));
}
