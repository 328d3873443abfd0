// Ioffe & Szegedy 2015, section 4.2.1: accuracy over the learning rate.
#include "../experiments.h"
#include "../highest_rate.h"
#include "../network.h"
#include "../training.h"

#include <gradus/core/check.h>
#include <gradus/train/evaluate.h>

using namespace gradus;

namespace study {

Experiment learning_rates(const Setting& setting) {
  const Index steps = setting.pick<Index>(600, 2000, 10'000);
  const double target = setting.pick(0.9, 0.93, 0.95);
  const std::vector<double> rates{0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 2, 3};

  Experiment e;
  e.name = "learning_rates";
  e.claim = "Batch normalization allows higher learning rates.";
  e.setup = fmt::format(
      "784-100-100-100-10 with ReLU (not with sigmoids, whose outputs are bounded), SGD with learning rates from {} to "
      "{} and batches of 60, initial weights of "
      "standard deviation 0.05, {} steps; batch normalization before the activation, without a bias before it. "
      "Compared: the highest learning rate at which the test accuracy of a seed reaches {}.",
      rates.front(), rates.back(), with_separators(steps), percent(target));
  e.published =
      "ReLU, rate 1: 9.8 % without and 98.3 % with batch normalization; rate 2: 10.1 % and 98.3 % (course notebook "
      "\"Batch Normalization Lesson\", Udacity, deep-learning: 55,000 images of MNIST, 50,000 steps, one seed). "
      "Inception learns with rates 5 and 30 times as high (Ioffe & Szegedy 2015, table in figure 3).";
  e.minutes = setting.pick(0.19, 1.2, 6.2);

  for (const double rate : rates) {
    for (const std::string norm : {"none", "batch"}) {
      e.add_arm({{"norm", norm}, {"rate", number(rate)}}, [=](Record& record) {
        Sequential model = make_network(record, {.block = norm == "none" ? "dense relu" : "dense batch relu"});
        const bool finite = train(record, model, setting.digits.train, {.learning_rate = rate, .steps = steps});
        record.add("test accuracy", evaluate(model, setting.digits.test).accuracy);
        record.add("diverged", finite ? 0 : 1);
      });
    }
  }

  const auto accuracy = [](const Results& results, const std::string& norm, double rate) {
    return results.last({{"norm", norm}, {"rate", number(rate)}}, "test accuracy");
  };
  e.criteria.push_back(highest_rate_is_higher(rates, target));
  e.add_criterion(
      fmt::format("with ReLU and rate 2, the network with batch normalization reaches {}", percent(target)),
      [=](const Results& results) {
        return above(results.each({{"norm", "batch"}, {"rate", number(2)}}, "test accuracy"), target, percent);
      });
  e.add_criterion("with ReLU and rate 2, the network without normalization stays below 20 %",
                  [=](const Results& results) {
                    return below(results.each({{"norm", "none"}, {"rate", number(2)}}, "test accuracy"), 0.2, percent);
                  });

  e.figure = [=](const Results& results) {
    Panel panel{fmt::format("after {} steps", with_separators(steps)), "learning rate", "test accuracy", {}, true};
    panel.y_range = {0, 1};
    panel.percent = true;
    for (const std::string norm : {"none", "batch"}) {
      Band band;
      for (const double rate : rates) band.push_back(accuracy(results, norm, rate));
      panel.curves.push_back({norm == "none" ? "without" : "batch normalization", rates, band,
                              norm == "none" ? Ink::vermillion : Ink::blue, Curve::Style::line_and_points});
    }
    return Figure{
        "Test accuracy over the learning rate. Without normalization a range of rates works, with batch normalization "
        "nearly all.",
        {panel}};
  };

  e.table = [=](const Results& results) {
    Table table{{"learning rate", "without", "diverged", "without, published (Udacity notebook, 50,000 steps)",
                 "batch normalization", "batch normalization, published (Udacity notebook, 50,000 steps)"},
                {}};
    for (const double rate : rates) {
      const auto diverged = results.each({{"norm", "none"}, {"rate", number(rate)}},
                                         [](const Record& record) { return record.last("diverged"); });
      table.rows.push_back({number(rate), percent(accuracy(results, "none", rate)),
                            fmt::format("{} of {}", std::ranges::count(diverged, 1.0), diverged.size()),
                            rate == 1   ? "9.8 %"
                            : rate == 2 ? "10.1 %"
                                        : "",
                            percent(accuracy(results, "batch", rate)), rate == 1 || rate == 2 ? "98.3 %" : ""});
    }
    return table;
  };
  return e;
}

}  // namespace study
