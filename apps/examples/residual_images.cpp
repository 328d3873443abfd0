// A residual network of convolutions with batch normalization (He et al. 2016), small, for images of any size.
//
//     residual_images                    500 built-in images of clothing, a minute
//     residual_images FOLDER [EPOCHS]    CIFAR-10, its binary version; 30 epochs unless given
#include <gradus/gradus.h>

#include <cstdlib>

using namespace gradus;

/// y = relu(f(x) + x), f two convolutions with normalizations. If the width changes, x passes a convolution, too, and
/// the image is halved.
class ResidualBlock : public Layer {
 public:
  ResidualBlock(Index filters, bool halves)
      : convolution1_{filters, 3, {.strides = halves ? 2 : 1, .padding = "same", .use_bias = false}},
        convolution2_{filters, 3, {.padding = "same", .use_bias = false}} {
    if (halves) shortcut_.emplace(Conv2D{filters, 1, {.strides = 2, .use_bias = false}}, BatchNormalization{momentum});
  }

  Variable forward(const Variable& x, Mode mode) override {
    const Variable inner = relu(normalization1_(convolution1_(x, mode), mode));
    return relu(normalization2_(convolution2_(inner, mode), mode) + (shortcut_ ? (*shortcut_)(x, mode) : x));
  }
  Children children() override {
    Children all{{"convolution1", convolution1_},
                 {"normalization1", normalization1_},
                 {"convolution2", convolution2_},
                 {"normalization2", normalization2_}};
    if (shortcut_) all.push_back({"shortcut", *shortcut_});
    return all;
  }

 private:
  inline static const BatchNormalizationOptions momentum{.momentum = 0.9};

  Conv2D convolution1_;
  BatchNormalization normalization1_{momentum};
  Conv2D convolution2_;
  BatchNormalization normalization2_{momentum};
  std::optional<Sequential> shortcut_;
};

int main(int argc, char** argv) {
  if (argc > 3) {
    fmt::print(stderr, "usage: residual_images [FOLDER [EPOCHS]]\n");
    return 2;
  }
  try {
    const bool cifar = argc > 1;
    TrainTest data = cifar ? load_cifar10(argv[1]) : load_clothing_sample();
    if (!cifar) data = {data.train.with_shape({28, 28, 1}), data.test.with_shape({28, 28, 1})};
    const int epochs = argc > 2 ? std::atoi(argv[2]) : cifar ? 30 : 12;
    check(epochs >= 1, "residual_images: expected at least 1 epoch, got {}", argc > 2 ? argv[2] : "");
    set_seed(1);
    const Index width = cifar ? 32 : 8;
    std::vector<std::unique_ptr<Layer>> layers;
    layers.push_back(std::make_unique<Input>(data.train.sample_shape()));
    layers.push_back(std::make_unique<Conv2D>(width, 3, Conv2DOptions{.padding = "same", .use_bias = false}));
    layers.push_back(std::make_unique<BatchNormalization>(BatchNormalizationOptions{.momentum = 0.9}));
    layers.push_back(std::make_unique<Activation>("relu"));
    for (const Index factor : {1, 2, 4}) {
      layers.push_back(std::make_unique<ResidualBlock>(factor * width, factor > 1));
      layers.push_back(std::make_unique<ResidualBlock>(factor * width, false));
    }
    layers.push_back(std::make_unique<GlobalAveragePooling2D>());
    layers.push_back(std::make_unique<Dense>(10));
    Sequential model(std::move(layers));

    constexpr Index batch_size = 128;
    DataLoader loader(data.train, {.batch_size = cifar ? batch_size : 32, .shuffle = true, .drop_last = true});
    const std::int64_t steps = epochs * loader.batches_per_epoch();
    SGD optimizer{{.momentum = 0.9, .nesterov = true, .weight_decay = 5e-4, .decoupled_weight_decay = false}};
    const RandomCrop augment{{.padding = cifar ? 4 : 2}};
    fit(model, optimizer, Prefetched(Transformed(std::move(loader), augment)),
        {.epochs = epochs,
         .validation = &data.test,
         .show_progress = cifar,
         .callbacks = {LearningRateScheduler(one_cycle(0.1, steps))}});
    const double accuracy = evaluate(model, data.test).accuracy;
    fmt::print("test accuracy {:.3f} after {} epochs\n", accuracy, epochs);
    return cifar || accuracy > 0.6 ? 0 : 1;
  } catch (const std::exception& error) {
    fmt::print(stderr, "residual_images: {}\n", error.what());
    return 1;
  }
}
