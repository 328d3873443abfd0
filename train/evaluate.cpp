#include <gradus/train/evaluate.h>

#include <gradus/autograd/tape.h>
#include <gradus/data/loader.h>

namespace gradus::inline GRADUS_PRECISION {

Metrics evaluate(const Layer& model, const Dataset& data, const EvaluateOptions& options) {
  const StopRecording pause;
  RunningMetrics total(options.loss, options.metrics, data.classes(), model.output_shape());
  for (const Batch& batch : DataLoader(data, {.batch_size = options.batch_size})) {
    const Tensor outputs = model.predict(batch.inputs);
    total.add(total_weight(batch) > 0 ? total.loss()(outputs, batch).value().item() : 0, outputs, batch);
  }
  Metrics means = total.means();
  check(total.weight() > 0, "[evaluate] expected a sample that counts, got {} of weight 0", data.size());
  means.loss += regularization(model).value().item();
  return means;
}

Tensor predict(const Layer& model, const Dataset& data, Index batch_size) {
  Tensor result;
  Index begin = 0;
  for (const auto& [inputs, labels] : DataLoader(data, {.batch_size = batch_size})) {
    const Tensor outputs = model.predict(inputs);
    if (!result.defined()) result = Tensor::empty(outputs.shape().with(0, data.size()));
    result.rows(begin, begin + outputs.shape()[0]).copy_from(outputs);
    begin += outputs.shape()[0];
  }
  return result;
}

}  // namespace gradus::inline GRADUS_PRECISION
