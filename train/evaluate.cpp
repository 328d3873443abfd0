#include <gradus/train/evaluate.h>

#include <gradus/autograd/tape.h>
#include <gradus/data/loader.h>

#include <algorithm>

namespace gradus::inline GRADUS_PRECISION {

Metrics evaluate(Layer& model, const Dataset& data, const EvaluateOptions& options) {
  const StopRecording pause;
  const Loss loss = options.loss.is_usual() ? usual_loss(data) : options.loss;
  Metrics total;
  for (const Batch& batch : DataLoader(data, {.batch_size = std::min(options.batch_size, data.size())})) {
    const auto& [inputs, labels] = batch;
    const Variable outputs = model(inputs, Mode::inference);
    total.loss += loss(outputs, batch).value().item() * static_cast<double>(inputs.shape()[0]);
    if (data.classes() > 0) total.accuracy += static_cast<double>(count_correct(outputs.value(), labels));
  }
  const auto n = static_cast<double>(data.size());
  return {total.loss / n, total.accuracy / n};
}

Tensor predict(Layer& model, const Dataset& data, Index batch_size) {
  const StopRecording pause;
  Tensor result;
  Index begin = 0;
  for (const auto& [inputs, labels] : DataLoader(data, {.batch_size = std::min(batch_size, data.size())})) {
    const Tensor outputs = model(inputs, Mode::inference).value();
    if (!result.defined()) result = Tensor::empty(outputs.shape().with(0, data.size()));
    result.rows(begin, begin + outputs.shape()[0]).copy_from(outputs);
    begin += outputs.shape()[0];
  }
  return result;
}

}  // namespace gradus::inline GRADUS_PRECISION
