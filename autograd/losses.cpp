#include <gradus/autograd/losses.h>

#include <gradus/autograd/tape.h>
#include <gradus/core/elementary.h>
#include <gradus/core/kernels/elementwise.h>
#include <gradus/core/kernels/reduce.h>
#include <gradus/core/kernels/softmax.h>

namespace gradus::inline GRADUS_PRECISION {

namespace {

Tensor sum_of_rows(const Tensor& x) {
  AxisFlags last{};
  last[static_cast<std::size_t>(x.shape().rank() - 1)] = true;
  return reduce_sum(x, last);
}

void check_rows(std::string_view place, const Variable& x) {
  check<ShapeError>(x.shape().rank() >= 1 && x.shape()[-1] > 0,
                    "[{}] expected rows of at least one element, got shape {}", place, x.shape());
}

}  // namespace

Variable softmax(const Variable& x) {
  check_rows("softmax", x);
  Tensor y = softmax_rows(x.value());
  return record("softmax", y, {x}, [y](const Tensor& dy, Gradients& d) {  // dx = y (dy - sum(y dy))
    d.set(0, zip("softmax", y, zip("softmax", dy, sum_of_rows(zip("softmax", y, dy, times)), minus), times));
  });
}

Variable log_softmax(const Variable& x) {
  check_rows("log_softmax", x);
  Tensor y = log_softmax_rows(x.value());
  return record("log_softmax", y, {x}, [y](const Tensor& dy, Gradients& d) {  // dx = dy - softmax(x) sum(dy)
    const Tensor p = map(y, [](Real v) { return elementary::exp(v); });
    d.set(0, zip("log_softmax", dy, zip("log_softmax", p, sum_of_rows(dy), times), minus));
  });
}

Variable softmax_cross_entropy(const Variable& logits, const Tensor& labels) {
  check<ShapeError>(
      logits.shape().rank() == 2 && logits.value().size() > 0 && labels.shape() == Shape{logits.shape()[0]},
      "[softmax_cross_entropy] expected logits (N, K) and labels (N), got {} and {}", logits.shape(), labels.shape());
  Tensor dlogits = Tensor::empty(logits.shape());
  const Real loss = softmax_cross_entropy_rows(logits.value(), labels, dlogits);
  return record("softmax_cross_entropy", Tensor::full({}, loss), {logits}, [dlogits](const Tensor& dy, Gradients& d) {
    d.set(0, dy.item() == 1 ? dlogits : zip("softmax_cross_entropy", dlogits, dy, times));
  });
}

Variable mean_squared_error(const Variable& predictions, const Tensor& targets) {
  check<ShapeError>(predictions.shape() == targets.shape() && targets.size() > 0,
                    "[mean_squared_error] expected predictions and targets of equal shape, got {} and {}",
                    predictions.shape(), targets.shape());
  const Tensor difference = zip("mean_squared_error", predictions.value(), targets, minus);
  const auto n = static_cast<Real>(targets.size());
  const Tensor squares = map(difference, [](Real v) { return v * v; });
  return record("mean_squared_error", Tensor::full({}, sum_of(squares.data(), squares.size()) / n), {predictions},
                [difference, n](const Tensor& dy, Gradients& d) {
                  d.set(0, map(difference, [scale = 2 * dy.item() / n](Real v) { return v * scale; }));
                });
}

}  // namespace gradus::inline GRADUS_PRECISION
