#include "set_up.h"
#include "train/doctor/custom_layers.h"

#include <algorithm>
#include <numeric>
#include <utility>

// Faults that no configuration shows: in the forward of custom layers, in the order and the targets of the data, in
// what schedules and momentum do after the first steps.

namespace gradus::cases {

namespace {

using Rules = std::vector<std::string_view>;

Variable with_softmax(const Variable& x) { return softmax(x); }
Variable with_sigmoid(const Variable& x) { return sigmoid(x); }
Variable with_relu(const Variable& x) { return relu(x); }
Variable with_tanh(const Variable& x) { return tanh(x); }

Dataset sorted(const Dataset& data) {
  std::vector<Index> order(static_cast<std::size_t>(data.size()));
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {}, [&](Index i) { return data.label(i); });
  return {data.batch(order), data.classes()};
}

Dataset with_label(const Dataset& data, Index row, double label) {
  Batch all = data.batch();
  all.labels = all.labels.clone();
  all.labels.data()[row] = static_cast<Real>(label);
  return {all, data.classes()};
}

Dataset with_scaled_features(const Dataset& data, Index count, double factor) {
  Batch all = data.batch();
  all.inputs = all.inputs.clone();
  const Index features = data.sample_shape().size();
  for (Index i = 0; i < all.inputs.size(); ++i)
    all.inputs.data()[i] *= i % features < count ? static_cast<Real>(factor) : 1;
  return {all, data.classes()};
}

}  // namespace

std::vector<Fault> unseen_faults() {
  const Rules rate_too_high{"diverging_loss", "high_learning_rate"}, rate_too_low{"low_learning_rate"};
  const Rules probabilities{"probabilities_as_logits"};
  std::vector<Fault> all;
  const auto on = [](const Dataset& data, std::unique_ptr<Layer> model, std::unique_ptr<Optimizer> optimizer,
                     DiagnoseOptions options = {.batch_size = 64, .steps = 500}) {
    return SetUp{std::move(model), data, std::move(optimizer), std::move(options)};
  };
  const auto add = [&](std::string name, Rules rules, std::function<SetUp()> set_up) {
    all.push_back({std::move(name), std::move(rules), std::move(set_up)});
  };
  const auto hidden = [] { return Dense{64, {.activation = "relu"}}; };

  // Functions in the forward of custom layers.
  add("softmax in the last forward", probabilities,
      [=] { return on(digits(), sequence(Input{784}, hidden(), Ending(10, with_softmax)), sgd(0.1)); });
  add("sigmoid in the last forward", probabilities,
      [=] { return on(digits(), sequence(Input{784}, hidden(), Ending(10, with_sigmoid)), adam()); });
  add("relu in the last forward", {"activation_on_logits"},
      [=] { return on(digits(), sequence(Input{784}, hidden(), Ending(10, with_relu)), sgd(0.3)); });
  add("softmax in a hidden forward", {"hidden_softmax"},
      [=] { return on(digits(), sequence(Input{784}, Ending(64, with_softmax), hidden(), Dense{10}), adam()); });
  add("tanh in the last forward, targets of deviation 3", {"outputs_out_of_range"}, [=] {
    return on(with_targets(regression(), 3),
              sequence(Input{8}, Dense{32, {.activation = "relu"}}, Ending(1, with_tanh)), adam(3e-3));
  });
  add("softmax, and dropout behind it", probabilities, [=] {
    return on(digits(), sequence(Input{784}, hidden(), Dense{10}, Activation{"softmax"}, Dropout{0.3}), sgd(0.1));
  });
  add("softplus for targets of both signs", {"outputs_out_of_range"}, [=] {
    return on(regression(), sequence(Input{8}, hidden(), Dense{1, {.activation = "softplus"}}), adam(3e-3));
  });
  add("a layer that gives the same for all samples", {"inputs_not_used"},
      [=] { return on(digits(), sequence(Input{784}, Lost{}, hidden(), Dense{10}), adam()); });

  // Data.
  add("inputs of 0", {"inputs_not_used"}, [=] { return on(moved(digits(), 0), make({}), adam()); });
  add("a target of 1e5", {"wild_value"}, [=] {
    return on(with_label(regression(), 77, 1e5), make({.inputs = 8, .outputs = 1, .hidden = {32}}), adam(0.01));
  });
  add("targets of 9.5 +- 0.1", {"targets_not_scaled"}, [=] {
    return on(with_targets(regression(), 0.1, 9.5), make({.inputs = 8, .outputs = 1, .hidden = {32}}), adam(3e-3));
  });
  add("a regression in the order of its targets", {"sorted_data"}, [=] {
    return on(sorted(regression()), make({.inputs = 8, .outputs = 1, .hidden = {32}}), sgd(0.1),
              {.batch_size = 20, .steps = 500, .shuffle = false});
  });
  add("inputs of 8 +- 1", {"data_not_scaled"},
      [=] { return on(moved(regression(), 1, 8), make({.inputs = 8, .outputs = 1, .hidden = {32}}), adam(3e-3)); });
  add("three of eight features times 1e-3", {"data_not_scaled"}, [=] {
    return on(with_scaled_features(regression(), 3, 1e-3), make({.inputs = 8, .outputs = 1, .hidden = {32}}),
              adam(0.01));
  });
  add("L2 of 0.1", {"penalty_above_loss"}, [=] { return on(digits(), make({.hidden = {64}, .l2 = 0.1}), adam()); });

  // Later steps.
  const auto scheduled = [=](const Schedule& schedule, std::unique_ptr<Optimizer> optimizer) {
    SetUp set_up = on(digits(), make({}), std::move(optimizer));
    set_up.options.callbacks = {LearningRateScheduler(schedule)};
    return set_up;
  };
  add("cosine decay over 5 steps", rate_too_low, [=] { return scheduled(cosine_decay(0.1, 5), sgd(0.1)); });
  add("half the rate at each step", rate_too_low, [=] { return scheduled(exponential_decay(0.1, 1, 0.5), sgd(0.1)); });
  add("a millionth of the rate from step 10 on", rate_too_low, [=] {
    return scheduled(piecewise_constant({10}, {1e-3, 1e-9}), adam());
  });
  add("momentum 0.99 at 0.1", rate_too_high, [=] { return on(digits(), make({}), sgd(0.1, 0.99)); });
  add("a loss of the wrong sign", {"diverging_loss"}, [=] {
    SetUp set_up = on(digits(), make({}), sgd(0.1));
    set_up.options.loss = [](const Variable& outputs, const Batch& batch) {
      return -softmax_cross_entropy(outputs, batch.labels);
    };
    return set_up;
  });
  return all;
}

}  // namespace gradus::cases
