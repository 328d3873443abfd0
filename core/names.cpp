#include <gradus/core/names.h>

#include <numeric>

namespace gradus::inline GRADUS_PRECISION {

namespace {

/// Levenshtein distance: the number of insertions, deletions and replacements that turn `a` into `b`.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string unknown_name(std::string_view kind, std::string_view name, const std::vector<std::string>& known) {
  std::string list;
  std::string_view nearest;
  std::size_t min_distance = std::max<std::size_t>(2, name.size() / 2) + 1;
  for (const std::string& candidate : known) {
    list += fmt::format("{}{}", list.empty() ? "" : ", ", candidate);
    // Part of a longer name counts as near: "cross_entropy" in "softmax_cross_entropy".
    const bool part = name.size() > 2 && candidate.find(name) != std::string::npos;
    const std::size_t distance = part ? 1 : edit_distance(name.substr(0, 64), candidate);
    if (distance < min_distance) {
      min_distance = distance;
      nearest = candidate;
    }
  }
  const std::string hint = nearest.empty() ? "" : fmt::format(", did you mean '{}'?", nearest);
  return fmt::format("unknown {} '{}'{} (known: {})", kind, name.substr(0, 64), hint, list);
}

}  // namespace gradus::inline GRADUS_PRECISION
