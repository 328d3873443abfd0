#include <gradus/files/verify.h>

#include <gradus/files/model_config.h>
#include <gradus/files/model_tensor.h>
#include <gradus/files/out_of_memory.h>
#include <gradus/files/safetensors.h>
#include <gradus/files/training_state.h>

#include <fmt/format.h>

namespace gradus::inline GRADUS_PRECISION {

namespace {

Index count_layers(const Config& config) {
  Index count = std::ssize(config.layers);
  for (const Config& layer : config.layers) count += count_layers(layer);
  return count;
}

}  // namespace

std::string verify_file(const std::filesystem::path& path) {
  return naming_file(path, [&] {
    const std::string name = path.string();
    SafetensorsFile file(path);
    Index elements = 0;
    for (const SafetensorsEntry& entry : file.entries()) {
      check_model_tensor(name, entry.name, file.read(entry), "the file was saved after training failed");
      elements += entry.shape.size();
    }
    std::string content;
    if (has_model_config(file.metadata())) {
      const ModelConfig config = model_config_from(name, file.metadata());
      content = fmt::format(", {} of {} layers", config.layers.type, count_layers(config.layers));
    }
    if (has_training_state(file.metadata())) {
      training_state_from(name, file.metadata());
      content = ", the state of a training";
    }
    const auto format = file.metadata().find("format");
    const bool checked = format != file.metadata().end() && format->second == "gradus";
    return fmt::format("{} tensors, {} elements, {}{}", file.entries().size(), with_separators(elements),
                       checked ? "checksums agree" : "without checksums", content);
  });
}

}  // namespace gradus::inline GRADUS_PRECISION
