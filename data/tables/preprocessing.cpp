#include <gradus/data/tables/preprocessing.h>

#include <gradus/core/all_finite.h>
#include <gradus/core/names.h>
#include <gradus/data/tables/csv_reader.h>
#include <gradus/files/atomic_file.h>

#include <fmt/format.h>

#include <algorithm>

namespace gradus::inline GRADUS_PRECISION {

namespace {

const std::vector<std::string> header{"role", "name", "mean", "standard_deviation"};
const std::vector<std::string> roles{"feature", "output", "class", "ignored"};

/// A text as a cell.
std::string cell(const std::string& text) {
  std::string result = "\"";
  for (const char letter : text) result += letter == '"' ? "\"\"" : std::string(1, letter);
  return result + "\"";
}

}  // namespace

void save_preprocessing(const std::filesystem::path& path, const Preprocessing& preprocessing) {
  const auto& [format, standardize] = preprocessing;
  check<ShapeError>(standardize.means().size() == format.features.size(),
                    "[save_preprocessing] expected statistics of {} features, got {}; standardize data of this table",
                    format.features.size(), standardize.means().size());
  std::string text = "role,name,mean,standard_deviation\n";
  for (std::size_t i = 0; i < format.features.size(); ++i) {
    text += fmt::format("feature,{},{},{}\n", cell(format.features[i]), standardize.means()[i],
                        standardize.standard_deviations()[i]);
  }
  text += fmt::format("output,{},,\n", cell(format.output));
  for (const std::string& name : format.classes) text += fmt::format("class,{},,\n", cell(name));
  for (const std::string& name : format.ignored) text += fmt::format("ignored,{},,\n", cell(name));
  write_atomically(path, text);
}

Preprocessing load_preprocessing(const std::filesystem::path& path) {
  CsvReader reader(path, ',');
  reader.expect(reader.header() == header, "the columns {}, got others; is this a file of save_preprocessing?",
                fmt::join(header, ","));
  TableFormat format;
  std::vector<double> means, standard_deviations;
  while (const auto cells = reader.next()) {
    reader.expect(cells->size() == header.size(), "{} cells, one per column name, got {}", header.size(),
                  cells->size());
    const std::string& role = (*cells)[0];
    const std::string& name = (*cells)[1];
    reader.expect(std::ranges::find(roles, role) != roles.end(), "a role, got {}", unknown_name("role", role, roles));
    if (role == "output") format.output = name;
    if (role == "class") format.classes.push_back(name);
    if (role == "ignored") format.ignored.push_back(name);
    if (role != "feature") continue;
    reader.expect(std::ranges::find(format.features, name) == format.features.end(),
                  "every feature once, got '{}' again", name);
    format.features.push_back(name);
    means.push_back(reader.number(header[2], (*cells)[2]));
    standard_deviations.push_back(reader.number(header[3], (*cells)[3]));
    reader.expect(standard_deviations.back() > 0, "a standard deviation above 0, got {}", standard_deviations.back());
  }
  reader.expect(!means.empty() && !format.output.empty(), "features and an output, got {} features", means.size());
  const Shape shape{std::ssize(means)};
  return {std::move(format), Standardization(shape, std::move(means), std::move(standard_deviations))};
}

void save_predictions(const std::filesystem::path& path, const Tensor& outputs, const TableFormat& format) {
  const Index width = std::max<Index>(1, std::ssize(format.classes));
  check<ShapeError>(outputs.shape().rank() == 2 && outputs.shape()[1] == width,
                    "[save_predictions] expected outputs of shape (N, {}), got {}", width, outputs.shape());
  std::string text = cell(format.output) + "\n";
  for (Index row = 0; row < outputs.shape()[0]; ++row) {
    const auto values = std::span(outputs.data() + row * width, static_cast<std::size_t>(width));
    check(all_finite(values), "[save_predictions] expected finite outputs, got nan or infinity in row {}", row);
    const auto best = static_cast<std::size_t>(std::ranges::max_element(values) - values.begin());
    text += (format.classes.empty() ? fmt::format("{}", values[0]) : cell(format.classes[best])) + "\n";
  }
  write_atomically(path, text);
}

}  // namespace gradus::inline GRADUS_PRECISION
