#include <gradus/train/history.h>

#include <gradus/core/names.h>

#include <algorithm>

namespace gradus::inline GRADUS_PRECISION {

bool is_maximized(std::string_view name) { return name.ends_with("accuracy"); }

void History::append(const Row& row) {
  std::vector<std::string> names;
  std::vector<double> values;
  for (const auto& [name, value] : row) {
    names.push_back(name);
    values.push_back(value);
  }
  check(columns_.empty() || columns_ == names, "[history] expected the columns of the first row ({} of them), got {}",
        columns_.size(), names.size());
  columns_ = std::move(names);
  rows_.push_back(std::move(values));
}

std::vector<double> History::column(std::string_view name) const {
  const auto at = static_cast<std::size_t>(find_name("history", "column", name, columns_) - columns_.begin());
  std::vector<double> values;
  for (const auto& row : rows_) values.push_back(row[at]);
  return values;
}

double History::best(std::string_view name) const {
  const std::vector<double> values = column(name);
  return is_maximized(name) ? *std::ranges::max_element(values) : *std::ranges::min_element(values);
}

double History::last(std::string_view name) const { return column(name).back(); }

}  // namespace gradus::inline GRADUS_PRECISION
