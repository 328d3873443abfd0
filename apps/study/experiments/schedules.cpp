// Learning-rate schedules, with and without batch normalization.
#include "../experiments.h"
#include "../network.h"
#include "../training.h"

#include <gradus/core/check.h>
#include <gradus/train/evaluate.h>

#include <algorithm>

using namespace gradus;

namespace study {

namespace {

struct Kind {
  std::string name;
  Ink ink;
};
const std::vector<Kind> kinds{
    {"constant", Ink::black}, {"step", Ink::yellow}, {"cosine", Ink::green}, {"one-cycle", Ink::purple}};

Schedule make_schedule(const std::string& name, double rate, Index steps) {
  if (name == "step") return piecewise_constant({steps / 2, steps * 3 / 4}, {rate, rate / 10, rate / 100});
  if (name == "cosine") return cosine_decay(rate, steps);
  if (name == "one-cycle") return one_cycle(rate, steps);
  return constant(rate);
}

}  // namespace

Experiment schedules(const Setting& setting) {
  const Index steps = setting.pick<Index>(1000, 3000, 15'000);
  const Index every = steps / 25;
  const std::vector<std::pair<std::string, double>> arms{{"none", 0.1}, {"batch", 0.5}};

  Experiment e;
  e.name = "schedules";
  e.claim = "Batch normalization works even better with learning-rate schedules.";
  e.setup = fmt::format(
      "784-100-100-100-10 with ReLU, He initialization, SGD with batches of 60, {} steps. The maximum learning rate is "
      "{} without and {} with batch normalization, which allows higher rates (claim 2). Schedules: constant; division "
      "by 10 after half and after three quarters of the steps; cosine decay to 0; one cycle.",
      with_separators(steps), arms[0].second, arms[1].second);
  e.published =
      "Ioffe & Szegedy 2015, section 4.2.1: the learning rate decays six times faster. Only the order can be compared.";
  e.minutes = setting.pick(0.06, 0.63, 1.6);

  for (const auto& [norm, rate] : arms) {
    for (const Kind& kind : kinds) {
      e.add_arm({{"norm", norm}, {"schedule", kind.name}}, [=, norm = norm, rate = rate](Record& record) {
        const std::string block = norm == "none" ? "dense relu" : "dense batch relu";
        Sequential model = make_network(record, {.block = block, .kernel_initializer = "he_normal"});
        train(record, model, setting.digits.train,
              {.steps = steps, .measure_every = every, .schedule = make_schedule(kind.name, rate, steps)},
              [&](Index) { record.add("accuracy", evaluate(model, setting.digits.test).accuracy); });
      });
    }
  }

  const auto last = [](const Results& results, const std::string& norm, const std::string& schedule) {
    return results.last({{"norm", norm}, {"schedule", schedule}}, "accuracy");
  };
  const auto best = [=](const Results& results, const std::string& norm) {  // without the constant one
    return std::max({last(results, norm, "step").median, last(results, norm, "cosine").median,
                     last(results, norm, "one-cycle").median});
  };
  e.add_criterion(
      "with batch normalization, the final accuracy is higher with the best schedule than with the constant rate",
      [=](const Results& results) -> Criterion::Outcome {
        const double schedule = best(results, "batch");
        const double plain = last(results, "batch", "constant").median;
        return higher(schedule, plain, percent);
      });
  e.add_criterion(
      "with the best schedule of each network, the final accuracy is higher with batch normalization than without",
      [=](const Results& results) -> Criterion::Outcome {
        const double with = best(results, "batch");
        const double without = best(results, "none");
        return higher(with, without, percent);
      });
  e.add_criterion(
      "the gain of the best schedule over the constant rate is larger with batch normalization than without",
      [=](const Results& results) -> Criterion::Outcome {
        const auto gain = [&](const std::string& norm) {
          return best(results, norm) - last(results, norm, "constant").median;
        };
        return {gain("batch") > gain("none"),
                fmt::format("{:.2f} against {:.2f} percentage points", 100 * gain("batch"), 100 * gain("none"))};
      });

  e.figure = [=](const Results& results) {
    Figure figure{"Test accuracy over training steps with four schedules.", {}};
    for (const auto& [norm, rate] : arms) {
      Panel panel{norm == "none" ? "without" : "batch normalization", "training steps", "test accuracy", {}};
      panel.y_range = {0.85, 1};
      panel.percent = true;
      for (const Kind& kind : kinds) {
        panel.curves.push_back({kind.name, measured_steps(steps, every),
                                results.band({{"norm", norm}, {"schedule", kind.name}}, "accuracy"), kind.ink});
      }
      figure.panels.push_back(panel);
    }
    return figure;
  };

  e.table = [=](const Results& results) {
    Table table{{"schedule", "without", "batch normalization"}, {}};
    for (const Kind& kind : kinds) {
      table.rows.push_back(
          {kind.name, percent(last(results, "none", kind.name)), percent(last(results, "batch", kind.name))});
    }
    return table;
  };
  return e;
}

}  // namespace study
