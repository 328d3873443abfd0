// Li et al. 2018, "Understanding the Disharmony between Dropout and Batch Normalization by Variance Shift".
#include "../dropout_shift.h"
#include "../experiments.h"
#include "../kind.h"
#include "../network.h"
#include "../training.h"

#include <gradus/core/check.h>
#include <gradus/layers/normalization/recalibrate.h>
#include <gradus/train/doctor/doctor.h>
#include <gradus/train/evaluate.h>

#include <cmath>

using namespace gradus;

namespace study {

namespace {

const std::vector<Kind> orders{{"no dropout", "dense batch relu", Ink::black},
                               {"dropout before", "dense relu dropout batch", Ink::vermillion},
                               {"dropout on sums", "dense dropout batch relu", Ink::yellow},
                               {"dropout after", "dense batch relu dropout", Ink::blue}};
const std::vector<double> rates{0.1, 0.2, 0.3, 0.4, 0.5};

}  // namespace

Experiment dropout(const Setting& setting) {
  const Index steps = setting.pick<Index>(1000, 3000, 8000);

  Experiment e;
  e.name = "dropout";
  e.claim = "Dropout before batch normalization shifts the variance in inference.";
  e.setup = fmt::format(
      "Part 1: dropout of a million normal numbers and of their ReLU, with rates from 0.1 to 0.5. The ratio of the "
      "variance in inference to that in training, measured and by the formula v / ((c^2 + v) / p - c^2), with p the "
      "share that is kept, c the mean and v the variance. Part 2: 784-100-100-100-10 with ReLU in four orders of the "
      "layers, rate 0.5, SGD with learning rate 0.1 and batches of 60, {} steps. The ratio at each batch "
      "normalization, and the test accuracy before and after recalibration of the moving statistics in inference mode.",
      with_separators(steps));
  e.published =
      "0.405 after a ReLU at rate 0.5; 0.501, 0.801 and 0.898 for inputs of mean zero with p = 0.5, 0.8 and 0.9 (Li et "
      "al. 2018, formula and measurement).";
  e.minutes = setting.pick(0.11, 0.2, 0.8);

  e.add_arm({{"part", "formula"}}, [](Record& record) {
    const Tensor numbers = Tensor::normal({1'000'000}, 0, 1);
    Tensor positive = numbers.clone();
    for (Real& value : positive.values()) value = std::max(value, Real{0});
    for (const double rate : rates) {
      const auto add = [&](const std::string& inputs, const Tensor& x, const Moments& m) {
        record.add(inputs, measured_variance_shift(x, rate));
        record.add(inputs + ", formula", variance_shift(m.mean, m.variance, rate));
        record.add("difference", std::abs(record.last(inputs) - record.last(inputs + ", formula")));
      };
      add("normal", numbers, {0, 1});
      add("relu", positive, moments_of_relu());
    }
  });
  for (const Kind& order : orders) {
    e.add_arm({{"part", "networks"}, {"order", order.name}}, [=](Record& record) {
      Sequential model = make_network(record, {.block = order.block, .kernel_initializer = "he_normal"});
      train(record, model, setting.digits.train, {.learning_rate = 0.1, .steps = steps});
      const Dataset some = setting.digits.train.take(0, std::min<Index>(6000, setting.digits.train.size()));
      for (const double ratio : variance_shifts(model, some.batch().inputs)) record.add("ratio", ratio);
      const auto measure = [&](const std::string& prefix) {
        const Metrics test = evaluate(model, setting.digits.test);
        record.add(prefix + "accuracy", test.accuracy);
        record.add(prefix + "loss", test.loss);
      };
      measure("");
      recalibrate(model, some);
      measure("recalibrated ");
    });
  }

  const auto measured = [](const Results& all, const std::string& x) {
    return all.band({{"part", "formula"}}, x).median;
  };
  const auto last = [](const Results& results, const Kind& order, const std::string& name) {
    return results.last({{"order", order.name}}, name);
  };
  const auto each = [](const Results& results, const Kind& order, const std::string& name) {
    return results.each({{"order", order.name}}, name);
  };
  const auto distance_from_1 = [=](const Results& results, const Kind& order) {
    std::vector<double> ratios = each(results, order, "ratio");
    for (double& ratio : ratios) ratio = std::abs(std::log(ratio));
    return ratios;
  };
  const Kind& before = orders[1];
  const Kind& after = orders[3];
  e.add_criterion(
      "the measured ratios differ from the formula by less than 0.01, for both kinds of inputs and all rates",
      [](const Results& results) {
        const auto largest = results.each(
            {{"part", "formula"}}, [](const Record& record) { return std::ranges::max(record.series("difference")); });
        return below(largest, 0.01, number);
      });
  e.add_criterion("at the last batch normalization of a trained network, the ratio is below 0.7 with dropout before it",
                  [=](const Results& results) { return below(each(results, before, "ratio"), 0.7, number); });
  e.add_criterion("the ratio is closer to 1, in its logarithm, with dropout after it", [=](const Results& results) {
    return lower(distance_from_1(results, after), distance_from_1(results, before), number);
  });
  e.add_criterion("the final test accuracy is lower with dropout before than with dropout after",
                  [=](const Results& results) {
                    return lower(each(results, before, "accuracy"), each(results, after, "accuracy"), percent);
                  });
  e.add_criterion("recalibration lowers the test loss of the network with dropout before", [=](const Results& results) {
    return lower(each(results, before, "recalibrated loss"), each(results, before, "loss"), number);
  });

  e.figure = [=](const Results& results) {
    Panel shift{"after dropout: formula and measured", "dropout rate", "variance, inference / training", {}};
    for (const auto& [inputs, ink] : std::map<std::string, Ink>{{"normal", Ink::green}, {"relu", Ink::purple}}) {
      shift.curves.push_back({inputs + " inputs", rates, {{}, measured(results, inputs + ", formula"), {}}, ink});
      shift.curves.push_back({"", rates, {{}, measured(results, inputs), {}}, ink, Curve::Style::points});
    }
    Panel ratios{"in trained networks", "batch normalization", "variance, inference / training", {}};
    ratios.categories = {"1", "2", "3"};
    for (const Kind& order : orders) {
      const Band band = results.band({{"order", order.name}}, "ratio");
      ratios.curves.push_back({order.name, {0, 1, 2}, band, order.ink, Curve::Style::line_and_points});
    }
    const std::string caption =
        "Ratio of the variance of the inputs of batch normalization in inference to that in training; 1 means no "
        "shift. First: by formula (lines) and measured (points). Second: at the three normalizations of trained "
        "networks.";
    return Figure{caption, {shift, ratios}};
  };

  e.table = [=](const Results& results) {
    Table table{{"", "ratio", "ratio, published (Li et al. 2018)", "accuracy", "accuracy, recalibrated", "loss",
                 "loss, recalibrated"},
                {}};
    const auto row = [&](const std::string& title, double ratio, const std::string& found) {
      table.rows.push_back({title, number(ratio), found, "", "", "", ""});
    };
    row("after a ReLU, rate 0.5", measured(results, "relu")[4], "0.405");
    row("mean zero, rate 0.5", measured(results, "normal")[4], "0.501");
    row("mean zero, rate 0.2", measured(results, "normal")[1], "0.801");
    row("mean zero, rate 0.1", measured(results, "normal")[0], "0.898");
    for (const Kind& order : orders) {
      table.rows.push_back({order.name, number(last(results, order, "ratio")), "",
                            percent(last(results, order, "accuracy")),
                            percent(last(results, order, "recalibrated accuracy")),
                            number(last(results, order, "loss")), number(last(results, order, "recalibrated loss"))});
    }
    return table;
  };
  return e;
}

}  // namespace study
