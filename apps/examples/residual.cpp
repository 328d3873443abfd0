// A custom layer: the residual block y = x + f(x). A network of 20 residual blocks learns spirals, 40 plain layers do
// not.
#include <gradus/gradus.h>

using namespace gradus;

/// y = x + dense2(relu(normalization(dense1(x)))), with x and y of shape (N, width) (He et al. 2016).
class ResidualBlock : public Layer {
 public:
  explicit ResidualBlock(Index width) : dense1_{width, {.use_bias = false}}, dense2_{width} {}

  Variable forward(const Variable& x, Mode mode) override {
    return x + dense2_(relu(normalization_(dense1_(x, mode), mode)), mode);
  }
  Children children() override { return {{"dense1", dense1_}, {"normalization", normalization_}, {"dense2", dense2_}}; }

 private:
  Dense dense1_;
  BatchNormalization normalization_{{.momentum = 0.9}};
  Dense dense2_;
};

int main() {
  const Dataset train = spirals({.samples = 900, .turns = 1, .seed = 1});
  const Dataset test = spirals({.samples = 900, .turns = 1, .seed = 2});
  const auto accuracy_of = [&](const char* title, bool residual) {
    set_seed(1);
    std::vector<std::unique_ptr<Layer>> layers;
    layers.push_back(std::make_unique<Input>(Shape{2}));
    layers.push_back(std::make_unique<Dense>(32, DenseOptions{.activation = "relu"}));
    for (int i = 0; i < 20; ++i) {
      if (residual) {
        layers.push_back(std::make_unique<ResidualBlock>(32));
      } else {
        for (int dense = 0; dense < 2; ++dense) {
          layers.push_back(std::make_unique<Dense>(32, DenseOptions{.activation = "relu"}));
        }
      }
    }
    layers.push_back(std::make_unique<Dense>(3));
    Sequential model(std::move(layers));
    Adam optimizer{{.learning_rate = 1e-3}};
    fit(model, optimizer, train, {.epochs = 40, .batch_size = 50, .show_progress = false});
    const double accuracy = evaluate(model, test).accuracy;
    fmt::print("{:20} test accuracy {:.3f}\n", title, accuracy);
    return accuracy;
  };
  const double plain = accuracy_of("40 plain layers", false);
  const double residual = accuracy_of("20 residual blocks", true);
  return residual > 0.9 && residual > plain ? 0 : 1;
}
