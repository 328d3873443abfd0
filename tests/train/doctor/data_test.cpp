#include "train/doctor/custom_layers.h"
#include "train/doctor/support.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

using namespace gradus;

TEST_CASE("trials of the doctor: data_not_scaled") {
  const auto in = [](const Dataset& data, bool normalize = false) {
    Sequential model{Input{{data.sample_shape()[0]}}, Dense{data.classes()}};
    Sequential normalized{Input{{data.sample_shape()[0]}}, BatchNormalization{}, Dense{data.classes()}};
    const Adam adam{{.learning_rate = 0.03}};
    return in_short(found("data_not_scaled", normalize ? normalized : model, {.dataset = &data, .optimizer = &adam}));
  };
  Generator random(2);
  const auto with_feature = [&](double mean, double deviation) {
    Tensor inputs = Tensor::normal({200, 3}, 0, 1, random);
    for (Index i = 0; i < 200; ++i) {
      inputs.data()[3 * i + 1] = static_cast<Real>(mean + deviation * (i % 2 == 0 ? 1 : -1));
    }
    Tensor labels = Tensor::zeros({200});
    for (Index i = 0; i < 200; ++i) labels.data()[i] = inputs.data()[3 * i] > 0 ? 1 : 0;
    return Dataset(inputs, labels, 2);
  };
  const std::string cure = " -> const Standardization standardize(train); train = standardize(train);\n";
  CHECK_EQ(in(with_feature(1427, 1132)),
           "data: feature 1 of 3, counted from 0, has mean 1427 and standard deviation 1132" + cure);
  CHECK_EQ(in(with_feature(9, 9)), "");
  CHECK_EQ(in(with_feature(0, 0)), "");  // constant
  CHECK_EQ(in(with_feature(1427, 1132), true), "");
  CHECK_EQ(in(normal_data(200, 4, 2, 1e-4)).substr(0, 40), "data: feature 3 of 4, counted from 0, ha");
  CHECK_EQ(in(normal_data(200, 4, 2, 0.1)), "");
  CHECK_EQ(in(load_digits_sample().train), "");
}

TEST_CASE("trials of the doctor: targets_not_scaled is the cause, and divergence what follows") {
  const Dataset unit = normal_data(256, 20, 10);
  const auto with_targets = [&](double mean, double deviation) {
    Tensor targets = Tensor::empty({256, 1});
    for (Index i = 0; i < 256; ++i) {
      targets.data()[i] = static_cast<Real>(mean + deviation * unit.batch().inputs.data()[20 * i]);
    }
    return Dataset(unit.batch().inputs, targets);
  };
  const Dataset far = with_targets(300, 100), large = with_targets(0, 1e6), usual = with_targets(0, 1);
  const auto in = [&](const Dataset& data, const Optimizer& optimizer) {
    Sequential model{Input{{20}}, Dense{32, {.activation = "relu"}}, Dense{1}};
    return rules(diagnose(model, {.dataset = &data, .optimizer = &optimizer}));
  };
  using Rules = std::vector<std::string>;
  const SGD sgd{0.1};
  const Adam adam;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    CAPTURE(seed);
    set_seed(seed);
    CHECK_EQ(in(far, sgd), Rules{"targets_not_scaled"});
    CHECK_EQ(in(far, adam), Rules{"targets_not_scaled"});
    CHECK_EQ(in(large, adam), Rules{"targets_not_scaled"});
    CHECK_EQ(in(usual, adam), Rules{});
    CHECK_EQ(in(usual, SGD(0.03)), Rules{});
  }
}

TEST_CASE("doctor: wild_value, missing_class, class_imbalance, sorted_data") {
  const Adam adam{{.learning_rate = 0.01}};
  const auto in = [&](const Dataset& data, bool shuffle = true) {
    Sequential model{Input{data.sample_shape()}, Dense{32, {.activation = "relu"}}, Dense{data.classes()}};
    return in_short(diagnose(model, {.dataset = &data, .optimizer = &adam, .shuffle = shuffle}));
  };
  const Dataset data = normal_data(5000, 20, 4);
  const Tensor inputs = data.batch().inputs, labels = data.batch().labels;
  CHECK_EQ(in(data), "");
  CHECK_EQ(in(data, false), "");

  Tensor wild = inputs.clone();
  wild.data()[20 * 4321 + 7] = Real(1e6);
  CHECK_EQ(in(Dataset(wild, labels, 4)).substr(0, 67),
           "data: feature 7 of 20, counted from 0, has one value of 1e+06, and ");
  Tensor rare = inputs.clone();  // a column that is 0 except for one sample
  for (Index i = 0; i < 5000; ++i) rare.data()[20 * i + 7] = i == 4321 ? 1 : 0;
  CHECK_EQ(in(Dataset(rare, labels, 4)), "");

  CHECK_EQ(in(Dataset(inputs, labels, 6)).substr(0, 55), "data: of 6 classes, 2 do not occur, or weigh 0: 4, 5 ->");

  const auto with_share = [&](double share) {
    Tensor most = Tensor::zeros({5000});
    for (Index i = 0; i < 5000; ++i) most.data()[i] = static_cast<double>(i % 100) < 100 * share ? 0 : 1;
    return Dataset(inputs, most, 2);
  };
  CHECK_EQ(in(with_share(0.98)).substr(0, 42), "data: 98.0 % of the samples are of class 0");
  CHECK_EQ(in(with_share(0.98).with_class_weights({1, 49})), "");
  CHECK_EQ(in(with_share(0.8)), "");

  std::vector<Index> order;
  for (Index c = 0; c < 4; ++c) {
    for (Index i = 0; i < 5000; ++i) {
      if (labels.data()[i] == static_cast<Real>(c)) order.push_back(i);
    }
  }
  const Dataset sorted(data.batch(order), 4);
  CHECK_EQ(in(sorted, false).substr(0, 36), "data: 5000 samples in 4 runs of one ");
  CHECK_EQ(in(sorted), "");
  std::vector<Index> blocks;  // of 40 of one class
  for (std::ptrdiff_t begin = 0; begin < 800; begin += 40) {
    for (std::ptrdiff_t c = 0; c < 4; ++c) {
      const auto first = std::ranges::find_if(order, [&](Index i) { return labels.data()[i] == static_cast<Real>(c); });
      blocks.insert(blocks.end(), first + begin, first + begin + 40);
    }
  }
  CHECK_EQ(in(Dataset(data.batch(blocks), 4), false).substr(0, 37), "data: 3200 samples in 80 runs of one ");

  CHECK_EQ(in(data.with_class_weights({1, 1, 0, 1})).substr(0, 52),
           "data: of 4 classes, 1 do not occur, or weigh 0: 2 ->");
}

TEST_CASE("doctor: inputs are scaled if those of the first kernel are") {
  const Dataset bytes = normal_data(256, 20, 4, 60);
  const SGD sgd{0.1};
  const auto in = [&](auto... layers) {
    Sequential model{Input{{20}}, std::move(layers)..., Dense{32, {.activation = "relu"}}, Dense{4}};
    return !found("data_not_scaled", model, {.dataset = &bytes, .optimizer = &sgd}).empty();
  };
  CHECK(in());
  CHECK(in(Dropout{0.2}));
  CHECK_FALSE(in(BatchNormalization{}));
  CHECK_FALSE(in(LayerNormalization{}));
  CHECK_FALSE(in(Standardize{Standardization(bytes)}));
}

TEST_CASE("doctor: targets_not_scaled, by losses other than the squared error") {
  const Dataset unit = normal_data(256, 20, 10);
  Tensor targets = Tensor::empty({256, 1});
  for (Index i = 0; i < 256; ++i) {
    targets.data()[i] = static_cast<Real>(2e5 + 8e4 * double{unit.batch().inputs.data()[20 * i]});
  }
  const Dataset prices(unit.batch().inputs, targets);
  for (const char* loss : {"mean_absolute_error", "huber"}) {
    Sequential model{Input{{20}}, Dense{32, {.activation = "relu"}}, Dense{1}};
    const Adam adam{{.learning_rate = 0.01}};
    const DiagnoseOptions options{.dataset = &prices, .optimizer = &adam, .loss = loss};
    const std::vector<Finding> findings = diagnose(model, options);
    CHECK_EQ(rules(findings), std::vector<std::string>{"targets_not_scaled"});
    const TrainingSetup setup = findings.at(0).apply(model, options);
    CHECK(setup.target_mean == doctest::Approx(2e5).epsilon(0.1));
    CHECK(setup.target_deviation == doctest::Approx(8e4).epsilon(0.2));
    CHECK(std::abs(setup.data.label(0)) < 5);
  }
}

TEST_CASE("doctor: duplicates, and validation data") {
  const Dataset data = normal_data(1000, 20, 4);
  const Adam adam{{.learning_rate = 0.01}};
  const auto in = [&](const Dataset& train, const Dataset* validation = nullptr) {
    Sequential model{Input{{20}}, Dense{32, {.activation = "relu"}}, Dense{4}};
    return in_short(diagnose(model, {.dataset = &train, .optimizer = &adam, .validation = validation}));
  };
  std::vector<Index> copies;
  for (Index i = 0; i < 400; ++i) copies.push_back(i % 199);
  CHECK_EQ(in(Dataset(data.batch(copies), 4)).substr(0, 42), "data: of 400 samples, 199 are different ->");
  Batch categories = data.batch(copies);
  for (Real& v : categories.inputs.values()) v = v > 0 ? 1 : 0;
  CHECK_EQ(in(Dataset(categories, 4)), "");
  copies.resize(380);  // not more than half
  CHECK_EQ(in(Dataset(data.batch(copies), 4)), "");

  const auto [train, other] = data.split(0.3);
  CHECK_EQ(in(train, &other), "");
  const Dataset common = data.take(300);
  CHECK_EQ(in(data, &common).substr(0, 61), "validation data: 300 of 300 samples are in the training data ");
  Batch wide = other.batch();
  wide.inputs = wide.inputs.clone();
  for (Real& v : wide.inputs.values()) v *= 4;
  const Dataset scaled(wide, 4);
  CHECK_EQ(in(train, &scaled).substr(0, 33), "validation data: inputs have mean");
  std::vector<Index> some;
  for (Index i = 0; i < other.size(); ++i) {
    if (other.label(i) != 2) some.push_back(i);
  }
  const Dataset without(other.batch(some), 4);
  CHECK_EQ(in(train, &without).substr(0, 51), "validation data: these classes do not occur: 2 -> t");
}

TEST_CASE("doctor: inputs_not_used, where there is nothing to tell samples by") {
  const Dataset data = normal_data(256, 20, 10);
  const auto all = [&](Real value) { return Dataset({Tensor::full({256, 20}, value), data.batch().labels}, 10); };
  const auto in = [](const Dataset& samples, auto... layers) {
    Sequential model{Input{{20}}, std::move(layers)..., Dense{32, {.activation = "relu"}}, Dense{10}};
    return in_short(diagnose(model, {.dataset = &samples}));
  };
  CHECK_EQ(in(all(2)), "data: of 256 samples, 1 are different -> each sample once, before the data are split\n");
  CHECK_EQ(in(all(0)), "data: all samples have the same inputs -> inputs that differ, and that reach the model\n");
  CHECK_EQ(in(data, Lost{}),
           "data: the first kernel gets the same of all samples -> inputs that differ, and that reach the model\n");
  CHECK_EQ(in(data), "");
}

TEST_CASE("doctor: wild_value, of targets") {
  const Dataset plain = normal_data(1000, 8, 10);
  const auto in = [&](double value) {
    Tensor targets = Tensor::empty({1000, 1});
    for (Index i = 0; i < 1000; ++i) targets.data()[i] = plain.batch().inputs.data()[8 * i];
    targets.data()[77] = static_cast<Real>(value);
    const Dataset data(plain.batch().inputs, targets);
    Sequential model{Input{{8}}, Dense{32, {.activation = "relu"}}, Dense{1}};
    const Adam adam{{.learning_rate = 0.01}};
    return in_short(diagnose(model, {.dataset = &data, .optimizer = &adam})).substr(0, 50);
  };
  CHECK_EQ(in(1000), "data: target 0 of 1, counted from 0, has one value");
  CHECK_EQ(in(5), "");
}

TEST_CASE("doctor: data_not_scaled, on one side of 0 or of unlike features") {
  const Dataset plain = normal_data(512, 8, 4);
  const auto in = [&](auto change) {
    Tensor inputs = plain.batch().inputs.clone();
    for (Index i = 0; i < inputs.size(); ++i) change(inputs.data()[i], i % 8);
    const Dataset data({inputs, plain.batch().labels}, 4);
    Sequential model{Input{{8}}, Dense{32, {.activation = "relu"}}, Dense{4}};
    const Adam adam{{.learning_rate = 0.003}};
    return in_short(diagnose(model, {.dataset = &data, .optimizer = &adam})).substr(0, 56);
  };
  CHECK_EQ(in([](Real& v, Index) { v += 8; }).substr(0, 12), "data: featur");
  CHECK_EQ(in([](Real& v, Index) { v += 2; }), "");
  CHECK_EQ(in([](Real& v, Index f) { v *= f < 4 ? Real(1e-3) : 1; }).substr(0, 13), "data: feature");
  CHECK_EQ(in([](Real& v, Index f) { v *= f == 7 ? Real(1e-3) : 1; }), "");
}

TEST_CASE("doctor: sorted_data, of targets") {
  const Tensor inputs = normal_data(1000, 8, 4).batch().inputs;
  std::vector<Index> order(1000);
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, {}, [&](Index i) { return inputs.data()[8 * i]; });
  Tensor targets = Tensor::empty({1000, 1});
  for (Index i = 0; i < 1000; ++i) targets.data()[i] = inputs.data()[8 * i];
  const Dataset random(inputs, targets), sorted(random.batch(order), 0);
  const auto in = [](const Dataset& data, bool shuffle) {
    Sequential model{Input{{8}}, Dense{32, {.activation = "relu"}}, Dense{1}};
    const SGD sgd{{.learning_rate = 0.1}};
    return in_short(diagnose(model, {.batch_size = 20, .dataset = &data, .optimizer = &sgd, .shuffle = shuffle}));
  };
  CHECK_EQ(in(sorted, false).substr(0, 56), "data: 1000 samples in 1 runs of targets that rise, or fa");
  CHECK_EQ(in(sorted, true), "");
  CHECK_EQ(in(random, false), "");
}
