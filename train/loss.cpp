#include <gradus/train/loss.h>

#include <gradus/autograd/losses.h>
#include <gradus/core/names.h>

namespace gradus::inline GRADUS_PRECISION {

namespace {

using Elementwise = Variable (*)(const Variable& outputs, const Tensor& targets, const Tensor& weights);

/// Throws ValueError for a batch of inputs alone.
const Tensor& labels_of(const Batch& batch) {
  check(
      batch.labels.size() > 0,
      "[loss] expected samples with labels or targets, got inputs only; make the Dataset from both, or give a loss of "
      "your own that compares the outputs with batch.inputs");
  return batch.labels;
}

/// A loss of predictions and targets of equal shape, but that targets (n) do for predictions (n, 1).
template <Elementwise f>
Variable of_batch(const Variable& outputs, const Batch& batch) {
  const Tensor& targets = labels_of(batch);
  const bool as_column = outputs.shape().rank() == 2 && outputs.shape() == targets.shape().append(1);
  return f(outputs, as_column ? targets.reshape(outputs.shape()) : targets, batch.weights);
}

Variable huber_of_1(const Variable& outputs, const Tensor& targets, const Tensor& weights) {
  return huber(outputs, targets, 1, weights);
}

Variable cross_entropy(const Variable& outputs, const Batch& batch) {
  return softmax_cross_entropy(outputs, labels_of(batch), batch.weights);
}

struct NamedLoss {
  std::string_view name;
  Variable (*function)(const Variable& outputs, const Batch& batch);
  double threshold;
};

constexpr NamedLoss losses[] = {
    {"softmax_cross_entropy", cross_entropy, 0},
    {"binary_cross_entropy", of_batch<binary_cross_entropy>, 0},
    {"mean_squared_error", of_batch<mean_squared_error>, 0.5},
    {"mean_absolute_error", of_batch<mean_absolute_error>, 0.5},
    {"huber", of_batch<huber_of_1>, 0.5},
};

}  // namespace

Loss::Loss(const std::string& name) {
  if (name.empty()) return;
  const NamedLoss& found = *find_name("loss", "loss", name, losses, &NamedLoss::name);
  name_ = found.name;
  function_ = found.function;
  threshold_ = found.threshold;
}

Variable Loss::operator()(const Variable& outputs, const Batch& batch) const {
  check<StateError>(!is_default(),
                    "[loss] expected a loss with a name or a function, got the default one of data that are not known "
                    "here; make it from default_loss(classes)");
  return function_(outputs, batch);
}

std::string default_loss(Index classes) { return classes > 0 ? "softmax_cross_entropy" : "mean_squared_error"; }

}  // namespace gradus::inline GRADUS_PRECISION
