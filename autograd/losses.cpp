#include <gradus/autograd/losses.h>

#include <gradus/autograd/tape.h>
#include <gradus/core/elementary.h>
#include <gradus/core/kernels/elementwise.h>
#include <gradus/core/kernels/reduce.h>
#include <gradus/core/kernels/softmax.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace gradus::inline GRADUS_PRECISION {

void check_rows(std::string_view context, const Variable& x) {
  check<ShapeError>(x.shape().rank() >= 1 && x.shape()[-1] > 0,
                    "[{}] expected rows of at least one element, got shape {}", context, x.shape());
}

Variable softmax(const Variable& x) {
  check_rows("softmax", x);
  Tensor y = softmax_rows(x.value());
  return record("softmax", y, {x}, [y](const Tensor& dy, Gradients& d) {  // dx = y (dy - sum(y dy))
    d.set(0, zip("softmax", y, zip("softmax", dy, sum_of_rows(zip("softmax", y, dy, times)), minus), times));
  });
}

void check_weights(std::string_view context, std::string_view what, const Tensor& weights, Index n) {
  check<ShapeError>(weights.shape() == Shape{n}, "[{}] expected {} of shape ({},), got {}", context, what, n,
                    weights.shape());
  for (Index i = 0; i < n; ++i) {
    const Real w = weights.data()[i];
    check(w >= 0 && std::isfinite(w), "[{}] expected finite {} of at least 0, got {} at position {}", context, what, w,
          i);
  }
}

void check_counted(std::string_view context, double sum_of_weights, Index n) {
  check(sum_of_weights > 0,
        "[{}] expected at least one sample that counts, got {} that are ignored or whose weights are 0; leave out the "
        "batch, as fit does where all weights are 0",
        context, n);
}

namespace {

/// Throws unless they are valid.
double sum_of_weights(std::string_view context, std::string_view what, const Tensor& weights, Index n) {
  check_weights(context, what, weights, n);
  const double sum = std::accumulate(weights.data(), weights.data() + n, 0.0);
  check_counted(context, sum, n);
  return sum;
}

void check_targets(const char* context, const Shape& predictions, const Shape& targets) {
  if (predictions == targets && targets.size() > 0) return;
  const bool same_size = predictions.size() == targets.size() && targets.size() > 0;
  throw ShapeError(fmt::format(
      "[{}] expected predictions and targets of equal shape, got {} and {}{}", context, predictions, targets,
      same_size ? fmt::format("; pass targets.reshape({{{}}})", fmt::join(predictions, ", ")) : ""));
}

/// The mean of value(prediction, target), with slope(prediction, target) its derivative with respect to the prediction.
template <class Value, class Slope>
Variable elementwise_loss(const char* context, const Variable& predictions, const Tensor& targets,
                          const Tensor& weights, Value value, Slope slope) {
  const Tensor& x = predictions.value();
  check_targets(context, x.shape(), targets.shape());
  Tensor values = zip(context, x, targets, value);
  auto divisor = static_cast<double>(x.size());
  Tensor rows;  // the weights, (N, 1)
  if (weights.defined()) {
    const Index n = x.shape().rank() > 0 ? x.shape()[0] : 1;
    divisor *= sum_of_weights(context, "weights", weights, n) / static_cast<double>(n);
    rows = weights.reshape({n, 1});
    values = zip(context, values.reshape({n, -1}), rows, times);
  }
  const Real mean = sum_of(values.data(), values.size()) / static_cast<Real>(divisor);
  return record(context, Tensor::full({}, mean), {predictions}, [=](const Tensor& dy, Gradients& d) {
    const Real scale = dy.item() / static_cast<Real>(divisor);
    const Tensor dx = zip(context, x, targets, [=](Real p, Real t) { return slope(p, t) * scale; });
    d.set(0, rows.defined() ? zip(context, dx.reshape({rows.size(), -1}), rows, times).reshape(x.shape()) : dx);
  });
}

}  // namespace

void check_logits(const Variable& logits, const Tensor& labels) {
  check<ShapeError>(
      logits.shape().rank() == 2 && logits.value().size() > 0 && labels.shape() == Shape{logits.shape()[0]},
      "[softmax_cross_entropy] expected logits (N, K) and labels (N), got {} and {}", logits.shape(), labels.shape());
}

Variable record_cross_entropy(const Variable& logits, Real loss, const Tensor& dlogits) {
  return record("softmax_cross_entropy", Tensor::full({}, loss), {logits}, [dlogits](const Tensor& dy, Gradients& d) {
    d.set(0, dy.item() == 1 ? dlogits : zip("softmax_cross_entropy", dlogits, dy, times));
  });
}

Variable softmax_cross_entropy(const Variable& logits, const Tensor& labels, const Tensor& weights) {
  check_logits(logits, labels);
  Tensor shares;  // of the samples in the loss
  if (weights.defined()) {
    const double sum = sum_of_weights("softmax_cross_entropy", "sample_weights", weights, logits.shape()[0]);
    shares = map(weights, [sum](Real w) { return static_cast<Real>(w / sum); });
  }
  Tensor dlogits = Tensor::empty(logits.shape());
  const Real loss = softmax_cross_entropy_rows(logits.value(), labels, shares, dlogits);
  return record_cross_entropy(logits, loss, dlogits);
}

Variable binary_cross_entropy(const Variable& logits, const Tensor& targets, const Tensor& weights) {
  for (const Real t : targets.values()) {
    check(t >= 0 && t <= 1, "[binary_cross_entropy] expected targets in [0, 1], got {}", t);
  }
  return elementwise_loss(
      "binary_cross_entropy", logits, targets, weights,
      [](Real x, Real t) {  // x t is subtracted first: for large x the terms cancel exactly
        return (x > 0 ? x : 0) - x * t + elementary::log1p_of_fraction(elementary::exp(-std::abs(x)));
      },
      [](Real x, Real t) { return elementary::sigmoid(x) - t; });
}

Variable mean_squared_error(const Variable& predictions, const Tensor& targets, const Tensor& weights) {
  return elementwise_loss(
      "mean_squared_error", predictions, targets, weights, [](Real p, Real t) { return (p - t) * (p - t); },
      [](Real p, Real t) { return 2 * (p - t); });
}

Variable mean_absolute_error(const Variable& predictions, const Tensor& targets, const Tensor& weights) {
  return elementwise_loss(
      "mean_absolute_error", predictions, targets, weights, [](Real p, Real t) { return std::abs(p - t); },
      [](Real p, Real t) { return static_cast<Real>((p > t) - (p < t)); });
}

Variable huber(const Variable& predictions, const Tensor& targets, double delta, const Tensor& weights) {
  check(delta > 0 && std::isfinite(delta), "[huber] expected a positive delta, got {}", delta);
  const auto slope = [c = static_cast<Real>(delta)](Real p, Real t) { return std::clamp(p - t, -c, c); };
  const auto value = [slope](Real p, Real t) { return slope(p, t) * ((p - t) - slope(p, t) / 2); };
  return elementwise_loss("huber", predictions, targets, weights, value, slope);
}

void check_regularizer(std::string_view context, std::string_view option, const Regularizer& regularizer) {
  const auto allowed = [](double number) { return number >= 0 && std::isfinite(number); };
  check(allowed(regularizer.l1) && allowed(regularizer.l2),
        "[{}] expected a {} with finite l1 and l2 of at least 0, got l1 {} and l2 {}", context, option, regularizer.l1,
        regularizer.l2);
}

Variable l1_l2(const Variable& x, const Regularizer& regularizer) {
  check_regularizer("l1_l2", "penalty", regularizer);
  const auto a = static_cast<Real>(regularizer.l1);
  const auto b = static_cast<Real>(regularizer.l2);
  const Tensor penalties = map(x.value(), [=](Real w) { return a * std::abs(w) + b * w * w; });
  return record("l1_l2", Tensor::full({}, sum_of(penalties.data(), penalties.size())), {x},
                [=, x = x.value()](const Tensor& dy, Gradients& d) {
                  const Real g = dy.item();
                  d.set(0, map(x, [=](Real w) { return g * (a * static_cast<Real>((w > 0) - (w < 0)) + 2 * b * w); }));
                });
}

}  // namespace gradus::inline GRADUS_PRECISION
