#include "prediction.h"

#include "training.h"

#include <gradus/autograd/losses.h>
#include <gradus/data/mnist/idx.h>
#include <gradus/files/model_file.h>
#include <gradus/train/evaluate.h>

#include <fmt/core.h>

#include <algorithm>

using namespace gradus;

namespace {

struct Prediction {
  Index digit;
  double probability;
};

Prediction prediction_of(const Tensor& probabilities, Index row) {
  const Index classes = probabilities.shape()[1];
  const Real* first = probabilities.data() + row * classes;
  const Real* best = std::max_element(first, first + classes);
  return {best - first, *best};
}

/// One line of text for two rows of pixels.
void print_picture(const Tensor& image) {
  constexpr Index side = 28;
  for (Index y = 0; y < side; y += 2) {
    std::string line;
    for (Index x = 0; x < side; ++x) {
      const double ink = (image.data()[y * side + x] + image.data()[(y + 1) * side + x]) / 2;
      line += " .:*#@"[static_cast<std::size_t>(std::min(5.0, ink * 6))];
    }
    fmt::print("  {}\n", line);
  }
}

}  // namespace

void predict(const Options& options) {
  Sequential model = load_model(options.predict);
  if (!options.images.empty()) {
    const IdxArray images = read_idx_images(options.images);
    const std::vector<std::uint8_t> no_labels(static_cast<std::size_t>(images.sizes[0]), 0);
    const Dataset data(images.bytes, no_labels, Shape{images.sizes[1] * images.sizes[2]}, 10);
    const Tensor probabilities = softmax(predict(model, data)).value();
    for (Index i = 0; i < data.size(); ++i) {
      const auto [digit, probability] = prediction_of(probabilities, i);
      fmt::print("image {}: {}  ({:.1f} %)\n", i, digit, 100 * probability);
    }
    return;
  }
  const TrainTest data = load_data(options);
  const Tensor probabilities = softmax(predict(model, data.test)).value();
  const Metrics metrics = evaluate(model, data.test);
  fmt::print("{} test images: loss {:.4f}, accuracy {:.2f} %\n", data.test.size(), metrics.loss,
             100 * metrics.accuracy);
  for (Index i = 0; i < 3; ++i) {
    const Index sample[] = {i * (data.test.size() / 3)};
    const Batch batch = data.test.batch(sample);
    const auto [digit, probability] = prediction_of(probabilities, sample[0]);
    fmt::print("\nimage {}: label {}, prediction {} ({:.1f} %)\n", sample[0], batch.labels.item(), digit,
               100 * probability);
    print_picture(batch.inputs);
  }
}
