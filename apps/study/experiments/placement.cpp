// Batch normalization before or after the activation. Ioffe & Szegedy 2015 place it before; others found after better.
#include "../experiments.h"
#include "../network.h"
#include "../training.h"

#include <gradus/core/check.h>
#include <gradus/train/evaluate.h>

using namespace gradus;

namespace study {

Experiment placement(const Setting& setting) {
  const Index steps = setting.pick<Index>(500, 2000, 5000);
  const std::vector<std::string> activations{"relu", "tanh", "sigmoid"};
  const std::vector<double> rates{0.01, 0.1, 1};

  Experiment e;
  e.name = "placement";
  e.claim = "Batch normalization belongs before the activation.";
  e.setup = fmt::format(
      "784-100-100-100-10, \"dense batch activation\" and \"dense activation batch\", with ReLU, tanh and sigmoid; SGD "
      "with learning rates 0.01, 0.1 and 1 and batches of 60, Glorot initialization, {} steps. The result of a seed is "
      "that of its best learning rate.",
      with_separators(steps));
  e.published =
      "Ioffe & Szegedy 2015 recommend before, as the sums of a layer are closer to a normal distribution than the "
      "outputs of an activation; no numbers. Later experiments by others found after slightly better for ReLU.";
  e.minutes = setting.pick(0.16, 0.46, 1.9);

  for (const std::string& activation : activations) {
    for (const double rate : rates) {
      for (const std::string place : {"before", "after"}) {
        e.add_arm({{"activation", activation}, {"place", place}, {"rate", number(rate)}}, [=](Record& record) {
          const std::string block = place == "before" ? "dense batch " + activation : "dense " + activation + " batch";
          Sequential model = make_network(record, {.block = block, .kernel_initializer = "glorot_uniform"});
          train(record, model, setting.digits.train, {.learning_rate = rate, .steps = steps});
          record.add("test accuracy", evaluate(model, setting.digits.test).accuracy);
        });
      }
    }
  }

  const auto accuracy = [](const Results& results, const std::string& activation, const std::string& place,
                           double rate) {
    return results.last({{"activation", activation}, {"place", place}, {"rate", number(rate)}}, "test accuracy");
  };
  for (const std::string& activation : activations) {
    e.add_criterion(
        fmt::format("with {}, before gives a higher accuracy than after, each at its best rate", activation),
        [=](const Results& results) {
          const auto best = [&](const std::string& place) {
            return results.best({{"activation", activation}, {"place", place}}, "test accuracy");
          };
          return higher(best("before"), best("after"), percent);
        });
  }

  e.figure = [=](const Results& results) {
    Figure figure{"Test accuracy over the learning rate, with batch normalization before and after the activation.",
                  {}};
    for (const std::string& activation : activations) {
      Panel panel{activation, "learning rate", "test accuracy", {}, true};
      panel.percent = true;
      for (const std::string place : {"before", "after"}) {
        Curve curve{place, rates, {}, place == "before" ? Ink::blue : Ink::yellow, Curve::Style::line_and_points};
        for (const double rate : rates) curve.y.push_back(accuracy(results, activation, place, rate));
        panel.curves.push_back(curve);
      }
      figure.panels.push_back(panel);
    }
    return figure;
  };

  e.table = [=](const Results& results) {
    Table table{{"activation, learning rate", "before", "after"}, {}};
    for (const std::string& activation : activations) {
      for (const double rate : rates) {
        table.rows.push_back({fmt::format("{}, {}", activation, rate),
                              percent(accuracy(results, activation, "before", rate)),
                              percent(accuracy(results, activation, "after", rate))});
      }
    }
    return table;
  };
  return e;
}

}  // namespace study
