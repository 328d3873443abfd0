#include <gradus/autograd/cross_entropy/cross_entropy.h>

#include <gradus/autograd/cross_entropy/cross_entropy_kernels.h>
#include <gradus/autograd/tape.h>
#include <gradus/core/elementary.h>
#include <gradus/core/kernels/elementwise.h>
#include <gradus/core/kernels/reduce.h>

namespace gradus::inline GRADUS_PRECISION {

Variable log_softmax(const Variable& x) {
  check_rows("log_softmax", x);
  Tensor y = log_softmax_rows(x.value());
  return record("log_softmax", y, {x}, [y](const Tensor& dy, Gradients& d) {  // dx = dy - softmax(x) sum(dy)
    const Tensor p = map(y, [](Real v) { return elementary::exp(v); });
    d.set(0, zip("log_softmax", dy, zip("log_softmax", p, sum_of_rows(dy), times), minus));
  });
}

namespace {

/// The options in the form that the kernel takes.
CrossEntropyWeights cross_entropy_weights(const Shape& shape, const Tensor& labels, const CrossEntropyOptions& o) {
  constexpr std::string_view context = "softmax_cross_entropy";
  const Index n = shape[0];
  const Index classes = shape[1];
  const auto a = static_cast<Real>(o.label_smoothing);
  if (o.class_weights.defined()) check_weights(context, "class_weights", o.class_weights, classes);
  if (o.sample_weights.defined()) check_weights(context, "sample_weights", o.sample_weights, n);
  const Tensor of_class = o.class_weights.defined() ? o.class_weights : Tensor::ones({classes});
  CrossEntropyWeights result{Tensor::empty({n}), map(of_class, [a](Real w) { return (1 - a) * w; }), {}};
  if (a > 0) result.every = map(of_class, [share = a / static_cast<Real>(classes)](Real w) { return share * w; });
  double sum = 0;
  for (Index i = 0; i < n; ++i) {
    const Real label = labels.data()[i];
    const bool ignored = o.ignore_label && label == static_cast<Real>(*o.ignore_label);
    const Real weight = ignored ? 0 : o.sample_weights.defined() ? o.sample_weights.data()[i] : 1;
    result.rows.data()[i] = weight;
    const bool known = label >= 0 && label < static_cast<Real>(classes);  // if not, the kernel throws
    sum += static_cast<double>(weight * (known ? of_class.data()[static_cast<Index>(label)] : 1));
  }
  check_counted(context, sum, n);
  for (Real& weight : result.rows.values()) weight = static_cast<Real>(weight / sum);
  return result;
}

}  // namespace

Variable softmax_cross_entropy(const Variable& logits, const Tensor& labels, const CrossEntropyOptions& options) {
  check_logits(logits, labels);
  check(options.label_smoothing >= 0 && options.label_smoothing < 1,
        "[softmax_cross_entropy] expected a label_smoothing in [0, 1), got {}", options.label_smoothing);
  if (options.label_smoothing == 0 && !options.class_weights.defined() && !options.ignore_label) {
    return softmax_cross_entropy(logits, labels, options.sample_weights);
  }
  Tensor dlogits = Tensor::empty(logits.shape());
  const Real loss = weighted_cross_entropy_rows(logits.value(), labels,
                                                cross_entropy_weights(logits.shape(), labels, options), dlogits);
  return record_cross_entropy(logits, loss, dlogits);
}

}  // namespace gradus::inline GRADUS_PRECISION
