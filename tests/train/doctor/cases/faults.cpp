#include "set_up.h"

#include <algorithm>
#include <utility>

namespace gradus::cases {

namespace {

using Rules = std::vector<std::string_view>;

/// A network on digits.
auto on_digits(Net net, std::function<std::unique_ptr<Optimizer>()> optimizer, DiagnoseOptions options = {}) {
  if (options.batch_size == 32) options.batch_size = 64;
  return [=] { return SetUp{make(net), digits(), optimizer(), options}; };
}
auto on(std::function<Dataset()> data, Net net, std::function<std::unique_ptr<Optimizer>()> optimizer,
        DiagnoseOptions options = {.batch_size = 64}) {
  return [=] { return SetUp{make(net), data(), optimizer(), options}; };
}
/// Layers between 784 inputs and the end.
template <class Make>
auto layers(Make make_layers, DiagnoseOptions options = {.batch_size = 64}, double rate = 1e-3) {
  return [=] { return SetUp{make_layers(), digits(), adam(rate), options}; };
}

Dataset digits_of(Index samples) { return load_digits_sample().train.take(samples); }

Dataset with_share_of_class_0(double share) {
  std::vector<Index> kept;
  Index zeros = 0, others = 0;
  const Dataset all = load_digits_sample().train;
  for (Index i = 0; i < all.size(); ++i) {
    const bool zero = all.label(i) == 0;
    const auto limit = static_cast<Index>((1 - share) / share * 600);
    if (!zero && others >= limit) continue;
    (zero ? zeros : others) += 1;
    kept.push_back(i);
  }
  return {all.batch(kept), 10};
}

Dataset sorted(const Dataset& data) {
  std::vector<Index> order(static_cast<std::size_t>(data.size()));
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<Index>(i);
  std::ranges::stable_sort(order, {}, [&](Index i) { return data.label(i); });
  return {data.batch(order), data.classes()};
}

Dataset without_class(const Dataset& data, Real absent) {
  std::vector<Index> kept;
  for (Index i = 0; i < data.size(); ++i) {
    if (data.label(i) != absent) kept.push_back(i);
  }
  return {data.batch(kept), data.classes()};
}

Dataset with_value(const Dataset& data, Index row, Index feature, double value) {
  Batch all = data.batch();
  all.inputs = all.inputs.clone();
  all.inputs.data()[row * data.sample_shape().size() + feature] = static_cast<Real>(value);
  return {all, data.classes()};
}

Dataset with_feature(const Dataset& data, Index feature, double scale, double mean) {
  Batch all = data.batch();
  all.inputs = all.inputs.clone();
  const Index features = data.sample_shape().size();
  for (Index i = 0; i < data.size(); ++i) {
    Real& v = all.inputs.data()[i * features + feature];
    v = static_cast<Real>(scale * v + mean);
  }
  return {all, data.classes()};
}

Dataset copied(const Dataset& data, Index different, Index times) {
  std::vector<Index> positions;
  for (Index i = 0; i < different * times; ++i) positions.push_back(i % different);
  return {data.batch(positions), data.classes()};
}

std::unique_ptr<Layer> with_betas(Real value, std::unique_ptr<Layer> model, std::string_view name = "beta") {
  for (Parameter& weight : model->parameters()) {
    if (weight.name().ends_with(name) && !weight.name().starts_with("dense_2")) {
      std::ranges::fill(weight.value().values(), value);
    }
  }
  return model;
}

Residual residual(Residual::Options options) { return Residual(options); }

}  // namespace

std::vector<Fault> faults() {
  const Rules rate_too_high{"diverging_loss", "high_learning_rate"}, rate_too_low{"low_learning_rate"};
  const Rules no_start{"equal_units", "no_gradients"}, dead{"dead_units", "no_gradients"};
  const Rules targets{"targets_not_scaled"}, inputs{"data_not_scaled"};
  const Net plain{.inputs = 8, .outputs = 1, .hidden = {32, 32}};
  const Net normalized{.normalization = "batch"};
  const std::vector<Index> deep8(8, 64), deep12(12, 64), deep5(5, 64);
  std::vector<Fault> all;
  const auto add = [&](std::string name, Rules rules, std::function<SetUp()> set_up) {
    all.push_back({std::move(name), std::move(rules), std::move(set_up)});
  };

  // Learning rates, optimizers.
  add("SGD 10", rate_too_high, on_digits({}, [] { return sgd(10); }));
  add("SGD 3 + momentum 0.9", rate_too_high, on_digits({}, [] { return sgd(3, 0.9); }));
  add("SGD 0.3 + momentum 0.99", rate_too_high, on_digits({}, [] { return sgd(0.3, 0.99); }));
  add("Nesterov 0.5, momentum 0.99", rate_too_high,
      on_digits({}, [] { return by<SGD>(SGDOptions{.learning_rate = 0.5, .momentum = 0.99, .nesterov = true}); }));
  add("Adam 1", rate_too_high, on_digits({}, [] { return adam(1); }));
  add("Adam 0.3", rate_too_high, on_digits({}, [] { return adam(0.3); }));
  add("RMSprop 1", rate_too_high, on_digits({}, [] { return by<RMSprop>(RMSpropOptions{.learning_rate = 1}); }));
  add("NAdam 0.5 on clothing", rate_too_high,
      on(clothing, {}, [] { return by<NAdam>(NAdamOptions{.learning_rate = 0.5}); }));
  add("Adagrad 10", rate_too_high, on_digits({}, [] { return by<Adagrad>(AdagradOptions{.learning_rate = 10}); }));
  add("sign descent 0.3", rate_too_high, on_digits({}, [] { return std::make_unique<SignDescent>(0.3); }));
  add("SGD 3 on a regression", rate_too_high, on(regression, plain, [] { return sgd(3); }));
  add("SGD 1e-4", rate_too_low, on_digits({}, [] { return sgd(1e-4); }));
  add("SGD 1e-6", rate_too_low, on_digits({}, [] { return sgd(1e-6); }));
  add("Adam 1e-5", rate_too_low, on_digits({}, [] { return adam(1e-5); }));
  add("Adam 1e-7 on clothing", rate_too_low, on(clothing, {}, [] { return adam(1e-7); }));
  add("AdamW 1e-6", rate_too_low, on_digits({}, [] { return by<AdamW>(AdamWOptions{.learning_rate = 1e-6}); }));
  add("RMSprop 1e-6", rate_too_low, on_digits({}, [] { return by<RMSprop>(RMSpropOptions{.learning_rate = 1e-6}); }));
  add("Adagrad 1e-5", rate_too_low, on_digits({}, [] { return by<Adagrad>(AdagradOptions{.learning_rate = 1e-5}); }));
  add("Adam of epsilon 100", rate_too_low,
      on_digits({}, [] { return by<Adam>(AdamOptions{.learning_rate = 1e-3, .epsilon = 100}); }));
  add("warm-up of a million steps", rate_too_low,
      on_digits({}, [] { return adam(); }, {.callbacks = {LearningRateScheduler(warm_up(1'000'000, constant(1e-3)))}}));
  add("gradients clipped to 1e-5", rate_too_low, on_digits({}, [] { return sgd(0.1); }, {.callbacks = {Clip(1e-5)}}));
  add("schedule at 30", rate_too_high,
      on_digits({}, [] { return sgd(0.1); }, {.callbacks = {LearningRateScheduler(constant(30))}}));
  add("kernel penalty 1e3", {"penalty_above_loss"}, on_digits({.l2 = 1e3}, [] { return adam(); }));
  add("kernel penalty 10", {"penalty_above_loss"}, on_digits({.l2 = 10}, [] { return adam(); }));
  add("weight decay 100", {"high_weight_decay"},
      on_digits({}, [] { return by<AdamW>(AdamWOptions{.learning_rate = 1e-3, .weight_decay = 100}); }));
  add("weight decay 1 of SGD", {"high_weight_decay"},
      on_digits({}, [] { return by<SGD>(SGDOptions{.learning_rate = 0.1, .weight_decay = 1}); }));
  add("decay of gamma and beta", {"weight_decay_on_normalization"},
      on_digits(normalized, [] { return by<AdamW>(AdamWOptions{.weight_decay = 0.1, .decay_rule = decay_all}); }));

  // Data.
  add("targets 300 +- 100, SGD 0.1", targets,
      on([] { return with_targets(regression(), 100, 300); }, plain, [] { return sgd(0.1); }));
  add("targets 300 +- 100, Adam", targets,
      on([] { return with_targets(regression(), 100, 300); }, plain, [] { return adam(); }));
  add("targets times 1e6", targets,
      on([] { return with_targets(regression(), 1e6); }, plain, [] { return adam(1e-2); }));
  add("targets times 1e4, RMSprop", targets,
      on([] { return with_targets(regression(), 1e4); }, plain, [] { return by<RMSprop>(RMSpropOptions{}); }));
  add("inputs times 1e-4 before batch normalization", {"epsilon_above_variance", "data_not_scaled"}, [] {
    return SetUp{sequence(Input{784}, BatchNormalization{}, Dense{64, {.activation = "relu"}}, Dense{10}),
                 moved(digits(), 1e-4), adam()};
  });
  add("pixels of 0 to 255, SGD 0.01", inputs, on([] { return moved(digits(), 255); }, {}, [] { return sgd(0.01); }));
  add("pixels of 0 to 255, sigmoids", inputs,
      on([] { return moved(digits(), 255); }, {.activation = "sigmoid"}, [] { return adam(); }));
  add("pixels of 0 to 255, tanh", inputs,
      on([] { return moved(clothing(), 255); }, {.activation = "tanh"}, [] { return adam(); }));
  add("inputs times 1e-4, SGD 0.1", inputs, on([] { return moved(digits(), 1e-4); }, {}, [] { return sgd(0.1); }));
  add("inputs times 1e-3, Adam", inputs,
      on([] { return moved(table(), 1e-3); }, {.inputs = 12, .outputs = 3}, [] { return adam(); }));
  add("inputs of mean 500", inputs,
      on([] { return moved(table(), 1, 500); }, {.inputs = 12, .outputs = 3}, [] { return adam(); }));
  add("a feature of thousands", inputs,
      on([] { return with_feature(table(), 3, 2000, 5000); }, {.inputs = 12, .outputs = 3}, [] { return adam(); }));
  add("a value of 1e6", {"wild_value"},
      on([] { return with_value(table(), 700, 2, 1e6); }, {.inputs = 12, .outputs = 3}, [] { return adam(); }));
  add("a value of 1e6, standardized", {"wild_value"},
      on(
          [] {
            const Dataset wild = with_value(table(), 700, 2, 1e6);
            return Standardization(wild)(wild);
          },
          {.inputs = 12, .outputs = 3}, [] { return adam(); }));
  add("class 7 absent", {"missing_class"}, on([] { return without_class(digits(), 7); }, {}, [] { return adam(); }));
  add("98 % of one class", {"class_imbalance"},
      on([] { return with_share_of_class_0(0.98); }, {}, [] { return adam(); }));
  add("sorted, not shuffled", {"sorted_data"},
      on([] { return sorted(digits()); }, {}, [] { return adam(); }, {.batch_size = 64, .shuffle = false}));
  add("100 rows 20 times", {"duplicates"}, on([] { return copied(digits(), 100, 20); }, {}, [] { return adam(); }));

  const auto validated = [&](std::string name, Rules rules, std::function<Dataset()> data) {
    add(std::move(name), std::move(rules), [=] {
      static std::vector<std::unique_ptr<Dataset>> kept;
      kept.push_back(std::make_unique<Dataset>(data()));
      return SetUp{make({}), digits(), adam(), {.batch_size = 64, .validation = kept.back().get()}};
    });
  };
  const auto other_digits = [] { return load_digits_sample().train.take(2048, 3000); };
  validated("validation data of the training data", {"validation_overlap"}, [] { return digits().take(500); });
  validated("validation data of other scale", {"validation_scaled_otherwise"},
            [=] { return moved(other_digits(), 255); });
  validated("validation data without a class", {"missing_class"}, [=] { return without_class(other_digits(), 3); });

  // Normalization.
  for (const Index rest : {1, 2, 3, 4, 8}) {
    add(fmt::format("a last batch of {}", rest),
        {rest == 1 ? std::string_view("last_batch_of_one") : std::string_view("small_last_batch")},
        on([=] { return digits_of(1024 + rest); }, normalized, [] { return sgd(0.3); }));
  }
  add("batches of 1", {"small_batch"}, on_digits(normalized, [] { return adam(); }, {.batch_size = 1}));
  add("batches of 2", {"small_batch"}, on_digits(normalized, [] { return adam(); }, {.batch_size = 2}));
  add("batches of 4", {"small_batch"}, on_digits(normalized, [] { return sgd(0.1); }, {.batch_size = 4}));
  add("bias under batch normalization", {"bias_under_normalization"},
      layers([] { return sequence(Input{784}, Dense{64}, BatchNormalization{}, Activation{"relu"}, Dense{10}); }));
  add("bias under batch normalization in a block", {"bias_under_normalization"}, layers([] {
        return sequence(Input{784}, Dense{64, {.activation = "relu"}}, residual({.normalized = true, .bias = true}),
                        Dense{10});
      }));
  add("dropout under batch normalization in a block", {"dropout_before_normalization"}, layers([] {
        return sequence(Input{784}, Dense{64, {.activation = "relu"}}, residual({.normalized = true, .dropout = 0.5}),
                        Dense{10});
      }));
  add("dropout under batch normalization", {"dropout_before_normalization"}, layers([] {
        return sequence(Input{784}, Dense{64, {.activation = "relu"}}, Dropout{0.5}, BatchNormalization{}, Dense{10});
      }));
  add("dropout 0.8, dense, batch normalization", {"high_dropout", "dropout_before_normalization"}, layers([] {
        return sequence(Input{784}, Dense{64, {.activation = "relu"}}, Dropout{0.8}, Dense{64, {.use_bias = false}},
                        BatchNormalization{}, Activation{"relu"}, Dense{10});
      }));
  add("momentum 0.1", {"momentum_of_the_new_value"}, layers([] {
        return sequence(Input{784}, Dense{64, {.use_bias = false}}, BatchNormalization{{.momentum = 0.1}},
                        Activation{"relu"}, Dense{10});
      }));
  add("momentum 0.01", {"momentum_of_the_new_value"}, layers([] {
        return sequence(Input{784}, Dense{64, {.use_bias = false}}, BatchNormalization{{.momentum = 0.01}},
                        Activation{"relu"}, Dense{10});
      }));
  add("epsilon 10", {"epsilon_above_variance"}, layers([] {
        return sequence(Input{784}, Dense{64, {.use_bias = false}}, BatchNormalization{{.epsilon = 10}},
                        Activation{"relu"}, Dense{10});
      }));
  add("instance normalization of vectors", {"few_values_per_statistic"},
      layers([] { return sequence(Input{784}, Dense{64}, InstanceNormalization{}, Activation{"relu"}, Dense{10}); }));
  add("groups of 1", {"few_values_per_statistic"}, layers([] {
        return sequence(Input{784}, Dense{64}, GroupNormalization{{.groups = 64}}, Activation{"relu"}, Dense{10});
      }));
  add("evaluation after 5 steps", {"unmoved_statistics"},
      layers(
          [] {
            return sequence(Input{784}, BatchNormalization{}, Dense{64, {.activation = "relu"}}, Dense{10});
          },
          {.batch_size = 64, .steps = 5}, 1e-2));
  add("beta of -6", dead, [] { return SetUp{with_betas(-6, make({.normalization = "batch"})), digits(), adam()}; });

  // Outputs and structure.
  const auto with_last = [](std::string function, bool apart = false) {
    return [=] {
      if (apart) {
        return SetUp{sequence(Input{784}, Dense{64, {.activation = "relu"}}, Dense{10}, Activation{function}), digits(),
                     adam()};
      }
      return SetUp{sequence(Input{784}, Dense{64, {.activation = "relu"}}, Dense{10, {.activation = function}}),
                   digits(), adam()};
    };
  };
  add("softmax before the loss", {"probabilities_as_logits"}, with_last("softmax", true));
  add("sigmoid before the loss", {"probabilities_as_logits"}, with_last("sigmoid"));
  add("relu on logits", {"activation_on_logits"}, with_last("relu"));
  add("tanh on logits", {"activation_on_logits"}, with_last("tanh", true));
  add("dropout on logits", {"dropout_on_outputs"}, layers([] {
        return sequence(Input{784}, Dense{64, {.activation = "relu"}}, Dense{10}, Dropout{0.5});
      }));
  const auto regression_with_last = [](std::string function, double scale, double mean) {
    return [=] {
      return SetUp{sequence(Input{8}, Dense{32, {.activation = "relu"}}, Dense{1, {.activation = function}}),
                   with_targets(regression(), scale, mean), adam(1e-2)};
    };
  };
  add("sigmoid for targets of 300", {"outputs_out_of_range", "targets_not_scaled"},
      regression_with_last("sigmoid", 100, 300));
  add("relu for targets below 0", {"outputs_out_of_range"}, regression_with_last("relu", 1, 0));
  add("tanh for targets of +- 5", {"outputs_out_of_range"}, regression_with_last("tanh", 5, 0));
  add("three dense layers without activation", {"linear_stack"},
      layers([] { return sequence(Input{784}, Dense{128}, Dense{64}, Dense{10}); }, {.batch_size = 64}, 3e-3));
  add("two dense layers without activation on moons", {"linear_stack"}, [] {
    return SetUp{sequence(Input{2}, Dense{32}, Dense{2}), two_moons(), adam(3e-2)};
  });
  add("hidden softmax", {"hidden_softmax"}, on_digits({.activation = "softmax"}, [] { return adam(); }));
  add("hidden softmax behind relu", {"hidden_softmax"}, layers([] {
        return sequence(Input{784}, Dense{128, {.activation = "relu"}}, Dense{64}, Activation{"softmax"}, Dense{10});
      }));
  add("dropout 0.95", {"high_dropout"}, on_digits({.dropout = 0.95}, [] { return adam(); }));
  add("nothing to train", {"nothing_to_train"}, [] {
    SetUp set_up{make({}), digits(), adam()};
    set_up.model->freeze();
    return set_up;
  });

  // Initial weights.
  add("kernels of 0, relu", no_start, on_digits({.initializer = "zeros"}, [] { return adam(); }));
  add("kernels of 0, tanh", no_start, on_digits({.activation = "tanh", .initializer = "zeros"}, [] { return adam(); }));
  add("kernels of 1, sigmoid", no_start,
      on_digits({.activation = "sigmoid", .initializer = "ones"}, [] { return sgd(0.1); }));
  add("biases of -20", dead, [] { return SetUp{with_betas(-20, make({}), "bias"), digits(), adam()}; });
  add("normal(1), relu", {"loss_at_start", "exploding_gradients"},
      on_digits({.initializer = "random_normal(1)"}, [] { return adam(); }));
  add("normal(1), 5 layers", {"loss_at_start", "exploding_gradients", "diverging_loss"},
      on_digits({.hidden = deep5, .initializer = "random_normal(1)"}, [] { return sgd(0.01); }));
  add("normal(1), tanh", {"saturated_units", "loss_at_start"},
      on_digits({.activation = "tanh", .initializer = "random_normal(1)"}, [] { return adam(); }));
  add("normal(5), tanh", {"saturated_units", "loss_at_start"},
      on_digits({.activation = "tanh", .initializer = "random_normal(5)"}, [] { return adam(); }));
  add("8 layers of sigmoids", {"vanishing_gradients"},
      on_digits({.hidden = deep8, .activation = "sigmoid"}, [] { return adam(); }));
  add("12 layers of sigmoids, SGD", {"vanishing_gradients"},
      on_digits({.hidden = deep12, .activation = "sigmoid"}, [] { return sgd(0.1); }));
  add("12 layers of tanh, normal(0.01)", {"vanishing_gradients"},
      on_digits({.hidden = deep12, .activation = "tanh", .initializer = "random_normal(0.01)"}, [] { return adam(); }));
  add("8 layers of relu, normal(0.01), SGD", {"vanishing_gradients"},
      on_digits({.hidden = deep8, .initializer = "random_normal(0.01)"}, [] { return sgd(0.1); }));
  // Long enough for moving statistics to move, unless a case is about that.
  for (Fault& fault : all) {
    fault.make = [make_first = fault.make] {
      SetUp set_up = make_first();
      if (set_up.options.steps == 0) set_up.options.steps = 500;
      return set_up;
    };
  }
  return all;
}

}  // namespace gradus::cases
