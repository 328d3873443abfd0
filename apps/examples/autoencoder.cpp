// An autoencoder: compresses digits to 16 numbers each and reconstructs them.
#include <gradus/engine.h>

using namespace gradus;

namespace {

/// Prints images side by side, with one line of text for two rows of pixels.
void print_pictures(const std::vector<Tensor>& images) {
  for (Index y = 0; y < 28; y += 2) {
    std::string line;
    for (const Tensor& image : images) {
      for (Index x = 0; x < 28; ++x) {
        const double ink = (image.data()[y * 28 + x] + image.data()[(y + 1) * 28 + x]) / 2;
        line += " .:*#@"[std::min(5, static_cast<int>(ink * 6))];
      }
    }
    fmt::print("{}\n", line.substr(0, line.find_last_not_of(' ') + 1));
  }
}

/// The images as inputs and as targets.
Dataset with_inputs_as_targets(const Dataset& digits) {
  const Tensor inputs = digits.batch().inputs;
  return {inputs, inputs};
}

}  // namespace

int main() {
  set_seed(1);
  const auto digits = load_digits_sample();
  const Dataset train = with_inputs_as_targets(digits.train);
  const Dataset test = with_inputs_as_targets(digits.test);
  Sequential encoder{Dense{128, {.use_bias = false}}, BatchNormalization{{.momentum = 0.9}}, Activation{"relu"},
                     Dense{16}};
  Sequential decoder{Dense{128, {.use_bias = false}}, BatchNormalization{{.momentum = 0.9}}, Activation{"relu"},
                     Dense{784}, Activation{"sigmoid"}};
  Sequential model{Input{{784}}, std::move(encoder), std::move(decoder)};
  Adam optimizer{{.learning_rate = 2e-3}};
  const History history = fit(model, optimizer, train, {.epochs = 5, .batch_size = 64, .validation = &test});

  const Tensor images = (*DataLoader(test, {.batch_size = 3}).begin()).inputs;
  const Tensor reconstructions = model.predict(images);
  fmt::print("\nTest images and their reconstructions from 16 numbers:\n");
  print_pictures({images.rows(0, 1), images.rows(1, 2)});
  print_pictures({reconstructions.rows(0, 1), reconstructions.rows(1, 2)});
  return history.last("validation_loss") < 0.02 ? 0 : 1;
}
