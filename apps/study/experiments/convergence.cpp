// Ioffe & Szegedy 2015, figure 1 a: the same network with and without batch normalization.
#include "../experiments.h"
#include "../network.h"
#include "../training.h"

#include <gradus/core/check.h>
#include <gradus/train/evaluate.h>

#include <fmt/format.h>

using namespace gradus;

namespace study {

Experiment convergence(const Setting& setting) {
  const Index steps = setting.pick<Index>(1500, 10'000, 50'000);
  const Index every = steps / 50;
  const Index early = steps / 25;  // corresponds to the published 2,000 of 50,000 steps
  const Index tuned_steps = setting.pick<Index>(1000, 5000, 8000);
  const std::vector<double> rates{0.1, 0.3, 1, 3, 10};
  const std::string same = "same rate";
  const std::string best = "best rate";

  Experiment e;
  e.name = "convergence";
  e.claim = "Networks with batch normalization converge faster, to a higher accuracy.";
  e.setup = fmt::format(
      "784-100-100-100-10 with ReLU and with sigmoid, SGD with batches of 60; batch normalization before the "
      "activation, without a bias before it. Faster: both networks with learning rate 0.01 and initial weights of "
      "standard deviation 0.05, {} steps. Higher: both networks with He initialization and each of the learning rates "
      "{}, {} steps; the result of a seed is that of its best rate.",
      with_separators(steps), fmt::join(rates, ", "), with_separators(tuned_steps));
  e.published =
      "Course notebook \"Batch Normalization Lesson\" (Udacity, deep-learning), which repeats section 4.1 of Ioffe & "
      "Szegedy 2015: 55,000 images of MNIST, learning rate 0.01 for both networks, one seed. ReLU: 82.6 % without and "
      "95.3 % with batch normalization after 2,000 steps, 97.5 % and 98.0 % after 50,000 steps. Sigmoid: 82.7 % and "
      "97.3 % after 50,000 steps. The figure of the paper, 1 a, has sigmoids.";
  e.minutes = setting.pick(0.35, 2.3, 8.8);

  for (const std::string activation : {"relu", "sigmoid"}) {
    for (const std::string norm : {"none", "batch"}) {
      const std::string block = (norm == "none" ? "dense " : "dense batch ") + activation;
      e.add_arm({{"activation", activation}, {"norm", norm}, {"part", same}}, [=](Record& record) {
        Sequential model = make_network(record, {.block = block});
        train(record, model, setting.digits.train, {.learning_rate = 0.01, .steps = steps, .measure_every = every},
              [&](Index) { record.add("test accuracy", evaluate(model, setting.digits.test).accuracy); });
      });
      for (const double rate : rates) {
        const Labels arm{{"activation", activation}, {"norm", norm}, {"part", best}, {"rate", number(rate)}};
        e.add_arm(arm, [=](Record& record) {
          Sequential model = make_network(record, {.block = block, .kernel_initializer = "he_normal"});
          train(record, model, setting.digits.train, {.learning_rate = rate, .steps = tuned_steps});
          record.add("test accuracy", evaluate(model, setting.digits.test).accuracy);
        });
      }
    }
  }

  const auto accuracy_at = [=](const Results& results, const std::string& activation, const std::string& norm,
                               Index step) {
    const auto position = static_cast<std::size_t>(step / every);
    return results.each({{"activation", activation}, {"norm", norm}, {"part", same}},
                        [=](const Record& record) { return record.series("test accuracy")[position]; });
  };
  const auto best_accuracy = [=](const Results& results, const std::string& activation, const std::string& norm) {
    return results.best({{"activation", activation}, {"norm", norm}, {"part", best}}, "test accuracy");
  };
  for (const std::string activation : {"relu", "sigmoid"}) {
    e.add_criterion(fmt::format("with {} and the same rate, the accuracy after {} steps is higher with batch "
                                "normalization",
                                activation, with_separators(early)),
                    [=](const Results& results) {
                      return higher(accuracy_at(results, activation, "batch", early),
                                    accuracy_at(results, activation, "none", early), percent);
                    });
    e.add_criterion(fmt::format("with {} and the best rate of each, the accuracy after {} steps is higher with batch "
                                "normalization",
                                activation, with_separators(tuned_steps)),
                    [=](const Results& results) {
                      return higher(best_accuracy(results, activation, "batch"),
                                    best_accuracy(results, activation, "none"), percent);
                    });
  }

  e.figure = [=](const Results& results) {
    Figure figure{"Test accuracy over training steps at learning rate 0.01, without and with batch normalization.", {}};
    for (const std::string activation : {"sigmoid", "relu"}) {
      Panel panel{activation, "training steps", "test accuracy", {}};
      panel.y_range = {0, 1};
      panel.percent = true;
      const auto curve = [&](const std::string& norm, const std::string& title, Ink ink) {
        const Band band = results.band({{"activation", activation}, {"norm", norm}, {"part", same}}, "test accuracy");
        panel.curves.push_back({title, measured_steps(steps, every), band, ink});
      };
      curve("none", "without", Ink::vermillion);
      curve("batch", "batch normalization", Ink::blue);
      figure.panels.push_back(panel);
    }
    return figure;
  };

  e.table = [=](const Results& results) {
    Table table{
        {"", fmt::format("after {} steps", with_separators(early)), "published (Udacity notebook, MNIST, 2,000 steps)",
         fmt::format("after {} steps", with_separators(steps)), "published (Udacity notebook, MNIST, 50,000 steps)",
         fmt::format("best rate, after {} steps", with_separators(tuned_steps))},
        {}};
    const auto row = [&](const std::string& activation, const std::string& norm, const std::string& published_early,
                         const std::string& published_late) {
      table.rows.push_back({fmt::format("{}, {}", activation, norm == "none" ? "without" : "batch normalization"),
                            percent(quartiles(accuracy_at(results, activation, norm, early))), published_early,
                            percent(quartiles(accuracy_at(results, activation, norm, steps))), published_late,
                            percent(quartiles(best_accuracy(results, activation, norm)))});
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
