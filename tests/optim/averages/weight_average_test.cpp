#include <gradus/core/parallel.h>
#include <gradus/optim/averages/weight_average.h>

#include "optim/parameter_list.h"
#include "support/compare.h"

#include <doctest/doctest.h>

#include <limits>

using namespace gradus;

TEST_CASE("exponential moving average: the first update copies, later ones compute decay * average + (1 - decay) * w") {
  ParameterList list({});
  list.add(Tensor::from({8, -4}));
  list.add(Tensor::from({1}));
  list[1].set_trainable(false);
  Buffer buffer("moving_mean", Tensor::full({1}, 16));
  NamedTensor* const three[] = {&list[0], &list[1], &buffer};
  const NamedTensors all(three);
  ExponentialMovingAverage average{{.decay = 0.75}};
  average.update(all);
  list[0].value().copy_from(Tensor::from({0, 4}));
  buffer.value().fill(0);
  average.update(all);
  list[0].value().copy_from(Tensor::from({2, 4}));
  average.update(all);
  average.swap(all);
  CHECK(list.values() == std::vector<Real>{5, -0.5, 1});  // 0.75 * (0.75 * 8 + 0.25 * 0) + 0.25 * 2
  CHECK_EQ(buffer.value().item(), 9);
  average.swap(all);
  CHECK(list.values() == std::vector<Real>{2, 4, 1});
  CHECK_EQ(buffer.value().item(), 0);
}

TEST_CASE("exponential moving average: without a memory of the past it is the weight, and of a constant the constant") {
  ParameterList list({});
  Parameter& w = list.add(Tensor::full({1}, Real(1e10)));
  ExponentialMovingAverage forgetful{{.decay = 0}}, slow{{.decay = 0.999}};
  forgetful.update(list.all());
  w.value().fill(1);
  forgetful.update(list.all());
  for (int i = 0; i < 5000; ++i) slow.update(list.all());
  forgetful.swap(list.all());
  CHECK(w.value().item() == 1);
  forgetful.swap(list.all());
  w.value().fill(2);
  slow.swap(list.all());
  CHECK(w.value().item() == doctest::Approx(1).epsilon(1e-6));
}

TEST_CASE("exponential moving average: swapping twice restores all weights exactly, for any number of threads") {
  const int before = threads();
  std::vector<Real> averages;
  for (const int count : {1, 4}) {
    set_threads(count);
    const ParameterList list({{701, 300}, {300}, {}, {0, 2}});
    ExponentialMovingAverage average;
    average.update(list.all());
    for (Parameter& parameter : list.all()) {
      for (Real& w : parameter.value().values()) w = w * w / 3;
    }
    average.update(list.all());
    const auto weights = list.values();
    average.swap(list.all());
    if (count == 1) averages = list.values();
    CHECK(list.values() != weights);
    CHECK(list.values() == averages);
    average.swap(list.all());
    CHECK(list.values() == weights);
    average.update(list.all());
  }
  set_threads(before);
}

TEST_CASE("exponential moving average: errors") {
  ExponentialMovingAverage average;
  ParameterList list(std::vector<Shape>{{2}, {3}});
  CHECK_EQ(error_text<StateError>([&] { average.swap(list.all()); }),
           "[exponential_moving_average] expected an update before the swap, got none");
  average.update(list.all());
  const ParameterList other(std::vector<Shape>{{2}, {3}});
  const std::string text =
      "[exponential_moving_average] expected the 2 parameters of the first update, got a different list of 2; create "
      "one average per model";
  CHECK_EQ(error_text<StateError>([&] { average.update(other.all()); }), text);
  CHECK_EQ(error_text<StateError>([&] { average.swap(other.all()); }), text);
  average.swap(list.all());
  CHECK_EQ(error_text<StateError>([&] { average.update(list.all()); }),
           "[exponential_moving_average] expected the weights, got their averages; swap back before the next update");

  const auto of_decay = [](double decay) {
    return error_text<ValueError>([&] { ExponentialMovingAverage{{.decay = decay}}; });
  };
  CHECK_EQ(of_decay(1), "[exponential_moving_average] expected a decay in [0, 1), got 1");
  CHECK_EQ(of_decay(-0.1), "[exponential_moving_average] expected a decay in [0, 1), got -0.1");
  CHECK_EQ(of_decay(std::numeric_limits<double>::quiet_NaN()),
           "[exponential_moving_average] expected a decay in [0, 1), got nan");
}
