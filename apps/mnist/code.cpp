#include "code.h"

#include <gradus/layers/registry/registry.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

using namespace gradus;

namespace {

/// The options that are arguments of their own, in this order.
constexpr std::array<std::string_view, 8> arguments{"shape", "units",    "filters",   "kernel_size",
                                                    "rate",  "function", "pool_size", "size"};

/// The struct within the options that holds what a configuration names, if any, and the name there: "kernel_l2" is
/// .kernel_regularizer = {.l2 = ...}.
std::pair<std::string, std::string> place_of(const Config& config, const std::string& name) {
  for (const char* weight : {"kernel", "bias"}) {
    for (const char* norm : {"l1", "l2"}) {
      if (name == fmt::format("{}_{}", weight, norm)) return {fmt::format("{}_regularizer", weight), norm};
    }
  }
  const bool own = name.starts_with("renorm_") || name == "rmax" || name == "dmax";
  if (config.type == "BatchRenormalization" && !own) return {"batch", name};
  return {"", name};
}

bool is_argument(const std::string& name) { return std::ranges::find(arguments, name) != arguments.end(); }

std::string text_of(const std::string& name, const Config::Value& value) {
  if (const auto* truth = std::get_if<bool>(&value)) return *truth ? "true" : "false";
  if (const auto* whole = std::get_if<Index>(&value)) return fmt::format("{}", *whole);
  if (const auto* number = std::get_if<double>(&value)) return fmt::format("{}", *number);
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
  std::vector<std::pair<std::string, std::string>> options;  // the struct within, if any, and what is set there
  for (const auto& [name, value] : config.options) {
    if (is_argument(name)) {
      inside += (inside.empty() ? "" : ", ") + text_of(name, value);
    } else if (std::ranges::find(usual.options, std::pair(name, value)) == usual.options.end()) {
      const auto [within, field] = place_of(config, name);
      const std::string set = fmt::format(".{} = {}", field, text_of(name, value));
      if (options.empty() || within.empty() || options.back().first != within) {
        options.emplace_back(within, set);
      } else {
        options.back().second += ", " + set;
      }
    }
  }
  std::string list;
  for (const auto& [within, set] : options) {
    if (!list.empty()) list += ", ";
    list += within.empty() ? set : fmt::format(".{} = {{{}}}", within, set);
  }
  if (!list.empty()) inside += fmt::format("{}{{{}}}", inside.empty() ? "" : ", ", list);
  return fmt::format("{}{{{}}}", config.type, inside);
}

}  // namespace

std::string code_of(const Layer& model) {
  return "Sequential model" + code_of(model.config(), "").substr(std::string_view("Sequential").size()) + ";\n";
}
