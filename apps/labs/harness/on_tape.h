#pragma once

#include "activations_and_losses.h"
#include "call_counts.h"
#include "dense.h"
#include "tape.h"

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

// The functions of labs 2 and 3 as operations on the student's tape. Each call is counted.

namespace harness {

/// y = x kernel + bias: x (N, F), kernel (F, U), bias (1, U) or 0 x 0 for none.
inline student::Variable dense(const student::Variable& x, const student::Variable& kernel,
                               const student::Variable& bias) {
  using student::Matrix;
  const std::size_t N = x.value.rows;
  const std::size_t F = x.value.columns;
  const std::size_t U = kernel.value.columns;
  Matrix y(N, U);
  student::dense_forward(x.value.elements, kernel.value.elements, bias.value.elements, N, F, U, y.elements);
  ++call_counts()["dense_forward"];
  // The first layer's input is a constant, whose gradient would be the largest product of the step.
  const bool dx_wanted = x.slot != student::constant;
  const bool has_bias = !bias.value.empty();
  return student::record("dense", {x.slot, kernel.slot, bias.slot}, std::move(y),
                         [N, F, U, dx_wanted, has_bias, inputs = x.value, weights = kernel.value](const Matrix& dy) {
                           std::vector<Matrix> d{Matrix(), Matrix(F, U), Matrix()};
                           if (dx_wanted) {
                             d[0] = Matrix(N, F);
                             student::dense_dx(dy.elements, weights.elements, N, F, U, d[0].elements);
                             ++call_counts()["dense_dx"];
                           }
                           student::dense_dkernel(inputs.elements, dy.elements, N, F, U, d[1].elements);
                           ++call_counts()["dense_dkernel"];
                           if (has_bias) {
                             d[2] = Matrix(1, U);
                             student::dense_dbias(dy.elements, N, U, d[2].elements);
                             ++call_counts()["dense_dbias"];
                           }
                           return d;
                         });
}

inline student::Variable relu(const student::Variable& x) {
  using student::Matrix;
  Matrix y(x.value.rows, x.value.columns);
  student::relu(x.value.elements, y.elements);
  ++call_counts()["relu"];
  return student::record("relu", {x.slot}, std::move(y), [input = x.value](const Matrix& dy) {
    std::vector<Matrix> d{Matrix(input.rows, input.columns)};
    student::relu_backward(input.elements, dy.elements, d[0].elements);
    ++call_counts()["relu_backward"];
    return d;
  });
}

inline student::Variable sigmoid(const student::Variable& x) {
  using student::Matrix;
  Matrix y(x.value.rows, x.value.columns);
  student::sigmoid(x.value.elements, y.elements);
  ++call_counts()["sigmoid"];
  Matrix result = y;
  return student::record("sigmoid", {x.slot}, std::move(result), [y = std::move(y)](const Matrix& dy) {
    std::vector<Matrix> d{Matrix(y.rows, y.columns)};
    student::sigmoid_backward(y.elements, dy.elements, d[0].elements);
    ++call_counts()["sigmoid_backward"];
    return d;
  });
}

/// The mean loss, 1 x 1, of logits (N, K) and N labels.
inline student::Variable cross_entropy(const student::Variable& logits, std::span<const std::size_t> labels) {
  using student::Matrix;
  const std::size_t N = logits.value.rows;
  const std::size_t K = logits.value.columns;
  const double loss = student::cross_entropy(logits.value.elements, labels, N, K);
  ++call_counts()["cross_entropy"];
  return student::record("cross_entropy", {logits.slot}, Matrix(1, 1, loss),
                         [N, K, values = logits.value,
                          classes = std::vector<std::size_t>(labels.begin(), labels.end())](const Matrix& dy) {
                           std::vector<Matrix> d{Matrix(N, K)};
                           student::cross_entropy_backward(values.elements, classes, N, K, 0, dy(0, 0), d[0].elements);
                           ++call_counts()["cross_entropy_backward"];
                           return d;
                         });
}

}  // namespace harness
