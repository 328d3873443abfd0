#pragma once

#include "call_counts.h"
#include "optimizers.h"

#include <cstddef>
#include <span>
#include <vector>

namespace harness {

/// Adam of lab 4, with the state of one parameter.
class Adam {
 public:
  Adam(std::size_t size, double learning_rate) : m_(size), v_(size), learning_rate_(learning_rate) {}
  void step(std::span<double> parameter, std::span<const double> gradient) {
    student::adam_update(parameter, gradient, m_, v_, ++t_, {.learning_rate = learning_rate_});
    ++call_counts()["adam_update"];
  }

 private:
  std::vector<double> m_;
  std::vector<double> v_;
  double learning_rate_;
  std::size_t t_ = 0;
};

}  // namespace harness
