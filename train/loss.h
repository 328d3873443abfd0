#pragma once

#include <gradus/autograd/variable.h>
#include <gradus/data/dataset.h>

#include <concepts>
#include <functional>
#include <limits>
#include <string>

namespace gradus::inline GRADUS_PRECISION {

/// What training makes small: a model's outputs and the batch they belong to, to a single number. By name, or any
/// function, for a custom loss or one with options:
///
///     fit(model, optimizer, train, {.loss = "huber"});
///     fit(model, optimizer, train, {.loss = [](const Variable& outputs, const Batch& batch) {
///       return softmax_cross_entropy(outputs, batch.labels, {.label_smoothing = 0.1});
///     }});
class Loss {
 public:
  using Function = std::function<Variable(const Variable& outputs, const Batch& batch)>;

  /// The default one for the data, which `fit` and `evaluate` look up.
  Loss() = default;
  /// softmax_cross_entropy, binary_cross_entropy, mean_squared_error, mean_absolute_error or huber, with the batch's
  /// weights if it has any; "" is the default one. For all but the first, labels (n) do for outputs (n, 1). Throws
  /// ValueError, suggesting the nearest, for any other name.
  Loss(const std::string& name);
  Loss(const char* name) : Loss(std::string(name)) {}
  /// Throws ValueError for a null function.
  template <class F>
  requires std::is_invocable_r_v<Variable, F&, const Variable&, const Batch&> Loss(F function)
      : function_(std::move(function)) {
    check(function_ != nullptr, "[loss] expected a function, got null; leave out .loss for the default one");
  }

  /// Empty for the default one and for one of your own.
  const std::string& name() const { return name_; }
  bool is_default() const { return function_ == nullptr; }
  /// Outputs above it predict class 1 of two: 0 where they are logits, 0.5 where they are compared with the
  /// targets. NaN for a custom loss, of which this is not known.
  double threshold() const { return threshold_; }
  /// Throws StateError for the default one, which is not known here.
  Variable operator()(const Variable& outputs, const Batch& batch) const;

 private:
  std::string name_;
  Function function_;
  double threshold_ = std::numeric_limits<double>::quiet_NaN();
};

/// The name of the loss that `fit` takes if none is given: softmax_cross_entropy for classes, mean_squared_error for
/// regression (0 classes).
std::string default_loss(Index classes);

}  // namespace gradus::inline GRADUS_PRECISION
