#include <gradus/files/model_file.h>

#include <gradus/files/safetensors.h>
#include <gradus/layers/registry/registry.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace gradus::inline GRADUS_PRECISION {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* config_key = "gradus.config";
constexpr const char* input_key = "gradus.input_shape";
constexpr const char* frozen_key = "gradus.frozen";

Json sizes(const Shape& shape) { return Json(std::vector<Index>(shape.begin(), shape.end())); }

Shape shape_from(const Json& json) {
  Shape shape;
  for (const Json& size : json) shape = shape.append(size.get<Index>());
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
  if (json.is_number_integer()) return json.get<Index>();
  if (json.is_number()) return json.get<double>();
  if (json.is_array()) return shape_from(json);
  return json.get<std::string>();
}

Config config_from(const Json& json, int depth = 0) {
  check(depth < 32, "[load_model] expected layers nested at most 32 levels deep, got more");
  Config config{json.at("type").get<std::string>(), {}, {}};
  if (json.contains("options")) {
    for (const auto& [name, value] : json["options"].items()) config.options.emplace_back(name, value_from(value));
  }
  if (json.contains("layers")) {
    for (const Json& layer : json["layers"]) config.layers.push_back(config_from(layer, depth + 1));
  }
  return config;
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

void check_values(const std::string& path, const SafeTensor& tensor) {
  const bool non_negative = tensor.name.ends_with("moving_variance") || tensor.name.ends_with("renorm_stddev");
  for (const Real value : tensor.value.values()) {
    check<FileError>(std::isfinite(value),
                     "{}: expected finite values in {}, got {}; the model was saved after its training "
                     "failed",
                     path, tensor.name, value);
    check<FileError>(!non_negative || value >= 0, "{}: expected non-negative values in {}, got {}", path, tensor.name,
                     value);
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
    check_values(path, *found->second);
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
  const std::set<std::string> frozen = paths;
  model.set_trainable(!frozen.contains(""));
  for (const auto& [path, layer] : model.descendants()) layer.set_trainable(!frozen.contains(path));
}

/// The layer described by the metadata, built, with initial values.
std::unique_ptr<Layer> rebuild(const std::string& path, const std::map<std::string, std::string>& metadata) {
  check<FileError>(metadata.contains(config_key) && metadata.contains(input_key),
                   "{}: expected a model with its configuration, got tensors only; build the model in code and use "
                   "load_weights",
                   path);
  const KeepGenerator keep;  // the initial values are overwritten
  try {
    std::unique_ptr<Layer> model = make_layer(upgraded(config_from(Json::parse(metadata.at(config_key)))));
    model->build(shape_from(Json::parse(metadata.at(input_key))));
    if (metadata.contains(frozen_key)) freeze_layers(*model, Json::parse(metadata.at(frozen_key)));
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
  for (const NamedTensor& tensor : model.state()) tensors.push_back({tensor.name(), tensor.value()});
  write_safetensors(path, tensors,
                    {{config_key, to_json(model.config()).dump()},
                     {input_key, sizes(model.input_shape()).dump()},
                     {frozen_key, frozen_layers(model).dump()}});
}

Sequential load_model(const std::filesystem::path& path) {
  const SafeTensors file = read_safetensors(path);
  const std::unique_ptr<Layer> layer = rebuild(path.string(), file.metadata);
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
