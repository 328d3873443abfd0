// Ioffe & Szegedy 2015, figure 1 a: the same network with and without batch normalization.
#include "../experiments.h"
#include "../network.h"
#include "../training.h"

#include <gradus/core/check.h>
#include <gradus/train/evaluate.h>

using namespace gradus;

namespace study {

Experiment convergence(const Setting& setting) {
  const Index steps = setting.pick<Index>(1500, 10'000, 50'000);
  const Index every = steps / 50;
  const Index early = steps / 25;  // corresponds to the published 2,000 of 50,000 steps

  Experiment e;
  e.name = "convergence";
  e.claim = "Networks with batch normalization converge faster, to a higher accuracy.";
  e.setup = fmt::format(
      "784-100-100-100-10, SGD with learning rate 0.01 and batches of 60, initial weights of standard deviation 0.05, "
      "{} steps; batch normalization before the activation, without a bias before it. Networks with ReLU and with "
      "sigmoid.",
      with_separators(steps));
  e.published =
      "ReLU: 82.6 % without and 95.3 % with batch normalization after 2,000 steps, 97.5 % and 98.0 % after 50,000 "
      "steps. Sigmoid: 82.7 % and 97.3 % after 50,000 steps (one seed each). Ioffe & Szegedy 2015, figure 1 a, has "
      "sigmoids.";
  e.minutes = setting.pick(0.05, 0.49, 3.5);

  for (const std::string activation : {"relu", "sigmoid"}) {
    for (const std::string norm : {"none", "batch"}) {
      e.add_arm({{"activation", activation}, {"norm", norm}}, [=](Record& record) {
        const std::string block = (norm == "none" ? "dense " : "dense batch ") + activation;
        Sequential model = make_network(record, {.block = block});
        train(record, model, setting.digits.train, {.learning_rate = 0.01, .steps = steps, .measure_every = every},
              [&](Index) { record.add("test accuracy", evaluate(model, setting.digits.test).accuracy); });
      });
    }
  }

  const auto accuracy_at = [=](const Results& results, const Labels& arm, Index step) {
    const auto position = static_cast<std::size_t>(step / every);
    return results.over(arm, [=](const Record& record) { return record.series("test accuracy")[position]; });
  };
  for (const std::string activation : {"relu", "sigmoid"}) {
    for (const Index step : {early, steps}) {
      e.add_criterion(
          fmt::format("with {}, the accuracy after {} steps is higher with batch normalization", activation,
                      with_separators(step)),
          [=](const Results& results) -> Criterion::Outcome {
            const Quartiles without = accuracy_at(results, {{"activation", activation}, {"norm", "none"}}, step);
            const Quartiles with = accuracy_at(results, {{"activation", activation}, {"norm", "batch"}}, step);
            return higher(with.median, without.median, percent);
          });
    }
  }

  e.figure = [=](const Results& results) {
    Figure figure{"Test accuracy over training steps, without and with batch normalization.", {}};
    for (const std::string activation : {"sigmoid", "relu"}) {
      Panel panel{activation, "training steps", "test accuracy", {}};
      panel.y_range = {0, 1};
      panel.percent = true;
      const auto curve = [&](const std::string& norm, const std::string& title, Ink ink) {
        const Band band = results.band({{"activation", activation}, {"norm", norm}}, "test accuracy");
        panel.curves.push_back({title, measured_steps(steps, every), band, ink});
      };
      curve("none", "without", Ink::vermillion);
      curve("batch", "batch normalization", Ink::blue);
      figure.panels.push_back(panel);
    }
    return figure;
  };

  e.table = [=](const Results& results) {
    Table table{{"", fmt::format("after {} steps", with_separators(early)), "published (MNIST, 2,000 steps)",
                 fmt::format("after {} steps", with_separators(steps)), "published (MNIST, 50,000 steps)"},
                {}};
    const auto row = [&](const std::string& activation, const std::string& norm, const std::string& published_early,
                         const std::string& published_late) {
      const Labels arm{{"activation", activation}, {"norm", norm}};
      table.rows.push_back({fmt::format("{}, {}", activation, norm == "none" ? "without" : "batch normalization"),
                            percent(accuracy_at(results, arm, early)), published_early,
                            percent(accuracy_at(results, arm, steps)), published_late});
    };
    row("relu", "none", "82.6 %", "97.5 %");
    row("relu", "batch", "95.3 %", "98.0 %");
    row("sigmoid", "none", "", "82.7 %");
    row("sigmoid", "batch", "", "97.3 %");
    return table;
  };
  return e;
}

}  // namespace study
