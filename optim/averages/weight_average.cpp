#include <gradus/optim/averages/weight_average.h>

#include <gradus/core/parallel.h>

#include <utility>

namespace gradus::inline GRADUS_PRECISION {

namespace {

constexpr std::string_view place = "exponential_moving_average";

/// Calls body(w, average) for every element of all parameters.
template <class Body>
void for_elements(Parameters parameters, Tensor& averages, Body body) {
  constexpr double nanoseconds_per_weight = 0.25;
  Real* average = averages.data();
  for (Parameter& parameter : parameters) {
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
  check(decay_ >= 0 && decay_ < 1, "[{}] expected a decay in [0, 1), got {}", place, decay_);
}

void ExponentialMovingAverage::update(Parameters parameters) {
  check<StateError>(!swapped_, "[{}] expected the weights, got their averages; swap back before the next update",
                    place);
  auto share = static_cast<Real>(1 - decay_);
  if (!averages_.defined()) {
    Index total = 0;
    for (const Parameter& parameter : parameters) total += parameter.value().size();
    averages_ = Tensor::zeros({total});
    known_.remember(parameters);
    share = 1;
  }
  known_.check_same(place, "update", "average", parameters);
  for_elements(parameters, averages_, [share](Real& w, Real& average) { average += (w - average) * share; });
}

void ExponentialMovingAverage::swap(Parameters parameters) {
  check<StateError>(averages_.defined(), "[{}] expected an update before the swap, got none", place);
  known_.check_same(place, "update", "average", parameters);
  for_elements(parameters, averages_, [](Real& w, Real& average) { std::swap(w, average); });
  swapped_ = !swapped_;
}

}  // namespace gradus::inline GRADUS_PRECISION
