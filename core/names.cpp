#include <gradus/core/names.h>

#include <cctype>
#include <numeric>

namespace gradus::inline GRADUS_PRECISION {

namespace {

constexpr std::size_t far = 1000;

/// In lower case, without what people leave out: "CrossEntropy" and "cross_entropy" are equal.
std::string letters_of(std::string_view name) {
  std::string result;
  for (const char c : name.substr(0, 64)) {
    if (c != '_' && c != '-' && c != ' ') result += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return result;
}

/// Names from other frameworks, as letters, and ours.
constexpr std::string_view aliases =
    " acc=accuracy bce=binary_cross_entropy categoricalcrossentropy=softmax_cross_entropy identity=linear"
    " kaimingnormal=he_normal kaiminguniform=he_uniform logistic=sigmoid lr=learning_rate mae=mean_absolute_error"
    " mse=mean_squared_error nll=softmax_cross_entropy runningmean=moving_mean runningvar=moving_variance"
    " sigmoidcrossentropy=binary_cross_entropy sparsecategoricalcrossentropy=softmax_cross_entropy swish=silu"
    " valacc=validation_accuracy valaccuracy=validation_accuracy valloss=validation_loss xaviernormal=glorot_normal"
    " xavieruniform=glorot_uniform ";

/// The number of insertions, deletions, replacements and exchanges of neighbours that turn `a` into `b`.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  std::iota(above.begin(), above.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1])});
      const bool exchanged = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (exchanged) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return above[b.size()];
}

/// Small for names that may have been meant; a third of the letters is too far.
std::size_t distance(std::string_view name, const std::string& candidate) {
  if (aliases.find(fmt::format(" {}={} ", name, candidate)) != std::string_view::npos) return 0;
  const std::string letters = letters_of(candidate);
  // Part of a longer name counts as near: "cross_entropy" in "softmax_cross_entropy".
  if (name.size() > 2 && letters.find(name) != std::string::npos) return 1;
  const std::size_t edits = edit_distance(name, letters);
  const bool near = edits <= std::max<std::size_t>(1, name.size() / 3) && edits < std::max(name.size(), letters.size());
  return near ? edits : far;
}

}  // namespace

std::string unknown_name(std::string_view kind, std::string_view name, const std::vector<std::string>& known) {
  constexpr std::size_t max_listed = 20;
  std::string list;
  std::string_view nearest;
  std::size_t min_distance = far;
  const std::string letters = letters_of(name);
  std::size_t listed = 0;
  for (const std::string& candidate : known) {
    if (listed++ < max_listed) list += fmt::format("{}{}", list.empty() ? "" : ", ", candidate);
    const std::size_t d = distance(letters, candidate);
    if (d < min_distance) {
      min_distance = d;
      nearest = candidate;
    }
  }
  if (listed > max_listed) list += fmt::format(", ... and {} more", listed - max_listed);
  const std::string hint = nearest.empty() ? "" : fmt::format(", did you mean '{}'?", nearest);
  return fmt::format("unknown {} '{}'{} (known: {})", kind, name.substr(0, 64), hint, list);
}

}  // namespace gradus::inline GRADUS_PRECISION
