// In inference batch normalization is one factor and one summand per unit, which can be folded into the layer before
// it.
#include "../experiments.h"
#include "../image_network.h"
#include "../layer_values.h"
#include "../network.h"
#include "../training.h"

#include <gradus/core/check.h>
#include <gradus/layers/normalization/folding.h>
#include <gradus/train/evaluate.h>

#include <chrono>

using namespace gradus;

namespace study {

namespace {

struct Network {
  std::string name;
  int repeats;  ///< predictions of a round
};
const std::vector<Network> networks{{"dense", 50}, {"convolutions", 2}};
const std::vector<std::pair<Index, std::string>> counts{{1, "1 image"}, {64, "64 images"}};

Sequential make(const std::string& network, Record& record) {
  if (network == "convolutions") return make_image_network(record, {.block = "conv batch relu"});
  return make_network(record, {.block = "dense batch relu", .kernel_initializer = "he_normal"});
}

/// The time of a prediction in microseconds, the mean of several.
double microseconds(Sequential& model, const Tensor& inputs, int repeats) {
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < repeats; ++i) model.predict(inputs);
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count() / repeats;
}

}  // namespace

Experiment folding(const Setting& setting) {
  const Index steps = setting.pick<Index>(300, 1000, 5000);
  const int rounds = setting.pick(100, 400, 1000);

  Experiment e;
  e.name = "folding";
  e.claim = "Folding batch normalization for inference keeps the outputs and saves time.";
  e.setup = fmt::format(
      "784-100-100-100-10 with ReLU and batch normalization, and three convolutions with 8, 16 and 16 filters on "
      "images of 14 x 14, {} steps of SGD with learning rate 0.1. Compared with fold_batch_normalization(model): the "
      "logits of all test images, and the time of a prediction on one core, the median over {} rounds of {} or {} "
      "predictions by each network.",
      with_separators(steps), with_separators(rounds), networks[0].repeats, networks[1].repeats);
  e.published = "Outputs equal up to rounding, in less time. No numbers.";
  e.minutes = setting.pick(0.25, 0.95, 2.5);
  e.timed = true;

  for (const Network& network : networks) {
    e.add_arm({{"network", network.name}}, [=](Record& record) {
      Sequential model = make(network.name, record);
      train(record, model, setting.digits.train, {.learning_rate = 0.1, .steps = steps});
      Sequential folded = fold_batch_normalization(model);
      record.add("difference",
                 relative_difference(predict(folded, setting.digits.test), predict(model, setting.digits.test)));
      record.add("accuracy", evaluate(model, setting.digits.test).accuracy);
      record.add("folded accuracy", evaluate(folded, setting.digits.test).accuracy);
      for (const auto& [size, title] : counts) {
        const Tensor inputs = setting.digits.test.take(0, size).batch().inputs;
        std::vector<double> times;
        std::vector<double> folded_times;
        for (int round = 0; round < rounds; ++round) {
          times.push_back(microseconds(model, inputs, network.repeats));
          folded_times.push_back(microseconds(folded, inputs, network.repeats));
        }
        record.add("microseconds", median(times));
        record.add("folded microseconds", median(folded_times));
      }
    });
  }

  const auto time = [](const Results& results, const std::string& network, const std::string& name, std::size_t i) {
    return results.each({{"network", network}}, [&](const Record& record) { return record.series(name)[i]; });
  };
  for (const Network& network : networks) {
    const std::string name = network.name;
    e.add_criterion(fmt::format("{}: the logits differ by less than 1e-5 of the largest", name),
                    [=](const Results& results) {
                      return below(results.each({{"network", name}}, "difference"), 1e-5, number);
                    });
    e.add_criterion(fmt::format("{}: a prediction of one image takes less time", name), [=](const Results& results) {
      return lower(time(results, name, "folded microseconds", 0), time(results, name, "microseconds", 0),
                   [](double value) { return fmt::format("{:.1f} us", value); });
    });
  }

  e.figure = [=](const Results& results) {
    Figure figure{"Time of a prediction in microseconds, before and after folding the normalizations.", {}};
    for (std::size_t i = 0; i < counts.size(); ++i) {
      Panel panel{counts[i].second, "", "microseconds for " + counts[i].second, {}};
      panel.y_range = {.low = 0};
      Curve trained{"as trained", {}, {}, Ink::blue, Curve::Style::points};
      Curve folded{"folded", {}, {}, Ink::green, Curve::Style::points};
      for (const Network& network : networks) {
        const auto x = static_cast<double>(panel.categories.size());
        panel.categories.push_back(network.name);
        trained.x.push_back(x);
        folded.x.push_back(x);
        trained.y.push_back(quartiles(time(results, network.name, "microseconds", i)));
        folded.y.push_back(quartiles(time(results, network.name, "folded microseconds", i)));
      }
      panel.curves = {trained, folded};
      figure.panels.push_back(panel);
    }
    return figure;
  };

  e.table = [=](const Results& results) {
    Table table{{"", "as trained", "folded"}, {}};
    for (const Network& network : networks) {
      const Labels arm{{"network", network.name}};
      table.rows.push_back({network.name + ": max difference of logits, relative to the largest", "",
                            number(results.last(arm, "difference"))});
      table.rows.push_back({network.name + ": test accuracy", percent(results.last(arm, "accuracy")),
                            percent(results.last(arm, "folded accuracy"))});
      for (std::size_t i = 0; i < counts.size(); ++i) {
        table.rows.push_back({fmt::format("{}: {}, microseconds", network.name, counts[i].second),
                              number(quartiles(time(results, network.name, "microseconds", i))),
                              number(quartiles(time(results, network.name, "folded microseconds", i)))});
      }
    }
    return table;
  };
  return e;
}

}  // namespace study
