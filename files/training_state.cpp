#include <gradus/files/training_state.h>

#include <gradus/core/check.h>
#include <gradus/files/json.h>

#include <fmt/format.h>

namespace gradus::inline GRADUS_PRECISION {

namespace {

constexpr const char* key = "gradus.checkpoint";
constexpr Index version = 1;
constexpr JsonLimits limits{4, "names and texts", 400'000};

}  // namespace

bool has_training_state(const std::map<std::string, std::string>& metadata) { return metadata.contains(key); }

std::pair<std::string, std::string> to_metadata(const TrainingTexts& texts) {
  std::string state;
  for (const auto& [name, text] : texts) {
    state += fmt::format("{}{}:{}", state.empty() ? "" : ",", json_text(name), json_text(text));
  }
  return {key, fmt::format("{{\"version\":{},\"state\":{{{}}}}}", version, state)};
}

TrainingTexts training_state_from(const std::string& path, const std::map<std::string, std::string>& metadata) {
  try {
    const Json content = parse_json(metadata.at(key), limits);
    const Json* const saved = content.find("version");
    const Json* const state = content.find("state");
    check(saved != nullptr && state != nullptr, "[checkpoint] expected a version and a state, got neither or one");
    check(saved->as<Index>("a version") == version, "[checkpoint] expected version {}, got {}; update gradus",
          Index{version}, saved->as<Index>("a version"));
    const JsonObject& texts = state->as<JsonObject>("names and texts");
    TrainingTexts result;
    for (std::size_t i = 0; i < texts.keys.size(); ++i)
      result[texts.keys[i]] = texts.values[i].as<std::string>("a text");
    return result;
  } catch (const ValueError& error) {
    throw FileError(fmt::format("{}: {}", path, error.what()));
  }
}

}  // namespace gradus::inline GRADUS_PRECISION
