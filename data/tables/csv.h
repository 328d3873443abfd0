#pragma once

#include <gradus/data/dataset.h>

#include <filesystem>
#include <string>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

struct CsvOptions {
  std::string label = {};   ///< the column of the classes, for classification; or
  std::string target = {};  ///< the column of the numbers to predict, for regression
  char separator = ',';
};

struct Table {
  Dataset data;                       ///< inputs (N, F) and labels (N), or targets (N, 1)
  std::vector<std::string> features;  ///< names of the F other columns
  std::vector<std::string> classes;   ///< texts of the classes, sorted; class i is classes[i]. None for regression
};

/// Reads a table of comma-separated values (RFC 4180: cells that hold separators, quotes or line breaks stand in
/// quotes, a quote within them is doubled), plain or gzip, UTF-8. The first line names the columns; all columns are
/// numbers, except the label. Spaces around a cell and empty lines do not count. Reads at most 1 GiB, 256 MiB if
/// packed.
///
///     const auto [data, features, classes] = load_csv("iris.csv", {.label = "species"});
///     const auto [train, test] = data.shuffled(1).split(0.2);
///
/// Throws ValueError unless one of label and target names a column, and FileError that names path, line and column for
/// everything in the file that is not as said.
Table load_csv(const std::filesystem::path& path, const CsvOptions& options);

}  // namespace gradus::inline GRADUS_PRECISION
