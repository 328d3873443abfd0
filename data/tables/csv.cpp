#include <gradus/data/tables/csv.h>

#include <gradus/core/names.h>
#include <gradus/core/printable.h>
#include <gradus/data/tables/csv_reader.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <string_view>
#include <utility>

namespace gradus::inline GRADUS_PRECISION {

namespace {

using Names = std::vector<std::string>;

bool contains(const Names& names, const std::string& name) { return std::ranges::find(names, name) != names.end(); }

/// "'a', 'b'"
std::string quoted(const Names& names) {
  std::string list;
  for (const std::string& name : names) list += fmt::format("{}'{}'", list.empty() ? "" : ", ", name);
  return printable(list);
}

void check_options(const CsvOptions& options) {
  std::string given;
  if (!options.label.empty()) given += ", .label";
  if (!options.target.empty()) given += ", .target";
  if (options.like) given += ", .like";
  check(std::ranges::count(given, ',') == 1,
        "[load_csv] expected one of .label (the column of classes), .target (the column to predict) and .like (a table "
        "read before, for another file with or without that column), got {}",
        given.empty() ? "none" : given.substr(2));
  check(std::string_view(",;:|\t").find(options.separator) != std::string_view::npos,
        "[load_csv] expected a separator of ',', ';', ':', '|' or a tab, got character {}", int{options.separator});
  check(!contains(options.ignore, options.label) && !contains(options.ignore, options.target),
        "[load_csv] expected .ignore without the column of .label or .target, got {}", quoted(options.ignore));
}

/// The columns of a file.
struct Columns {
  Names names;
  std::vector<Index> features;  // by column, the index of its feature, or -1
  Index output = -1;            // the column of the labels or targets, or -1
};

/// The position of a column. Throws ValueError if there is none.
Index find_column(const Names& names, const std::string& name, const std::filesystem::path& path) {
  const auto found = std::ranges::find(names, name);
  check(found != names.end(), "[load_csv] {} in {}", printable(unknown_name("column", name, names), 400),
        path.string());
  return found - names.begin();
}

/// The columns of the first file of a table, which decide on its format.
Columns new_columns(const Names& names, const CsvOptions& options, const std::filesystem::path& path,
                    TableFormat& format) {
  for (const std::string& name : options.ignore) find_column(names, name, path);
  Columns columns{names, {}, find_column(names, format.output, path)};
  for (const std::string& name : names) {
    const bool feature = name != format.output && !contains(options.ignore, name);
    columns.features.push_back(feature ? std::ssize(format.features) : -1);
    if (feature) format.features.push_back(name);
  }
  return columns;
}

/// The columns of another file of that table, in any order.
Columns known_columns(const CsvReader& reader, const Names& names, const TableFormat& format) {
  Names missing, unknown;
  std::ranges::copy_if(format.features, std::back_inserter(missing),
                       [&](auto& name) { return !contains(names, name); });
  reader.expect(missing.empty(), "the columns of the first table, got none named {}; add or rename them",
                quoted(missing));
  Columns columns{names, {}, -1};
  for (const std::string& name : names) {
    const auto found = std::ranges::find(format.features, name);
    columns.features.push_back(found == format.features.end() ? -1 : found - format.features.begin());
    if (name == format.output) {
      columns.output = std::ssize(columns.features) - 1;
    } else if (columns.features.back() < 0 && !contains(format.ignored, name)) {
      unknown.push_back(name);
    }
  }
  reader.expect(unknown.empty(),
                "the columns of the first table alone, got also {}; remove them or list them in .ignore",
                quoted(unknown));
  return columns;
}

/// Numbers the classes of a column.
class Classes {
 public:
  /// Those of `known`, or, if there are none, all that appear.
  explicit Classes(const Names& known) : fixed_(!known.empty()), names_(known) {
    for (const std::string& name : known) indices_.try_emplace(name, std::ssize(indices_));
  }

  Index add(const CsvReader& reader, const std::string& column, const std::string& name) {
    const auto [position, added] = indices_.try_emplace(name, std::ssize(indices_));
    reader.expect(!added || !fixed_, "a class of the first table in column '{}' ({}), got '{}'", printable(column),
                  quoted(names_), printable(name, 64));
    if (added) names_.push_back(name);
    return position->second;
  }

  /// Sorts the classes that appeared: numbers by value, then other names. Changes the labels accordingly.
  Names sort(std::vector<Real>& labels) const {
    if (fixed_) return names_;
    Names sorted = names_;
    std::ranges::sort(sorted, {}, [](const std::string& name) { return std::pair(value_of(name), name); });
    std::vector<Real> index(sorted.size());
    for (std::size_t i = 0; i < sorted.size(); ++i) {
      index[static_cast<std::size_t>(indices_.at(sorted[i]))] = static_cast<Real>(i);
    }
    for (Real& label : labels) label = index[static_cast<std::size_t>(label)];
    return sorted;
  }

 private:
  /// Infinity for names that are no numbers.
  static double value_of(const std::string& name) {
    double value = 0;
    const char* end = name.data() + name.size();
    const auto [stop, error] = std::from_chars(name.data(), end, value);
    const bool number = stop == end && error == std::errc() && std::isfinite(value);
    return number ? value : std::numeric_limits<double>::infinity();
  }

  bool fixed_;
  Names names_;  // by index
  std::map<std::string, Index> indices_;
};

}  // namespace

Table load_csv(const std::filesystem::path& path, const CsvOptions& options) {
  check_options(options);
  TableFormat format = options.like.value_or(TableFormat{.output = options.label + options.target});
  format.ignored.insert(format.ignored.end(), options.ignore.begin(), options.ignore.end());
  CsvReader reader(path, options.separator);
  const Names names = reader.header();
  reader.expect(options.like || names.size() > 1, "at least 2 columns, got only '{}'; is the separator right?",
                printable(names.front()));
  const Columns columns =
      options.like ? known_columns(reader, names, format) : new_columns(names, options, path, format);
  reader.expect(!format.features.empty(), "a column of numbers besides '{}', got none", printable(format.output));
  const bool classify = !options.label.empty() || !format.classes.empty();

  std::vector<double> inputs;
  std::vector<Real> labels;
  Classes classes(format.classes);
  Index rows = 0;
  const std::size_t width = format.features.size();
  while (const auto cells = reader.next()) {
    ++rows;
    reader.expect(cells->size() == names.size(), "{} cells, one per column name, got {}", names.size(), cells->size());
    inputs.resize(inputs.size() + width);
    for (std::size_t i = 0; i < names.size(); ++i) {
      const std::string& cell = (*cells)[i];
      const bool is_output = static_cast<Index>(i) == columns.output;
      if (!is_output && columns.features[i] < 0) continue;
      reader.expect(!cell.empty(), "a value in column '{}', got an empty cell; fill the cell or remove the row",
                    printable(names[i]));
      if (!is_output) {
        inputs[inputs.size() - width + static_cast<std::size_t>(columns.features[i])] = reader.number(names[i], cell);
      } else if (classify) {
        labels.push_back(static_cast<Real>(classes.add(reader, names[i], cell)));
      } else {
        labels.push_back(static_cast<Real>(reader.number(names[i], cell)));
      }
    }
  }
  reader.expect(rows > 0, "rows below the column names, got none");
  if (classify) format.classes = classes.sort(labels);
  reader.expect(!classify || format.classes.size() > 1, "at least 2 classes in column '{}', got only '{}'",
                printable(format.output), printable(classify ? format.classes.front() : ""));
  const bool with_labels = columns.output >= 0;
  const bool indices = classify && with_labels;
  const Tensor y = Tensor::from(indices ? Shape{rows} : Shape{rows, with_labels ? 1 : 0}, labels);
  Dataset data(std::move(inputs), y, {std::ssize(format.features)}, indices ? std::ssize(format.classes) : 0);
  return {std::move(format), std::move(data)};
}

}  // namespace gradus::inline GRADUS_PRECISION
