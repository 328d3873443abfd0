#include "case.h"
#include "digit_model.h"
#include "digits.h"
#include "training.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <numeric>
#include <string>
#include <vector>

using namespace harness;
using student::Data;
using student::Model;

namespace {

/// Samples with images ~ N(0, 1) and random labels.
struct Samples {
  std::vector<double> images;
  std::vector<std::size_t> labels;
  std::size_t features;

  Samples(std::size_t count, std::size_t feature_count, std::size_t classes)
      : images(normal(count * feature_count)), labels(integers(count, classes)), features(feature_count) {}
  Data data() const { return {images, labels, features}; }
};

/// Random numbers below a limit from a list that was drawn before, so that the student's calls do not change what the
/// case draws later. Remembers the limits that were asked for.
class Numbers {
 public:
  explicit Numbers(std::size_t count) : values_(uniform(count)) {}
  student::Below below() {
    return [this](std::size_t limit) {
      limits += (limits.empty() ? "" : " ") + std::to_string(limit);
      return static_cast<std::size_t>(values_[next_++ % values_.size()] * static_cast<double>(limit));
    };
  }
  std::string limits;

 private:
  std::vector<double> values_;
  std::size_t next_ = 0;
};

/// A linear network with the loss 1/2 sum (logit - [k is the label])^2, which writes down how it is used. In training
/// mode its logits are shifted by 1/4, so that the mode shows in the numbers.
class LoggedModel {
 public:
  LoggedModel(std::size_t features, std::size_t classes)
      : weights(normal(features * classes, 0, 0.3)), gradient(weights.size()), features_(features), classes_(classes) {}

  Model model() {
    return {.forward = [this](std::span<const double> x, bool training) { return forward(x, training); },
            .loss = [this](std::span<const double> logits,
                           std::span<const std::size_t> labels) { return loss(logits, labels); },
            .backward =
                [this] {
                  write("backward");
                  for (std::size_t n = 0; n < labels_.size(); ++n) {
                    for (std::size_t i = 0; i < gradient.size(); ++i) {
                      gradient[i] += x_[n * features_ + i / classes_] * errors_[n * classes_ + i % classes_];
                    }
                  }
                },
            .clear_gradients =
                [this] {
                  write("clear");
                  std::fill(gradient.begin(), gradient.end(), 0.0);
                },
            .step =
                [this] {
                  write("step");
                  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] -= 0.05 * gradient[i];
                }};
  }

  std::string log;
  std::vector<double> weights;
  std::vector<double> gradient;

 private:
  void write(const std::string& text) { log += (log.empty() ? "" : " ") + text; }

  std::vector<double> forward(std::span<const double> x, bool training) {
    const std::size_t rows = x.size() / features_;
    write((training ? "train(" : "infer(") + std::to_string(rows) + ")");
    std::vector<double> logits(rows * classes_, training ? 0.25 : 0.0);
    for (std::size_t i = 0; i < logits.size(); ++i) {
      for (std::size_t f = 0; f < features_; ++f) {
        logits[i] += x[i / classes_ * features_ + f] * weights[f * classes_ + i % classes_];
      }
    }
    x_.assign(x.begin(), x.end());
    return logits;
  }

  double loss(std::span<const double> logits, std::span<const std::size_t> labels) {
    std::string text = "loss(";
    errors_.assign(logits.begin(), logits.end());
    labels_.assign(labels.begin(), labels.end());
    double total = 0;
    for (std::size_t n = 0; n < labels.size(); ++n) {
      text += (n == 0 ? "" : " ") + std::to_string(labels[n]);
      errors_[n * classes_ + labels[n]] -= 1;
    }
    const double rows = static_cast<double>(labels.size());
    for (double& error : errors_) {
      total += error * error / 2;
      error /= rows;
    }
    write(text + ")");
    return total / rows;
  }

  std::size_t features_;
  std::size_t classes_;
  std::vector<double> x_;
  std::vector<double> errors_;
  std::vector<std::size_t> labels_;
};

std::vector<double> numbers_of(std::span<const std::size_t> values) { return {values.begin(), values.end()}; }

std::vector<std::size_t> identity(std::size_t count) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  return order;
}

}  // namespace

LAB_CASE("5.1", "shuffle with given numbers", 1) {
  input("the orders 0 ... 8 and 4 4 2 0 1, then orders of one and of none; numbers from the seed");
  Numbers numbers(40);
  auto order = identity(9);
  student::shuffle(order, numbers.below());
  observe_text("limits asked for", numbers.limits);
  observe("order", numbers_of(order), {9});
  std::vector<std::size_t> other{4, 4, 2, 0, 1};
  student::shuffle(other, numbers.below());
  observe("another order", numbers_of(other), {5});
  std::vector<std::size_t> one{7};
  student::shuffle(one, numbers.below());
  std::vector<std::size_t> none;
  student::shuffle(none, numbers.below());
  observe("an order of one", numbers_of(one), {1});
}

LAB_CASE("5.1", "all orders equally likely", 1) {
  input("the order 0 1 2 shuffled 6,000 times: each of the 6 orders 1,000 times, within 5 standard deviations");
  Numbers numbers(20000);
  const auto below = numbers.below();
  std::vector<double> counts(6);
  for (int i = 0; i < 6000; ++i) {
    auto order = identity(3);
    student::shuffle(order, below);
    numbers.limits.clear();
    counts[order[0] * 2 + (order[1] > order[2] ? 1 : 0)] += 1;
  }
  observe("counts of 012 021 102 120 201 210", counts, {6});
  const auto [low, high] = std::minmax_element(counts.begin(), counts.end());
  require(*low > 1000 - 5 * 28.9 && *high < 1000 + 5 * 28.9,
          "some orders come more often: counts from {} to {}, expected 1,000 each", *low, *high);
}

LAB_CASE("5.1", "gather", 2) {
  input("6 samples of 3 features, positions 4 0 5 5");
  const Samples samples(6, 3, 10);
  const std::vector<std::size_t> positions{4, 0, 5, 5};
  std::vector<double> x(12, harness::nan);
  std::vector<std::size_t> y(4, 99);
  student::gather(samples.data(), positions, x, y);
  observe("x", x, {4, 3});
  observe("y", numbers_of(y), {4});
}

LAB_CASE("5.2", "training and test images", 2) {
  input("50 numbers ~ 0.3 + 0.2 N(0, 1) for training, 20 ~ 0.9 + 0.5 N(0, 1) for the test");
  auto train = normal(50, 0.3, 0.2);
  auto test = normal(20, 0.9, 0.5);
  student::standardize(train, test);
  observe("train", train, {50});
  observe("test", test, {20});
  observe("mean of train", std::accumulate(train.begin(), train.end(), 0.0) / 50);
}

LAB_CASE("5.2", "equal numbers", 1) {
  input("4 training numbers of 0.5: the deviation is 0");
  std::vector<double> train(4, 0.5);
  std::vector<double> test{0, 0.5, 1};
  student::standardize(train, test);
  observe("train", train, {4});
  observe("test", test, {3});
}

LAB_CASE("5.3", "logits", 1) {
  input("7 samples of 5 classes: three of them right; then 2 samples of 6");
  std::vector<double> logits = normal(35);
  auto labels = integers(7, 5);
  for (std::size_t n = 0; n < 7; ++n) {
    const std::size_t winner = n % 2 == 0 && n > 0 ? labels[n] : (labels[n] + 1 + n % 4) % 5;
    logits[n * 5 + winner] = 10 - static_cast<double>(n);
  }
  observe("right of 7", static_cast<double>(student::count_correct(logits, labels)));
  const std::vector<double> two{-3, -2, -9, -4, -5, -6, 0, 0, -1, 5, 1, 2};
  observe("right of 2", static_cast<double>(student::count_correct(two, std::vector<std::size_t>{1, 3})));
}

LAB_CASE("5.3", "as many samples as classes, and equal logits", 1) {
  input("4 samples of 4 classes; then rows of equal logits, of which the first counts");
  const std::vector<double> logits{9, 1, 2, 3, 8, 5, 2, 0, 7, 1, 3, 2, 0, 4, 1, 6};
  observe("right of 4", static_cast<double>(student::count_correct(logits, std::vector<std::size_t>{0, 0, 0, 3})));
  observe("right of 4, other labels",
          static_cast<double>(student::count_correct(logits, std::vector<std::size_t>{0, 3, 2, 1})));
  const std::vector<double> equal{1, 1, 1, 0, 2, 2};
  observe("labels 0 1", static_cast<double>(student::count_correct(equal, std::vector<std::size_t>{0, 1})));
  observe("labels 2 2", static_cast<double>(student::count_correct(equal, std::vector<std::size_t>{2, 2})));
}

LAB_CASE("5.4", "what is called, and when", 2) {
  input("8 samples of 3 features and 4 classes in a random order, batches of 3: 3, 3 and 2");
  const Samples samples(8, 3, 4);
  LoggedModel network(3, 4);
  auto order = identity(8);
  std::reverse(order.begin() + 1, order.begin() + 6);
  student::train_epoch(network.model(), samples.data(), order, 3);
  observe_text("calls", network.log);
}

LAB_CASE("5.4", "mean loss with a short last batch", 1) {
  input("batches of 4, 4 and 1; the one sample of the last has a loss of about 50");
  Samples samples(9, 2, 3);
  samples.images[16] = 30;
  LoggedModel network(2, 3);
  observe("mean loss", student::train_epoch(network.model(), samples.data(), identity(9), 4));
}

LAB_CASE("5.4", "weights after an epoch", 2) {
  input("7 samples of 3 features and 4 classes, batches of 2 in the order 6 ... 0; weights (3, 4) after the epoch");
  const Samples samples(7, 3, 4);
  LoggedModel network(3, 4);
  auto order = identity(7);
  std::reverse(order.begin(), order.end());
  const double loss = student::train_epoch(network.model(), samples.data(), order, 2);
  observe("weights", network.weights, {3, 4});
  observe("gradients of the last batch", network.gradient, {3, 4});
  observe("mean loss", loss);
}

LAB_CASE("5.5", "inference mode", 1) {
  input("6 samples of 3 features and 4 classes, batches of 3; weights and gradients stay");
  const Samples samples(6, 3, 4);
  LoggedModel network(3, 4);
  const auto weights = network.weights;
  const auto result = student::evaluate(network.model(), samples.data(), 3);
  observe_text("calls", network.log);
  unchanged("the weights", weights, network.weights);
  observe("loss", result.loss);
  observe("accuracy", result.accuracy);
}

LAB_CASE("5.5", "the last short batch counts as what it is", 2) {
  input("11 samples of 3 features and 3 classes, batches of 4: 4, 4 and 3; the last have large images");
  Samples samples(11, 3, 3);
  for (std::size_t i = 24; i < 33; ++i) samples.images[i] *= 5;
  LoggedModel network(3, 3);
  const auto result = student::evaluate(network.model(), samples.data(), 4);
  observe("loss", result.loss);
  observe("accuracy", result.accuracy);
}

LAB_CASE("5.6", "each epoch a new order", 2) {
  input("7 samples of 2 features and 7 classes (labels 0 ... 6), 2 test samples, 3 epochs, batches of 4");
  Samples train(7, 2, 7);
  train.labels = identity(7);
  const Samples test(2, 2, 7);
  LoggedModel network(2, 7);
  Numbers numbers(100);
  const auto history = student::fit(network.model(), train.data(), test.data(), {3, 4}, numbers.below());
  observe_text("calls", network.log);
  observe("epochs", static_cast<double>(history.size()));
  observe_text("limits asked for", numbers.limits);
}

LAB_CASE("5.6", "the history", 1) {
  input("13 training and 9 test samples of 3 features and 3 classes, 4 epochs, batches of 5");
  const Samples train(13, 3, 3);
  const Samples test(9, 3, 3);
  LoggedModel network(3, 3);
  Numbers numbers(100);
  std::vector<double> training;
  std::vector<double> loss;
  std::vector<double> accuracy;
  for (const auto& epoch : student::fit(network.model(), train.data(), test.data(), {4, 5}, numbers.below())) {
    training.push_back(epoch.training_loss);
    loss.push_back(epoch.test.loss);
    accuracy.push_back(epoch.test.accuracy);
  }
  observe("training loss", training, {training.size()});
  observe("test loss", loss, {loss.size()});
  observe("test accuracy", accuracy, {accuracy.size()});
  observe("weights", network.weights, {3, 3});
}

LAB_CASE("5.6", "over-fits 32 images", 1) {
  input("32 digits of 14 x 14 pixels, 196-24-10 of your own parts, Adam, 30 epochs in batches of 10");
  auto digits = load_digits(32, 50, 14);
  student::standardize(digits.train.images, digits.test.images);
  const Data train{digits.train.images, digits.train.labels, 196};
  const Data test{digits.test.images, digits.test.labels, 196};
  const std::size_t sizes[] = {196, 24, 10};
  DigitModel network(sizes, 1, 0.01);
  const auto history = student::fit(network.model(), train, test, {30, 10}, numbers_below(2));
  std::vector<double> losses;
  for (const auto& epoch : history) losses.push_back(epoch.training_loss);
  // Rounding differs between correct implementations, and training amplifies it.
  observe("training loss", losses, {losses.size()}).tolerance(1e-4, 1e-2);
  const auto fitted = student::evaluate(network.model(), train, 10);
  require(fitted.accuracy == 1 && fitted.loss < 0.05,
          "accuracy {} and loss {:.3f} on the 32 images, expected 1 and below 0.05", fitted.accuracy, fitted.loss);
}

LAB_CASE("5.6", "same seed, same bits", 1) {
  input("two runs on 100 digits with the same seeds, then one with another seed: 2 epochs in batches of 32");
  auto digits = load_digits(100, 50, 14);
  student::standardize(digits.train.images, digits.test.images);
  const Data train{digits.train.images, digits.train.labels, 196};
  const Data test{digits.test.images, digits.test.labels, 196};
  const std::size_t sizes[] = {196, 16, 10};
  std::vector<std::vector<double>> kernels;
  for (const std::uint64_t seed : std::initializer_list<std::uint64_t>{5, 5, 6}) {
    DigitModel network(sizes, 1, 0.01);
    const auto history = student::fit(network.model(), train, test, {2, 32}, numbers_below(seed));
    if (kernels.empty()) {
      observe("test loss after 2 epochs", history.empty() ? harness::nan : history.back().test.loss)
          .tolerance(1e-6, 1e-4);
    }
    kernels.push_back(network.weights().front().elements);
  }
  require(kernels[0] == kernels[1], "the same seed gives other weights");
  require(kernels[0] != kernels[2], "another seed gives the same weights");
}
