#include <gradus/optim/schedules/schedule.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace gradus::inline GRADUS_PRECISION {

namespace {

void require(bool holds, std::string_view context, std::string_view expected, double got) {
  check(holds, "[{}] expected {}, got {}", context, expected, got);
}

void check_rate(std::string_view context, std::string_view option, double rate) {
  check(rate >= 0 && std::isfinite(rate), "[{}] expected a finite {}, at least 0, got {}", context, option, rate);
}

void check_positive(std::string_view context, std::string_view option, double value) {
  check(value > 0 && std::isfinite(value), "[{}] expected a finite {} above 0, got {}", context, option, value);
}

void check_steps(std::string_view context, std::string_view option, std::int64_t steps) {
  check(steps >= 1, "[{}] expected {} of at least 1, got {}", context, option, steps);
}

void check_decay(std::string_view context, double initial_learning_rate, std::int64_t decay_steps) {
  check_rate(context, "initial_learning_rate", initial_learning_rate);
  check_steps(context, "decay_steps", decay_steps);
}

double ratio(std::int64_t step, std::int64_t steps) { return static_cast<double>(step) / static_cast<double>(steps); }

/// Half a cosine wave, from `from` at 0 to `to` at 1.
double half_wave(double from, double to, double at) {
  return to + (from - to) * (1 + std::cos(std::numbers::pi * at)) / 2;
}

/// The schedule rate(step / decay_steps). The formula is `before`, the argument, `after`.
template <class Rate>
Schedule ratio_schedule(std::string_view before, std::string_view after, std::int64_t decay_steps,
                        const DecayOptions& options, Rate rate) {
  const bool staircase = options.staircase;
  return {fmt::format("{}{}(step / {}){}", before, staircase ? "floor" : "", with_separators(decay_steps), after),
          [=](std::int64_t step) {
            const double t = ratio(step, decay_steps);
            return rate(staircase ? std::floor(t) : t);
          }};
}

}  // namespace

double Schedule::operator()(std::int64_t step) const {
  check(step >= 0, "[schedule] expected a step of at least 0, got {}", step);
  return rate_(step);
}

Schedule constant(double learning_rate) {
  check_rate("constant", "learning_rate", learning_rate);
  return {fmt::format("constant({:.6g})", learning_rate), [=](std::int64_t) { return learning_rate; }};
}

Schedule exponential_decay(double initial_learning_rate, std::int64_t decay_steps, double decay_rate,
                           const DecayOptions& options) {
  check_decay("exponential_decay", initial_learning_rate, decay_steps);
  check_positive("exponential_decay", "decay_rate", decay_rate);
  return ratio_schedule(fmt::format("exponential_decay({:.6g} * {:.6g}^", initial_learning_rate, decay_rate), ")",
                        decay_steps, options,
                        [=](double t) { return initial_learning_rate * std::pow(decay_rate, t); });
}

Schedule inverse_time_decay(double initial_learning_rate, std::int64_t decay_steps, double decay_rate,
                            const DecayOptions& options) {
  check_decay("inverse_time_decay", initial_learning_rate, decay_steps);
  check_positive("inverse_time_decay", "decay_rate", decay_rate);
  return ratio_schedule(fmt::format("inverse_time_decay({:.6g} / (1 + {:.6g} * ", initial_learning_rate, decay_rate),
                        "))", decay_steps, options,
                        [=](double t) { return initial_learning_rate / (1 + decay_rate * t); });
}

Schedule piecewise_constant(std::vector<std::int64_t> boundaries, std::vector<double> values) {
  constexpr std::string_view context = "piecewise_constant";
  check(values.size() == boundaries.size() + 1, "[{}] expected one more value than the {} boundaries, got {}", context,
        boundaries.size(), values.size());
  std::string formula;
  std::int64_t before = -1;
  for (std::size_t i = 0; i < boundaries.size(); ++i) {
    check(boundaries[i] > before, "[{}] expected increasing boundaries, at least 0, got {}{}", context, boundaries[i],
          i == 0 ? "" : fmt::format(" after {}", before));
    before = boundaries[i];
    formula += fmt::format("{:.6g} to step {}, ", values[i], with_separators(before));
  }
  for (const double value : values) check_rate(context, "value", value);
  return {fmt::format("{}({}{:.6g} after)", context, formula, values.back()), [=](std::int64_t step) {
            const auto after = std::lower_bound(boundaries.begin(), boundaries.end(), step) - boundaries.begin();
            return values[static_cast<std::size_t>(after)];
          }};
}

Schedule polynomial_decay(double initial_learning_rate, std::int64_t decay_steps,
                          const PolynomialDecayOptions& options) {
  check_decay("polynomial_decay", initial_learning_rate, decay_steps);
  check_rate("polynomial_decay", "end_learning_rate", options.end_learning_rate);
  check_positive("polynomial_decay", "power", options.power);
  return {fmt::format("polynomial_decay({:.6g} to {:.6g} over {} steps, power {:.6g})", initial_learning_rate,
                      options.end_learning_rate, with_separators(decay_steps), options.power),
          [=, end = options.end_learning_rate, power = options.power](std::int64_t step) {
            const double left = 1 - ratio(std::min(step, decay_steps), decay_steps);
            return (initial_learning_rate - end) * std::pow(left, power) + end;
          }};
}

Schedule cosine_decay(double initial_learning_rate, std::int64_t decay_steps, const CosineDecayOptions& options) {
  check_decay("cosine_decay", initial_learning_rate, decay_steps);
  require(options.alpha >= 0 && options.alpha <= 1, "cosine_decay", "alpha in [0, 1]", options.alpha);
  const double end = initial_learning_rate * options.alpha;
  return {fmt::format("cosine_decay({:.6g} to {:.6g} over {} steps)", initial_learning_rate, end,
                      with_separators(decay_steps)),
          [=](std::int64_t step) {
            return half_wave(initial_learning_rate, end, ratio(std::min(step, decay_steps), decay_steps));
          }};
}

Schedule cosine_decay_restarts(double initial_learning_rate, std::int64_t first_decay_steps,
                               const CosineDecayRestartsOptions& options) {
  constexpr std::string_view context = "cosine_decay_restarts";
  check_rate(context, "initial_learning_rate", initial_learning_rate);
  check_steps(context, "first_decay_steps", first_decay_steps);
  require(options.t_mul >= 1 && std::isfinite(options.t_mul), context, "a finite t_mul, at least 1", options.t_mul);
  check_positive(context, "m_mul", options.m_mul);
  require(options.alpha >= 0 && options.alpha <= 1, context, "alpha in [0, 1]", options.alpha);
  const double end = initial_learning_rate * options.alpha;
  return {fmt::format("{}({:.6g} to {:.6g} over {} steps, then {:.6g} times as long and {:.6g} times as high)", context,
                      initial_learning_rate, end, with_separators(first_decay_steps), options.t_mul, options.m_mul),
          [=](std::int64_t step) {
            // A loop over periods: computing the period by a logarithm can miss its first step by rounding.
            double t = static_cast<double>(step), length = static_cast<double>(first_decay_steps);
            double period = options.t_mul > 1 ? 0 : std::floor(t / length);
            for (t -= period * length; t >= length; ++period, length *= options.t_mul) t -= length;
            const double height = (initial_learning_rate - end) * std::pow(options.m_mul, period);
            return half_wave(end + height, end, t / length);
          }};
}

Schedule one_cycle(double max_learning_rate, std::int64_t total_steps, const OneCycleOptions& options) {
  constexpr std::string_view context = "one_cycle";
  check_rate(context, "max_learning_rate", max_learning_rate);
  check_steps(context, "total_steps", total_steps);
  require(options.pct_start > 0 && options.pct_start < 1, context, "pct_start in (0, 1)", options.pct_start);
  check_positive(context, "div_factor", options.div_factor);
  check_positive(context, "final_div_factor", options.final_div_factor);
  const double max_step = options.pct_start * static_cast<double>(total_steps) - 1;
  check(max_step > 0, "[{}] expected total_steps above 1 / pct_start = {:.6g}, got {}", context, 1 / options.pct_start,
        total_steps);
  const double start = max_learning_rate / options.div_factor;
  const double end = start / options.final_div_factor;
  return {fmt::format("{}({:.6g} to {:.6g} to {:.6g} over {} steps, maximum at {:.6g} %)", context, start,
                      max_learning_rate, end, with_separators(total_steps), 100 * options.pct_start),
          [=, last = static_cast<double>(total_steps - 1)](std::int64_t step) {
            const double t = std::min(static_cast<double>(step), last);
            return t <= max_step ? half_wave(start, max_learning_rate, t / max_step)
                                 : half_wave(max_learning_rate, end, (t - max_step) / (last - max_step));
          }};
}

Schedule warm_up(std::int64_t steps, Schedule schedule, double start) {
  check_steps("warm_up", "steps", steps);
  check_rate("warm_up", "start", start);
  const double end = schedule(0);
  std::string formula = fmt::format("warm_up({:.6g} to {:.6g} over {} steps, then {})", start, end,
                                    with_separators(steps), to_string(schedule));
  return {std::move(formula), [=, after = std::move(schedule)](std::int64_t step) {
            return step < steps ? start + (end - start) * ratio(step, steps) : after(step - steps);
          }};
}

}  // namespace gradus::inline GRADUS_PRECISION

fmt::format_context::iterator fmt::formatter<gradus::Schedule>::format(const gradus::Schedule& schedule,
                                                                       fmt::format_context& context) const {
  return fmt::formatter<std::string_view>::format(to_string(schedule), context);
}
