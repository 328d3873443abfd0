#pragma once

#include "adam.h"
#include "on_tape.h"
#include "tape_model.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <span>
#include <utility>
#include <vector>

namespace harness {

/// A network of dense layers with relu between them, of labs 1 to 4: tape, dense, cross-entropy, Adam.
class DigitModel {
 public:
  DigitModel(std::span<const std::size_t> sizes, std::uint64_t seed, double learning_rate) {
    std::mt19937_64 generator(seed);
    std::normal_distribution<double> normal;
    for (std::size_t i = 0; i + 1 < sizes.size(); ++i) {
      student::Matrix kernel(sizes[i], sizes[i + 1]);
      // A small last layer: the logits begin near 0, all classes are equally likely, and the loss is near ln 10.
      const double scale = i + 2 < sizes.size() ? 1 : 0.1;
      const double deviation = scale * std::sqrt(2 / static_cast<double>(sizes[i]));
      for (double& weight : kernel.elements) weight = deviation * normal(generator);
      weights_.push_back(std::move(kernel));
      weights_.emplace_back(1, sizes[i + 1]);
    }
    std::vector<student::Matrix*> parameters;
    for (student::Matrix& matrix : weights_) {
      parameters.push_back(&matrix);
      optimizers_.emplace_back(matrix.elements.size(), learning_rate);
    }
    trained_ = std::make_unique<TapeModel>(
        std::move(parameters), sizes.front(),
        [](TapeModel::Leaves leaves, const student::Variable& x, bool) {
          student::Variable y = x;
          for (std::size_t i = 0; i < leaves.size(); i += 2) {
            if (i > 0) y = harness::relu(y);
            y = harness::dense(y, leaves[i], leaves[i + 1]);
          }
          return y;
        },
        cross_entropy,
        [this](std::size_t i, std::span<double> parameter, std::span<const double> gradient) {
          optimizers_[i].step(parameter, gradient);
        });
  }
  DigitModel(const DigitModel&) = delete;
  DigitModel& operator=(const DigitModel&) = delete;

  student::Model model() { return trained_->model(); }
  const std::vector<student::Matrix>& weights() const { return weights_; }

 private:
  std::vector<student::Matrix> weights_;
  std::vector<Adam> optimizers_;
  std::unique_ptr<TapeModel> trained_;
};

/// Random numbers below a limit, for `student::shuffle` and `student::fit`.
inline student::Below numbers_below(std::uint64_t seed) {
  return [generator = std::mt19937_64(seed)](std::size_t limit) mutable {
    return static_cast<std::size_t>(generator() % limit);
  };
}

}  // namespace harness
