#include "set_up.h"

#include <algorithm>
#include <utility>

// Faults that people ask about in forums, of convolutions, losses, weights, custom layers and callbacks.

namespace gradus::cases {

namespace {

using Rules = std::vector<std::string_view>;

Dataset one_hot_digits() {
  return with_targets_of(digits(), 10, [](const Real*, Real label, Real* target) {
    for (Index c = 0; c < 10; ++c) target[c] = static_cast<Real>(c) == label;
  });
}

Dataset moons_as_targets() {
  return with_targets_of(two_moons(), 1, [](const Real*, Real label, Real* target) { *target = label; });
}

Dataset changed(const Dataset& data, const std::function<void(Index row, Real* inputs, Real& label)>& change) {
  Batch all = data.batch();
  all.inputs = all.inputs.clone();
  all.labels = all.labels.clone();
  const Index features = data.sample_shape().size();
  for (Index i = 0; i < data.size(); ++i) change(i, all.inputs.data() + i * features, all.labels.data()[i]);
  return {all, data.classes()};
}

/// Whose output is a constant for the tape.
class Detached : public Layer {
 public:
  explicit Detached(Index units) : dense_(units, {.activation = "relu"}) {}
  Children children() override { return {{"dense", dense_}}; }

 protected:
  Variable forward(const Variable& x, Mode mode) override { return stop_gradient(dense_(x, mode)); }

 private:
  Dense dense_;
};

/// relu(normalization(convolution(x))) + x, with a bias that is not needed.
class ImageBlock : public Layer {
 public:
  explicit ImageBlock(Index filters) : convolution_(filters, 3, {.padding = "same"}) {}
  Children children() override { return {{"convolution", convolution_}, {"normalization", normalization_}}; }

 protected:
  Variable forward(const Variable& x, Mode mode) override {
    return x + relu(normalization_(convolution_(x, mode), mode));
  }

 private:
  Conv2D convolution_;
  BatchNormalization normalization_{{.momentum = 0.9}};
};

struct ZeroGradients : Callback {
  void on_gradients(TrainingState& state) override {
    for (Parameter& weight : state.model.parameters()) weight.gradient().fill(0);
  }
};
struct ClipValues : Callback {
  explicit ClipValues(double at) : limit(at) {}
  void on_gradients(TrainingState& state) override { clip_by_value(state.model.parameters(), limit); }
  double limit;
};

Variable summed_loss(const Variable& outputs, const Batch& batch) {
  return softmax_cross_entropy(outputs, batch.labels) * static_cast<Real>(batch.labels.size() * 100);
}

}  // namespace

std::vector<Fault> asked_faults() {
  const Rules rate_too_high{"diverging_loss", "high_learning_rate"}, rate_too_low{"low_learning_rate"};
  const Rules no_start{"equal_units", "no_gradients"}, inputs{"data_not_scaled"}, targets{"targets_not_scaled"};
  std::vector<Fault> all;
  const auto add = [&](std::string name, Rules rules, std::function<SetUp()> set_up) {
    all.push_back({std::move(name), std::move(rules), std::move(set_up)});
  };
  const auto on = [](const Dataset& data, std::unique_ptr<Layer> model, std::unique_ptr<Optimizer> optimizer,
                     DiagnoseOptions options = {.batch_size = 64, .steps = 500}) {
    return SetUp{std::move(model), data, std::move(optimizer), std::move(options)};
  };

  // Convolutions.
  add("conv: pixels of 0 to 255, SGD 0.01 + momentum", inputs, [=] {
    return on(moved(images(), 255),
              sequence(Input{{28, 28, 1}}, Conv2D{8, 3, {.activation = "relu"}}, MaxPooling2D{}, Flatten{}, Dense{10}),
              sgd(0.01, 0.9));
  });
  add("conv: bias under batch normalization", {"bias_under_normalization"}, [=] {
    return on(images(),
              sequence(Input{{28, 28, 1}}, Conv2D{8, 3}, BatchNormalization{{.momentum = 0.9}}, Activation{"relu"},
                       MaxPooling2D{}, Flatten{}, Dense{10}),
              adam());
  });
  add("conv: bias under batch normalization in a block", {"bias_under_normalization"}, [=] {
    return on(images(),
              sequence(Input{{28, 28, 1}}, Conv2D{8, 3, {.activation = "relu"}}, MaxPooling2D{}, ImageBlock{8},
                       GlobalAveragePooling2D{}, Dense{10}),
              adam(3e-3));
  });
  add("conv: no activation", {"linear_stack"}, [=] {
    return on(images(), sequence(Input{{28, 28, 1}}, Conv2D{16, 5}, Conv2D{16, 5}, Flatten{}, Dense{64}, Dense{10}),
              adam(3e-3));
  });
  add("conv: kernels of 0.01", no_start, [=] {
    SetUp set_up = on(images(),
                      sequence(Input{{28, 28, 1}}, Conv2D{8, 3, {.activation = "relu"}}, MaxPooling2D{}, Flatten{},
                               Dense{10, {.kernel_initializer = "zeros"}}),
                      adam());
    for (Parameter& weight : set_up.model->parameters()) weight.value().fill(Real(0.01));
    return set_up;
  });
  add("conv: dropout under batch normalization", {"dropout_before_normalization"}, [=] {
    return on(images(),
              sequence(Input{{28, 28, 1}}, Conv2D{8, 3, {.activation = "relu"}}, Dropout{0.5},
                       BatchNormalization{{.momentum = 0.9}}, MaxPooling2D{}, Flatten{}, Dense{10}),
              adam());
  });
  add("conv: softmax before the loss, flattened", {"probabilities_as_logits"}, [=] {
    return on(images(),
              sequence(Input{{28, 28, 1}}, Conv2D{8, 3, {.activation = "relu"}}, MaxPooling2D{}, Conv2D{10, 13},
                       Activation{"softmax"}, Flatten{}),
              adam());
  });
  add("conv: Adam 0.3", rate_too_high, [=] {
    return on(images(),
              sequence(Input{{28, 28, 1}}, Conv2D{8, 3, {.activation = "relu"}}, MaxPooling2D{}, Flatten{}, Dense{10}),
              adam(0.3));
  });
  add("conv: normal(0.001), 6 layers", {"vanishing_gradients"}, [=] {
    const Conv2DOptions options{.padding = "same", .activation = "relu", .kernel_initializer = "random_normal(0.001)"};
    return on(images(),
              sequence(Input{{28, 28, 1}}, MaxPooling2D{}, Conv2D{8, 3, options}, Conv2D{8, 3, options},
                       Conv2D{8, 3, options}, Conv2D{8, 3, options}, Conv2D{8, 3, options}, Conv2D{8, 3, options},
                       Flatten{}, Dense{10}),
              adam());
  });

  // Losses and outputs.
  add("two sigmoids: one in the model, one in the loss", {"probabilities_as_logits"}, [=] {
    return on(moons_as_targets(),
              sequence(Input{2}, Dense{32, {.activation = "relu"}}, Dense{1, {.activation = "sigmoid"}}), adam(1e-2),
              {.batch_size = 64, .loss = "binary_cross_entropy", .steps = 500});
  });
  add("softmax over one output", {"probabilities_as_logits", "no_gradients", "outputs_out_of_range"}, [=] {
    return on(moons_as_targets(),
              sequence(Input{2}, Dense{32, {.activation = "relu"}}, Dense{1}, Activation{"softmax"}), adam(1e-2),
              {.batch_size = 64, .loss = "binary_cross_entropy", .steps = 500});
  });
  add("softmax over one output, mean squared error", {"no_gradients", "outputs_out_of_range"}, [=] {
    return on(moons_as_targets(),
              sequence(Input{2}, Dense{32, {.activation = "relu"}}, Dense{1}, Activation{"softmax"}), adam(1e-2));
  });
  add("softmax for several labels at once", {"probabilities_as_logits"}, [=] {
    return on(one_hot_digits(),
              sequence(Input{784}, Dense{64, {.activation = "relu"}}, Dense{10}, Activation{"softmax"}), adam(),
              {.batch_size = 64, .loss = "binary_cross_entropy", .steps = 500});
  });
  add("relu behind a batch normalization at the end", {"activation_on_logits"}, [=] {
    return on(digits(),
              sequence(Input{784}, Dense{64, {.activation = "relu"}}, Dense{10, {.use_bias = false}},
                       BatchNormalization{{.momentum = 0.9}}, Activation{"relu"}),
              adam());
  });
  add("a loss that is summed", rate_too_high,
      [=] { return on(digits(), make({}), sgd(0.1), {.batch_size = 64, .loss = summed_loss, .steps = 500}); });
  add("tanh at the end of an autoencoder of standardized data", {"outputs_out_of_range"}, [=] {
    const Dataset data = Standardization(digits())(digits());
    return on(with_targets_of(data, 784, [](const Real* x, Real, Real* y) { std::copy_n(x, 784, y); }),
              sequence(Input{784}, Dense{64, {.activation = "relu"}}, Dense{784, {.activation = "tanh"}}), adam());
  });
  add("sigmoid at the end of an autoencoder of bytes", {"outputs_out_of_range", "targets_not_scaled"}, [=] {
    return on(with_targets_of(digits(), 784,
                              [](const Real* x, Real, Real* y) {
                                for (Index i = 0; i < 784; ++i) y[i] = x[i] * 255;
                              }),
              sequence(Input{784}, Dense{64, {.activation = "relu"}}, Dense{784, {.activation = "sigmoid"}}), adam());
  });
  add("house prices, mean absolute error", targets, [=] {
    return on(with_targets(regression(), 80'000, 200'000), make({.inputs = 8, .outputs = 1, .hidden = {64, 64}}),
              adam(), {.batch_size = 32, .loss = "mean_absolute_error", .steps = 500});
  });
  add("targets times 1e5, huber", targets, [=] {
    return on(with_targets(regression(), 1e5), make({.inputs = 8, .outputs = 1, .hidden = {64, 64}}), adam(),
              {.batch_size = 32, .loss = "huber", .steps = 500});
  });
  add("targets of 1e-4", {"targets_not_scaled"}, [=] {
    return on(with_targets(regression(), 1e-4), make({.inputs = 8, .outputs = 1, .hidden = {64, 64}}), adam());
  });

  // Optimizers.
  add("Adam 0.1 on a trained network", rate_too_high, [=] {
    SetUp set_up = on(digits(), make({.hidden = {256, 128, 64}}), adam(0.1));
    Adam trainer;
    fit(*set_up.model, trainer, set_up.data, {.epochs = 3, .batch_size = 64, .show_progress = false});
    return set_up;
  });
  add("multipliers of 0", {"low_learning_rate", "nothing_to_train"}, [=] {
    SetUp set_up = on(digits(), make({}), adam());
    set_up.model->build({784});
    set_up.optimizer->set_learning_rate_multiplier(set_up.model->parameters(), 0);
    return set_up;
  });
  add("gradients clipped to values of 1e-6", rate_too_low, [=] {
    return on(digits(), make({}), sgd(0.1), {.batch_size = 64, .steps = 500, .callbacks = {ClipValues(1e-6)}});
  });
  add("a rate that decays at once", rate_too_low, [=] {
    return on(digits(), make({}), sgd(0.1),
              {.batch_size = 64, .steps = 500, .callbacks = {LearningRateScheduler(exponential_decay(0.1, 1, 0.1))}});
  });
  add("gradients set to 0 by a callback", {"low_learning_rate", "no_gradients"},
      [=] { return on(digits(), make({}), adam(), {.batch_size = 64, .steps = 500, .callbacks = {ZeroGradients()}}); });
  add("Adam with epsilon 10, conv", rate_too_low, [=] {
    return on(images(),
              sequence(Input{{28, 28, 1}}, Conv2D{8, 3, {.activation = "relu"}}, MaxPooling2D{}, Flatten{}, Dense{10}),
              by<Adam>(AdamOptions{.epsilon = 10}));
  });
  add("SGD 0.03 + momentum 0.999", rate_too_high, [=] { return on(digits(), make({}), sgd(0.03, 0.999)); });
  add("L2 decay 0.5 of SGD", {"high_weight_decay"}, [=] {
    return on(digits(), make({}),
              by<SGD>(SGDOptions{.learning_rate = 0.1, .weight_decay = 0.5, .decoupled_weight_decay = false}));
  });
  add("AdamW 0.01 with decay 10", {"high_weight_decay"},
      [=] { return on(digits(), make({}), by<AdamW>(AdamWOptions{.learning_rate = 0.01, .weight_decay = 10})); });
  add("l1 penalty of 0.1", {"penalty_above_loss"}, [=] {
    return on(digits(),
              sequence(Input{784}, Dense{128, {.activation = "relu", .kernel_regularizer = {.l1 = 0.1}}}, Dense{10}),
              adam());
  });
  add("30 blocks without normalization, SGD 0.1",
      {"exploding_gradients", "diverging_loss", "high_learning_rate", "loss_at_start"},
      [=] { return on(digits(), make({.hidden = std::vector<Index>(31, 64), .residual = true}), sgd(0.1)); });

  // Data.
  add("pixels divided by 255 twice", inputs, [=] { return on(moved(digits(), 1 / 255.0), make({}), sgd(0.05)); });
  add("a time in seconds beside small features", inputs, [=] {
    const Dataset data =
        changed(table(), [](Index row, Real* x, Real&) { x[4] = static_cast<Real>(1'600'000'000 + row * 60); });
    return on(data, make({.inputs = 12, .outputs = 3}), adam());
  });
  add("-999 where a value is missing", {"data_not_scaled", "wild_value"}, [=] {
    const Dataset data = changed(table(), [](Index row, Real* x, Real&) {
      if (row % 20 == 0) x[2] = -999;
    });
    return on(data, make({.inputs = 12, .outputs = 3}), adam());
  });
  add("labels from 1 on", {"missing_class"}, [=] {
    Batch from_1 = digits().batch();
    from_1.labels = from_1.labels.clone();
    for (Real& label : from_1.labels.values()) label += 1;
    return on(Dataset(from_1, 11), make({.outputs = 11}), adam());
  });
  add("batches of one class each, not shuffled", {"sorted_data"}, [=] {
    std::vector<std::vector<Index>> of_class(10);
    for (Index i = 0; i < digits().size(); ++i) of_class[static_cast<std::size_t>(digits().label(i))].push_back(i);
    std::vector<Index> order;
    for (std::ptrdiff_t begin = 0; begin < 128; begin += 32) {
      for (const auto& positions : of_class) {
        order.insert(order.end(), positions.begin() + begin, positions.begin() + begin + 32);
      }
    }
    return on(Dataset(digits().batch(order), 10), make({}), adam(), {.batch_size = 32, .steps = 500, .shuffle = false});
  });
  add("the same image for every sample", {"duplicates"}, [=] {
    const Tensor first = digits()[0].inputs;
    const Dataset data = changed(digits(), [&](Index, Real* x, Real&) { std::copy_n(first.data(), 784, x); });
    return on(data, make({}), adam());
  });
  add("every sample of one class", {"missing_class", "class_imbalance"},
      [=] { return on(changed(digits(), [](Index, Real*, Real& label) { label = 3; }), make({}), adam()); });
  add("weights of 0 for nine classes", {"missing_class", "class_imbalance"}, [=] {
    return on(digits().with_class_weights({1, 0, 0, 0, 0, 0, 0, 0, 0, 0}), make({}), adam());
  });
  add("validation images inverted", {"validation_scaled_otherwise"}, [=] {
    static const Dataset inverted = moved(load_digits_sample().train.take(2048, 3000), -1, 1);
    return on(digits(), make({}), adam(), {.batch_size = 64, .steps = 500, .validation = &inverted});
  });

  // Normalization and weights.
  add("gammas of 0", {"no_gradients", "equal_units", "dead_units"}, [=] {
    return on(digits(),
              sequence(Input{784}, Dense{64, {.use_bias = false}}, BatchNormalization{{.gamma_initializer = "zeros"}},
                       Activation{"relu"}, Dense{64, {.use_bias = false}},
                       BatchNormalization{{.gamma_initializer = "zeros"}}, Activation{"relu"}, Dense{10}),
              adam());
  });
  add("small batches, accumulated", {"small_batch"}, [=] {
    return on(digits(), make({.normalization = "batch"}), adam(),
              {.batch_size = 2, .steps = 500, .gradient_accumulation_steps = 16});
  });
  add("momentum 0.9999 for 100 steps", {"unmoved_statistics"}, [=] {
    return on(digits(),
              sequence(Input{784}, Dense{64, {.use_bias = false}}, BatchNormalization{{.momentum = 0.9999}},
                       Activation{"relu"}, Dense{10}),
              adam(1e-2), {.batch_size = 64, .steps = 100});
  });
  add("layer normalization of the two inputs", {"few_values_per_statistic"}, [=] {
    return on(two_moons(), sequence(Input{2}, LayerNormalization{}, Dense{32, {.activation = "relu"}}, Dense{2}),
              adam(1e-2));
  });
  add("layer normalization of the output", {"few_values_per_statistic"}, [=] {
    return on(regression(), sequence(Input{8}, Dense{32, {.activation = "relu"}}, Dense{1}, LayerNormalization{}),
              adam(1e-2));
  });
  add("the last kernel of normal(5)", {"loss_at_start"}, [=] {
    return on(
        digits(),
        sequence(Input{784}, Dense{128, {.activation = "relu"}}, Dense{10, {.kernel_initializer = "random_normal(5)"}}),
        sgd(0.01));
  });
  add("a bias of 50 for one class", {"loss_at_start"}, [=] {
    SetUp set_up = on(digits(), make({}), adam());
    set_up.model->build({784});
    for (Parameter& weight : set_up.model->parameters()) {
      if (weight.name() == "dense_2.bias") weight.value().data()[0] = 50;
    }
    return set_up;
  });
  add("a layer that cuts the gradient", {"no_gradients"}, [=] {
    return on(digits(), sequence(Input{784}, Dense{64, {.activation = "relu"}}, Detached{64}, Dense{10}), adam());
  });
  add("dropout 0.6 three times in a row", {"high_dropout"}, [=] {
    return on(
        digits(),
        sequence(Input{784}, Dense{64, {.activation = "relu"}}, Dropout{0.6}, Dropout{0.6}, Dropout{0.6}, Dense{10}),
        adam());
  });
  add("dropout 0.9 of the inputs", {"high_dropout"}, [=] {
    return on(digits(), sequence(Input{784}, Dropout{0.9}, Dense{64, {.activation = "relu"}}, Dense{10}), adam());
  });
  add("24 layers of tanh by PyTorch's weights, SGD 0.01", {"vanishing_gradients"}, [=] {
    return on(digits(),
              make({.hidden = std::vector<Index>(24, 64), .activation = "tanh", .initializer = "torch_uniform"}),
              sgd(0.01));
  });
  add("30 layers of relu by PyTorch's weights", {"vanishing_gradients"}, [=] {
    return on(digits(), make({.hidden = std::vector<Index>(30, 64), .initializer = "torch_uniform"}), adam());
  });
  return all;
}

}  // namespace gradus::cases
