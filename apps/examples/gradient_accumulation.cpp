// Gradient accumulation: a step with 4 micro-batches of 64 samples equals a step with a batch of 256, with a quarter of
// the memory. With batch normalization the steps differ, because it uses the statistics of the micro-batches.
#include <gradus/gradus.h>

using namespace gradus;

namespace {

/// The weights after 10 steps of 256 samples, in micro-batches of `batch_size`.
Tensor weights_after(Sequential model, const Dataset& train, Index batch_size) {
  SGD optimizer{{.learning_rate = 0.1, .momentum = 0.9}};
  fit(model, optimizer, train.take(0, 2560),
      {.batch_size = batch_size,
       .gradient_accumulation_steps = 256 / batch_size,
       .shuffle = false,
       .show_progress = false});
  return model.parameters()["dense.kernel"].value();
}

double max_difference(const Tensor& a, const Tensor& b) { return max(abs(Variable(a) - Variable(b))).value().item(); }

}  // namespace

int main() {
  const Dataset train = load_digits_sample().train;
  const auto plain = [] {
    set_seed(1);
    return Sequential{Input{{784}}, Dense{64, {.activation = "relu"}}, Dense{10}};
  };
  const auto normalized = [] {
    set_seed(1);
    return Sequential{Input{{784}}, Dense{64, {.use_bias = false}}, BatchNormalization{}, Activation{"relu"},
                      Dense{10}};
  };
  const double without = max_difference(weights_after(plain(), train, 256), weights_after(plain(), train, 64));
  const double with = max_difference(weights_after(normalized(), train, 256), weights_after(normalized(), train, 64));
  fmt::print("max difference of the weights after 10 steps with 256 and with 4 x 64 samples\n");
  fmt::print("  without batch normalization {:.1e} (rounding)\n  with batch normalization    {:.1e}\n", without, with);
  return without < 1e-5 && with > 100 * without ? 0 : 1;
}
