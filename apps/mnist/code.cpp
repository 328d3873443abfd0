#include "code.h"

#include <gradus/layers/registry/registry.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

using namespace gradus;

namespace {

/// The options that are arguments of their own, in this order.
constexpr std::array<std::string_view, 7> arguments{"shape", "units",    "filters",  "kernel_size",
                                                    "rate",  "function", "pool_size"};

bool is_argument(const std::string& name) { return std::ranges::find(arguments, name) != arguments.end(); }

std::string text_of(const std::string& name, const Config::Value& value) {
  if (const auto* truth = std::get_if<bool>(&value)) return *truth ? "true" : "false";
  if (const auto* whole = std::get_if<Index>(&value)) return fmt::format("{}", *whole);
  if (const auto* number = std::get_if<double>(&value)) return fmt::format("{:.6g}", *number);
  if (const auto* text = std::get_if<std::string>(&value)) {
    return *text == no_value ? "std::nullopt" : fmt::format("\"{}\"", *text);
  }
  const Shape& shape = std::get<Shape>(value);
  const bool square = name != "shape" && shape.rank() == 2 && shape[0] == shape[1];
  return square ? fmt::format("{}", shape[0]) : fmt::format("{{{}}}", fmt::join(shape.begin(), shape.end(), ", "));
}

std::string code_of(const Config& config, const std::string& indent) {
  std::string inside;
  if (config.type == "Sequential") {
    for (const Config& layer : config.layers) inside += indent + "    " + code_of(layer, indent + "    ") + ",\n";
    return fmt::format("Sequential{{\n{}{}}}", inside, indent);
  }
  Config usual{config.type, {}, {}};
  for (const auto& option : config.options) {
    if (is_argument(option.first)) usual.options.push_back(option);
  }
  usual = make_layer(usual)->config();
  std::string options;
  for (const auto& [name, value] : config.options) {
    std::string& list = is_argument(name) ? inside : options;
    const bool given =
        is_argument(name) || std::ranges::find(usual.options, std::pair(name, value)) == usual.options.end();
    if (given && !list.empty()) list += ", ";
    if (given) list += is_argument(name) ? text_of(name, value) : fmt::format(".{} = {}", name, text_of(name, value));
  }
  if (!options.empty()) inside += fmt::format("{}{{{}}}", inside.empty() ? "" : ", ", options);
  return fmt::format("{}{{{}}}", config.type, inside);
}

}  // namespace

std::string code_of(const Layer& model) {
  return "Sequential model" + code_of(model.config(), "").substr(std::string_view("Sequential").size()) + ";\n";
}
