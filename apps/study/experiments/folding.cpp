// In inference batch normalization is one factor and one summand per unit, which can be folded into the layer before
// it.
#include "../experiments.h"
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

const std::vector<std::pair<Index, std::string>> counts{{1, "1 image"}, {64, "64 images"}};

/// The time of a prediction in microseconds, the mean of several.
double microseconds(Sequential& model, const Tensor& inputs, int repeats) {
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < repeats; ++i) model.predict(inputs);
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count() / repeats;
}

}  // namespace

Experiment folding(const Setting& setting) {
  const Index steps = setting.pick<Index>(500, 1000, 5000);
  const int rounds = setting.pick(100, 400, 1000);
  constexpr int repeats = 50;

  Experiment e;
  e.name = "folding";
  e.claim = "Folding batch normalization for inference keeps the outputs and saves time.";
  e.setup = fmt::format(
      "784-100-100-100-10 with ReLU and batch normalization, {} steps of SGD with learning rate 0.1. Compared with "
      "fold_batch_normalization(model): the logits of all test images, and the time of a prediction on one core, the "
      "median over {} rounds of {} predictions by each network.",
      with_separators(steps), with_separators(rounds), repeats);
  e.published = "Outputs equal up to rounding, in less time. No numbers.";
  e.minutes = setting.pick(0.16, 0.64, 1.3);
  e.timed = true;

  e.add_arm({}, [=](Record& record) {
    Sequential model = make_network(record, {.block = "dense batch relu", .kernel_initializer = "he_normal"});
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
        times.push_back(microseconds(model, inputs, repeats));
        folded_times.push_back(microseconds(folded, inputs, repeats));
      }
      record.add("microseconds", median(times));
      record.add("folded microseconds", median(folded_times));
    }
  });

  const auto time = [](const Results& results, const std::string& name, std::size_t i) {
    return results.over({}, [&](const Record& record) { return record.series(name)[i]; });
  };
  const auto each_time = [](const Results& results, const std::string& name) {
    return results.each({}, [&](const Record& record) { return record.series(name).front(); });
  };
  e.add_criterion("the logits differ by less than 1e-5 of the largest",
                  [](const Results& results) { return below(results.each({}, "difference"), 1e-5, number); });
  e.add_criterion("a prediction of one image takes less time", [=](const Results& results) {
    return lower(each_time(results, "folded microseconds"), each_time(results, "microseconds"),
                 [](double value) { return fmt::format("{:.1f} us", value); });
  });

  e.figure = [=](const Results& results) {
    Figure figure{"Time of a prediction in microseconds, before and after folding the normalizations.", {}};
    for (std::size_t i = 0; i < counts.size(); ++i) {
      Panel panel{counts[i].second, "", "microseconds for " + counts[i].second, {}};
      panel.categories = {"as trained", "folded"};
      panel.y_range = {.low = 0};
      Band band;
      band.push_back(time(results, "microseconds", i));
      band.push_back(time(results, "folded microseconds", i));
      panel.curves.push_back({"", {0, 1}, band, Ink::blue, Curve::Style::points});
      figure.panels.push_back(panel);
    }
    return figure;
  };

  e.table = [=](const Results& results) {
    return Table{
        {"", "as trained", "folded"},
        {{"max difference of logits, relative to the largest", "", number(results.last({}, "difference"))},
         {"test accuracy", percent(results.last({}, "accuracy")), percent(results.last({}, "folded accuracy"))},
         {"1 image, microseconds", number(time(results, "microseconds", 0)),
          number(time(results, "folded microseconds", 0))},
         {"64 images, microseconds", number(time(results, "microseconds", 1)),
          number(time(results, "folded microseconds", 1))}}};
  };
  return e;
}

}  // namespace study
