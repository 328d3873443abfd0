// Wu & He 2018, figure 1 and table 2: the error over the batch size, for several normalizations, on a dense and on a
// convolutional network.
#include "../experiments.h"
#include "../image_network.h"
#include "../kind.h"
#include "../network.h"
#include "../training.h"

#include <gradus/core/check.h>
#include <gradus/optim/schedules/schedule.h>
#include <gradus/train/evaluate.h>

#include <algorithm>

using namespace gradus;

namespace study {

namespace {

const std::vector<Kind> dense_kinds{{"without", "dense relu", Ink::vermillion},
                                    {"batch norm", "dense batch relu", Ink::blue},
                                    {"layer norm", "dense layer relu", Ink::green},
                                    {"group norm", "dense group relu", Ink::purple}};
const std::vector<Kind> convolutional_kinds{{"batch norm", "conv batch relu", Ink::blue},
                                            {"group norm", "conv group relu", Ink::purple}};

const std::string equal_epochs = "equal epochs";
const std::string equal_steps = "equal steps";

/// The test errors of several normalizations and batch sizes.
struct Sweep {
  std::vector<Kind> kinds;
  std::vector<Index> sizes;

  std::vector<double> error(const Results& results, const std::string& norm, Index size,
                            const std::string& name = equal_epochs) const {
    return results.each({{"norm", norm}, {"batch", fmt::format("{}", size)}}, name);
  }

  /// The error with batches of 2, divided by that with batches of 32.
  std::vector<double> factor(const Results& results, const std::string& norm) const {
    std::vector<double> factors = error(results, norm, 2);
    const std::vector<double> large = error(results, norm, 32);
    for (std::size_t i = 0; i < factors.size(); ++i) factors[i] /= large[i];
    return factors;
  }

  void add_criteria(Experiment& e) const {
    e.add_criterion(
        "after equal epochs, the error of batch normalization is more than 1.3 times as high with batches of 2 as with "
        "32",
        [*this](const Results& results) { return above(factor(results, "batch norm"), 1.3, number); });
    for (const Kind& kind : kinds) {
      if (kind.name == "without" || kind.name == "batch norm") continue;
      e.add_criterion(fmt::format("with batches of 2, the error of {} is lower than that of batch norm", kind.name),
                      [*this, norm = kind.name](const Results& results) {
                        return lower(error(results, norm, 2), error(results, "batch norm", 2), percent);
                      });
    }
    e.add_criterion(
        "from batches of 32 to batches of 2, the error of group normalization grows by a smaller factor than that of "
        "batch normalization",
        [*this](const Results& results) {
          return lower(factor(results, "group norm"), factor(results, "batch norm"), number);
        });
  }

  Panel panel(const Results& results, const std::string& name) const {
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
    return panel;
  }

  Table table(const Results& results) const {
    Table table{{"batch size"}, {}};
    for (const Kind& kind : kinds) table.columns.push_back(kind.name);
    table.columns.emplace_back("batch norm, published (ResNet-50, ImageNet)");
    table.columns.emplace_back("group norm, published (ResNet-50, ImageNet)");
    const std::vector<std::string> batch{"34.7 %", "27.3 %", "24.8 %", "23.7 %", "23.6 %", "", ""};
    const std::vector<std::string> group{"24.1 %", "24.2 %", "24.0 %", "24.2 %", "24.1 %", "", ""};
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      table.rows.push_back({fmt::format("{}", sizes[i])});
      for (const Kind& kind : kinds)
        table.rows.back().push_back(percent(quartiles(error(results, kind.name, sizes[i]))));
      table.rows.back().push_back(batch[i]);
      table.rows.back().push_back(group[i]);
    }
    return table;
  }
};

constexpr const char* published =
    "ResNet-50 on ImageNet, error in % with 32, 16, 8, 4, 2 images per worker: batch normalization 23.6, 23.7, 24.8, "
    "27.3, 34.7; group normalization 24.1, 24.2, 24.0, 24.2, 24.1 (Wu & He 2018, table 2).";

constexpr int epochs = 3;

Index steps_of_epochs(const Dataset& data, Index size) { return epochs * ((data.size() + size - 1) / size); }

}  // namespace

Experiment batch_sizes(const Setting& setting) {
  const Sweep sweep{dense_kinds, {2, 4, 8, 16, 32, 64, 128}};
  const Index images = setting.pick<Index>(3000, 6000, 20'000);
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
  e.published = published;
  e.minutes = setting.pick(0.32, 0.66, 2.2);

  for (const Kind& kind : sweep.kinds) {
    for (const Index size : sweep.sizes) {
      e.add_arm({{"norm", kind.name}, {"batch", fmt::format("{}", size)}}, [=](Record& record) {
        const auto error_after = [&](const std::string& name, Index count) {
          set_seed(record.seed);
          Sequential model = make_network(record, {.block = kind.block, .kernel_initializer = "he_normal"});
          train(record, model, data,
                {.learning_rate = rate_per_sample * static_cast<double>(size), .batch_size = size, .steps = count});
          record.add(name, 1 - evaluate(model, setting.digits.test).accuracy);
        };
        error_after(equal_epochs, steps_of_epochs(data, size));
        error_after(equal_steps, steps);
      });
    }
  }
  sweep.add_criteria(e);
  e.figure = [=](const Results& results) {
    return Figure{
        "Test error over the batch size, after equal epochs and after equal steps, which are fewer images for "
        "smaller batches.",
        {sweep.panel(results, equal_epochs), sweep.panel(results, equal_steps)}};
  };
  e.table = [=](const Results& results) { return sweep.table(results); };
  return e;
}

Experiment convolution_batch_sizes(const Setting& setting) {
  const Sweep sweep{convolutional_kinds, {2, 4, 8, 16, 32}};
  const Index images = setting.pick<Index>(3000, 6000, 20'000);
  const Dataset data = setting.digits.train.take(0, std::min(images, setting.digits.train.size()));
  constexpr double rate_per_sample = 0.1 / 32;

  Experiment e;
  e.name = "convolution_batch_sizes";
  e.claim = "In convolutional networks, too, batch norm suffers from small batches, and group norm does not.";
  e.setup = fmt::format(
      "Images of 14 x 14, three convolutions of 3 x 3 with 8, 16 and 16 filters, the second and third of which halve "
      "the image, ReLU, the mean of each channel, 10 outputs; He initialization; {} training images in batches of 2 to "
      "32; SGD with momentum 0.9 and a learning rate proportional to the batch size (0.1 at 32), as in the paper, that "
      "falls to 0 as a cosine; batch normalization and group normalization (4 groups). Test error after {} epochs.",
      with_separators(data.size()), epochs);
  e.published = published;
  e.minutes = setting.pick(0.2, 0.4, 1.4);

  for (const Kind& kind : sweep.kinds) {
    for (const Index size : sweep.sizes) {
      e.add_arm({{"norm", kind.name}, {"batch", fmt::format("{}", size)}}, [=](Record& record) {
        Sequential model = make_image_network(record, {.block = kind.block, .head = "mean"});
        const Index steps = steps_of_epochs(data, size);
        train(record, model, data,
              {.momentum = 0.9,
               .batch_size = size,
               .steps = steps,
               .schedule = cosine_decay(rate_per_sample * static_cast<double>(size), steps)});
        record.add(equal_epochs, 1 - evaluate(model, setting.digits.test).accuracy);
      });
    }
  }
  sweep.add_criteria(e);
  e.figure = [=](const Results& results) {
    return Figure{"Test error of a convolutional network over the batch size, after equal epochs.",
                  {sweep.panel(results, equal_epochs)}};
  };
  e.table = [=](const Results& results) { return sweep.table(results); };
  return e;
}

}  // namespace study
