#pragma once

#include "batch_norm_on_tape.h"
#include "call_counts.h"
#include "convergence.h"
#include "digits.h"
#include "on_tape.h"
#include "optimizers.h"
#include "student_layers.h"
#include "tape_model.h"

#include <gradus/autograd/losses.h>
#include <gradus/layers/activation.h>
#include <gradus/layers/batch_normalization.h>
#include <gradus/layers/dense.h>
#include <gradus/layers/input.h>
#include <gradus/layers/sequential.h>
#include <gradus/optim/sgd.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <vector>

namespace harness {

inline constexpr double batch_norm_momentum = 0.9;
inline constexpr double batch_norm_epsilon = 1e-3;

/// The operations of labs 2, 3, 7 and 8 on the student's tape.
inline student::Operations student_operations() {
  return {dense,
          [](const student::Variable& x, const student::Variable& gamma, const student::Variable& beta,
             student::NetworkLayer& layer, bool training) {
            return batch_norm(x, gamma, beta, {layer.moving_mean.elements, layer.moving_variance.elements},
                              batch_norm_momentum, batch_norm_epsilon, training);
          },
          sigmoid};
}

struct ExperimentOptions {
  std::size_t side = 14;
  std::size_t train_count = 1000;
  std::size_t test_count = 1000;
  std::vector<std::size_t> hidden{24, 24, 24};
  student::CurveOptions curve{32, 240, 20};
  double learning_rate = 1;
};

/// For the cases, which run under the sanitizers.
inline ExperimentOptions small_experiment() {
  return {.side = 7, .train_count = 400, .test_count = 100, .hidden = {10, 10, 10}, .curve = {20, 60, 20}};
}

enum class Layers { of_the_student, of_gradus };

/// A network of gradus with softmax cross-entropy and SGD, as the training loop of lab 5 sees it.
class GradusModel {
 public:
  GradusModel(gradus::Sequential& network, double learning_rate) : network_(network), optimizer_(learning_rate) {}

  student::Model model() {
    return {.forward = [this](std::span<const double> x, bool training) { return forward(x, training); },
            .loss = [this](std::span<const double>, std::span<const std::size_t> labels) { return loss(labels); },
            .backward = [this] { tape_->backward(loss_); },
            .clear_gradients = [] {},  // backward overwrites
            .step = [this] { optimizer_.step(network_.parameters()); }};
  }

 private:
  std::vector<double> forward(std::span<const double> x, bool training) {
    tape_.reset();
    if (training) tape_.emplace();
    const gradus::Index features = network_.input_shape()[0];
    const gradus::Index rows = static_cast<gradus::Index>(x.size()) / features;
    logits_ = network_(to_tensor(x, {rows, features}), training ? gradus::Mode::training : gradus::Mode::inference);
    return to_doubles(logits_.value());
  }

  double loss(std::span<const std::size_t> labels) {
    gradus::Tensor classes = gradus::Tensor::empty({static_cast<gradus::Index>(labels.size())});
    for (std::size_t n = 0; n < labels.size(); ++n) classes.data()[n] = static_cast<gradus::Real>(labels[n]);
    loss_ = gradus::softmax_cross_entropy(logits_, classes);
    return static_cast<double>(loss_.value().item());
  }

  gradus::Sequential& network_;
  gradus::SGD optimizer_;
  std::optional<gradus::GradientTape> tape_;
  gradus::Variable logits_;
  gradus::Variable loss_;
};

/// One comparison: the digits, and runs from equal initial weights with equal batches.
class Experiment {
 public:
  explicit Experiment(const ExperimentOptions& options)
      : options_(options), digits_(load_digits(options.train_count, options.test_count, options.side)) {
    student::standardize(digits_.train.images, digits_.test.images);
    sizes_.push_back(digits_.train.features());
    sizes_.insert(sizes_.end(), options.hidden.begin(), options.hidden.end());
    sizes_.push_back(10);
  }

  /// Test accuracies at the checkpoints, on the student's parts alone.
  std::vector<double> on_student_tape(const student::Run& run) const {
    std::mt19937_64 generator(run.seed);
    student::Network network = initial(run, generator);
    const student::Operations operations = student_operations();
    TapeModel trained(
        student::parameters(network), sizes_.front(),
        [&](TapeModel::Leaves leaves, const student::Variable& x, bool training) {
          return student::forward(network, leaves, x, training, operations);
        },
        cross_entropy,
        [&run](std::size_t, std::span<double> parameter, std::span<const double> gradient) {
          student::sgd_step(parameter, gradient, run.learning_rate);
          ++call_counts()["sgd_step"];
        });
    return curve(trained.model(), run);
  }

  /// The same in gradus, with the student's functions as layers or with its own.
  std::vector<double> in_gradus(const student::Run& run, Layers layers) const {
    std::mt19937_64 generator(run.seed);
    gradus::Sequential network = sequential(initial(run, generator), layers);
    GradusModel trained(network, run.learning_rate);
    return curve(trained.model(), run);
  }

 private:
  student::Network initial(const student::Run& run, std::mt19937_64& generator) const {
    std::normal_distribution<double> normal;
    return student::make_network(sizes_, run.batch_norm, [&] { return normal(generator); });
  }

  std::vector<double> curve(const student::Model& model, const student::Run& run) const {
    const auto data_of = [](const Digits& digits) {
      return student::Data{digits.images, digits.labels, digits.features()};
    };
    // A stream of its own, so that the batches do not depend on how many numbers the weights took.
    std::mt19937_64 generator(run.seed + 1000);
    return student::accuracy_curve(model, data_of(digits_.train), data_of(digits_.test), options_.curve,
                                   [&](std::size_t limit) { return static_cast<std::size_t>(generator() % limit); });
  }

  static gradus::Sequential sequential(const student::Network& weights, Layers layers) {
    const bool own = layers == Layers::of_gradus;
    std::vector<std::unique_ptr<gradus::Layer>> list;
    list.push_back(
        std::make_unique<gradus::Input>(gradus::Shape{static_cast<gradus::Index>(weights.front().kernel.rows)}));
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const auto units = static_cast<gradus::Index>(weights[i].kernel.columns);
      const bool use_bias = !weights[i].bias.empty();
      if (own) {
        list.push_back(std::make_unique<gradus::Dense>(units, gradus::DenseOptions{.use_bias = use_bias}));
      } else {
        list.push_back(std::make_unique<StudentDense>(units, use_bias));
      }
      if (weights[i].normalized() && own) {
        list.push_back(std::make_unique<gradus::BatchNormalization>(
            gradus::BatchNormalizationOptions{.momentum = batch_norm_momentum, .epsilon = batch_norm_epsilon}));
      } else if (weights[i].normalized()) {
        list.push_back(std::make_unique<StudentBatchNormalization>(batch_norm_momentum, batch_norm_epsilon));
      }
      if (i + 1 == weights.size()) continue;
      if (own) {
        list.push_back(std::make_unique<gradus::Activation>("sigmoid"));
      } else {
        list.push_back(std::make_unique<StudentSigmoid>());
      }
    }
    gradus::Sequential network(std::move(list));
    // Biases, gamma and beta start as in gradus; kernels are the student's.
    std::size_t next = 0;
    for (gradus::Parameter& parameter : network.parameters()) {
      if (!parameter.name().ends_with("kernel")) continue;
      const student::Matrix& kernel = weights[next++].kernel;
      write(kernel.elements, parameter.value());
    }
    return network;
  }

  ExperimentOptions options_;
  TrainTestDigits digits_;
  std::vector<std::size_t> sizes_;
};

}  // namespace harness
