// What a file says of its model: configuration, shape of the input and frozen layers, with zero bytes between, beside
// no tensors.
#include "target.h"

#include <gradus/files/model_file.h>
#include <gradus/files/safetensors.h>
#include <gradus/gradus.h>
#include <support/temporary_folder.h>

#include <array>

using namespace gradus;

namespace {

constexpr std::array keys{"gradus.config", "gradus.input_shape", "gradus.frozen"};

void seed_model(const Layer& model) {
  const TemporaryFolder folder;
  save_model(model, folder / "model");
  const SafeTensors file = read_safetensors(folder / "model");
  std::string input;
  for (const char* key : keys) input += file.metadata.at(key) + '\0';
  input.pop_back();
  seed(input);
}

}  // namespace

void fuzz(Bytes bytes) {
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  std::map<std::string, std::string> metadata;
  for (const char* key : keys) {
    const std::size_t end = std::min(text.size(), text.find('\0'));
    metadata[key] = text.substr(0, end);
    text.remove_prefix(std::min(text.size(), end + 1));
  }
  static const TemporaryFolder folder;
  const std::filesystem::path path = folder / "model";
  if (!accepted([&] { write_safetensors(path, {}, metadata); })) return;
  accepted([&] { load_model(path); });
}

void make_seeds() {
  seed_model(Sequential{Input{{2}}, Activation{"relu"}, Flatten{}});
  seed_model(Sequential{Input{{4}}, Dropout{0.5}, Dense{2, {.kernel_initializer = "he_normal"}}});
  seed_model(Sequential{Input{{6, 6, 2}}, Conv2D{3, 3}, BatchNormalization{}, MaxPooling2D{}, Flatten{}});
  seed_model(Sequential{Input{{6, 6, 2}}, DepthwiseConv2D{3}, UpSampling2D{2}, AveragePooling2D{}, Reshape{{2, 16}}});
  seed_model(Sequential{Input{{6}}, LayerNormalization{}, GroupNormalization{{.groups = 3}}, RMSNormalization{}});
  seed_model(Sequential{Input{{6}}, BatchRenormalization{}});
}
