#pragma once

#include "record.h"
#include "statistics.h"

#include <functional>

namespace study {

/// All runs of an experiment. Queries select the runs that have all of the given labels, so {} selects all runs; they
/// throw ValueError if no run matches.
class Results {
 public:
  explicit Results(std::vector<Record> records) : records_(std::move(records)) {}

  const std::vector<Record>& records() const { return records_; }
  /// The selected runs; for all labels of an arm, one per seed.
  std::vector<const Record*> matching(const Labels& labels) const;
  const Record& first(const Labels& labels) const { return *matching(labels).front(); }

  /// One number per run.
  std::vector<double> each(const Labels& labels, const std::function<double(const Record&)>& number) const;
  /// The last value of a series of every run.
  std::vector<double> each(const Labels& labels, std::string_view name) const;
  /// One number per seed: the highest last value of a series among its runs, for the best of a grid of learning rates.
  std::vector<double> best(const Labels& labels, std::string_view name) const;
  Quartiles over(const Labels& labels, const std::function<double(const Record&)>& number) const;
  /// The quartiles of the last value of a series.
  Quartiles last(const Labels& labels, std::string_view name) const;
  /// The quartiles of a series at every position.
  Band band(const Labels& labels, std::string_view name) const;

 private:
  std::vector<Record> records_;
};

/// A share as "97.1 %".
std::string percent(double share);
/// The median and the quartiles: "97.1 % (96.8 to 97.3)".
std::string percent(const Quartiles& quartiles);
/// Three significant digits: "0.0316", "1.5e-06".
std::string number(double value);
std::string number(const Quartiles& quartiles);

}  // namespace study
