#include <gradus/train/detect_anomaly.h>

#include <gradus/autograd/tape.h>
#include <gradus/autograd/tape_observer.h>
#include <gradus/core/all_finite.h>

#include <algorithm>

namespace gradus::inline GRADUS_PRECISION {

namespace {

/// "rows 0, 3 of 8", for a tensor of so many samples; "3 of 40 numbers" for another one.
std::string places(const Tensor& x, Index samples) {
  const Index rows = x.shape().rank() > 0 && x.shape()[0] == samples ? samples : x.size();
  const auto row_size = static_cast<std::size_t>(x.size() / rows);
  std::vector<Index> wrong;
  for (Index i = 0; i < rows; ++i) {
    if (!all_finite(x.values().subspan(static_cast<std::size_t>(i) * row_size, row_size))) wrong.push_back(i);
  }
  if (rows != samples) return fmt::format("{} of {} numbers", wrong.size(), rows);
  std::string text = "rows";
  for (std::size_t i = 0; i < std::min<std::size_t>(5, wrong.size()); ++i) text += fmt::format(" {},", wrong[i]);
  text.pop_back();
  return text + fmt::format("{} of {}", wrong.size() > 5 ? ", ..." : "", rows);
}

/// Remembers the operations of a step and their layers, and the first values that are not finite, each way.
struct Observer : ForwardObserver, TapeObserver {
  explicit Observer(Index n) : samples(n) {}

  // Layers within are done first, so that the first one to complain is the innermost.
  void on_output(Layer& layer, const Variable& x, const Variable& y) override {
    while (layers.size() < operations.size()) layers.push_back(layer.name());
    if (first_layer.empty() && all_finite(x.value().values()) && !all_finite(y.value().values()))
      first_layer = layer.name();
  }
  void on_operation(const char* operation, Pass pass) override {
    if (pass == Pass::forward) operations.emplace_back(operation);
    if (pass == Pass::backward) ++walked;
  }
  void on_values(const Tensor& values, Pass pass) override {
    std::string& text = pass == Pass::forward ? forward : backward;
    if (!text.empty() || all_finite(values.values())) return;
    const std::size_t i = operations.size() - walked - 1;
    if (pass == Pass::forward) first = i;
    text = fmt::format("{}{}, {}", operations[i], pass == Pass::backward && i < layers.size() ? " of " + layers[i] : "",
                       places(values, samples));
  }

  Index samples;
  std::vector<std::string> operations;
  std::vector<std::string> layers;  // of the first operations; the others are of the loss
  std::size_t walked = 0;           // operations, backward
  std::size_t first = 0;            // operation, forward
  std::string first_layer, forward, backward;
};

}  // namespace

std::string detect_anomaly(Layer& model, const Loss& loss, const Batch& batch) {
  const Index samples = batch.inputs.shape()[0];
  if (!all_finite(batch.inputs.values())) return "the inputs are not finite, in " + places(batch.inputs, samples);
  for (const Parameter& weight : model.parameters()) {
    if (!all_finite(weight.value().values())) return fmt::format("the weights {} are not finite", weight.name());
  }
  const KeepGenerator keep;
  std::vector<Tensor> statistics;
  for (const Buffer& buffer : model.buffers()) statistics.push_back(buffer.value().clone());
  Observer seen(samples);
  GradientTape tape;
  const Variable result = loss(model(batch.inputs, Mode::training), batch);
  if (all_finite(result.value().values())) tape.backward(result);
  for (std::size_t i = 0; i < statistics.size(); ++i) model.buffers()[i].value().copy_from(statistics[i]);
  const std::string operation = seen.forward.empty() ? "" : fmt::format(", in {}", seen.forward);
  if (!seen.first_layer.empty()) {
    // A layer that computes with constants alone records no operation; the first one is then of another layer.
    const bool own = seen.first < seen.layers.size() && seen.layers[seen.first] == seen.first_layer;
    return fmt::format("the first layer whose output is not finite is {}{}", seen.first_layer, own ? operation : "");
  }
  if (!all_finite(result.value().values())) return "the outputs of all layers are finite, but not the loss" + operation;
  return seen.backward.empty() ? "" : "the first gradient that is not finite is that of " + seen.backward;
}

}  // namespace gradus::inline GRADUS_PRECISION
