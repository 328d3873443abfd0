// Ioffe & Szegedy 2015, section 4.2.1: accuracy over the learning rate.
#include "../experiments.h"
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
      "784-100-100-100-10 with ReLU, SGD with learning rates from {} to {} and batches of 60, initial weights of "
      "standard deviation 0.05, {} steps; batch normalization before the activation, without a bias before it. "
      "Compared: the highest learning rate at which the median test accuracy reaches {}.",
      rates.front(), rates.back(), with_separators(steps), percent(target));
  e.published =
      "Rate 1: 9.8 % without and 98.3 % with batch normalization; rate 2: 10.1 % and 98.3 % (50,000 steps, one seed "
      "each). Inception learns with rates 5 and 30 times as high (Ioffe & Szegedy 2015, table in figure 3).";
  e.minutes = setting.pick(0.07, 0.76, 3.9);

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
  const auto max_rate = [=](const Results& results, const std::string& norm) {
    double found = 0;
    for (const double rate : rates) {
      if (accuracy(results, norm, rate).median >= target) found = rate;
    }
    return found;
  };
  const auto name = [=](double rate) { return rate == 0 ? "none" : number(rate); };
  e.add_criterion(fmt::format("the highest rate that reaches {} is higher with batch normalization", percent(target)),
                  [=](const Results& results) -> Criterion::Outcome {
                    const double with = max_rate(results, "batch");
                    const double without = max_rate(results, "none");
                    return {with > without,
                            fmt::format("{} with, {} without{}", name(with), name(without),
                                        without > 0 ? fmt::format(", {} times as high", number(with / without)) : "")};
                  });
  e.add_criterion(
      fmt::format("at rate 2 the network with batch normalization reaches {}, and the one without stays below 20 %",
                  percent(target)),
      [=](const Results& results) -> Criterion::Outcome {
        const double with = accuracy(results, "batch", 2).median;
        const double without = accuracy(results, "none", 2).median;
        return {with >= target && without < 0.2, fmt::format("{} against {}", percent(with), percent(without))};
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
    Table table{{"learning rate", "without", "diverged", "without, published (50,000 steps)", "batch normalization",
                 "batch normalization, published (50,000 steps)"},
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
