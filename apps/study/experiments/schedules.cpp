// Learning-rate schedules, with and without batch normalization.
#include "../experiments.h"
#include "../network.h"
#include "../training.h"

#include <gradus/core/check.h>
#include <gradus/train/evaluate.h>

#include <fmt/format.h>

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
  const Index steps = setting.pick<Index>(1000, 3000, 5000);
  const Index every = steps / 25;
  const std::vector<double> rates{0.1, 0.3, 1};

  Experiment e;
  e.name = "schedules";
  e.claim = "Batch normalization works even better with learning-rate schedules.";
  e.setup = fmt::format(
      "784-100-100-100-10 with ReLU, He initialization, SGD with batches of 60, {} steps. Schedules: constant; "
      "division by 10 after half and after three quarters of the steps; cosine decay to 0; one cycle. Each of them "
      "with the maximum learning rates {}, without and with batch normalization; the result of a seed is that of its "
      "best rate. The criteria compare the constant rate with the cosine decay.",
      with_separators(steps), fmt::join(rates, ", "));
  e.published =
      "Ioffe & Szegedy 2015, section 4.2.1: the learning rate decays six times faster. Only the order can be compared.";
  e.minutes = setting.pick(0.45, 1.3, 3.8);

  for (const std::string norm : {"none", "batch"}) {
    for (const Kind& kind : kinds) {
      for (const double rate : rates) {
        e.add_arm({{"norm", norm}, {"schedule", kind.name}, {"rate", number(rate)}}, [=](Record& record) {
          const std::string block = norm == "none" ? "dense relu" : "dense batch relu";
          Sequential model = make_network(record, {.block = block, .kernel_initializer = "he_normal"});
          train(record, model, setting.digits.train,
                {.steps = steps, .measure_every = every, .schedule = make_schedule(kind.name, rate, steps)},
                [&](Index) { record.add("accuracy", evaluate(model, setting.digits.test).accuracy); });
        });
      }
    }
  }

  const auto best = [](const Results& results, const std::string& norm, const std::string& schedule) {
    return results.best({{"norm", norm}, {"schedule", schedule}}, "accuracy");
  };
  const auto gain = [=](const Results& results, const std::string& norm) {
    std::vector<double> gains = best(results, norm, "cosine");
    const std::vector<double> constant = best(results, norm, "constant");
    for (std::size_t i = 0; i < gains.size(); ++i) gains[i] -= constant[i];
    return gains;
  };
  e.add_criterion("with batch normalization, the final accuracy is higher with cosine decay than with a constant rate",
                  [=](const Results& results) {
                    return higher(best(results, "batch", "cosine"), best(results, "batch", "constant"), percent);
                  });
  e.add_criterion("with cosine decay, the final accuracy is higher with batch normalization than without",
                  [=](const Results& results) {
                    return higher(best(results, "batch", "cosine"), best(results, "none", "cosine"), percent);
                  });
  e.add_criterion("the gain by cosine decay is larger with batch normalization than without",
                  [=](const Results& results) {
                    return higher(gain(results, "batch"), gain(results, "none"),
                                  [](double share) { return fmt::format("{:.2f} percentage points", 100 * share); });
                  });

  // The rate with the highest median at the end.
  const auto best_rate = [=](const Results& results, const std::string& norm, const std::string& schedule) {
    return *std::ranges::max_element(rates, {}, [&](double rate) {
      return results.last({{"norm", norm}, {"schedule", schedule}, {"rate", number(rate)}}, "accuracy").median;
    });
  };
  e.figure = [=](const Results& results) {
    Figure figure{
        "Test accuracy over training steps with four schedules, each at the maximum rate with the highest median at "
        "the end.",
        {}};
    for (const std::string norm : {"none", "batch"}) {
      Panel panel{norm == "none" ? "without" : "batch normalization", "training steps", "test accuracy", {}};
      panel.y_range = {0.85, 1};
      panel.percent = true;
      for (const Kind& kind : kinds) {
        const std::string rate = number(best_rate(results, norm, kind.name));
        const Labels arm{{"norm", norm}, {"schedule", kind.name}, {"rate", rate}};
        panel.curves.push_back({kind.name, measured_steps(steps, every), results.band(arm, "accuracy"), kind.ink});
      }
      figure.panels.push_back(panel);
    }
    return figure;
  };

  e.table = [=](const Results& results) {
    Table table{{"schedule", "without", "best rate", "batch normalization", "best rate"}, {}};
    for (const Kind& kind : kinds) {
      table.rows.push_back({kind.name, percent(quartiles(best(results, "none", kind.name))),
                            number(best_rate(results, "none", kind.name)),
                            percent(quartiles(best(results, "batch", kind.name))),
                            number(best_rate(results, "batch", kind.name))});
    }
    return table;
  };
  return e;
}

}  // namespace study
