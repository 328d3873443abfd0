#include <gradus/train/history.h>

#include <gradus/core/names.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace gradus::inline GRADUS_PRECISION {

void History::append(const Row& row) {
  if (rows_.empty()) {
    for (const Number& number : row) {
      columns_.push_back(number.name);
      better_.push_back(number.better);
    }
  }
  check(std::ranges::equal(columns_, row, {}, {}, &Number::name),
        "[history] expected the columns of the first row ({} of them), got {}", columns_.size(), row.size());
  std::vector<double>& values = rows_.emplace_back();
  for (const Number& number : row) values.push_back(number.value);
}

std::size_t History::position(std::string_view name) const {
  return static_cast<std::size_t>(find_name("history", "column", name, columns_) - columns_.begin());
}

std::vector<double> History::column(std::string_view name) const {
  const std::size_t at = position(name);
  std::vector<double> values;
  for (const auto& row : rows_) values.push_back(row[at]);
  return values;
}

double History::best(std::string_view name) const {
  const bool higher = better_[position(name)] == Better::higher;
  double best = std::numeric_limits<double>::quiet_NaN();
  for (const double value : column(name)) {
    if (std::isnan(best) || (higher ? value > best : value < best)) best = value;
  }
  return best;
}

double History::last(std::string_view name) const { return column(name).back(); }

}  // namespace gradus::inline GRADUS_PRECISION
