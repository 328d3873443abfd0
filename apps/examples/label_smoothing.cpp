// Label smoothing, and a learning rate with warm-up and cosine decay, on digits.
#include <gradus/gradus.h>

#include <algorithm>

using namespace gradus;

int main() {
  const auto [train, test] = load_digits_sample();
  constexpr int epochs = 4;
  constexpr Index batch_size = 50;
  const Index steps = epochs * (train.size() / batch_size);
  const Schedule schedule = warm_up(60, cosine_decay(0.1, steps - 60));
  fmt::print("learning rate: {}\n", schedule);

  for (const double smoothing : {0.0, 0.1}) {
    set_seed(1);
    Sequential model{Input{{784}}, Dense{128, {.use_bias = false}}, BatchNormalization{{.warm_up = true}},
                     Activation{"relu"}, Dense{10}};
    SGD optimizer{{.learning_rate = 0.1, .momentum = 0.9}};
    LearningRateScheduler scheduler(schedule);
    fit(model, optimizer, train,
        {.epochs = epochs,
         .batch_size = batch_size,
         .loss =
             [=](const Variable& logits, const Batch& batch) {
               return softmax_cross_entropy(logits, batch.labels, {.label_smoothing = smoothing});
             },
         .show_progress = false,
         .callbacks = {&scheduler}});

    const Tensor probabilities = softmax(predict(model, test)).value();
    double confidence = 0;
    for (Index i = 0; i < test.size(); ++i) {
      const Real* row = probabilities.data() + 10 * i;
      confidence += *std::max_element(row, row + 10) / double(test.size());
    }
    const double accuracy = evaluate(model, test).accuracy;
    fmt::print("smoothing {:.1f}: test accuracy {:.3f}, mean confidence {:.3f}\n", smoothing, accuracy, confidence);
    if (accuracy < 0.93) return 1;
  }
}
