#include <gradus/train/evaluate.h>

#include <gradus/autograd/tape.h>
#include <gradus/data/loader.h>
#include <gradus/train/metrics.h>

#include <algorithm>

namespace gradus::inline GRADUS_PRECISION {

Metrics evaluate(const Layer& model, const Dataset& data, const EvaluateOptions& options) {
  const StopRecording pause;
  const Loss loss = options.loss.is_default() ? default_loss(data.classes()) : options.loss;
  RunningMetrics total(data.classes());
  for (const Batch& batch : DataLoader(data, {.batch_size = std::min(options.batch_size, data.size())})) {
    const Tensor outputs = model.predict(batch.inputs);
    total.add(total_weight(batch) > 0 ? loss(outputs, batch).value().item() : 0, outputs, batch);
  }
  Metrics means = total.means();
  means.loss += regularization(model).value().item();
  return means;
}

Tensor predict(const Layer& model, const Dataset& data, Index batch_size) {
  Tensor result;
  Index begin = 0;
  for (const auto& [inputs, labels] : DataLoader(data, {.batch_size = std::min(batch_size, data.size())})) {
    const Tensor outputs = model.predict(inputs);
    if (!result.defined()) result = Tensor::empty(outputs.shape().with(0, data.size()));
    result.rows(begin, begin + outputs.shape()[0]).copy_from(outputs);
    begin += outputs.shape()[0];
  }
  return result;
}

}  // namespace gradus::inline GRADUS_PRECISION
