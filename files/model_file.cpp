#include <gradus/files/model_file.h>

#include <gradus/core/storage.h>
#include <gradus/files/safetensors.h>
#include <gradus/layers/registry/registry.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

namespace gradus::inline GRADUS_PRECISION {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* config_key = "gradus.config";
constexpr const char* input_key = "gradus.input_shape";
constexpr const char* frozen_key = "gradus.frozen";

// Limits that both the writer and the reader check, so that a file of a few bytes cannot take much memory.
constexpr int max_depth = 32;
constexpr int max_layers = 30'000;
constexpr int max_values = 400'000;  // of the configuration

void check_depth(bool within) {
  check(within, "[model file] expected layers nested at most {} levels deep, got more", int{max_depth});
}

Json parse(const std::string& text) {
  int values = 0;
  return Json::parse(text, [&](int depth, Json::parse_event_t, Json&) {
    check_depth(depth < 2 * max_depth + 4);  // a layer is an object in an array, with a shape in its options
    check(++values <= max_values, "[model file] expected a configuration of at most {} values, got more",
          int{max_values});
    return true;
  });
}

Index index_from(const Json& json) {
  const bool fits = json.is_number_unsigned() ? json.get<std::uint64_t>() <= std::numeric_limits<Index>::max()
                                              : json.is_number_integer();
  check(fits, "[model file] expected an integer of 64 bits, got {}", json.is_number() ? json.dump() : json.type_name());
  return json.get<Index>();
}

Json sizes(const Shape& shape) { return Json(std::vector<Index>(shape.begin(), shape.end())); }

Shape shape_from(const Json& json) {
  check(json.is_array(), "[model file] expected a shape like [28, 28], got {}",
        json.is_number() ? json.dump() : json.type_name());
  Shape shape;
  for (const Json& size : json) shape = shape.append(index_from(size));
  return shape;
}

Json to_json(const Config& config) {
  Json json{{"type", config.type}};
  for (const auto& [name, value] : config.options) {
    json["options"][name] = std::visit(
        [](const auto& v) -> Json {
          if constexpr (std::is_same_v<std::decay_t<decltype(v)>, Shape>) {
            return sizes(v);
          } else {
            return v;
          }
        },
        value);
  }
  for (const Config& layer : config.layers) json["layers"].push_back(to_json(layer));
  return json;
}

Config::Value value_from(const Json& json) {
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number_integer()) return index_from(json);
  if (json.is_number()) return json.get<double>();
  if (json.is_array()) return shape_from(json);
  return json.get<std::string>();
}

Config config_from(const Json& json, int& layers, int depth = 0) {
  check_depth(depth < max_depth);
  check(++layers <= max_layers, "[model file] expected at most {} layers, got more", int{max_layers});
  Config config{json.at("type").get<std::string>(), {}, {}};
  if (json.contains("options")) {
    for (const auto& [name, value] : json["options"].items()) config.options.emplace_back(name, value_from(value));
  }
  if (json.contains("layers")) {
    for (const Json& layer : json["layers"]) config.layers.push_back(config_from(layer, layers, depth + 1));
  }
  return config;
}

Config config_from(const std::string& text) {
  int layers = 0;
  return config_from(parse(text), layers);
}

/// Before version 0.2 batch renormalization was an option of BatchNormalization.
Config upgraded(Config config) {
  for (Config& layer : config.layers) layer = upgraded(std::move(layer));
  if (config.type != "BatchNormalization") return config;
  const auto is_renorm = [](const auto& option) { return option.first.starts_with("renorm"); };
  if (std::ranges::find(config.options, std::pair<std::string, Config::Value>("renorm", true)) !=
      config.options.end()) {
    config.type = "BatchRenormalization";
    std::erase_if(config.options, [](const auto& option) { return option.first == "renorm"; });
    for (auto& [name, value] : config.options) {
      if (name == "renorm_rmax" || name == "renorm_dmax") name.erase(0, std::string_view("renorm_").size());
    }
  } else {
    std::erase_if(config.options, is_renorm);
  }
  return config;
}

void check_values(const std::string& path, const std::string& name, const Tensor& tensor, std::string_view cure) {
  const bool non_negative = name.ends_with("moving_variance") || name.ends_with("renorm_stddev");
  for (const Real value : tensor.values()) {
    check<FileError>(std::isfinite(value), "{}: expected finite values in {}, got {}; {}", path, name, value, cure);
    check<FileError>(!non_negative || value >= 0, "{}: expected non-negative values in {}, got {}", path, name, value);
  }
}

LoadReport assign(Layer& model, const std::string& path, const std::vector<SafeTensor>& tensors, bool strict) {
  std::map<std::string_view, const SafeTensor*> by_name;
  for (const SafeTensor& tensor : tensors) by_name[tensor.name] = &tensor;
  LoadReport report;
  std::vector<std::pair<NamedTensor*, const SafeTensor*>> pairs;
  for (NamedTensor& parameter : model.state()) {
    const auto found = by_name.find(parameter.name());
    const bool known = found != by_name.end();
    check<FileError>(known || !strict, "{}: expected a tensor {} for this model, got none", path, parameter.name());
    const bool fits = known && found->second->value.shape() == parameter.shape();
    if (!fits) {
      check<FileError>(!strict, "{}: expected shape {} for {}, got {}", path, parameter.shape(), parameter.name(),
                       known ? found->second->value.shape() : Shape{});
      report.missing.push_back(parameter.name());
      continue;
    }
    check_values(path, parameter.name(), found->second->value, "the model was saved after its training failed");
    pairs.emplace_back(&parameter, found->second);
    report.matched.push_back(parameter.name());
    by_name.erase(found);
  }
  for (const SafeTensor& tensor : tensors) {
    if (!by_name.contains(tensor.name)) continue;
    check<FileError>(!strict, "{}: expected only tensors of this model, got {}", path, tensor.name);
    report.unexpected.push_back(tensor.name);
  }
  for (const auto& [parameter, tensor] : pairs) parameter->value().copy_from(tensor->value);
  return report;
}

Json frozen_layers(const Layer& model) {
  Json frozen = Json::array();
  if (!model.trainable()) frozen.push_back("");
  for (const auto& [path, layer] : model.descendants()) {
    if (!layer.trainable()) frozen.push_back(path);
  }
  return frozen;
}

/// Outer layers first, as set_trainable includes inner layers.
void freeze_layers(Layer& model, const Json& paths) {
  std::set<std::string> frozen = paths;
  model.set_trainable(frozen.erase("") == 0);
  for (const auto& [path, layer] : model.descendants()) layer.set_trainable(frozen.erase(path) == 0);
  check(frozen.empty(), "[model file] expected frozen layers of this model, got {}",
        frozen.empty() ? "" : Json(frozen.begin()->substr(0, 64)).dump(-1, ' ', true, Json::error_handler_t::replace));
}

/// What building a model may take that has the tensors of a file: their values and gradients, initial values that are
/// replaced, and the outputs of the layers for one sample.
StorageLimit limit_of(const SafeTensors& file) {
  constexpr std::int64_t mebibyte = 1024 * 1024;
  std::int64_t bytes = 0;
  for (const SafeTensor& tensor : file.tensors) bytes += tensor.value.size() * static_cast<Index>(sizeof(Real));
  return {3 * bytes + 32 * mebibyte, 16 * bytes + 1024 * mebibyte, "as the tensors of the file are small"};
}

/// The layer described by the metadata, built, with initial values.
std::unique_ptr<Layer> rebuild(const std::string& path, const SafeTensors& file) {
  const auto& metadata = file.metadata;
  check<FileError>(metadata.contains(config_key) && metadata.contains(input_key),
                   "{}: expected a model with its configuration, got tensors only; build the model in code and use "
                   "load_weights",
                   path);
  const KeepGenerator keep;  // the initial values are overwritten
  try {
    std::unique_ptr<Layer> model;
    with_storage_limit(limit_of(file), [&] {
      model = make_layer(upgraded(config_from(metadata.at(config_key))));
      model->build(shape_from(parse(metadata.at(input_key))));
    });
    if (metadata.contains(frozen_key)) freeze_layers(*model, parse(metadata.at(frozen_key)));
    return model;
  } catch (const nlohmann::json::exception& error) {
    throw FileError(fmt::format("{}: expected the configuration of a model, got {}", path, error.what()));
  } catch (const FileError&) {
    throw;
  } catch (const Error& error) {
    throw FileError(fmt::format("{}: {}", path, error.what()));
  }
}

}  // namespace

void save_model(const Layer& model, const std::filesystem::path& path) {
  std::vector<SafeTensor> tensors;
  for (const NamedTensor& tensor : model.state()) {
    check_values(path.string(), tensor.name(), tensor.value(), "the file is not written, as the training has failed");
    tensors.push_back({tensor.name(), tensor.value()});
  }
  const std::string config = to_json(model.config()).dump();
  config_from(config);  // throws if `load_model` would
  write_safetensors(path, tensors,
                    {{config_key, config},
                     {input_key, sizes(model.input_shape()).dump()},
                     {frozen_key, frozen_layers(model).dump()}});
}

Sequential load_model(const std::filesystem::path& path) {
  const SafeTensors file = read_safetensors(path);
  const std::unique_ptr<Layer> layer = rebuild(path.string(), file);
  auto* model = dynamic_cast<Sequential*>(layer.get());
  check<FileError>(model != nullptr,
                   "{}: expected a Sequential, got a {}; build the layer in code and use load_weights", path.string(),
                   layer->type());
  assign(*model, path.string(), file.tensors, true);
  return std::move(*model);
}

LoadReport load_weights(Layer& model, const std::filesystem::path& path, const LoadOptions& options) {
  return assign(model, path.string(), read_safetensors(path).tensors, options.strict);
}

std::string to_string(const LoadReport& report) {
  std::string text = fmt::format("{} tensors matched\n", report.matched.size());
  for (const std::string& name : report.missing) text += fmt::format("missing in the file: {}\n", name);
  for (const std::string& name : report.unexpected) text += fmt::format("unexpected in the file: {}\n", name);
  return text;
}

}  // namespace gradus::inline GRADUS_PRECISION
