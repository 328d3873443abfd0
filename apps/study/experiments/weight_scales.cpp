// Stanford CS231n, assignment 2, batch normalization: accuracy and loss over the scale of the initial weights.
#include "../experiments.h"
#include "../network.h"
#include "../training.h"

#include <gradus/core/check.h>
#include <gradus/train/evaluate.h>

#include <algorithm>
#include <cmath>

using namespace gradus;

namespace study {

namespace {

/// `count` numbers from 10^low to 10^high, evenly spaced on a logarithmic scale (numpy.logspace).
std::vector<double> logspace(double low, double high, int count) {
  std::vector<double> numbers;
  for (int i = 0; i < count; ++i) numbers.push_back(std::pow(10, low + (high - low) * i / (count - 1)));
  return numbers;
}

struct Kind {
  std::string norm;
  std::string block;
  double epsilon;  // of batch normalization
  std::string title;
  Ink ink;
};
const std::vector<Kind> kinds{{"none", "dense relu", 1e-5, "without", Ink::vermillion},
                              {"batch", "dense batch relu", 1e-5, "batch norm, epsilon 1e-5", Ink::blue},
                              {"keras", "dense batch relu", 1e-3, "batch norm, epsilon 1e-3", Ink::sky}};

double best(const Record& record, std::string_view name) { return std::ranges::max(record.series(name)); }

}  // namespace

Experiment weight_scales(const Setting& setting) {
  const Index steps = setting.pick<Index>(600, 1000, 3000);
  const std::vector<double> scales = logspace(-4, 0, setting.pick(11, 20, 20));
  constexpr double rate = 0.1;
  constexpr double good = 0.8;
  const std::vector<Index> hidden(8, 50);

  Experiment e;
  e.name = "weight_scales";
  e.claim = "Batch normalization makes training robust to the scale of initial weights.";
  e.setup = fmt::format(
      "784, 8 hidden layers of 50 with ReLU, 10; normal initial weights with {} standard deviations from 0.0001 to 1; "
      "SGD with learning rate {} and batches of 50, {} steps. Measured ten times during training, on the test images "
      "and on 1,000 training images.",
      scales.size(), rate, with_separators(steps));
  e.published =
      "CS231n (CIFAR-10, 7 hidden layers of 50, Adam): without normalization, the network learns only at a few scales "
      "around 0.1; with batch normalization, at nearly all. A figure without numbers.";
  e.minutes = setting.pick(0.33, 2.5, 3.4);

  for (const double scale : scales) {
    for (const Kind& kind : kinds) {
      e.add_arm({{"norm", kind.norm}, {"scale", number(scale)}}, [=](Record& record) {
        Sequential model = make_network(record, {.hidden = hidden,
                                                 .block = kind.block,
                                                 .kernel_initializer = fmt::format("random_normal({:.6f})", scale),
                                                 .batch_normalization = {.epsilon = kind.epsilon, .warm_up = true}});
        const Dataset training_images = setting.digits.train.take(0, 1000);
        train(record, model, setting.digits.train,
              {.learning_rate = rate, .batch_size = 50, .steps = steps, .measure_every = steps / 10}, [&](Index) {
                const Metrics training = evaluate(model, training_images);
                record.add("training loss", training.loss);
                record.add("training accuracy", training.accuracy);
                record.add("test accuracy", evaluate(model, setting.digits.test).accuracy);
              });
      });
    }
  }

  const auto band = [=](const Results& results, const std::string& norm, const std::string& name, bool best_of_run) {
    Band result;
    for (const double scale : scales) {
      result.push_back(results.over({{"norm", norm}, {"scale", number(scale)}}, [&](const Record& record) {
        return best_of_run ? best(record, name) : record.last(name);
      }));
    }
    return result;
  };
  // The number of scales that reach the accuracy, of each seed.
  const auto good_scales = [=](const Results& results, const std::string& norm) {
    std::vector<double> counts;
    for (const double scale : scales) {
      const std::vector<double> reached =
          results.each({{"norm", norm}, {"scale", number(scale)}},
                       [](const Record& record) { return best(record, "test accuracy"); });
      counts.resize(reached.size());
      for (std::size_t seed = 0; seed < reached.size(); ++seed) counts[seed] += reached[seed] >= good ? 1 : 0;
    }
    return counts;
  };
  e.add_criterion(
      fmt::format("more scales reach a test accuracy of {} with batch normalization than without", percent(good)),
      [=](const Results& results) {
        return higher(good_scales(results, "batch"), good_scales(results, "none"), number);
      });
  e.add_criterion(
      fmt::format("more than three quarters of the {} scales reach a test accuracy of {} with batch normalization",
                  scales.size(), percent(good)),
      [=](const Results& results) {
        return above(good_scales(results, "batch"), 0.75 * static_cast<double>(scales.size()), number);
      });

  e.figure = [=](const Results& results) {
    Figure figure{
        "Best test accuracy, best training accuracy and final training loss of a run, over the standard deviation of "
        "the initial weights.",
        {}};
    const auto panel = [&](const std::string& title, const std::string& y, const std::string& name, bool best_of_run) {
      Panel result{title, "scale of the initial weights", y, {}, true, !best_of_run};
      if (best_of_run) result.y_range = {0, 1};
      result.percent = best_of_run;
      for (const Kind& kind : kinds) {
        result.curves.push_back(
            {kind.title, scales, band(results, kind.norm, name, best_of_run), kind.ink, Curve::Style::line_and_points});
      }
      figure.panels.push_back(result);
    };
    panel("best test accuracy", "accuracy", "test accuracy", true);
    panel("best training accuracy", "accuracy", "training accuracy", true);
    panel("final training loss", "loss", "training loss", false);
    return figure;
  };

  e.table = [=](const Results& results) {
    Table table{{"best test accuracy at scale"}, {}};
    for (const Kind& kind : kinds) table.columns.push_back(kind.title);
    for (const double scale : scales) {
      table.rows.push_back({number(scale)});
      for (const Kind& kind : kinds) {
        table.rows.back().push_back(percent(results.over({{"norm", kind.norm}, {"scale", number(scale)}},
                                                         [](const Record& r) { return best(r, "test accuracy"); })));
      }
    }
    return table;
  };
  return e;
}

}  // namespace study
