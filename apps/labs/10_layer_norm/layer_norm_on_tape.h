#pragma once

#include "call_counts.h"
#include "layer_norm.h"
#include "tape.h"

#include <utility>
#include <vector>

namespace harness {

/// The functions of lab 10 as an operation of the student's tape: x (N, F), gamma and beta (1, F).
inline student::Variable layer_norm(const student::Variable& x, const student::Variable& gamma,
                                    const student::Variable& beta, double epsilon) {
  using student::Matrix;
  const std::size_t N = x.value.rows;
  const std::size_t F = x.value.columns;
  Matrix y(N, F);
  std::vector<double> xhat(N * F);
  std::vector<double> inv_std(N);
  student::layer_norm_forward(x.value.elements, gamma.value.elements, beta.value.elements, epsilon, N, F, xhat, inv_std,
                              y.elements);
  ++call_counts()["layer_norm_forward"];
  return student::record(
      "layer_norm", {x.slot, gamma.slot, beta.slot}, std::move(y),
      [N, F, scale = gamma.value.elements, xhat = std::move(xhat), inv_std = std::move(inv_std)](const Matrix& dy) {
        std::vector<Matrix> d{Matrix(N, F), Matrix(1, F), Matrix(1, F)};
        std::vector<double> dxhat(N * F);
        student::layer_norm_dx(dy.elements, scale, xhat, inv_std, N, F, dxhat, d[0].elements);
        student::layer_norm_parameters(dy.elements, xhat, N, F, d[1].elements, d[2].elements);
        ++call_counts()["layer_norm_backward"];
        return d;
      });
}

}  // namespace harness
