#include <gradus/files/model_file.h>

#include <gradus/core/printable.h>
#include <gradus/core/storage.h>
#include <gradus/files/element_type.h>
#include <gradus/files/model_config.h>
#include <gradus/files/model_tensor.h>
#include <gradus/files/out_of_memory.h>
#include <gradus/files/safetensors.h>
#include <gradus/layers/registry/registry.h>

#include <fmt/format.h>

#include <set>
#include <utility>

namespace gradus::inline GRADUS_PRECISION {

namespace {

/// The shapes of tensors of other types are not compared with their bytes.
bool is_readable(const SafetensorsEntry& entry) { return find_safetensors_type(entry.type) != nullptr; }

/// Tensors of a model and what the file says of them.
struct Match {
  std::vector<std::pair<NamedTensor*, const SafetensorsEntry*>> pairs;
  LoadReport report;
};

/// Compares names and shapes before values are read. Tensors of a type that cannot be read are unexpected, too.
Match match(Layer& model, const std::string& path, const SafetensorsFile& file, bool strict) {
  Match result;
  std::set<const SafetensorsEntry*> used;
  for (NamedTensor& parameter : model.state()) {
    const SafetensorsEntry* entry = file.find(parameter.name());
    check<FileError>(entry != nullptr || !strict, "{}: expected a tensor {} for this model, got none", path,
                     parameter.name());
    const bool fits = entry != nullptr && entry->shape == parameter.shape();
    check<FileError>(fits || !strict, "{}: expected shape {} for {}, got {}", path, parameter.shape(), parameter.name(),
                     entry != nullptr ? entry->shape : Shape{});
    if (fits && (strict || is_readable(*entry))) {
      result.pairs.emplace_back(&parameter, entry);
      result.report.matched.push_back(parameter.name());
      used.insert(entry);
    } else {
      result.report.missing.push_back(parameter.name());
    }
  }
  for (const SafetensorsEntry& entry : file.entries()) {
    if (used.contains(&entry)) continue;
    check<FileError>(!strict, "{}: expected only tensors of this model, got {}", path, printable(entry.name));
    result.report.unexpected.push_back(entry.name);
  }
  return result;
}

Tensor read_checked(SafetensorsFile& file, const std::string& path, const SafetensorsEntry& entry) {
  Tensor value = file.read(entry);
  check_model_tensor(path, entry.name, value, "the model was saved after its training failed");
  return value;
}

std::vector<std::string> frozen_layers(const Layer& model) {
  std::vector<std::string> frozen;
  if (!model.trainable()) frozen.emplace_back();
  for (const auto& [path, layer] : model.descendants()) {
    if (!layer.trainable()) frozen.push_back(path);
  }
  return frozen;
}

/// Outer layers first, as set_trainable includes inner layers.
void freeze_layers(Layer& model, const std::vector<std::string>& paths) {
  std::set<std::string> frozen(paths.begin(), paths.end());
  model.set_trainable(frozen.erase("") == 0);
  for (const auto& [path, layer] : model.descendants()) layer.set_trainable(frozen.erase(path) == 0);
  check(frozen.empty(), "[model file] expected frozen layers of this model, got '{}'",
        frozen.empty() ? "" : printable(*frozen.begin(), 64));
}

/// What building a model may take that has the tensors of a file: their values and gradients, initial values that are
/// replaced, and the outputs of the layers for one sample.
StorageLimit limit_of(const SafetensorsFile& file) {
  constexpr std::int64_t mebibyte = 1024 * 1024;
  std::int64_t bytes = 0;
  for (const SafetensorsEntry& entry : file.entries()) {
    if (is_readable(entry)) bytes += entry.shape.size() * static_cast<Index>(sizeof(Real));
  }
  return {3 * bytes + 32 * mebibyte, 16 * bytes + 1024 * mebibyte, "as the tensors of the file are small"};
}

/// The layer described by the metadata, built, with initial values.
std::unique_ptr<Layer> rebuild(const std::string& path, const SafetensorsFile& file) {
  check<FileError>(has_model_config(file.metadata()),
                   "{}: expected a model with its configuration, got tensors only; build the model in code and use "
                   "load_weights",
                   path);
  const ModelConfig config = model_config_from(path, file.metadata());
  const KeepGenerator keep;  // the initial values are overwritten
  try {
    std::unique_ptr<Layer> model;
    with_storage_limit(limit_of(file), [&] {
      model = make_layer(config.layers);
      model->build(config.input_shape);
    });
    freeze_layers(*model, config.frozen);
    return model;
  } catch (const Error& error) {
    throw FileError(fmt::format("{}: {}", path, error.what()));
  }
}

}  // namespace

void save_model(const Layer& model, const std::filesystem::path& path) {
  naming_file(path, [&] {
    check_model_state(path.string(), model.state());
    std::vector<SafeTensor> tensors;
    for (const NamedTensor& tensor : model.state()) tensors.push_back({tensor.name(), tensor.value()});
    write_safetensors(path, tensors, to_metadata({model.config(), model.input_shape(), frozen_layers(model)}));
  });
}

Sequential load_model(const std::filesystem::path& path) {
  return naming_file(path, [&] {
    const std::string name = path.string();
    SafetensorsFile file(path);
    const std::unique_ptr<Layer> layer = rebuild(name, file);
    auto* model = dynamic_cast<Sequential*>(layer.get());
    check<FileError>(model != nullptr,
                     "{}: expected a Sequential, got a {}; build the layer in code and use load_weights", name,
                     printable(layer->type()));
    for (const auto& [tensor, entry] : match(*model, name, file, true).pairs) {
      tensor->value().copy_from(read_checked(file, name, *entry));
    }
    return std::move(*model);
  });
}

LoadReport load_weights(Layer& model, const std::filesystem::path& path, const LoadOptions& options) {
  return naming_file(path, [&] {
    const std::string name = path.string();
    SafetensorsFile file(path);
    Match result = match(model, name, file, options.strict);
    std::vector<Tensor> values;  // all of them, before the model changes
    for (const auto& pair : result.pairs) values.push_back(read_checked(file, name, *pair.second));
    for (std::size_t i = 0; i < values.size(); ++i) result.pairs[i].first->value().copy_from(values[i]);
    return std::move(result.report);
  });
}

std::string to_string(const LoadReport& report) {
  std::string text = fmt::format("{} tensors matched\n", report.matched.size());
  for (const std::string& name : report.missing) text += fmt::format("missing in the file: {}\n", printable(name));
  for (const std::string& name : report.unexpected) {
    text += fmt::format("unexpected in the file: {}\n", printable(name));
  }
  return text;
}

}  // namespace gradus::inline GRADUS_PRECISION
