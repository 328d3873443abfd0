// Wu & He 2018, figure 1 and table 2: the error over the batch size, for several normalizations.
#include "../experiments.h"
#include "../kind.h"
#include "../network.h"
#include "../training.h"

#include <gradus/core/check.h>
#include <gradus/train/evaluate.h>

using namespace gradus;

namespace study {

namespace {

const std::vector<Kind> kinds{{"without", "dense relu", Ink::vermillion},
                              {"batch norm", "dense batch relu", Ink::blue},
                              {"layer norm", "dense layer relu", Ink::green},
                              {"group norm", "dense group relu", Ink::purple}};

}  // namespace

Experiment batch_sizes(const Setting& setting) {
  const std::vector<Index> sizes{2, 4, 8, 16, 32, 64, 128};
  const Index images = setting.pick<Index>(3000, 6000, 20'000);
  const Index epochs = 3;
  const Index steps = setting.pick<Index>(300, 600, 1500);
  const Dataset data = setting.digits.train.take(0, std::min(images, setting.digits.train.size()));
  constexpr double rate_per_sample = 0.1 / 64;

  Experiment e;
  e.name = "batch_sizes";
  e.claim = "Small batches make batch norm noisy; layer and group norm avoid this.";
  e.setup = fmt::format(
      "784-100-100-100-10 with ReLU, {} training images, batches of 2 to 128; SGD with a learning rate proportional to "
      "the batch size (0.1 at 64), He initialization; batch, layer and group normalization (10 groups) and none. Test "
      "error after {} epochs, with more steps for smaller batches, and after {} steps for all batch sizes.",
      with_separators(data.size()), epochs, with_separators(steps));
  e.published =
      "ResNet-50 on ImageNet, error in % with 32, 16, 8, 4, 2 images per worker: batch normalization 23.6, 23.7, "
      "24.8, 27.3, 34.7; group normalization 24.1, 24.2, 24.0, 24.2, 24.1 (Wu & He 2018, table 2).";
  e.minutes = setting.pick(0.32, 0.66, 2.2);

  for (const Kind& kind : kinds) {
    for (const Index size : sizes) {
      e.add_arm({{"norm", kind.name}, {"batch", fmt::format("{}", size)}}, [=](Record& record) {
        const Index per_epoch = (data.size() + size - 1) / size;
        const auto error_after = [&](const std::string& name, Index count) {
          set_seed(record.seed);
          Sequential model = make_network(record, {.block = kind.block, .kernel_initializer = "he_normal"});
          train(record, model, data,
                {.learning_rate = rate_per_sample * static_cast<double>(size), .batch_size = size, .steps = count});
          record.add(name, 1 - evaluate(model, setting.digits.test).accuracy);
        };
        error_after("equal epochs", epochs * per_epoch);
        error_after("equal steps", steps);
      });
    }
  }

  const auto error = [](const Results& results, const std::string& norm, Index size, const std::string& name) {
    return results.each({{"norm", norm}, {"batch", fmt::format("{}", size)}}, name);
  };
  const std::string epochs_name = "equal epochs";
  // The error with batches of 2, divided by that with batches of 32.
  const auto factor = [=](const Results& results, const std::string& norm) {
    std::vector<double> factors = error(results, norm, 2, epochs_name);
    const std::vector<double> large = error(results, norm, 32, epochs_name);
    for (std::size_t i = 0; i < factors.size(); ++i) factors[i] /= large[i];
    return factors;
  };
  e.add_criterion(
      "after equal epochs, the error of batch normalization is more than 1.3 times as high with batches of 2 as with "
      "32",
      [=](const Results& results) { return above(factor(results, "batch norm"), 1.3, number); });
  for (const std::string norm : {"layer", "group"}) {
    e.add_criterion(
        fmt::format("with batches of 2, the error of {} normalization is lower than that of batch normalization", norm),
        [=](const Results& results) {
          return lower(error(results, norm + " norm", 2, epochs_name), error(results, "batch norm", 2, epochs_name),
                       percent);
        });
  }
  e.add_criterion(
      "from batches of 32 to batches of 2, the error of group normalization grows by a smaller factor than that of "
      "batch normalization",
      [=](const Results& results) {
        return lower(factor(results, "group norm"), factor(results, "batch norm"), number);
      });

  e.figure = [=](const Results& results) {
    Figure figure{
        "Test error over the batch size, after equal epochs and after equal steps, which are fewer images for "
        "smaller batches.",
        {}};
    for (const std::string name : {"equal epochs", "equal steps"}) {
      Panel panel{name, "batch size", "test error", {}};
      panel.y_range = {.low = 0};
      panel.percent = true;
      for (const Index size : sizes) panel.categories.push_back(fmt::format("{}", size));
      for (const Kind& kind : kinds) {
        Curve curve{kind.name, {}, {}, kind.ink, Curve::Style::line_and_points};
        for (const Index size : sizes) {
          curve.x.push_back(static_cast<double>(curve.x.size()));
          curve.y.push_back(quartiles(error(results, kind.name, size, name)));
        }
        panel.curves.push_back(curve);
      }
      figure.panels.push_back(panel);
    }
    return figure;
  };

  e.table = [=](const Results& results) {
    Table table{{"batch size", "without", "batch norm", "layer norm", "group norm",
                 "batch norm, published (ResNet-50, ImageNet)", "group norm, published (ResNet-50, ImageNet)"},
                {}};
    const std::vector<std::string> batch{"34.7 %", "27.3 %", "24.8 %", "23.7 %", "23.6 %", "", ""};
    const std::vector<std::string> group{"24.1 %", "24.2 %", "24.0 %", "24.2 %", "24.1 %", "", ""};
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      table.rows.push_back({fmt::format("{}", sizes[i])});
      for (const Kind& kind : kinds)
        table.rows.back().push_back(percent(quartiles(error(results, kind.name, sizes[i], epochs_name))));
      table.rows.back().push_back(batch[i]);
      table.rows.back().push_back(group[i]);
    }
    return table;
  };
  return e;
}

}  // namespace study
