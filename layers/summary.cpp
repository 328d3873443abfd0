#include <gradus/layers/layer.h>

#include <algorithm>
#include <array>

namespace gradus::inline GRADUS_PRECISION {

namespace {

std::string in_bytes(Index elements) {
  const double bytes = static_cast<double>(elements) * sizeof(Real);
  if (bytes < 1024) return fmt::format("{} B", static_cast<Index>(bytes));
  return bytes < 1024 * 1024 ? fmt::format("{:.1f} KiB", bytes / 1024) : fmt::format("{:.1f} MiB", bytes / 1024 / 1024);
}

/// Layer, output shape, parameters, trainable.
using Row = std::array<std::string, 4>;

struct Totals {
  Index weights = 0;
  Index frozen = 0;
  Index buffers = 0;
};

Totals count(const Layer& layer) {
  Totals totals;
  for (const Parameter& weight : layer.parameters()) {
    totals.weights += weight.value().size();
    if (!weight.trainable()) totals.frozen += weight.value().size();
  }
  for (const Buffer& buffer : layer.buffers()) totals.buffers += buffer.value().size();
  return totals;
}

Row row_of(const std::string& path, const Layer& layer) {
  const Totals totals = count(layer);
  const bool frozen = totals.weights > 0 ? totals.frozen == totals.weights : !layer.trainable();
  const std::string trainable = totals.weights + totals.buffers == 0 ? "-"
                                : frozen                             ? "frozen"
                                : totals.frozen == 0                 ? "yes"
                                                                     : "in part";
  std::string shape = "(N";
  for (const Index n : layer.output_shape()) shape += fmt::format(", {}", n);
  const std::string indent(2 * static_cast<std::size_t>(std::ranges::count(path, '.')), ' ');
  return {fmt::format("{}{} ({})", indent, path.substr(path.rfind('.') + 1), layer.type()), shape + ")",
          with_separators(totals.weights + totals.buffers), trainable};
}

}  // namespace

std::string Layer::summary() const {
  built_state("a summary");
  std::vector<Row> rows{{"Layer (type)", "Output shape", "Parameters", "Trainable"}};
  for (const auto& [path, layer] : descendants()) rows.push_back(row_of(path, layer));
  if (rows.size() == 1) rows.push_back(row_of(name().substr(name().rfind('.') + 1), *this));
  std::array<std::size_t, 3> width{};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < width.size(); ++i) width[i] = std::max(width[i], row[i].size());
  }
  const std::string rule(width[0] + width[1] + width[2] + rows[0][3].size() + 6, '-');
  std::string text;
  for (const Row& row : rows) {
    text += fmt::format("{:{}}  {:{}}  {:>{}}  {}\n", row[0], width[0], row[1], width[1], row[2], width[2], row[3]);
    if (&row == &rows[0]) text += rule + "\n";
  }
  const Totals totals = count(*this);
  const Index all = totals.weights + totals.buffers;
  const Index trainable = totals.weights - totals.frozen;
  return text + rule + "\n" +
         fmt::format("Total parameters {} ({}), trainable {}, not trainable {}", with_separators(all), in_bytes(all),
                     with_separators(trainable), with_separators(all - trainable));
}

}  // namespace gradus::inline GRADUS_PRECISION
