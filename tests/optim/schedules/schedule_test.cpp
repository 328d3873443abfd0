#include <gradus/optim/schedules/schedule.h>
#include <gradus/optim/sgd.h>

#include "optim/parameter_list.h"
#include "support/compare.h"
#include "support/fixture.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

using namespace gradus;

namespace {

void check_rates(const Schedule& schedule, const std::vector<double>& expected, double tolerance = 1e-9) {
  CAPTURE(to_string(schedule));
  for (std::size_t step = 0; step < expected.size(); ++step) {
    CAPTURE(step);
    const double rate = schedule(static_cast<std::int64_t>(step));
    CHECK_LE(std::abs(rate - expected[step]), tolerance * std::abs(expected[step]) + 1e-17);
  }
}

Schedule make_schedule(const Fixture& fixture) {
  const CaseOptions& o = fixture.options;
  const double rate = o.number("learning_rate");
  const Index steps = o.index("steps");
  if (fixture.row == "exponential_decay") {
    return exponential_decay(rate, steps, o.number("decay_rate"), {.staircase = o.flag("staircase")});
  }
  if (fixture.row == "polynomial_decay") {
    return polynomial_decay(rate, steps, {.end_learning_rate = o.number("end"), .power = o.number("power")});
  }
  if (fixture.row == "cosine_decay") return cosine_decay(rate, steps, {.alpha = o.number("alpha")});
  if (fixture.row == "cosine_decay_restarts") {
    return cosine_decay_restarts(rate, steps,
                                 {.t_mul = o.number("t_mul"), .m_mul = o.number("m_mul"), .alpha = o.number("alpha")});
  }
  if (fixture.row == "one_cycle") {
    return one_cycle(rate, steps,
                     {.pct_start = o.number("pct_start"),
                      .div_factor = o.number("div_factor"),
                      .final_div_factor = o.number("final_div_factor")});
  }
  REQUIRE_EQ(fixture.row, "warm_up");
  return warm_up(steps, exponential_decay(rate, 1, o.number("decay_rate")), o.number("start"));
}

}  // namespace

TEST_CASE("schedule: reference values") {
  const auto absolute = [](const Schedule& schedule, const std::vector<double>& expected) {
    for (std::size_t t = 0; t < expected.size(); ++t) {
      CHECK_LE(std::abs(schedule(static_cast<std::int64_t>(t)) - expected[t]), 1e-9);
    }
  };
  absolute(cosine_decay(0.1, 5), {.1, .0904508497, .0654508497, .0345491503, .0095491503, 0});
  absolute(polynomial_decay(0.1, 4, {.end_learning_rate = 0, .power = 2}), {.1, .05625, .025, .00625, 0});
  absolute(one_cycle(1, 10),
           {.04, .52, 1, .950484632, .8117456539, .6112620219, .3887419781, .1882583461, .049519368, 4e-06});
}

TEST_CASE("schedule: equal to PyTorch's schedulers in all fixtures") {
  const auto fixtures = read_fixtures("schedules.txt");
  CHECK_EQ(fixtures.size(), 11);
  for (const Fixture& fixture : fixtures) {
    CAPTURE(fixture.title());
    check_rates(make_schedule(fixture), fixture.output.numbers, 1e-11);
  }
}

TEST_CASE("schedule: constant, and schedules of Keras without a counterpart in PyTorch") {
  check_rates(constant(0.3), {0.3, 0.3});
  CHECK_EQ(constant(0.3)(1'000'000'000'000), 0.3);
  check_rates(inverse_time_decay(0.1, 2, 0.5), {0.1, 0.08, 0.1 / 1.5, 0.1 / 1.75, 0.05});
  check_rates(inverse_time_decay(0.1, 2, 0.5, {.staircase = true}), {0.1, 0.1, 0.1 / 1.5, 0.1 / 1.5, 0.05});
  check_rates(exponential_decay(0.1, 2, 0.25), {0.1, 0.05, 0.025, 0.0125});
  check_rates(piecewise_constant({1, 3}, {0.1, 0.01, 0.001}), {0.1, 0.1, 0.01, 0.01, 0.001, 0.001});
  check_rates(piecewise_constant({}, {0.1}), {0.1, 0.1});
  check_rates(polynomial_decay(0.1, 2), {0.1, 0.05005, 1e-4, 1e-4});
  // Periods: 3 steps from 1, 6 steps from 0.5, 12 steps from 0.25.
  check_rates(cosine_decay_restarts(1, 3, {.m_mul = 0.5}), {1, 0.75, 0.25, 0.5, 0.25 * (1 + std::sqrt(0.75)), 0.375,
                                                            0.25, 0.125, 0.25 * (1 - std::sqrt(0.75)), 0.25});
  check_rates(cosine_decay_restarts(1, 2, {.t_mul = 1, .m_mul = 0.5, .alpha = 0.2}), {1, 0.6, 0.6, 0.4, 0.4, 0.3, 0.3});
}

TEST_CASE("schedule: every period starts at its maximum, exactly") {
  for (const double t_mul : {1.0, 2.0, 3.0, 5.0}) {
    const Schedule schedule = cosine_decay_restarts(1, 1, {.t_mul = t_mul});
    std::int64_t start = 0;
    for (std::int64_t length = 1; length < 10'000'000;
         length = length * static_cast<std::int64_t>(t_mul) + (t_mul == 1)) {
      if (t_mul == 1 && length > 100) break;
      CHECK_EQ(schedule(start), 1);
      start += t_mul == 1 ? 1 : length;
    }
  }
}

TEST_CASE("schedule: the final rate does not change") {
  CHECK_EQ(cosine_decay(0.1, 5)(1'000'000), 0);
  CHECK_EQ(cosine_decay(0.1, 5, {.alpha = 0.5})(6), 0.05);
  CHECK_EQ(polynomial_decay(0.1, 5)(1'000'000), 1e-4);
  CHECK_EQ(one_cycle(1, 10)(1'000'000), doctest::Approx(4e-6).epsilon(1e-12));
}

TEST_CASE("schedule: warm-up, then the other schedule from step 0") {
  check_rates(warm_up(4, cosine_decay(0.1, 5)),
              {0, 0.025, 0.05, 0.075, .1, .09045084971874737, .06545084971874737, .034549150281252633});
  check_rates(warm_up(2, constant(0.1), 0.05), {0.05, 0.075, 0.1, 0.1});
  check_rates(warm_up(2, warm_up(2, constant(0.1), 0.04)), {0, 0.02, 0.04, 0.07, 0.1});
}

TEST_CASE("schedule: a custom schedule in a training loop") {
  const Schedule schedule("0.5^step", [](std::int64_t step) { return std::pow(0.5, static_cast<double>(step)); });
  CHECK_EQ(to_string(schedule), "0.5^step");
  ParameterList list({});
  list.add(Tensor::zeros({1})).gradient().fill(1);
  SGD optimizer;
  for (int step = 0; step < 4; ++step) {
    optimizer.set_learning_rate(schedule(optimizer.steps()));
    optimizer.step(list.all());
  }
  CHECK_EQ(list.values()[0], -1.875);
}

TEST_CASE("schedule: printed formulas") {
  CHECK_EQ(to_string(constant(0.1)), "constant(0.1)");
  CHECK_EQ(to_string(exponential_decay(0.1, 1000, 0.96)), "exponential_decay(0.1 * 0.96^(step / 1,000))");
  CHECK_EQ(to_string(exponential_decay(0.1, 1000, 0.96, {.staircase = true})),
           "exponential_decay(0.1 * 0.96^floor(step / 1,000))");
  CHECK_EQ(to_string(inverse_time_decay(0.1, 1000, 0.5)), "inverse_time_decay(0.1 / (1 + 0.5 * (step / 1,000)))");
  CHECK_EQ(to_string(piecewise_constant({1000, 2000}, {0.1, 0.01, 0.001})),
           "piecewise_constant(0.1 to step 1,000, 0.01 to step 2,000, 0.001 after)");
  CHECK_EQ(to_string(polynomial_decay(0.1, 1000)), "polynomial_decay(0.1 to 0.0001 over 1,000 steps, power 1)");
  CHECK_EQ(to_string(cosine_decay(0.1, 1000)), "cosine_decay(0.1 to 0 over 1,000 steps)");
  CHECK_EQ(to_string(cosine_decay_restarts(0.1, 100, {.m_mul = 0.5, .alpha = 0.01})),
           "cosine_decay_restarts(0.1 to 0.001 over 100 steps, then 2 times as long and 0.5 times as high)");
  CHECK_EQ(to_string(one_cycle(1, 1000)), "one_cycle(0.04 to 1 to 4e-06 over 1,000 steps, maximum at 30 %)");
  const Schedule schedule = warm_up(500, cosine_decay(0.1, 10'000));
  const std::string text = "warm_up(0 to 0.1 over 500 steps, then cosine_decay(0.1 to 0 over 10,000 steps))";
  CHECK_EQ(to_string(schedule), text);
  CHECK_EQ(fmt::format("{}", schedule), text);
  CHECK_EQ(fmt::format("{:>15}", constant(0.1)), "  constant(0.1)");
}

TEST_CASE("schedule: errors") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  const auto text = [](auto make) { return error_text<ValueError>(make); };
  CHECK_EQ(text([] { constant(0.1)(-1); }), "[schedule] expected a step of at least 0, got -1");
  CHECK_EQ(text([] { constant(-0.1); }), "[constant] expected a finite learning_rate, at least 0, got -0.1");

  CHECK_EQ(text([&] { exponential_decay(nan, 10, 0.9); }),
           "[exponential_decay] expected a finite initial_learning_rate, at least 0, got nan");
  CHECK_EQ(text([] { exponential_decay(0.1, 0, 0.9); }),
           "[exponential_decay] expected decay_steps of at least 1, got 0");
  CHECK_EQ(text([] { exponential_decay(0.1, 10, 0); }),
           "[exponential_decay] expected a finite decay_rate above 0, got 0");
  CHECK_EQ(text([] { inverse_time_decay(-1, 10, 0.9); }),
           "[inverse_time_decay] expected a finite initial_learning_rate, at least 0, got -1");
  CHECK_EQ(text([] { inverse_time_decay(0.1, -1, 0.9); }),
           "[inverse_time_decay] expected decay_steps of at least 1, got -1");
  CHECK_EQ(text([&] { inverse_time_decay(0.1, 10, infinity); }),
           "[inverse_time_decay] expected a finite decay_rate above 0, got inf");

  CHECK_EQ(text([] {
             piecewise_constant({10, 20}, {0.1, 0.2});
           }),
           "[piecewise_constant] expected one more value than the 2 boundaries, got 2");
  CHECK_EQ(text([] { piecewise_constant({}, {}); }),
           "[piecewise_constant] expected one more value than the 0 boundaries, got 0");
  CHECK_EQ(text([] {
             piecewise_constant({20, 20}, {1, 2, 3});
           }),
           "[piecewise_constant] expected increasing boundaries, at least 0, got 20 after 20");
  CHECK_EQ(text([] {
             piecewise_constant({-1}, {1, 2});
           }),
           "[piecewise_constant] expected increasing boundaries, at least 0, got -1");
  CHECK_EQ(text([] {
             piecewise_constant({5}, {1, -2});
           }),
           "[piecewise_constant] expected a finite value, at least 0, got -2");

  CHECK_EQ(text([] { polynomial_decay(-0.1, 10); }),
           "[polynomial_decay] expected a finite initial_learning_rate, at least 0, got -0.1");
  CHECK_EQ(text([] { polynomial_decay(0.1, 0); }), "[polynomial_decay] expected decay_steps of at least 1, got 0");
  CHECK_EQ(text([] { polynomial_decay(0.1, 10, {.end_learning_rate = -1}); }),
           "[polynomial_decay] expected a finite end_learning_rate, at least 0, got -1");
  CHECK_EQ(text([] { polynomial_decay(0.1, 10, {.power = 0}); }),
           "[polynomial_decay] expected a finite power above 0, got 0");

  CHECK_EQ(text([&] { cosine_decay(infinity, 10); }),
           "[cosine_decay] expected a finite initial_learning_rate, at least 0, got inf");
  CHECK_EQ(text([] { cosine_decay(0.1, 0); }), "[cosine_decay] expected decay_steps of at least 1, got 0");
  CHECK_EQ(text([] { cosine_decay(0.1, 10, {.alpha = 1.5}); }), "[cosine_decay] expected alpha in [0, 1], got 1.5");

  CHECK_EQ(text([] { cosine_decay_restarts(-1, 10); }),
           "[cosine_decay_restarts] expected a finite initial_learning_rate, at least 0, got -1");
  CHECK_EQ(text([] { cosine_decay_restarts(0.1, 0); }),
           "[cosine_decay_restarts] expected first_decay_steps of at least 1, got 0");
  CHECK_EQ(text([] { cosine_decay_restarts(0.1, 10, {.t_mul = 0.5}); }),
           "[cosine_decay_restarts] expected a finite t_mul, at least 1, got 0.5");
  CHECK_EQ(text([] { cosine_decay_restarts(0.1, 10, {.m_mul = 0}); }),
           "[cosine_decay_restarts] expected a finite m_mul above 0, got 0");
  CHECK_EQ(text([&] { cosine_decay_restarts(0.1, 10, {.alpha = nan}); }),
           "[cosine_decay_restarts] expected alpha in [0, 1], got nan");

  CHECK_EQ(text([] { one_cycle(-1, 10); }), "[one_cycle] expected a finite max_learning_rate, at least 0, got -1");
  CHECK_EQ(text([] { one_cycle(1, 0); }), "[one_cycle] expected total_steps of at least 1, got 0");
  CHECK_EQ(text([] { one_cycle(1, 10, {.pct_start = 0}); }), "[one_cycle] expected pct_start in (0, 1), got 0");
  CHECK_EQ(text([] { one_cycle(1, 10, {.pct_start = 1}); }), "[one_cycle] expected pct_start in (0, 1), got 1");
  CHECK_EQ(text([] { one_cycle(1, 10, {.div_factor = 0}); }),
           "[one_cycle] expected a finite div_factor above 0, got 0");
  CHECK_EQ(text([] { one_cycle(1, 10, {.final_div_factor = -1}); }),
           "[one_cycle] expected a finite final_div_factor above 0, got -1");
  CHECK_EQ(text([] { one_cycle(1, 4, {.pct_start = 0.25}); }),
           "[one_cycle] expected total_steps above 1 / pct_start = 4, got 4");

  CHECK_EQ(text([] { warm_up(0, constant(1)); }), "[warm_up] expected steps of at least 1, got 0");
  CHECK_EQ(text([] { warm_up(5, constant(1), -1); }), "[warm_up] expected a finite start, at least 0, got -1");
}
