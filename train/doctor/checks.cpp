#include <gradus/train/doctor/examination.h>

#include <cmath>

// Checks that are made where the options ask for them.

namespace gradus::inline GRADUS_PRECISION {

namespace {

Dataset with_inputs_of_zero(const Dataset& data) {
  const Batch all = data.batch();
  return {{Tensor::zeros(all.inputs.shape()), all.labels, all.weights}, data.classes()};
}

/// The loss of `measured` after these steps on other data.
double loss_after(const Examination& examination, const Dataset& data, const Dataset& measured, Index steps) {
  const Snapshot snapshot(examination.model);
  TrainingSetup setup = usual_setup(examination.model, examination.options);
  setup.data = data;
  const double after = take_steps(examination, setup, steps).after;
  setup.data = measured;
  return std::isfinite(after) ? measure(examination, setup) : after;
}

/// With inputs of 0 as the standard: what an answer that is always the same comes to.
void overfit_one_batch(Examination& examination) {
  const Index n = examination.options.batch_size, steps = 10 * examination.long_steps;
  const Dataset batch = probe(*examination.options.dataset, n);
  const double loss = loss_after(examination, batch, batch, steps);
  const Dataset zeros = with_inputs_of_zero(batch);
  const double constant = loss_after(examination, zeros, zeros, steps);
  if (loss < 0.5 * constant || loss < 0.1 * examination.first_steps->loss_of_zeros) return;
  examination.findings.push_back(
      {"batch_not_learnt", "model",
       fmt::format("after {} steps on one batch of {} its loss is {:.3g}, with inputs of 0 {:.3g}", steps, n, loss,
                   constant),
       "A network that does not learn one batch by heart learns no more of many: the cause is in the model, the loss, "
       "the optimizer or the labels, and not in the amount of data (Karpathy 2019, A recipe for training neural "
       "networks).",
       "more units, less regularization, a higher learning rate; or labels that belong to their inputs"});
}

/// Measured on every fifth sample, which is left out of training: labels of any inputs can be learnt by heart.
void zero_inputs(Examination& examination) {
  const Dataset& data = *examination.options.dataset;
  std::vector<Index> measured, others;
  for (Index i = 0; i < data.size(); ++i) {
    std::vector<Index>& part = i % 5 == 4 ? measured : others;
    part.push_back(i);
  }
  if (std::ssize(others) < examination.options.batch_size || measured.empty()) return;
  const Dataset train(data.batch(others), data.classes()), test(data.batch(measured), data.classes());
  const Index steps = 3 * examination.long_steps;
  const double loss = loss_after(examination, train, test, steps);
  const double constant = loss_after(examination, with_inputs_of_zero(train), with_inputs_of_zero(test), steps);
  if (loss < 0.97 * constant) return;
  examination.findings.push_back(
      {"inputs_not_used", "data",
       fmt::format("after {} steps the loss of samples left out is {:.3g}, with inputs of 0 it is {:.3g}", steps, loss,
                   constant),
       "What is learnt without inputs is how frequent the answers are; inputs that belong to them bring more (Karpathy "
       "2019, A recipe for training neural networks).",
       "labels in the order of their inputs, and inputs that reach the model"});
}

}  // namespace

void make_checks(Examination& examination) {
  const DiagnoseOptions& options = examination.options;
  if (options.overfit_one_batch && !examination.explained) overfit_one_batch(examination);
  if (options.zero_inputs && !examination.explained) zero_inputs(examination);
}

}  // namespace gradus::inline GRADUS_PRECISION
