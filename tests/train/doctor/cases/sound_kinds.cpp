#include "set_up.h"
#include "train/doctor/custom_layers.h"

#include <algorithm>
#include <cmath>

// Sound set-ups of kinds that are not drawn: of convolutions, autoencoders, gates, several labels, pre-trained weights.

namespace gradus::cases {

namespace {

Dataset to_itself(const Dataset& data) { return {data.batch().inputs, data.batch().inputs}; }
Dataset one_hot_digits() {
  return with_targets_of(digits(), 10, [](const Real*, Real label, Real* target) {
    for (Index c = 0; c < 10; ++c) target[c] = static_cast<Real>(c) == label;
  });
}
Dataset moons_as_targets() {
  return with_targets_of(two_moons(), 1, [](const Real*, Real label, Real* target) { *target = label; });
}
/// Which digits are above 4, odd, and above 7.
Dataset properties_of_digits() {
  return with_targets_of(digits(), 3, [](const Real*, Real label, Real* target) {
    const auto digit = static_cast<int>(label);
    target[0] = digit > 4, target[1] = digit % 2 == 1, target[2] = digit > 7;
  });
}

/// Counts of words, of which a text has few; each class has words of its own.
Dataset words(Index samples, Index vocabulary, bool unit_length) {
  Generator random(21);
  Tensor x = Tensor::zeros({samples, vocabulary}), labels = Tensor::empty({samples});
  for (Index i = 0; i < samples; ++i) {
    const Index c = i % 4;
    labels.data()[i] = static_cast<Real>(c);
    Real* row = x.data() + i * vocabulary;
    for (int word = 0; word < 20; ++word) {
      const bool own = random.uniform() < 0.4;
      const auto range = static_cast<std::uint64_t>(own ? vocabulary / 8 : vocabulary);
      row[(own ? c * (vocabulary / 8) : 0) + static_cast<Index>(random.below(range))] += 1;
    }
    double squares = 0;
    for (Index f = 0; f < vocabulary; ++f) squares += double{row[f]} * row[f];
    if (unit_length) {
      for (Index f = 0; f < vocabulary; ++f) row[f] = static_cast<Real>(row[f] / std::sqrt(squares));
    }
  }
  return {x, labels, 4};
}

/// Two categories of 10 and 30 values, one-hot, and what follows from them.
Dataset categories() {
  Generator random(22);
  Tensor x = Tensor::zeros({1000, 40}), labels = Tensor::empty({1000});
  for (Index i = 0; i < 1000; ++i) {
    const auto a = static_cast<Index>(random.below(10)), b = static_cast<Index>(random.below(30));
    x.data()[40 * i + a] = x.data()[40 * i + 10 + b] = 1;
    labels.data()[i] = static_cast<Real>((a + b) % 2);
  }
  return {x, labels, 2};
}

/// One class of two with this share; told apart by two features.
Dataset imbalanced(double share) {
  Generator random(23);
  Tensor x = Tensor::normal({2000, 8}, 0, 1, random), labels = Tensor::zeros({2000});
  for (Index i = 0; i < 2000; ++i) {
    if (random.uniform() < share) continue;
    labels.data()[i] = 1;
    x.data()[8 * i] += 2;
    x.data()[8 * i + 1] -= 2;
  }
  return {x, labels, 2};
}

Dataset two_waves(Index samples) {
  Generator random(24);
  Tensor x = Tensor::uniform({samples, 1}, -3, 3, random), y = Tensor::empty({samples, 1});
  for (Index i = 0; i < samples; ++i) {
    y.data()[i] = static_cast<Real>(std::sin(2 * double{x.data()[i]}) + 0.1 * random.normal());
  }
  return {x, y};
}

Dataset with_targets_by(const Dataset& data, double (*f)(double)) {
  Batch all = data.batch();
  all.labels = all.labels.clone();
  for (Real& y : all.labels.values()) y = static_cast<Real>(f(double{y}));
  return {all.inputs, all.labels};
}

/// Gates of sigmoids: dense(x) * sigmoid(dense(x)) (Dauphin et al. 2017).
class Gated : public Layer {
 public:
  explicit Gated(Index units) : value_(units), gate_(units, {.activation = "sigmoid"}) {}
  Children children() override { return {{"value", value_}, {"gate", gate_}}; }

 protected:
  Variable forward(const Variable& x, Mode mode) override { return value_(x, mode) * gate_(x, mode); }

 private:
  Dense value_, gate_;
};

/// Experts, mixed by a softmax of the input (Jacobs et al. 1991).
class Mixture : public Layer {
 public:
  explicit Mixture(Index units) : first_(units, {.activation = "relu"}), second_(units, {.activation = "relu"}) {}
  Children children() override {
    return {{"first", first_}, {"second", second_}, {"scores", scores_}, {"weights", weights_}};
  }

 protected:
  Variable forward(const Variable& x, Mode mode) override {
    const Variable w = weights_(scores_(x, mode), mode);
    return slice(w, 1, 0, 1) * first_(x, mode) + slice(w, 1, 1, 2) * second_(x, mode);
  }

 private:
  Dense first_, second_, scores_{2};
  Activation weights_{"softmax"};
};

/// x + scale * dense(gelu(dense(normalization(x)))), scale from 1e-4 on (Touvron et al. 2021).
class ScaledBlock : public Layer {
 public:
  explicit ScaledBlock(Index units) : wide_(4 * units, {.activation = "gelu"}), narrow_(units) {}
  Children children() override { return {{"normalization", normalization_}, {"wide", wide_}, {"narrow", narrow_}}; }

 protected:
  Variable forward(const Variable& x, Mode mode) override {
    return x + narrow_(wide_(normalization_(x, mode), mode), mode) * *scale_;
  }
  void create_parameters(const Shape& input) override {
    scale_ = &add_weight("scale", Tensor::full(input, Real(1e-4)));
  }

 private:
  LayerNormalization normalization_;
  Dense wide_, narrow_;
  Parameter* scale_ = nullptr;
};

/// Channels weighted by what the whole image has of them (Hu et al. 2018).
class SqueezeExcite : public Layer {
 public:
  explicit SqueezeExcite(Index channels)
      : narrow_(channels / 2, {.activation = "relu"}),
        gate_(channels, {.activation = "sigmoid"}),
        channels_(channels) {}
  Children children() override { return {{"pooling", pooling_}, {"narrow", narrow_}, {"gate", gate_}}; }

 protected:
  Variable forward(const Variable& x, Mode mode) override {
    const Variable gate = gate_(narrow_(pooling_(x, mode), mode), mode);
    return x * reshape(gate, Shape{gate.shape()[0], 1, 1, channels_});
  }

 private:
  GlobalAveragePooling2D pooling_;
  Dense narrow_, gate_;
  Index channels_;
};

/// relu(x + n(c(relu(n(c(x)))))), the last gamma from 0 on (Goyal et al. 2017).
class ImageBlock : public Layer {
 public:
  explicit ImageBlock(Index filters)
      : convolution1_(filters, 3, {.padding = "same", .use_bias = false}),
        convolution2_(filters, 3, {.padding = "same", .use_bias = false}) {}
  Children children() override {
    return {{"convolution1", convolution1_},
            {"normalization1", normalization1_},
            {"convolution2", convolution2_},
            {"normalization2", normalization2_}};
  }

 protected:
  Variable forward(const Variable& x, Mode mode) override {
    const Variable inner = relu(normalization1_(convolution1_(x, mode), mode));
    return relu(x + normalization2_(convolution2_(inner, mode), mode));
  }

 private:
  Conv2D convolution1_, convolution2_;
  BatchNormalization normalization1_{{.momentum = 0.9}};
  BatchNormalization normalization2_{{.momentum = 0.9, .gamma_initializer = "zeros"}};
};

/// The same layers four times, as of a recurrent network.
class Recurrent : public Layer {
 public:
  explicit Recurrent(Index units) : step_(units, {.activation = "tanh"}) {}
  Children children() override { return {{"step", step_}}; }

 protected:
  Variable forward(const Variable& x, Mode mode) override {
    Variable y = x;
    for (int i = 0; i < 4; ++i) y = x + step_(y, mode);
    return y;
  }

 private:
  Dense step_;
};

Variable smoothed(const Variable& outputs, const Batch& batch) {
  return softmax_cross_entropy(outputs, batch.labels, CrossEntropyOptions{.label_smoothing = 0.1});
}
/// -(1 - p)^2 log p (Lin et al. 2017).
Variable focal(const Variable& outputs, const Batch& batch) {
  const Variable log_p = gather(log_softmax(outputs), batch.labels);
  return mean(-(square(Real(1) - exp(log_p)) * log_p));
}
Variable poisson(const Variable& outputs, const Batch& batch) {
  return mean(exp(outputs) - Variable(batch.labels) * outputs);
}

void train(SetUp& set_up, int epochs, Loss loss = {}) {
  Adam trainer;
  fit(*set_up.model, trainer, set_up.data,
      {.epochs = epochs, .batch_size = 64, .loss = std::move(loss), .show_progress = false});
}

}  // namespace

std::vector<Sound> sound_kinds() {
  std::vector<Sound> all;
  const auto add = [&](std::string name, std::function<SetUp()> set_up) {
    all.push_back({std::move(name), std::move(set_up)});
  };
  const auto on = [](const Dataset& data, std::unique_ptr<Layer> model, std::unique_ptr<Optimizer> optimizer,
                     DiagnoseOptions options = {.batch_size = 64, .steps = 500}) {
    return SetUp{std::move(model), data, std::move(optimizer), std::move(options)};
  };
  const Net plain{.inputs = 8, .outputs = 1, .hidden = {64, 64}};

  // Regression.
  add("targets of 5 +- 2", [=] { return on(with_targets(regression(), 2, 5), make(plain), adam(3e-3)); });
  add("targets of +- 8, SGD 0.003", [=] { return on(with_targets(regression(), 8), make(plain), sgd(0.003)); });
  add("targets of 40 +- 1, last bias 40", [=] {
    SetUp set_up = on(with_targets(regression(), 1, 40), make(plain), adam(3e-3));
    set_up.model->build({8});
    for (Parameter& weight : set_up.model->parameters()) {
      if (weight.name() == "dense_2.bias") weight.value().fill(40);
    }
    return set_up;
  });
  add("huber",
      [=] { return on(regression(), make(plain), adam(3e-3), {.batch_size = 32, .loss = "huber", .steps = 500}); });
  add("mean absolute error", [=] {
    return on(regression(), make(plain), adam(3e-3), {.batch_size = 32, .loss = "mean_absolute_error", .steps = 500});
  });
  add("linear regression", [=] { return on(regression(), sequence(Input{8}, Dense{1}), sgd(0.05)); });
  add("a wave, 40 samples, tanh", [=] {
    return on(two_waves(40),
              sequence(Input{1}, Dense{32, {.activation = "tanh"}}, Dense{32, {.activation = "tanh"}}, Dense{1}),
              adam(1e-2), {.batch_size = 8, .steps = 500});
  });
  add("a wave, relu", [=] {
    return on(two_waves(1000),
              sequence(Input{1}, Dense{64, {.activation = "relu"}}, Dense{64, {.activation = "relu"}}, Dense{1}),
              adam(5e-3));
  });
  add("counts, exponential outputs", [=] {
    return on(with_targets_by(regression(), [](double y) { return std::floor(std::exp(y)); }), make(plain), adam(3e-3),
              {.batch_size = 64, .loss = poisson, .steps = 500});
  });
  add("positive targets, softplus at the end", [=] {
    return on(with_targets_by(regression(), [](double y) { return std::exp(0.5 * y); }),
              sequence(Input{8}, Dense{64, {.activation = "relu"}}, Dense{1, {.activation = "softplus"}}), adam(3e-3));
  });
  add("targets in 0 to 1, sigmoid at the end", [=] {
    return on(with_targets_by(regression(), [](double y) { return 1 / (1 + std::exp(-y)); }),
              sequence(Input{8}, Dense{64, {.activation = "relu"}}, Dense{1, {.activation = "sigmoid"}}), adam(3e-3));
  });
  add("targets in -1 to 1, tanh at the end", [=] {
    return on(with_targets_by(regression(), [](double y) { return std::tanh(y); }),
              sequence(Input{8}, Dense{64, {.activation = "relu"}}, Dense{1, {.activation = "tanh"}}), adam(3e-3));
  });

  // Autoencoders.
  add("autoencoder", [=] {
    return on(to_itself(digits()),
              sequence(Input{784}, Dense{128, {.activation = "relu"}}, Dense{32, {.activation = "relu"}},
                       Dense{128, {.activation = "relu"}}, Dense{784}),
              adam());
  });
  add("autoencoder, sigmoid at the end", [=] {
    return on(to_itself(digits()),
              sequence(Input{784}, Dense{64, {.activation = "relu"}}, Dense{784, {.activation = "sigmoid"}}),
              adam(3e-3));
  });
  add("autoencoder, binary cross-entropy", [=] {
    return on(to_itself(digits()), sequence(Input{784}, Dense{32, {.activation = "relu"}}, Dense{784}), adam(),
              {.batch_size = 64, .loss = "binary_cross_entropy", .steps = 500});
  });
  add("linear autoencoder",
      [=] { return on(to_itself(digits()), sequence(Input{784}, Dense{32}, Dense{784}), adam()); });
  add("autoencoder with a code of 2", [=] {
    return on(to_itself(digits()),
              sequence(Input{784}, Dense{128, {.activation = "relu"}}, Dense{2}, Dense{128, {.activation = "relu"}},
                       Dense{784}),
              adam(2e-3));
  });
  add("autoencoder that removes dropout from its inputs", [=] {
    return on(to_itself(digits()), sequence(Input{784}, Dropout{0.3}, Dense{128, {.activation = "relu"}}, Dense{784}),
              adam());
  });

  // Convolutions.
  add("conv, relu, pooling", [=] {
    return on(images(),
              sequence(Input{{28, 28, 1}}, Conv2D{8, 3, {.activation = "relu"}}, MaxPooling2D{},
                       Conv2D{16, 3, {.activation = "relu"}}, MaxPooling2D{}, Flatten{}, Dense{10}),
              adam(2e-3));
  });
  add("LeNet of tanh", [=] {
    return on(images(),
              sequence(Input{{28, 28, 1}}, Conv2D{6, 5, {.padding = "same", .activation = "tanh"}}, AveragePooling2D{},
                       Conv2D{16, 5, {.activation = "tanh"}}, AveragePooling2D{}, Flatten{},
                       Dense{120, {.activation = "tanh"}}, Dense{84, {.activation = "tanh"}}, Dense{10}),
              sgd(0.05, 0.9));
  });
  add("conv with batch normalization", [=] {
    return on(images(),
              sequence(Input{{28, 28, 1}}, Conv2D{8, 3, {.use_bias = false}}, BatchNormalization{{.momentum = 0.9}},
                       Activation{"relu"}, MaxPooling2D{}, Conv2D{16, 3, {.use_bias = false}},
                       BatchNormalization{{.momentum = 0.9}}, Activation{"relu"}, GlobalAveragePooling2D{}, Dense{10}),
              adam(3e-3));
  });
  add("conv with batch normalization, batches of 16", [=] {
    return on(images(),
              sequence(Input{{28, 28, 1}}, Conv2D{8, 3, {.use_bias = false}}, BatchNormalization{{.momentum = 0.9}},
                       Activation{"relu"}, MaxPooling2D{}, Flatten{}, Dense{10}),
              adam(2e-3), {.batch_size = 16, .steps = 500});
  });
  add("conv with groups normalized", [=] {
    return on(images(),
              sequence(Input{{28, 28, 1}}, Conv2D{8, 3}, GroupNormalization{{.groups = 4}}, Activation{"relu"},
                       MaxPooling2D{}, Flatten{}, Dense{10}),
              adam(2e-3), {.batch_size = 8, .steps = 500});
  });
  add("conv with instances normalized", [=] {
    return on(images(),
              sequence(Input{{28, 28, 1}}, Conv2D{8, 3}, InstanceNormalization{}, Activation{"relu"}, MaxPooling2D{},
                       Flatten{}, Dense{10}),
              adam(2e-3));
  });
  add("separable conv", [=] {
    return on(
        images(),
        sequence(Input{{28, 28, 1}}, Conv2D{8, 3, {.strides = 2, .activation = "relu"}},
                 DepthwiseConv2D{3, {.padding = "same"}}, Conv2D{16, 1, {.activation = "relu"}}, Flatten{}, Dense{10}),
        adam(3e-3));
  });
  add("residual conv, last gammas of 0", [=] {
    return on(images(),
              sequence(Input{{28, 28, 1}}, Conv2D{8, 3, {.strides = 2, .activation = "relu"}}, ImageBlock{8},
                       ImageBlock{8}, GlobalAveragePooling2D{}, Dense{10}),
              adam(1e-2));
  });
  add("conv with weighted channels", [=] {
    return on(images(),
              sequence(Input{{28, 28, 1}}, Conv2D{8, 3, {.strides = 2, .activation = "relu"}}, SqueezeExcite{8},
                       Flatten{}, Dense{10}),
              adam(3e-3));
  });
  add("conv with dropout", [=] {
    return on(images(),
              sequence(Input{{28, 28, 1}}, Conv2D{8, 3, {.activation = "relu"}}, MaxPooling2D{}, Dropout{0.25},
                       Flatten{}, Dense{64, {.activation = "relu"}}, Dropout{0.5}, Dense{10}),
              adam(2e-3));
  });
  add("conv on bytes, scaled by batch normalization", [=] {
    return on(moved(images(), 255),
              sequence(Input{{28, 28, 1}}, BatchNormalization{{.momentum = 0.9}}, Conv2D{8, 3, {.activation = "relu"}},
                       MaxPooling2D{}, Flatten{}, Dense{10}),
              adam());
  });

  // Custom layers.
  add("gates", [=] { return on(digits(), sequence(Input{784}, Gated{64}, Gated{64}, Dense{10}), adam(2e-3)); });
  add("a mixture of experts", [=] { return on(digits(), sequence(Input{784}, Mixture{64}, Dense{10}), adam(2e-3)); });
  add("8 blocks with scales of 1e-4", [=] {
    std::vector<std::unique_ptr<Layer>> layers;
    layers.push_back(std::make_unique<Input>(Shape{784}));
    layers.push_back(std::make_unique<Dense>(32));
    for (int i = 0; i < 8; ++i) layers.push_back(std::make_unique<ScaledBlock>(32));
    layers.push_back(std::make_unique<LayerNormalization>());
    layers.push_back(std::make_unique<Dense>(10));
    return on(digits(), std::make_unique<Sequential>(std::move(layers)), adam(2e-3));
  });
  add("a layer called four times", [=] {
    return on(digits(), sequence(Input{784}, Dense{32, {.activation = "tanh"}}, Recurrent{32}, Dense{10}), adam(2e-3));
  });

  // Data.
  add("counts of words",
      [=] { return on(words(1000, 800, false), make({.inputs = 800, .outputs = 4, .hidden = {64}}), adam(2e-3)); });
  add("words of unit length",
      [=] { return on(words(1000, 2000, true), make({.inputs = 2000, .outputs = 4, .hidden = {64}}), adam(3e-3)); });
  add("digits of unit length", [=] { return on(moved(digits(), 0.1), make({.hidden = {128}}), adam(3e-3)); });
  add("one-hot categories", [=] {
    return on(categories(), make({.inputs = 40, .outputs = 2, .hidden = {64, 64}}), adam(3e-3));
  });
  add("xor of 4 points", [=] {
    return on(xor_points(), sequence(Input{2}, Dense{16, {.activation = "tanh"}}, Dense{2}), adam(0.05),
              {.batch_size = 4, .steps = 500});
  });
  add("20 samples", [=] {
    return on(table().take(20), make({.inputs = 12, .outputs = 3, .hidden = {16}}), adam(1e-2),
              {.batch_size = 5, .steps = 500});
  });
  add("blobs, logistic regression",
      [=] { return on(blobs(), sequence(Input{2}, Dense{3}), sgd(0.5), {.batch_size = 30, .steps = 500}); });
  add("spirals", [=] {
    return on(spirals({.samples = 600}), make({.inputs = 2, .outputs = 3, .hidden = {64, 64}}), adam(1e-2));
  });
  add("85 % of one class",
      [=] { return on(imbalanced(0.85), make({.inputs = 8, .outputs = 2, .hidden = {32}}), adam(5e-3)); });
  add("96 % of one class, weighted", [=] {
    return on(imbalanced(0.96).with_class_weights({1, 20}), make({.inputs = 8, .outputs = 2, .hidden = {32}}),
              adam(5e-3));
  });
  add("layer normalization of bytes first", [=] {
    return on(moved(digits(), 255),
              sequence(Input{784}, LayerNormalization{}, Dense{128, {.activation = "relu"}}, Dense{10}), adam(2e-3));
  });
  add("standardization as a layer, bytes", [=] {
    const Dataset bytes = moved(digits(), 255);
    return on(bytes,
              sequence(Input{784}, Standardize{Standardization(bytes)}, Dense{128, {.activation = "relu"}}, Dense{10}),
              adam());
  });
  add("validation data of equal kind", [=] {
    static const Dataset other = load_digits_sample().test;
    return on(digits(), make({}), adam(), {.batch_size = 64, .steps = 500, .validation = &other});
  });

  // Losses.
  add("several labels at once", [=] {
    return on(properties_of_digits(), sequence(Input{784}, Dense{64, {.activation = "relu"}}, Dense{3}), adam(2e-3),
              {.batch_size = 64, .loss = "binary_cross_entropy", .steps = 500});
  });
  add("ten labels, one-hot", [=] {
    return on(one_hot_digits(), sequence(Input{784}, Dense{64, {.activation = "relu"}}, Dense{10}), adam(2e-3),
              {.batch_size = 64, .loss = "binary_cross_entropy", .steps = 500});
  });
  add("two classes by one output", [=] {
    return on(moons_as_targets(), make({.inputs = 2, .outputs = 1, .hidden = {32, 32}}), adam(1e-2),
              {.batch_size = 64, .loss = "binary_cross_entropy", .steps = 500});
  });
  add("one-hot targets, squared error", [=] {
    return on(one_hot_digits(), sequence(Input{784}, Dense{64, {.activation = "relu"}}, Dense{10}), adam(2e-3));
  });
  add("label smoothing",
      [=] { return on(digits(), make({}), adam(), {.batch_size = 64, .loss = smoothed, .steps = 500}); });
  add("focal loss",
      [=] { return on(digits(), make({}), adam(2e-3), {.batch_size = 64, .loss = focal, .steps = 500}); });

  // Optimizers and schedules.
  add("AdamW with decay 0.01", [=] { return on(digits(), make({}), by<AdamW>(AdamWOptions{.weight_decay = 0.01})); });
  add("AdamW by PyTorch, batch normalization",
      [=] { return on(digits(), make({.normalization = "batch"}), by<AdamW>(AdamWOptions::pytorch())); });
  add("SGD 0.1 + momentum, L2 decay 5e-4, batch normalization", [=] {
    return on(digits(), make({.normalization = "batch"}),
              by<SGD>(SGDOptions{.learning_rate = 0.1,
                                 .momentum = 0.9,
                                 .nesterov = true,
                                 .weight_decay = 5e-4,
                                 .decoupled_weight_decay = false}));
  });
  add("warm-up of 200 steps", [=] {
    return on(
        digits(), make({}), adam(),
        {.batch_size = 64, .steps = 500, .callbacks = {LearningRateScheduler(warm_up(200, cosine_decay(3e-3, 2000)))}});
  });
  add("warm-up of 1,000 steps, AdamW, layer normalization", [=] {
    return on(digits(), make({.normalization = "layer"}), by<AdamW>(AdamWOptions{}),
              {.batch_size = 64,
               .steps = 5000,
               .callbacks = {LearningRateScheduler(warm_up(1000, cosine_decay(1e-3, 20'000)))}});
  });
  add("one cycle to 0.5", [=] {
    return on(digits(), make({.normalization = "batch"}), sgd(0.1, 0.9),
              {.batch_size = 64, .steps = 640, .callbacks = {LearningRateScheduler(one_cycle(0.2, 640))}});
  });
  add("accumulated gradients, 4 x 16", [=] {
    return on(digits(), make({}), adam(2e-3), {.batch_size = 16, .steps = 500, .gradient_accumulation_steps = 4});
  });
  add("gradients clipped to norm 1, SGD",
      [=] { return on(digits(), make({}), sgd(0.1, 0.9), {.batch_size = 64, .steps = 500, .callbacks = {Clip(1)}}); });
  add("batches of 512",
      [=] { return on(digits(), make({.normalization = "batch"}), adam(3e-3), {.batch_size = 512, .steps = 500}); });

  // Weights.
  add("frozen base, new head", [=] {
    SetUp first = on(clothing(), make({.hidden = {128, 64}}), adam());
    train(first, 5);
    auto* base = dynamic_cast<Sequential*>(first.model.get());
    base->freeze();
    SetUp set_up = on(digits(), sequence(std::move(*base), Dense{10}), adam(1e-2));
    set_up.model->build({784});
    return set_up;
  });
  add("a trained network at 1e-4", [=] {
    SetUp set_up = on(digits(), make({.hidden = {256, 128}}), adam(1e-4));
    train(set_up, 4);
    return set_up;
  });
  add("a trained network at 1e-5, other digits", [=] {
    SetUp set_up = on(digits(), make({.hidden = {256, 128}}), adam(1e-5));
    train(set_up, 10);
    set_up.data = load_digits_sample().train.take(2048, 4096);
    return set_up;
  });
  add("trained, batch normalization frozen", [=] {
    SetUp set_up = on(digits(), make({.normalization = "batch"}), adam(5e-4));
    train(set_up, 4);
    set_up.model->freeze("batch_normalization*");
    return set_up;
  });
  add("a base with a tenth of the rate", [=] {
    SetUp set_up = on(digits(), make({.hidden = {128, 64}}), adam(2e-3));
    train(set_up, 3);
    set_up.optimizer->set_learning_rate_multiplier(set_up.model->layer("dense").parameters(), 0.1);
    return set_up;
  });
  add("last kernel of zeros", [=] {
    return on(digits(),
              sequence(Input{784}, Dense{128, {.activation = "relu"}}, Dense{10, {.kernel_initializer = "zeros"}}),
              adam(2e-3));
  });
  add("branches that begin as 0", [=] {
    return on(digits(),
              sequence(Input{784}, Dense{64, {.activation = "relu"}}, ZeroBranch{64}, ZeroBranch{64}, ZeroBranch{64},
                       Dense{10}),
              adam());
  });
  add("biases of 0.1", [=] {
    const DenseOptions options{.activation = "relu", .bias_initializer = "random_uniform(0.1)"};
    return on(digits(), sequence(Input{784}, Dense{128, options}, Dense{64, options}, Dense{10}), adam());
  });
  add("PyTorch's weights", [=] {
    return on(digits(), make({.hidden = {256, 256}, .initializer = "torch_uniform"}), sgd(0.1, 0.9));
  });
  add("truncated_normal(0.02), layer normalization", [=] {
    return on(digits(), make({.hidden = {128, 128}, .initializer = "truncated_normal(0.02)", .normalization = "layer"}),
              adam());
  });
  add("batch normalization behind relu, dropout behind it", [=] {
    return on(digits(),
              sequence(Input{784}, Dense{128, {.activation = "relu"}}, BatchNormalization{}, Dropout{0.3},
                       Dense{64, {.activation = "relu"}}, BatchNormalization{}, Dropout{0.3}, Dense{10}),
              adam());
  });
  return all;
}

}  // namespace gradus::cases
