#pragma once

#include <gradus/data/dataset.h>

#include <filesystem>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

/// What the columns of a table are, so that another file of the same table can be read alike.
struct TableFormat {
  std::vector<std::string> features = {};  ///< names of the columns of the inputs, in their order
  /// Names of the classes, in the order of their indices: sorted, numbers by value and before other names. Empty for
  /// regression.
  std::vector<std::string> classes = {};
  std::string output = {};                ///< name of the column of labels or targets
  std::vector<std::string> ignored = {};  ///< names of columns that are left out
};

struct CsvOptions {
  std::string label = {};   ///< column of the classes, for classification
  std::string target = {};  ///< column of the numbers to predict, for regression
  char separator = ',';
  std::vector<std::string> ignore = {};  ///< columns to leave out, such as names and numbers of samples
  /// A table that was read before, or the format of one: in place of label or target. See `load_csv`.
  std::optional<TableFormat> like = std::nullopt;
};

/// A table that was read. `const auto& [data, features, classes] = table` binds references to these three.
struct Table : TableFormat {
  Dataset data;  ///< inputs (N, F) in double precision, and labels (N), targets (N, 1) or no labels

  template <std::size_t i>
  auto& get() {
    return element<i>(*this);
  }
  template <std::size_t i>
  const auto& get() const {
    return element<i>(*this);
  }

 private:
  template <std::size_t i, class Self>
  static auto& element(Self& table) {
    if constexpr (i == 0) return table.data;
    if constexpr (i == 1) return table.features;
    if constexpr (i == 2) return table.classes;
  }
};

/// Reads a table of comma-separated values (RFC 4180), raw or gzip, in UTF-8. The first line names the columns. All
/// columns except the label are numbers. Cells with separators, quotes or line breaks are quoted, with doubled quotes
/// inside. Spaces around cells and empty lines are ignored. The file has at most 1 GiB, after unpacking too, and as
/// gzip is not packed to less than a hundredth.
///
///     const auto [data, features, classes] = load_csv("iris.csv", {.label = "species"});
///     const auto [train, test] = data.shuffled(1).split(0.2);
///
/// Another file of the same table, such as test samples, has to be read like the first:
///
///     const Table train = load_csv("train.csv", {.label = "species"});
///     const Table test = load_csv("test.csv", {.like = train});
///
/// Its columns are then found by name, in any order, and its classes get the indices of the first table. A file without
/// the column of labels or targets is read without them.
///
/// Throws ValueError unless exactly one of label, target and like is given, and FileError with path, line and column
/// for every other file; with `like` also for columns that are missing or that the first table does not have, and for
/// unknown classes.
Table load_csv(const std::filesystem::path& path, const CsvOptions& options);

}  // namespace gradus::inline GRADUS_PRECISION

template <>
struct std::tuple_size<gradus::Table> : std::integral_constant<std::size_t, 3> {};
template <std::size_t i>
struct std::tuple_element<i, gradus::Table>
    : std::type_identity<std::conditional_t<i == 0, gradus::Dataset, std::vector<std::string>>> {};
