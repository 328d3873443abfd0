#pragma once

#include <gradus/core/check.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

/// Learning rate as a function of the training step, from 0. A value type. In a training loop:
///
///     const Schedule schedule = warm_up(500, cosine_decay(0.1, 10'000));
///     optimizer.set_learning_rate(schedule(optimizer.steps()));  // before every step
///
/// A custom schedule: Schedule("0.1 / sqrt(step + 1)", [](std::int64_t step) { return 0.1 / std::sqrt(step + 1.0); })
///
/// Several threads: calls at the same time are safe if they are safe for the function of a custom schedule.
class Schedule {
 public:
  Schedule(std::string formula, std::function<double(std::int64_t)> rate)
      : formula_(std::move(formula)), rate_(std::move(rate)) {}

  /// Throws ValueError unless step >= 0.
  double operator()(std::int64_t step) const;

  /// The formula with numbers: "cosine_decay(0.1 to 0 over 1,000 steps)".
  friend std::string to_string(const Schedule& schedule) { return schedule.formula_; }

 private:
  std::string formula_;
  std::function<double(std::int64_t)> rate_;
};

// The schedules of Keras (keras.optimizers.schedules), with their names, and one_cycle and warm_up. Below, t is the
// step, lr the first argument (a learning rate), D the second argument (a number of steps). All throw ValueError for a
// number of steps below 1, for a learning rate that is negative or not finite, and for options out of range.

/// lr
Schedule constant(double learning_rate);

struct DecayOptions {
  bool staircase = false;  ///< floor(t / D) in place of t / D: the rate changes every D steps
};

/// lr decay_rate^(t / D), decay_rate > 0.
Schedule exponential_decay(double initial_learning_rate, std::int64_t decay_steps, double decay_rate,
                           const DecayOptions& options = {});

/// lr / (1 + decay_rate t / D), decay_rate > 0.
Schedule inverse_time_decay(double initial_learning_rate, std::int64_t decay_steps, double decay_rate,
                            const DecayOptions& options = {});

/// values[0] up to and including step boundaries[0], then values[1] up to and including boundaries[1], and so on; the
/// last value after the last boundary. Throws ValueError unless boundaries are at least 0 and increase, and there is
/// one more value than boundaries.
Schedule piecewise_constant(std::vector<std::int64_t> boundaries, std::vector<double> values);

struct PolynomialDecayOptions {
  double end_learning_rate = 1e-4;
  double power = 1;  ///< above 0
};

/// (lr - end) (1 - t / D)^power + end; end from step D on.
Schedule polynomial_decay(double initial_learning_rate, std::int64_t decay_steps,
                          const PolynomialDecayOptions& options = {});

struct CosineDecayOptions {
  double alpha = 0;  ///< final rate / lr, in [0, 1]
};

/// lr ((1 - alpha) (1 + cos(pi t / D)) / 2 + alpha); lr alpha from step D on (Loshchilov & Hutter 2017).
Schedule cosine_decay(double initial_learning_rate, std::int64_t decay_steps, const CosineDecayOptions& options = {});

struct CosineDecayRestartsOptions {
  double t_mul = 2;  ///< length of a period / length of the period before, at least 1
  double m_mul = 1;  ///< height of a period / height of the period before, above 0
  double alpha = 0;  ///< final rate / lr, in [0, 1]
};

/// Periods of cosine_decay (Loshchilov & Hutter 2017): period i, from 0, has D t_mul^i steps and decays from
/// lr alpha + (1 - alpha) lr m_mul^i to lr alpha.
Schedule cosine_decay_restarts(double initial_learning_rate, std::int64_t first_decay_steps,
                               const CosineDecayRestartsOptions& options = {});

struct OneCycleOptions {
  double pct_start = 0.3;         ///< fraction of the steps in which the rate rises, in (0, 1)
  double div_factor = 25;         ///< maximum rate / first rate, above 0
  double final_div_factor = 1e4;  ///< first rate / last rate, above 0
};

/// Half a cosine wave from lr / div_factor at step 0 up to lr at step pct_start D - 1, and another down to
/// lr / div_factor / final_div_factor from step D - 1 on (Smith & Topin 2018; torch.optim.lr_scheduler.OneCycleLR).
/// Throws ValueError unless pct_start D > 1.
Schedule one_cycle(double max_learning_rate, std::int64_t total_steps, const OneCycleOptions& options = {});

/// Linear warm-up before another schedule (Goyal et al. 2017):
/// start + (schedule(0) - start) t / steps for t < steps, then schedule(t - steps).
Schedule warm_up(std::int64_t steps, Schedule schedule, double start = 0);

}  // namespace gradus::inline GRADUS_PRECISION

/// Accepts the format options of a string: fmt::print("{:>60}", schedule).
template <>
struct fmt::formatter<gradus::Schedule> : fmt::formatter<std::string_view> {
  fmt::format_context::iterator format(const gradus::Schedule& schedule, fmt::format_context& context) const;
};
