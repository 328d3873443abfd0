#include <gradus/optim/averages/weight_average.h>

#include <gradus/core/parallel.h>

#include <utility>

namespace gradus::inline GRADUS_PRECISION {

namespace {

constexpr std::string_view context = "exponential_moving_average";

template <class T>
Index total_size(NamedTensorList<T> parameters) {
  Index total = 0;
  for (const NamedTensor& parameter : parameters) total += parameter.value().size();
  return total;
}

/// Calls body(w, average) for every element of all parameters.
template <class T, class Body>
void for_elements(NamedTensorList<T> parameters, Tensor& averages, Body body) {
  constexpr double nanoseconds_per_weight = 0.25;
  Real* average = averages.data();
  for (NamedTensor& parameter : parameters) {
    Real* w = parameter.value().data();
    parallel_for(parameter.value().size(), nanoseconds_per_weight, [&](Index begin, Index end) {
#pragma omp simd
      for (Index i = begin; i < end; ++i) body(w[i], average[i]);
    });
    average += parameter.value().size();
  }
}

}  // namespace

ExponentialMovingAverage::ExponentialMovingAverage(const ExponentialMovingAverageOptions& options)
    : decay_(options.decay) {
  check(decay_ >= 0 && decay_ < 1, "[{}] expected a decay in [0, 1), got {}", context, decay_);
}

template <class T>
void ExponentialMovingAverage::check_same(std::string_view call, NamedTensorList<T> parameters) {
  if (restored_) {
    check<StateError>(total_size(parameters) == averages_.size(),
                      "[{}] expected {} weights, as many as were restored, got {}; restore the averages of this model",
                      context, averages_.size(), total_size(parameters));
    known_.remember(parameters);
    restored_ = false;
  }
  known_.check_same(context, call, "average", parameters);
}

void ExponentialMovingAverage::visit_state(Archive& archive) {
  bool defined = averages_.defined();
  archive("defined", defined)("swapped", swapped_);
  if (archive.restoring()) {
    averages_ = Tensor();
    restored_ = defined;
  }
  if (defined) archive("averages", averages_);
}

template <class T>
void ExponentialMovingAverage::update_list(NamedTensorList<T> parameters) {
  check<StateError>(!swapped_, "[{}] expected the weights, got their averages; swap back before the next update",
                    context);
  auto old_share = static_cast<Real>(decay_);
  if (!averages_.defined()) {
    averages_ = Tensor::zeros({total_size(parameters)});
    known_.remember(parameters);
    old_share = 0;
  }
  check_same("update", parameters);
  const Real new_share = 1 - old_share;  // exactly, so that the average of equal weights is the weight
  for_elements(parameters, averages_,
               [old_share, new_share](Real& w, Real& average) { average = old_share * average + new_share * w; });
}

template <class T>
void ExponentialMovingAverage::swap_list(NamedTensorList<T> parameters) {
  check<StateError>(averages_.defined(), "[{}] expected an update before the swap, got none", context);
  check_same("update", parameters);
  for_elements(parameters, averages_, [](Real& w, Real& average) { std::swap(w, average); });
  swapped_ = !swapped_;
}

void ExponentialMovingAverage::update(Parameters parameters) { update_list(parameters); }
void ExponentialMovingAverage::update(NamedTensors state) { update_list(state); }
void ExponentialMovingAverage::swap(Parameters parameters) { swap_list(parameters); }
void ExponentialMovingAverage::swap(NamedTensors state) { swap_list(state); }

}  // namespace gradus::inline GRADUS_PRECISION
