#include <gradus/layers/layer.h>

#include <algorithm>

namespace gradus::inline GRADUS_PRECISION {

namespace {

std::string in_bytes(Index elements) {
  const double bytes = static_cast<double>(elements) * sizeof(Real);
  if (bytes < 1024) return fmt::format("{} B", static_cast<Index>(bytes));
  return bytes < 1024 * 1024 ? fmt::format("{:.1f} KiB", bytes / 1024) : fmt::format("{:.1f} MiB", bytes / 1024 / 1024);
}

struct Row {
  std::string layer, output, parameters, trainable;
};

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
  std::vector<Row> rows;
  for (const auto& [path, layer] : descendants()) rows.push_back(row_of(path, layer));
  if (rows.empty()) rows.push_back(row_of(name().substr(name().rfind('.') + 1), *this));

  const Row heading{"Layer (type)", "Output shape", "Parameters", "Trainable"};
  std::size_t first = heading.layer.size();
  std::size_t second = heading.output.size();
  std::size_t third = heading.parameters.size();
  for (const Row& row : rows) {
    first = std::max(first, row.layer.size());
    second = std::max(second, row.output.size());
    third = std::max(third, row.parameters.size());
  }
  const auto line = [&](const Row& row) {
    return fmt::format("{:{}}  {:{}}  {:>{}}  {}\n", row.layer, first, row.output, second, row.parameters, third,
                       row.trainable);
  };
  const std::string rule(first + second + third + heading.trainable.size() + 6, '-');
  std::string text = line(heading) + rule + "\n";
  for (const Row& row : rows) text += line(row);
  const Totals totals = count(*this);
  const Index all = totals.weights + totals.buffers;
  const Index trainable = totals.weights - totals.frozen;
  return text + rule + "\n" +
         fmt::format("Total parameters {} ({}), trainable {}, not trainable {}", with_separators(all), in_bytes(all),
                     with_separators(trainable), with_separators(all - trainable));
}

}  // namespace gradus::inline GRADUS_PRECISION
