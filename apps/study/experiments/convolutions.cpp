// Batch normalization of each channel of a convolutional network, as in Ioffe & Szegedy 2015, section 4.2.
#include "../experiments.h"
#include "../highest_rate.h"
#include "../image_network.h"
#include "../training.h"

#include <gradus/core/check.h>
#include <gradus/train/evaluate.h>

#include <algorithm>

using namespace gradus;

namespace study {

Experiment convolutions(const Setting& setting) {
  const Index steps = setting.pick<Index>(300, 900, 3000);
  const Index every = steps / 15;
  constexpr double rate_compared = 0.1;
  constexpr double target = 0.8;
  const std::vector<double> rates{rate_compared, 0.5, 1, 2};
  const Dataset measured = setting.digits.train.take(500);

  Experiment e;
  e.name = "convolutions";
  e.claim = "Batch normalization halves the steps of a convolutional network, and allows higher rates.";
  e.setup = fmt::format(
      "Images of 14 x 14, three convolutions of 3 x 3 with 8, 16 and 16 filters, the second and third of which halve "
      "the image, ReLU, a dense layer to 10 outputs; He initialization, batches of 32, {} steps of SGD. Batch "
      "normalization of each channel before the activation, or none. The training loss is that of 500 training images "
      "in inference mode. Compared: the steps to the higher one of the two final losses at rate {}, and the highest of "
      "the rates from {} to {} at which the test accuracy of a seed reaches {}.",
      with_separators(steps), rate_compared, rates.front(), rates.back(), percent(target));
  e.published =
      "Inception on ImageNet reaches its final accuracy of 72.2 % after 31.0 million steps, and with batch "
      "normalization at the same rate after 13.3 million, 43 % of them; at a rate five times as high after 2.1 million "
      "(Ioffe & Szegedy 2015, table in figure 3).";
  e.minutes = setting.pick(0.15, 0.45, 1.6);

  for (const double rate : rates) {
    for (const std::string norm : {"none", "batch"}) {
      e.add_arm({{"norm", norm}, {"rate", number(rate)}}, [=](Record& record) {
        Sequential model = make_image_network(record, {.block = norm == "none" ? "conv relu" : "conv batch relu"});
        train(record, model, setting.digits.train,
              {.learning_rate = rate,
               .batch_size = 32,
               .steps = steps,
               .measure_every = rate == rate_compared ? every : 0},
              [&](Index) { record.add("training loss", evaluate(model, measured).loss); });
        record.add("test accuracy", evaluate(model, setting.digits.test).accuracy);
      });
    }
  }

  const auto arm = [](const std::string& norm, double rate) { return Labels{{"norm", norm}, {"rate", number(rate)}}; };
  // For each seed the steps after which the training loss has fallen to the level that both networks reach.
  const auto steps_to_common_loss = [=](const Results& results, const std::string& norm) {
    const std::vector<double> with = results.each(arm("batch", rate_compared), "training loss");
    const std::vector<double> without = results.each(arm("none", rate_compared), "training loss");
    std::vector<double> found;
    for (const Record* record : results.matching(arm(norm, rate_compared))) {
      const double level = std::max(with[found.size()], without[found.size()]);
      found.push_back(value_at(record->series("training loss"), measured_steps(steps, every), level));
    }
    return found;
  };
  e.add_criterion(
      fmt::format("at rate {}, batch normalization takes fewer steps to the training loss that both networks reach",
                  rate_compared),
      [=](const Results& results) {
        return lower(steps_to_common_loss(results, "batch"), steps_to_common_loss(results, "none"), number);
      });
  e.add_criterion(fmt::format("at rate {}, it takes less than half of them", rate_compared),
                  [=](const Results& results) {
                    std::vector<double> half = steps_to_common_loss(results, "none");
                    for (double& steps_of_seed : half) steps_of_seed /= 2;
                    return lower(steps_to_common_loss(results, "batch"), half, number);
                  });
  e.criteria.push_back(highest_rate_is_higher(rates, target));

  e.figure = [=](const Results& results) {
    Panel loss{fmt::format("learning rate {}", rate_compared), "step", "training loss", {}};
    loss.y_range = {.low = 0};
    Panel accuracy{fmt::format("after {} steps", with_separators(steps)), "learning rate", "test accuracy", {}, true};
    accuracy.y_range = {0, 1};
    accuracy.percent = true;
    for (const std::string norm : {"none", "batch"}) {
      const std::string title = norm == "none" ? "without" : "batch normalization";
      const Ink ink = norm == "none" ? Ink::vermillion : Ink::blue;
      loss.curves.push_back(
          {title, measured_steps(steps, every), results.band(arm(norm, rate_compared), "training loss"), ink});
      Curve curve{title, rates, {}, ink, Curve::Style::line_and_points};
      for (const double rate : rates) curve.y.push_back(results.last(arm(norm, rate), "test accuracy"));
      accuracy.curves.push_back(curve);
    }
    return Figure{"Training loss of a convolutional network at one rate, and its accuracy over the rate.",
                  {loss, accuracy}};
  };

  e.table = [=](const Results& results) {
    Table table{{"learning rate", "loss without", "loss with batch normalization", "accuracy without",
                 "accuracy with batch normalization"},
                {}};
    for (const double rate : rates) {
      table.rows.push_back({number(rate), number(results.last(arm("none", rate), "training loss")),
                            number(results.last(arm("batch", rate), "training loss")),
                            percent(results.last(arm("none", rate), "test accuracy")),
                            percent(results.last(arm("batch", rate), "test accuracy"))});
    }
    return table;
  };
  return e;
}

}  // namespace study
