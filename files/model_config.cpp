#include <gradus/files/model_config.h>

#include <gradus/files/json.h>

#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace gradus::inline GRADUS_PRECISION {

namespace {

constexpr const char* config_key = "gradus.config";
constexpr const char* input_key = "gradus.input_shape";
constexpr const char* frozen_key = "gradus.frozen";

// Limits that both the writer and the reader check, so that a file of a few bytes cannot take much memory.
constexpr int max_depth = 32;
constexpr int max_layers = 12'000;
constexpr int max_values = 400'000;  // of the configuration

constexpr std::string_view depth_text = "layers nested at most 32 levels deep";

Json parse(const std::string& text) {
  // A layer is an object in an array, with a shape in its options.
  return parse_json(text, {2 * max_depth + 4, depth_text, max_values});
}

Shape shape_from(const Json& json) {
  Shape shape;
  for (const Json& size : json.as<JsonArray>("a shape like [28, 28]")) {
    shape = shape.append(size.as<Index>("an integer of 64 bits"));
  }
  return shape;
}

std::string text_of(const Shape& shape) { return fmt::format("[{}]", fmt::join(shape, ",")); }
std::string text_of(const auto& value) { return json_text(value); }

std::string text_of(const Config& config) {
  std::vector<std::string> options, layers;
  for (const auto& [name, value] : config.options) {
    options.push_back(json_text(name) + ":" + std::visit([](const auto& v) { return text_of(v); }, value));
  }
  for (const Config& layer : config.layers) layers.push_back(text_of(layer));
  std::string text = "{\"type\":" + json_text(config.type);
  if (!options.empty()) text += fmt::format(R"(,"options":{{{}}})", fmt::join(options, ","));
  if (!layers.empty()) text += fmt::format(R"(,"layers":[{}])", fmt::join(layers, ","));
  return text + "}";
}

Config::Value value_from(const Json& json) {
  if (const bool* truth = std::get_if<bool>(&json.value)) return *truth;
  if (const Index* integer = std::get_if<Index>(&json.value)) return *integer;
  if (const double* number = std::get_if<double>(&json.value)) return *number;
  if (std::holds_alternative<JsonArray>(json.value)) return shape_from(json);
  return json.as<std::string>("a number, a shape or a text as option");
}

Config config_from(const Json& json, int& layers, int depth = 0) {
  check(depth < max_depth, "[model file] expected {}, got more", depth_text);
  check(++layers <= max_layers, "[model file] expected at most {} layers, got more", int{max_layers});
  const Json* type = json.find("type");
  check(type != nullptr, "[model file] expected a layer with its type, got none");
  Config config{type->as<std::string>("a text as type"), {}, {}};
  if (const Json* options = json.find("options")) {
    const auto& [names, values] = options->as<JsonObject>("an object as options");
    for (std::size_t i = 0; i < names.size(); ++i) config.options.emplace_back(names[i], value_from(values[i]));
  }
  if (const Json* inner = json.find("layers")) {
    for (const Json& layer : inner->as<JsonArray>("an array of layers")) {
      config.layers.push_back(config_from(layer, layers, depth + 1));
    }
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

}  // namespace

bool has_model_config(const std::map<std::string, std::string>& metadata) {
  return metadata.contains(config_key) && metadata.contains(input_key);
}

std::map<std::string, std::string> to_metadata(const ModelConfig& config) {
  const std::string layers = text_of(config.layers);
  config_from(layers);  // throws what reading it would
  std::vector<std::string> frozen;
  for (const std::string& layer : config.frozen) frozen.push_back(json_text(layer));
  return {{config_key, layers},
          {input_key, text_of(config.input_shape)},
          {frozen_key, fmt::format("[{}]", fmt::join(frozen, ","))}};
}

ModelConfig model_config_from(const std::string& path, const std::map<std::string, std::string>& metadata) {
  try {
    ModelConfig config{upgraded(config_from(metadata.at(config_key))), shape_from(parse(metadata.at(input_key))), {}};
    const auto frozen = metadata.find(frozen_key);
    if (frozen == metadata.end()) return config;
    const Json list = parse(frozen->second);
    for (const Json& layer : list.as<JsonArray>("an array of frozen layers")) {
      config.frozen.push_back(layer.as<std::string>("the name of a layer"));
    }
    return config;
  } catch (const Error& error) {
    throw FileError(fmt::format("{}: {}", path, error.what()));
  }
}

}  // namespace gradus::inline GRADUS_PRECISION
