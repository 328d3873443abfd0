// Fine-tuning with small batches: a network trained on ten digits learns to tell odd from even digits from 400 images
// with stripes. Compares a frozen body, no frozen layers, and frozen batch normalization.
#include <gradus/gradus.h>

#include <unistd.h>

#include <filesystem>

using namespace gradus;

namespace {

Sequential make_model(Index classes) {
  return Sequential{
      Input{{784}},
      Sequential{Dense{128, {.use_bias = false}}, BatchNormalization{{.warm_up = true}}, Activation{"relu"},
                 Dense{64, {.use_bias = false}}, BatchNormalization{{.warm_up = true}}, Activation{"relu"}},
      Dense{classes}};
}

/// Digits with every second column of pixels black, and the classes even and odd.
Dataset striped(const Dataset& digits) {
  const Batch all = digits.batch();
  Tensor inputs = all.inputs.clone(), labels = all.labels.clone();
  for (Index i = 0; i < inputs.size(); i += 2) inputs.data()[i] = 0;
  for (Real& label : labels.values()) label = static_cast<Real>(static_cast<int>(label) % 2);
  return {inputs, labels, 2};
}

/// Loads the weights except those of the last layer, and trains without the frozen layers. Returns the test accuracy.
double fine_tune(const std::filesystem::path& weights, const Dataset& train, const Dataset& test, const char* frozen) {
  set_seed(2);
  Sequential model = make_model(2);
  const LoadReport report = load_weights(model, weights, {.strict = false});
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
  const std::filesystem::path weights =
      std::filesystem::temp_directory_path() / fmt::format("gradus-fine-tuning-{}.safetensors", ::getpid());
  save_model(model, weights);

  const Dataset few = striped(train.take(0, 400));
  const Dataset new_test = striped(test);
  fine_tune(weights, few, new_test, "sequential");  // all layers but the last
  fine_tune(weights, few, new_test, "input");       // a layer without weights
  const double accuracy = fine_tune(weights, few, new_test, "*.batch_normalization*");
  std::filesystem::remove(weights);
  return accuracy > 0.8 ? 0 : 1;
}
