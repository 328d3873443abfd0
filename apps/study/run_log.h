#pragma once

#include "experiment.h"

#include <gradus/train/callbacks/log_file.h>

#include <optional>

namespace study {

/// The finished runs of an experiment, in the file `folder`/NAME.jsonl: one line of JSON per run, with the experiment,
/// scale, data, version and record. Each line is written when its run ends, so that an interrupted study keeps it.
class RunLog {
 public:
  /// Reads the runs of this experiment and setting from the file, if it exists. Ignores an incomplete last line, which
  /// a killed program leaves. Throws FileError for any other invalid line.
  RunLog(const std::filesystem::path& folder, const Experiment& experiment, const Setting& setting);

  const std::vector<Record>& records() const { return records_; }
  /// Whether the log has a run of this arm and seed.
  bool contains(const Labels& labels, std::uint64_t seed) const;
  /// The runs of all arms and seeds of the setting, in order, or nothing if one is missing.
  std::optional<Results> complete(const Experiment& experiment, const Setting& setting) const;

  /// Removes all runs. The file changes when the next run is added.
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
