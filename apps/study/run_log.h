#pragma once

#include "experiment.h"

#include <gradus/train/callbacks/log_file.h>

#include <optional>

namespace study {

/// The finished runs of an experiment: a file `folder`/NAME.jsonl, one line of JSON per run, which holds the
/// experiment, scale, data and version besides the record. A line is written when its run is done, so that a killed
/// study keeps it.
class RunLog {
 public:
  /// Reads the runs that are there and belong to this experiment under this setting. A last line without its end, which
  /// is what a killed program leaves, does not count. Throws FileError for other lines that are no runs.
  RunLog(const std::filesystem::path& folder, const Experiment& experiment, const Setting& setting);

  const std::vector<Record>& records() const { return records_; }
  /// Whether this arm has run with this seed.
  bool contains(const Labels& labels, std::uint64_t seed) const;
  /// The runs of all arms and seeds of the setting, in their order; none if one is missing.
  std::optional<Results> complete(const Experiment& experiment, const Setting& setting) const;

  /// Forgets the runs; the file goes with the next one that is added.
  void clear() { records_.clear(); }
  void add(const Record& record);

 private:
  const Record* find(const Labels& labels, std::uint64_t seed) const;
  std::string line(const Record& record) const;

  std::filesystem::path path_;
  nlohmann::ordered_json identity_;
  std::vector<Record> records_;
  std::optional<gradus::LogFile> file_;
};

}  // namespace study
