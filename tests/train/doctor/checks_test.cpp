#include "train/doctor/support.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace gradus;

namespace {

/// Labels that have nothing to do with the inputs.
Dataset at_random(const Dataset& data) {
  Generator random(17);
  Batch batch = data.batch();
  batch.labels = Tensor::empty({data.size()});
  for (Real& label : batch.labels.values()) label = static_cast<Real>(random.below(10));
  return {batch, 10};
}

std::string in(const Dataset& data, const DiagnoseOptions& checks, Sequential model = deep(2, "relu")) {
  const Adam adam{{.learning_rate = 0.01}};
  DiagnoseOptions options = checks;
  options.dataset = &data;
  options.optimizer = &adam;
  return in_short(diagnose(model, options));
}

const DiagnoseOptions overfit{.overfit_one_batch = true}, zeros{.zero_inputs = true};

}  // namespace

TEST_CASE("doctor: overfit_one_batch") {
  const Dataset data = normal_data(512, 20, 10);
  CHECK_EQ(in(data, overfit), "");
  CHECK_EQ(in(at_random(data), overfit), "");  // learnt by heart
  const auto of_units = [](Index n) { return Sequential{Input{{20}}, Dense{n, {.activation = "tanh"}}, Dense{10}}; };
  const auto narrow = [&] { return of_units(1); };
  CHECK_EQ(in(at_random(data), {}, narrow()), "");
  DiagnoseOptions larger = overfit;
  larger.batch_size = 48;
  CHECK_EQ(in(at_random(data), larger, of_units(2)), "");  // a third of the loss is left
  const std::string text = in(at_random(data), overfit, narrow());
  CHECK_EQ(text.substr(0, 55), "model: after 1200 steps on one batch of 32 its loss is ");
  CHECK(
      text.ends_with(" -> more units, less regularization, a higher learning rate; or labels that belong to their "
                     "inputs\n"));
}

TEST_CASE("doctor: zero_inputs") {
  const Dataset data = normal_data(512, 20, 10);
  CHECK_EQ(in(data, zeros), "");
  CHECK_EQ(in(normal_data(512, 20, 0), zeros, Sequential{Input{{20}}, Dense{1}}).substr(0, 34),
           "data: after 360 steps the loss of ");                                            // targets at random
  CHECK_EQ(in(at_random(data), zeros).substr(0, 34), "data: after 360 steps the loss of ");  // learnt by heart
  Generator random(4);
  const Tensor noise = Tensor::normal({4096, 20}, 0, 1, random);
  const Dataset unrelated = at_random(Dataset(noise, Tensor::zeros({4096}), 10));
  const auto linear = [] { return Sequential{Input{{20}}, Dense{10}}; };
  CHECK_EQ(in(unrelated, {}, linear()), "");
  const std::string text = in(unrelated, zeros, linear());
  CHECK_EQ(text.substr(0, 53), "data: after 360 steps the loss of samples left out is");
  CHECK(text.find(", with inputs of 0 it is 2.3") != std::string::npos);
  CHECK(text.ends_with(" -> labels in the order of their inputs, and inputs that reach the model\n"));
}
