#pragma once

#include <gradus/core/archive.h>

#include <string>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

/// Whether an improvement of a number makes it smaller or larger.
enum class Better { lower, higher };

/// A table of numbers by epoch: epoch, loss, the metrics, validation_loss and validation_<metric> (if there are
/// validation data), learning_rate, seconds.
class History {
 public:
  struct Number {
    std::string name;
    double value = 0;
    Better better = Better::lower;
  };
  using Row = std::vector<Number>;

  /// The columns of a table without rows are those of this row.
  void set_columns(const Row& row);
  /// Adds an epoch; all rows have the same columns.
  void append(const Row& row);

  std::size_t size() const { return rows_.size(); }
  /// The rows. Restoring needs the columns.
  void visit_state(Archive& archive);

  const std::vector<std::string>& columns() const { return columns_; }
  /// The values of an epoch, column by column. Row i is that of epoch i + 1.
  const std::vector<double>& row(std::size_t i) const { return rows_.at(i); }
  /// All values of a column. Throws ValueError, suggesting the nearest, for an unknown name.
  std::vector<double> column(std::string_view name) const;
  /// The largest value of a column in which higher is better, such as accuracy, the smallest of any other. NaN counts
  /// only if there is nothing else.
  double best(std::string_view name) const;
  /// The value of the last epoch.
  double last(std::string_view name) const;

  /// Whether Ctrl-C ended training. The last row is then of an epoch that is not complete.
  bool interrupted() const { return interrupted_; }
  void set_interrupted() { interrupted_ = true; }

 private:
  std::size_t position(std::string_view name) const;

  std::vector<std::string> columns_;
  std::vector<Better> better_;  // of the columns
  std::vector<std::vector<double>> rows_;
  bool interrupted_ = false;
};

}  // namespace gradus::inline GRADUS_PRECISION
