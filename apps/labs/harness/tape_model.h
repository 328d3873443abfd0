#pragma once

#include "tape.h"
#include "training.h"

#include <cstddef>
#include <functional>
#include <span>
#include <utility>
#include <vector>

namespace harness {

/// A network on the student's tape, as the training loop of lab 5 sees it. Each forward pass in training mode begins a
/// new tape with a leaf for every parameter; in inference mode no tape records.
class TapeModel {
 public:
  using Leaves = std::span<const student::Variable>;
  /// Logits of x, from the leaves of the parameters.
  using Network = std::function<student::Variable(Leaves leaves, const student::Variable& x, bool training)>;
  /// The mean loss, 1 x 1.
  using Loss = std::function<student::Variable(const student::Variable& logits, std::span<const std::size_t> labels)>;
  /// Moves parameter i by its gradient.
  using Step = std::function<void(std::size_t i, std::span<double> parameter, std::span<const double> gradient)>;

  TapeModel(std::vector<student::Matrix*> parameters, std::size_t features, Network network, Loss loss, Step step)
      : parameters_(std::move(parameters)),
        features_(features),
        network_(std::move(network)),
        loss_(std::move(loss)),
        step_(std::move(step)) {
    clear_gradients();
  }
  TapeModel(const TapeModel&) = delete;
  TapeModel& operator=(const TapeModel&) = delete;

  student::Model model() {
    return {.forward = [this](std::span<const double> x, bool training) { return forward(x, training); },
            .loss = [this](std::span<const double> logits,
                           std::span<const std::size_t> labels) { return loss(logits, labels); },
            .backward = [this] { backward(); },
            .clear_gradients = [this] { clear_gradients(); },
            .step =
                [this] {
                  for (std::size_t i = 0; i < parameters_.size(); ++i) {
                    step_(i, parameters_[i]->elements, gradients_[i].elements);
                  }
                }};
  }

  const std::vector<student::Matrix>& gradients() const { return gradients_; }

 private:
  std::vector<double> forward(std::span<const double> x, bool training) {
    const std::size_t rows = x.size() / features_;
    const student::Variable input{student::Matrix(rows, features_, std::vector<double>(x.begin(), x.end())),
                                  student::constant};
    tape_ = {};
    leaves_.clear();
    for (const student::Matrix* parameter : parameters_) {
      leaves_.push_back(training ? student::leaf(tape_, *parameter) : student::Variable{*parameter, student::constant});
    }
    const student::Recording recording(training ? &tape_ : nullptr);
    logits_ = network_(leaves_, input, training);
    return logits_.value.elements;
  }

  double loss(std::span<const double> logits, std::span<const std::size_t> labels) {
    const bool recorded = logits_.slot != student::constant;
    const student::Recording recording(recorded ? &tape_ : nullptr);
    student::Variable measured{logits_.value, logits_.slot};
    measured.value.elements.assign(logits.begin(), logits.end());
    last_loss_ = loss_(measured, labels);
    return last_loss_.value(0, 0);
  }

  void backward() {
    student::backward(tape_, last_loss_);
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      const student::Matrix gradient = student::gradient(tape_, leaves_[i]);
      for (std::size_t j = 0; j < gradient.elements.size(); ++j) gradients_[i].elements[j] += gradient.elements[j];
    }
  }

  void clear_gradients() {
    gradients_.clear();
    for (const student::Matrix* parameter : parameters_) gradients_.emplace_back(parameter->rows, parameter->columns);
  }

  std::vector<student::Matrix*> parameters_;
  std::size_t features_;
  Network network_;
  Loss loss_;
  Step step_;
  student::Tape tape_;
  std::vector<student::Variable> leaves_;
  std::vector<student::Matrix> gradients_;
  student::Variable logits_;
  student::Variable last_loss_;
};

}  // namespace harness
