#pragma once

// Layers of gradus that compute with the student's functions, written against its public interface: they stand in a
// Sequential beside those of the library. Each call is counted.

#include "activations_and_losses.h"
#include "batch_norm_backward.h"
#include "batch_norm_forward.h"
#include "call_counts.h"
#include "dense.h"

#include <gradus/autograd/tape.h>
#include <gradus/layers/layer.h>

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

namespace harness {

inline std::vector<double> to_doubles(const gradus::Tensor& tensor) {
  const std::span<const gradus::Real> values = tensor.values();
  return {values.begin(), values.end()};
}

inline void write(std::span<const double> values, gradus::Tensor to) {
  std::transform(values.begin(), values.end(), to.data(), [](double x) { return static_cast<gradus::Real>(x); });
}

inline gradus::Tensor to_tensor(std::span<const double> values, const gradus::Shape& shape) {
  gradus::Tensor tensor = gradus::Tensor::empty(shape);
  write(values, tensor);
  return tensor;
}

/// Lab 2.
class StudentDense : public gradus::Layer {
 public:
  StudentDense(gradus::Index units, bool use_bias) : units_(units), use_bias_(use_bias) {}

 protected:
  void create_parameters(const gradus::Shape& input) override {
    kernel_ = &add_weight("kernel", {input[0], units_}, "zeros");
    if (use_bias_) bias_ = &add_weight("bias", {units_}, "zeros");
  }

  gradus::Variable forward(const gradus::Variable& x, gradus::Mode) override {
    const auto N = static_cast<std::size_t>(x.shape()[0]);
    const auto F = static_cast<std::size_t>(x.shape()[1]);
    const auto U = static_cast<std::size_t>(units_);
    std::vector<double> inputs = to_doubles(x.value());
    std::vector<double> kernel = to_doubles(kernel_->value());
    const std::vector<double> bias = use_bias_ ? to_doubles(bias_->value()) : std::vector<double>();
    std::vector<double> y(N * U);
    student::dense_forward(inputs, kernel, bias, N, F, U, y);
    ++call_counts()["dense_forward"];
    const gradus::Variable kernel_leaf(*kernel_);
    const gradus::Variable bias_leaf = use_bias_ ? gradus::Variable(*bias_) : gradus::Variable();
    return gradus::record("student_dense", to_tensor(y, {x.shape()[0], units_}), {x, kernel_leaf, bias_leaf},
                          [N, F, U, inputs = std::move(inputs), kernel = std::move(kernel)](
                              const gradus::Tensor& gradient, gradus::Gradients& d) {
                            const std::vector<double> dy = to_doubles(gradient);
                            if (d.wanted(0)) {
                              std::vector<double> dx(N * F);
                              student::dense_dx(dy, kernel, N, F, U, dx);
                              ++call_counts()["dense_dx"];
                              write(dx, d.out(0));
                            }
                            if (d.wanted(1)) {
                              std::vector<double> dw(F * U);
                              student::dense_dkernel(inputs, dy, N, F, U, dw);
                              ++call_counts()["dense_dkernel"];
                              write(dw, d.out(1));
                            }
                            if (d.wanted(2)) {
                              std::vector<double> db(U);
                              student::dense_dbias(dy, N, U, db);
                              ++call_counts()["dense_dbias"];
                              write(db, d.out(2));
                            }
                          });
  }

 private:
  gradus::Index units_;
  bool use_bias_;
  gradus::Parameter* kernel_ = nullptr;
  gradus::Parameter* bias_ = nullptr;
};

/// Lab 3.
class StudentSigmoid : public gradus::Layer {
 protected:
  gradus::Variable forward(const gradus::Variable& x, gradus::Mode) override {
    const std::vector<double> inputs = to_doubles(x.value());
    std::vector<double> y(inputs.size());
    student::sigmoid(inputs, y);
    ++call_counts()["sigmoid"];
    gradus::Tensor result = to_tensor(y, x.shape());
    return gradus::record("student_sigmoid", std::move(result), {x},
                          [y = std::move(y)](const gradus::Tensor& gradient, gradus::Gradients& d) {
                            std::vector<double> dx(y.size());
                            student::sigmoid_backward(y, to_doubles(gradient), dx);
                            ++call_counts()["sigmoid_backward"];
                            write(dx, d.out(0));
                          });
  }
};

/// Labs 7 and 8.
class StudentBatchNormalization : public gradus::Layer {
 public:
  StudentBatchNormalization(double momentum, double epsilon) : momentum_(momentum), epsilon_(epsilon) {}

 protected:
  void create_parameters(const gradus::Shape& input) override {
    gamma_ = &add_weight("gamma", input, "ones");
    beta_ = &add_weight("beta", input, "zeros");
    moving_mean_ = &add_buffer("moving_mean", gradus::Tensor::zeros(input));
    moving_variance_ = &add_buffer("moving_variance", gradus::Tensor::ones(input));
  }

  gradus::Variable forward(const gradus::Variable& x, gradus::Mode mode) override {
    const auto N = static_cast<std::size_t>(x.shape()[0]);
    const auto F = static_cast<std::size_t>(x.shape()[1]);
    const std::vector<double> inputs = to_doubles(x.value());
    std::vector<double> gamma = to_doubles(gamma_->value());
    const std::vector<double> beta = to_doubles(beta_->value());
    std::vector<double> mean = to_doubles(moving_mean_->value());
    std::vector<double> variance = to_doubles(moving_variance_->value());
    std::vector<double> y(N * F);
    if (mode == gradus::Mode::inference) {
      student::batch_norm_inference(inputs, gamma, beta, mean, variance, epsilon_, N, F, y);
      ++call_counts()["batch_norm_inference"];
      return to_tensor(y, x.shape());
    }
    std::vector<double> xhat(N * F);
    std::vector<double> inv_std(F);
    student::batch_norm_training(inputs, gamma, beta, momentum_, epsilon_, N, F, mean, variance, xhat, inv_std, y);
    ++call_counts()["batch_norm_training"];
    write(mean, moving_mean_->value());
    write(variance, moving_variance_->value());
    const gradus::Variable gamma_leaf(*gamma_);
    const gradus::Variable beta_leaf(*beta_);
    return gradus::record("student_batch_norm", to_tensor(y, x.shape()), {x, gamma_leaf, beta_leaf},
                          [N, F, gamma = std::move(gamma), xhat = std::move(xhat), inv_std = std::move(inv_std)](
                              const gradus::Tensor& gradient, gradus::Gradients& d) {
                            std::vector<double> dx(N * F);
                            std::vector<double> dgamma(F);
                            std::vector<double> dbeta(F);
                            student::batch_norm_backward(to_doubles(gradient), xhat, inv_std, gamma, N, F, dx, dgamma,
                                                         dbeta);
                            ++call_counts()["batch_norm_backward"];
                            if (d.wanted(0)) write(dx, d.out(0));
                            if (d.wanted(1)) write(dgamma, d.out(1));
                            if (d.wanted(2)) write(dbeta, d.out(2));
                          });
  }

 private:
  double momentum_;
  double epsilon_;
  gradus::Parameter* gamma_ = nullptr;
  gradus::Parameter* beta_ = nullptr;
  gradus::Buffer* moving_mean_ = nullptr;
  gradus::Buffer* moving_variance_ = nullptr;
};

}  // namespace harness
