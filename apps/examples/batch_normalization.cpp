// Trains the same network on the built-in digits of MNIST without and with batch normalization and prints both test
// accuracies: the set-up of the first experiment in Ioffe & Szegedy 2015, with a higher learning rate and fewer steps.
#include <gradus/engine.h>

using namespace gradus;

namespace {

constexpr const char* weights = "random_normal(0.05)";

Sequential make_plain() {
  const DenseOptions dense{.activation = "sigmoid", .kernel_initializer = weights};
  return Sequential{
      Input{{784}}, Dense{100, dense}, Dense{100, dense}, Dense{100, dense}, Dense{10, {.kernel_initializer = weights}},
  };
}

Sequential make_normalized() {
  const DenseOptions dense{.use_bias = false, .kernel_initializer = weights};  // the normalization adds beta
  return Sequential{
      Input{{784}},
      Dense{100, dense},
      BatchNormalization{},
      Activation{"sigmoid"},
      Dense{100, dense},
      BatchNormalization{},
      Activation{"sigmoid"},
      Dense{100, dense},
      BatchNormalization{},
      Activation{"sigmoid"},
      Dense{10, {.kernel_initializer = weights}},
  };
}

double test_accuracy(Sequential model, const TrainTest& data) {
  SGD optimizer{{.learning_rate = 0.1}};
  fit(model, optimizer, data.train, {.steps = 1000, .batch_size = 60, .show_progress = false});
  return evaluate(model, data.test).accuracy;
}

}  // namespace

int main() {
  try {
    const TrainTest data = load_digits_sample();
    set_seed(1);  // gives both networks the same initial weights and batches
    const double plain = test_accuracy(make_plain(), data);
    set_seed(1);
    const double normalized = test_accuracy(make_normalized(), data);
    fmt::print("test accuracy\nwithout batch normalization   {:5.1f} %\nwith batch normalization      {:5.1f} %\n",
               100 * plain, 100 * normalized);
    return normalized > plain + 0.1 ? 0 : 1;
  } catch (const Error& error) {
    fmt::print(stderr, "batch_normalization: {}\n", error.what());
    return 1;
  }
}
