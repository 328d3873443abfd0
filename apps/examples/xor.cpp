// The exclusive or of two bits, which needs a hidden layer.
#include <gradus/gradus.h>

using namespace gradus;

int main() {
  set_seed(1);
  const Dataset corners = xor_points();
  Sequential model{Input{{2}}, Dense{4, {.activation = "tanh"}}, Dense{2}};
  Adam optimizer{{.learning_rate = 0.05}};
  const History history = fit(model, optimizer, corners, {.epochs = 300, .batch_size = 4, .show_progress = false});
  fmt::print("loss {:.4f} in the first epoch, {:.4f} after {} steps\n", history.column("loss")[0], history.last("loss"),
             optimizer.steps());

  const Tensor inputs = Tensor::from({{0, 0}, {0, 1}, {1, 0}, {1, 1}});
  const Tensor probabilities = softmax(model.predict(inputs)).value();
  for (Index i = 0; i < 4; ++i) {
    fmt::print("{} xor {}: probability of 1 is {:.3f}\n", inputs.at({i, 0}), inputs.at({i, 1}),
               probabilities.at({i, 1}));
  }
  return evaluate(model, corners).accuracy == 1 ? 0 : 1;
}
