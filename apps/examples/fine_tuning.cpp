// A network that knows the digits learns from 400 striped ones, in batches of 4: with batch normalization as in training,
// and with its statistics, gamma and beta frozen.
#include <gradus/gradus.h>

using namespace gradus;

namespace {

Sequential make_model() {
  return Sequential{Input{{784}},
                    Sequential{Dense{128, {.use_bias = false}}, BatchNormalization{{.warm_up = true}}, Activation{"relu"},
                               Dense{64, {.use_bias = false}}, BatchNormalization{{.warm_up = true}}, Activation{"relu"}},
                    Dense{10}};
}

/// The digits' strokes thinned out: every second column of pixels is black.
Dataset striped(const Dataset& digits) {
  Batch all = *DataLoader(digits, {.batch_size = digits.size()}).begin();
  Tensor inputs = all.inputs.clone();
  for (Index i = 0; i < inputs.size(); i += 2) inputs.data()[i] = 0;
  return {inputs, all.labels, 10};
}

double fine_tune(const Dataset& train, const Dataset& test, bool frozen) {
  set_seed(2);
  Sequential model = make_model();
  const LoadReport report = load_weights(model, "digits.safetensors", {.strict = false});
  fmt::print("\n{}", to_string(report));
  if (frozen) model.freeze("*batch_normalization*");
  SGD optimizer{{.learning_rate = 0.01}};
  fit(model, optimizer, train, {.epochs = 3, .batch_size = 4, .show_progress = false});
  return evaluate(model, test).accuracy;
}

}  // namespace

int main() {
  set_seed(1);
  const auto [train, test] = load_digits_sample();
  Sequential model = make_model();
  Adam optimizer;
  fit(model, optimizer, train, {.epochs = 3, .batch_size = 64, .validation = &test});
  save_model(model, "digits.safetensors");

  const Dataset few = striped(train.take(0, 400)), new_test = striped(test);
  fmt::print("\nstriped digits without fine-tuning {:.3f}\n", evaluate(model, new_test).accuracy);
  const double moving = fine_tune(few, new_test, false);
  const double frozen = fine_tune(few, new_test, true);
  fmt::print("\nafter fine-tuning: {:.3f} with moving statistics, {:.3f} frozen\n", moving, frozen);
  return 0;
}
