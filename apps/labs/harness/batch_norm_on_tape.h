#pragma once

#include "batch_norm_backward.h"
#include "batch_norm_forward.h"
#include "call_counts.h"
#include "tape.h"

#include <span>
#include <utility>
#include <vector>

namespace harness {

struct MovingStatistics {
  std::span<double> mean;
  std::span<double> variance;
};

/// Labs 7 and 8 on the student's tape: x (N, F), gamma and beta (1, F). Training moves the statistics.
inline student::Variable batch_norm(const student::Variable& x, const student::Variable& gamma,
                                    const student::Variable& beta, const MovingStatistics& moving, double momentum,
                                    double epsilon, bool training) {
  using student::Matrix;
  const std::size_t N = x.value.rows;
  const std::size_t F = x.value.columns;
  Matrix y(N, F);
  if (!training) {
    student::batch_norm_inference(x.value.elements, gamma.value.elements, beta.value.elements, moving.mean,
                                  moving.variance, epsilon, N, F, y.elements);
    ++call_counts()["batch_norm_inference"];
    return {std::move(y), student::constant};
  }
  std::vector<double> xhat(N * F);
  std::vector<double> inv_std(F);
  student::batch_norm_training(x.value.elements, gamma.value.elements, beta.value.elements, momentum, epsilon, N, F,
                               moving.mean, moving.variance, xhat, inv_std, y.elements);
  ++call_counts()["batch_norm_training"];
  return student::record(
      "batch_norm", {x.slot, gamma.slot, beta.slot}, std::move(y),
      [N, F, scale = gamma.value.elements, xhat = std::move(xhat), inv_std = std::move(inv_std)](const Matrix& dy) {
        std::vector<Matrix> d{Matrix(N, F), Matrix(1, F), Matrix(1, F)};
        student::batch_norm_backward(dy.elements, xhat, inv_std, scale, N, F, d[0].elements, d[1].elements,
                                     d[2].elements);
        ++call_counts()["batch_norm_backward"];
        return d;
      });
}

}  // namespace harness
