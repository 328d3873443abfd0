#pragma once

#include <gradus/gradus.h>

/// Trains a linear classifier of the digits for 20 steps, from zero weights and in the order of the files.
static double loss_after_training() {
  using namespace gradus;
  const auto [train, test] = load_digits_sample();
  Sequential model{Input{{784}}, Dense{10, {.kernel_initializer = "zeros"}}};
  SGD optimizer{{.learning_rate = 0.1}};
  fit(model, optimizer, train.take(0, 2000), {.batch_size = 100, .shuffle = false, .show_progress = false});
  return evaluate(model, test).loss;
}
