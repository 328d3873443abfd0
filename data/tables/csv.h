#pragma once

#include <gradus/data/dataset.h>

#include <filesystem>
#include <string>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

struct CsvOptions {
  std::string label = {};   ///< column of the classes, for classification
  std::string target = {};  ///< column of the numbers to predict, for regression
  char separator = ',';
};

struct Table {
  Dataset data;                       ///< inputs (N, F) and labels (N), or targets (N, 1)
  std::vector<std::string> features;  ///< names of the F other columns
  std::vector<std::string> classes;   ///< names of the classes, sorted; empty for regression
};

/// Reads a table of comma-separated values (RFC 4180), raw or gzip, in UTF-8. The first line names the columns. All
/// columns except the label are numbers. Cells with separators, quotes or line breaks are quoted, with doubled quotes
/// inside. Spaces around cells and empty lines are ignored. The file has at most 1 GiB, 64 MiB after unpacking if gzip.
///
///     const auto [data, features, classes] = load_csv("iris.csv", {.label = "species"});
///     const auto [train, test] = data.shuffled(1).split(0.2);
///
/// Throws ValueError unless exactly one of label and target names a column, and FileError with path, line and column
/// for every other file.
Table load_csv(const std::filesystem::path& path, const CsvOptions& options);

}  // namespace gradus::inline GRADUS_PRECISION
