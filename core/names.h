#pragma once

#include <gradus/core/check.h>

#include <algorithm>
#include <functional>
#include <ranges>
#include <string>
#include <string_view>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

/// The message for an unknown name: "unknown activation 'rellu', did you mean 'relu'? (known: relu, ...)".
std::string unknown_name(std::string_view kind, std::string_view name, const std::vector<std::string>& known);

/// An iterator to the first element whose projection is `name`. If there is none, throws ValueError
/// "[context] unknown <kind> ..." with the nearest name, followed by `hint`.
template <std::ranges::forward_range Range, class Projection = std::identity>
auto find_name(std::string_view context, std::string_view kind, std::string_view name, Range&& range,
               Projection projection = {}, std::string_view hint = "") {
  const auto named = [&](const auto& element) { return std::string_view(std::invoke(projection, element)) == name; };
  auto found = std::ranges::find_if(range, named);
  if (found != std::ranges::end(range)) return found;
  std::vector<std::string> known;
  for (const auto& element : range) known.emplace_back(std::invoke(projection, element));
  throw ValueError(fmt::format("[{}] {}{}", context, unknown_name(kind, name, known), hint));
}

}  // namespace gradus::inline GRADUS_PRECISION
