#include <gradus/train/history.h>

#include <gradus/core/names.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace gradus::inline GRADUS_PRECISION {

void History::set_columns(const Row& row) {
  columns_.clear();
  better_.clear();
  for (const Number& number : row) {
    columns_.push_back(number.name);
    better_.push_back(number.better);
  }
}

void History::append(const Row& row) {
  if (rows_.empty()) set_columns(row);
  check(std::ranges::equal(columns_, row, {}, {}, &Number::name),
        "[history] expected the columns of the first row ({} of them), got {}", columns_.size(), row.size());
  std::vector<double>& values = rows_.emplace_back();
  for (const Number& number : row) values.push_back(number.value);
}

void History::visit_state(Archive& archive) {
  std::size_t epochs = rows_.size();
  archive("epochs", epochs);
  if (archive.restoring()) rows_.clear();
  for (std::size_t i = 0; i < epochs; ++i) {
    if (archive.restoring()) rows_.emplace_back();
    archive(fmt::format("epoch_{}", i + 1), rows_[i]);
    check<StateError>(rows_[i].size() == columns_.size(), "[checkpoint] expected a history of {} columns, got {}",
                      columns_.size(), rows_[i].size());
  }
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
