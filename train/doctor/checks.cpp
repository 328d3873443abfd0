#include <gradus/train/doctor/examination.h>

// Checks that are made where the options ask for them.

namespace gradus::inline GRADUS_PRECISION {

namespace {

Dataset with_inputs_of_zero(const Dataset& data) {
  const Batch all = data.batch();
  return {{Tensor::zeros(all.inputs.shape()), all.labels, all.weights}, data.classes()};
}

/// The loss after these steps with this data in place of the usual.
double loss_after(const Examination& examination, const Dataset& data, Index steps) {
  const Snapshot snapshot(examination.model);
  TrainingSetup setup = usual_setup(examination.model, examination.options);
  setup.data = data;
  return take_steps(examination, setup, steps).after;
}

/// With inputs of 0 as the standard: what an answer that is always the same comes to.
void overfit_one_batch(Examination& examination) {
  const Index n = examination.options.batch_size, steps = 10 * examination.long_steps;
  const Dataset batch = probe(*examination.options.dataset, n);
  const double loss = loss_after(examination, batch, steps);
  const double constant = loss_after(examination, with_inputs_of_zero(batch), steps);
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

void zero_inputs(Examination& examination) {
  const Dataset& data = *examination.options.dataset;
  const Index steps = 3 * examination.long_steps;
  const double loss = loss_after(examination, data, steps);
  const double constant = loss_after(examination, with_inputs_of_zero(data), steps);
  if (loss < 0.97 * constant) return;
  examination.findings.push_back(
      {"inputs_not_used", "data",
       fmt::format("after {} steps the loss is {:.3g}, with inputs of 0 it is {:.3g}", steps, loss, constant),
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
