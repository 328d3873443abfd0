#include "study/network.h"
#include "study/layer_values.h"
#include "study/training.h"
#include "support/compare.h"

#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <cmath>

using namespace gradus;
using study::Record;

TEST_CASE("network: blocks of layers, no bias before a normalization") {
  Record record;
  Sequential model = study::make_network(record, {.hidden = {20, 30}, .block = "dense batch relu dropout"});
  std::vector<std::string> types;
  for (const Child& child : model.children()) types.push_back(child.layer.type());
  CHECK_EQ(types, std::vector<std::string>{"Input", "Dense", "BatchNormalization", "Activation", "Dropout", "Dense",
                                           "BatchNormalization", "Activation", "Dropout", "Dense"});
  std::vector<std::string> biases;
  for (const Parameter& parameter : model.parameters()) {
    if (parameter.name().ends_with(".bias")) biases.push_back(parameter.name());
  }
  CHECK_EQ(biases, std::vector<std::string>{"dense_2.bias"});
  Sequential after = study::make_network(record, {.hidden = {20}, .block = "dense relu batch"});
  CHECK_EQ(after.parameters()["dense.bias"].shape(), Shape{20});
  CHECK_EQ(record.options["network"].size(), 2);  // one entry per network
  CHECK_EQ(record.options["network"][0]["block"], "dense batch relu dropout");
  CHECK_EQ(record.options["network"][1]["block"], "dense relu batch");
  CHECK(error_text<ValueError>([&] {
          study::make_network(record, {.block = "dense bacth relu"});
        }).starts_with("[activation] unknown activation 'bacth'"));
}

TEST_CASE("network: the same seed gives the same kernels in all networks") {
  const auto kernels = [](const std::string& block) {
    Record record;
    set_seed(7);
    Sequential model = study::make_network(record, {.block = block});
    std::vector<Tensor> result;
    for (const Parameter& parameter : model.parameters()) {
      if (parameter.name().ends_with(".kernel")) result.push_back(parameter.value());
    }
    return result;
  };
  const std::vector<Tensor> plain = kernels("dense relu");
  for (const std::string block : {"dense batch relu", "dense dropout group sigmoid", "dense layer noise tanh"}) {
    const std::vector<Tensor> other = kernels(block);
    REQUIRE_EQ(other.size(), plain.size());
    for (std::size_t i = 0; i < plain.size(); ++i) CHECK(same_bits(other[i], plain[i]));
  }
}

TEST_CASE("training: the same seed gives the same batches") {
  const Dataset data = load_digits_sample().train.take(0, 300);
  const auto first_kernel = [&](double rate) {
    Record record;
    set_seed(8);
    Sequential model =
        study::make_network(record, {.hidden = {10}, .block = "dense dropout relu", .dropout_rate = rate});
    study::train(record, model, data, {.steps = 12});
    return model.parameters()["dense.kernel"].value();
  };
  CHECK(same_bits(first_kernel(0), first_kernel(0)));
  CHECK_FALSE(same_bits(first_kernel(0), first_kernel(0.5)));
}

TEST_CASE("training: measures before the first step, at intervals, and after the last step") {
  const Dataset data = load_digits_sample().train.take(0, 100);  // two steps an epoch
  Record record;
  Sequential model = study::make_network(record, {.hidden = {5}});
  std::vector<Index> steps;
  CHECK(
      study::train(record, model, data, {.steps = 7, .measure_every = 3}, [&](Index step) { steps.push_back(step); }));
  CHECK_EQ(steps, std::vector<Index>{0, 3, 6, 7});
  CHECK_EQ(study::measured_steps(7, 3), std::vector<double>{0, 3, 6, 7});
  CHECK_EQ(study::measured_steps(6, 3), std::vector<double>{0, 3, 6});
  steps.clear();
  study::train(record, model, data, {.steps = 4}, [&](Index step) { steps.push_back(step); });
  CHECK_EQ(steps, std::vector<Index>{4});
  CHECK_EQ(record.options["training"][0]["steps"], 7);
  CHECK_EQ(record.options["training"][1]["steps"], 4);

  Tensor last;  // the weights do not change after the last step, in the middle of an epoch
  study::train(record, model, data, {.steps = 3},
               [&](Index) { last = model.parameters()["dense.kernel"].value().clone(); });
  CHECK(same_bits(model.parameters()["dense.kernel"].value(), last));
}

TEST_CASE("training: a diverged run is measured to its end, with the last finite weights") {
  const Dataset data = load_digits_sample().train.take(0, 100);
  Record record;
  set_seed(9);
  Sequential model = study::make_network(record, {.hidden = {5, 5}, .block = "dense linear"});
  std::vector<Index> steps;
  std::vector<Real> weights;
  const auto measure = [&](Index step) {
    steps.push_back(step);
    weights.push_back(model.parameters()["dense.kernel"].value().at({400, 0}));
  };
  CHECK_FALSE(study::train(record, model, data, {.learning_rate = 1000, .steps = 60, .measure_every = 20}, measure));
  CHECK_EQ(steps, std::vector<Index>{0, 20, 40, 60});
  CHECK(std::isfinite(weights.back()));
  CHECK_EQ(weights[2], weights[3]);
}

TEST_CASE("training: a schedule sets the learning rate") {
  const Dataset data = load_digits_sample().train.take(0, 100);
  const auto kernel = [&](std::optional<Schedule> schedule) {
    Record record;
    set_seed(10);
    Sequential model = study::make_network(record, {.hidden = {5}});
    study::train(record, model, data, {.learning_rate = 0.05, .steps = 3, .schedule = std::move(schedule)});
    return model.parameters()["dense.kernel"].value();
  };
  CHECK(same_bits(kernel(std::nullopt), kernel(constant(0.05))));
  CHECK_FALSE(same_bits(kernel(std::nullopt), kernel(cosine_decay(0.05, 3))));
}

TEST_CASE("layer values: the gradients at the inputs of every layer of a type") {
  Sequential model{Input{{1}}, Dense{2, {.use_bias = false, .kernel_initializer = "ones"}}, Activation{"sigmoid"},
                   Dense{2, {.use_bias = false}}};
  model.parameters()["dense_1.kernel"].value().copy_from(Tensor::from({{1, 0}, {0, 1}}));
  const Batch batch{Tensor::from({{0}}), Tensor::from({0})};
  const std::vector<Tensor> gradients = study::gradients_of_inputs_of("Activation", model, batch);
  REQUIRE_EQ(gradients.size(), 1);
  // The logits are equal: their gradients are -1/2 and 1/2. The slope of the sigmoid at 0 is 1/4.
  CHECK_EQ(gradients[0].at({0, 0}), doctest::Approx(-0.125));
  CHECK_EQ(gradients[0].at({0, 1}), doctest::Approx(0.125));
}

TEST_CASE("layer values: inputs and outputs of every layer of a type") {
  Sequential model{Input{{2}}, Activation{"relu"}, Dense{2, {.kernel_initializer = "ones"}}, Activation{"sigmoid"}};
  const Tensor x = Tensor::from({{-1, 2}});
  const std::vector<Tensor> inputs = study::inputs_of("Activation", model, x, Mode::inference);
  REQUIRE_EQ(inputs.size(), 2);
  CHECK(same_bits(inputs[0], x));
  CHECK(same_bits(inputs[1], Tensor::from({{2, 2}})));
  const std::vector<Tensor> outputs = study::outputs_of("Activation", model, x, Mode::inference);
  CHECK(same_bits(outputs[0], Tensor::from({{0, 2}})));
  CHECK_EQ(study::unit_values(Tensor::from({{1, 2}, {3, 4}}), 1), std::vector<double>{2, 4});
  CHECK_EQ(study::relative_difference(Tensor::from({1, -8}), Tensor::from({2, -10})), doctest::Approx(0.2));
}
