#pragma once

#include "record.h"
#include "statistics.h"

#include <functional>

namespace study {

/// All runs of an experiment, asked by labels: those that an arm has in common with the question count, so {} means all
/// runs. Throw ValueError if no run matches.
class Results {
 public:
  explicit Results(std::vector<Record> records) : records_(std::move(records)) {}

  const std::vector<Record>& records() const { return records_; }
  /// The runs of an arm, one per seed.
  std::vector<const Record*> matching(const Labels& labels) const;
  const Record& first(const Labels& labels) const { return *matching(labels).front(); }

  /// One number per seed.
  std::vector<double> each(const Labels& labels, const std::function<double(const Record&)>& number) const;
  Quartiles over(const Labels& labels, const std::function<double(const Record&)>& number) const;
  /// Of the last value of a series.
  Quartiles last(const Labels& labels, std::string_view name) const;
  /// Of a series, position by position.
  Band band(const Labels& labels, std::string_view name) const;

 private:
  std::vector<Record> records_;
};

/// "97.1 %", from a share.
std::string percent(double share);
/// "97.1 % (96.8 to 97.3)": the median and the quartiles.
std::string percent(const Quartiles& quartiles);
/// Three significant digits, for labels and tables: "0.0316", "1.5e-06".
std::string number(double value);
std::string number(const Quartiles& quartiles);

}  // namespace study
