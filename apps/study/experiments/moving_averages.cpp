// The momentum of the moving averages: accuracy in inference mode early in training.
#include "../experiments.h"
#include "../kept_state.h"
#include "../network.h"
#include "../training.h"

#include <gradus/core/check.h>
#include <gradus/layers/normalization/recalibrate.h>
#include <gradus/train/evaluate.h>

#include <algorithm>
#include <cmath>

using namespace gradus;

namespace study {

Experiment moving_averages(const Setting& setting) {
  const std::vector<double> momenta{0.5, 0.9, 0.99, 0.999};
  const std::vector<Index> at{10, 100, 1000};

  Experiment e;
  e.name = "moving_averages";
  e.claim = "The momentum of the moving averages balances stability and adaptability.";
  e.setup =
      "784-100-100-100-10 with ReLU and batch normalization, SGD with learning rate 0.1 and batches of 60, He "
      "initialization. Test accuracy in inference mode after 10, 100 and 1,000 steps, for momenta from 0.5 to 0.999: "
      "as in Keras, with warm-up (a plain average at first), and after recalibration on 2,000 training images.";
  e.published = "With momentum 0.99, the weight of the initial values is still 95 % after 5 steps (0.99^5 = 0.951).";
  e.minutes = setting.pick(0.16, 0.22, 0.24);

  for (const double momentum : momenta) {
    for (const std::string start : {"initial values", "warm-up"}) {
      e.add_arm({{"momentum", number(momentum)}, {"start", start}}, [=](Record& record) {
        const bool warm_up = start == "warm-up";
        Sequential model = make_network(record, {.block = "dense batch relu",
                                                 .kernel_initializer = "he_normal",
                                                 .batch_normalization = {.momentum = momentum, .warm_up = warm_up}});
        const Dataset some = setting.digits.train.take(0, 2000);
        train(record, model, setting.digits.train, {.learning_rate = 0.1, .steps = 1000, .measure_every = 10},
              [&](Index step) {
                if (std::ranges::count(at, step) == 0) return;
                record.add("accuracy", evaluate(model, setting.digits.test).accuracy);
                const KeptState kept(model);
                recalibrate(model, some);
                record.add("recalibrated", evaluate(model, setting.digits.test).accuracy);
              });
      });
    }
  }

  const auto accuracy = [](const Results& results, double momentum, const std::string& start, std::size_t i,
                           const std::string& name = "accuracy") {
    return results.each({{"momentum", number(momentum)}, {"start", start}},
                        [&](const Record& record) { return record.series(name)[i]; });
  };
  const std::string initial = "initial values";
  e.add_criterion("after 10 steps the accuracy is higher with momentum 0.5 than with 0.99: adaptability",
                  [=](const Results& results) {
                    return higher(accuracy(results, 0.5, initial, 0), accuracy(results, 0.99, initial, 0), percent);
                  });
  e.add_criterion("after 1,000 steps the accuracy is higher with momentum 0.99 than with 0.5: stability",
                  [=](const Results& results) {
                    return higher(accuracy(results, 0.99, initial, 2), accuracy(results, 0.5, initial, 2), percent);
                  });
  e.add_criterion("after 10 steps with momentum 0.99, the accuracy is higher with warm-up than without",
                  [=](const Results& results) {
                    return higher(accuracy(results, 0.99, "warm-up", 0), accuracy(results, 0.99, initial, 0), percent);
                  });
  e.add_criterion("after 10 steps with momentum 0.99, recalibration makes the accuracy higher",
                  [=](const Results& results) {
                    return higher(accuracy(results, 0.99, initial, 0, "recalibrated"),
                                  accuracy(results, 0.99, initial, 0), percent);
                  });

  e.figure = [=](const Results& results) {
    Figure figure{
        "Test accuracy in inference mode after 10, 100 and 1,000 steps, over the momentum. With warm-up or "
        "recalibration it hardly depends on the momentum.",
        {}};
    for (std::size_t i = 0; i < at.size(); ++i) {
      Panel panel{fmt::format("after {} steps", with_separators(at[i])), "momentum", "test accuracy", {}};
      panel.y_range = {0, 1};
      panel.percent = true;
      for (const double momentum : momenta) panel.categories.push_back(number(momentum));
      const auto curve = [&](const std::string& title, const std::string& start, const std::string& name, Ink ink) {
        Curve result{title, {0, 1, 2, 3}, {}, ink, Curve::Style::line_and_points};
        for (const double momentum : momenta)
          result.y.push_back(quartiles(accuracy(results, momentum, start, i, name)));
        panel.curves.push_back(result);
      };
      curve("as in Keras", initial, "accuracy", Ink::vermillion);
      curve("warm-up", "warm-up", "accuracy", Ink::blue);
      curve("recalibrated", initial, "recalibrated", Ink::green);
      figure.panels.push_back(panel);
    }
    return figure;
  };

  e.table = [=](const Results& results) {
    Table table{{"momentum", "weight of initial values after 5 steps", "after 10 steps", "100", "1,000", "10, warm-up",
                 "10, recalibrated"},
                {}};
    for (const double momentum : momenta) {
      table.rows.push_back({number(momentum), percent(std::pow(momentum, 5))});
      for (std::size_t i = 0; i < at.size(); ++i) {
        table.rows.back().push_back(percent(quartiles(accuracy(results, momentum, initial, i))));
      }
      table.rows.back().push_back(percent(quartiles(accuracy(results, momentum, "warm-up", 0))));
      table.rows.back().push_back(percent(quartiles(accuracy(results, momentum, initial, 0, "recalibrated"))));
    }
    return table;
  };
  return e;
}

}  // namespace study
