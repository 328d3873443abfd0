#pragma once

#include <gradus/core/check.h>

#include <string>
#include <utility>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

/// Whether more of a number is better: if its name ends in "accuracy". Of any other less is.
bool is_maximized(std::string_view name);

/// A table of numbers by epoch: epoch, loss, accuracy (of classes) or mean_absolute_error (in regression),
/// validation_loss, validation_accuracy or validation_mean_absolute_error (if there are validation data),
/// learning_rate, seconds.
class History {
 public:
  using Row = std::vector<std::pair<std::string, double>>;

  /// Adds an epoch; all rows have the same columns.
  void append(const Row& row);

  std::size_t size() const { return rows_.size(); }
  const std::vector<std::string>& columns() const { return columns_; }
  /// The values of an epoch, column by column. Row i is that of epoch i + 1.
  const std::vector<double>& row(std::size_t i) const { return rows_.at(i); }
  /// All values of a column. Throws ValueError, suggesting the nearest, for an unknown name.
  std::vector<double> column(std::string_view name) const;
  /// The largest value of a column that `is_maximized`, the smallest of any other.
  double best(std::string_view name) const;
  /// The value of the last epoch.
  double last(std::string_view name) const;

  /// Whether Ctrl-C ended training. The last row is then of an epoch that is not complete.
  bool interrupted() const { return interrupted_; }
  void set_interrupted() { interrupted_ = true; }

 private:
  std::vector<std::string> columns_;
  std::vector<std::vector<double>> rows_;
  bool interrupted_ = false;
};

}  // namespace gradus::inline GRADUS_PRECISION
