// A network that knows ten digits learns from 400 striped ones whether a digit is odd, in batches of 4: its new head
// alone, then all of it, with batch normalization as in training and with its statistics, gamma and beta frozen.
#include <gradus/gradus.h>

using namespace gradus;

namespace {

Sequential make_model(Index classes) {
  return Sequential{
      Input{{784}},
      Sequential{Dense{128, {.use_bias = false}}, BatchNormalization{{.warm_up = true}}, Activation{"relu"},
                 Dense{64, {.use_bias = false}}, BatchNormalization{{.warm_up = true}}, Activation{"relu"}},
      Dense{classes}};
}

/// Digits of which every second column of pixels is black, with the classes even and odd.
Dataset striped(const Dataset& digits) {
  const Batch all = digits.batch();
  Tensor inputs = all.inputs.clone(), labels = all.labels.clone();
  for (Index i = 0; i < inputs.size(); i += 2) inputs.data()[i] = 0;
  for (Real& label : labels.values()) label = static_cast<Real>(static_cast<int>(label) % 2);
  return {inputs, labels, 2};
}

double fine_tune(const Dataset& train, const Dataset& test, const char* frozen) {
  set_seed(2);
  Sequential model = make_model(2);
  const LoadReport report = load_weights(model, "digits.safetensors", {.strict = false});
  model.freeze(frozen);
  SGD optimizer{{.learning_rate = 0.02}};
  fit(model, optimizer, train, {.epochs = 5, .batch_size = 4, .show_progress = false});
  const double accuracy = evaluate(model, test).accuracy;
  fmt::print("{} tensors loaded, frozen {:24} test accuracy {:.3f}\n", report.matched.size(), frozen, accuracy);
  return accuracy;
}

}  // namespace

int main() {
  set_seed(1);
  const auto [train, test] = load_digits_sample();
  Sequential model = make_model(10);
  Adam optimizer;
  fit(model, optimizer, train, {.epochs = 3, .batch_size = 64, .validation = &test});
  save_model(model, "digits.safetensors");

  const Dataset few = striped(train.take(0, 400)), new_test = striped(test);
  fine_tune(few, new_test, "sequential");  // a whole block
  fine_tune(few, new_test, "input");       // nothing that learns
  return fine_tune(few, new_test, "*.batch_normalization*") > 0.8 ? 0 : 1;
}
