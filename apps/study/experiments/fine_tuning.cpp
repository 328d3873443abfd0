// Fine-tuning with small batches, with and without frozen batch normalization (Keras guide to transfer learning).
#include "../experiments.h"
#include "../network.h"
#include "../training.h"

#include <gradus/core/check.h>
#include <gradus/layers/normalization/recalibrate.h>
#include <gradus/train/evaluate.h>

using namespace gradus;

namespace study {

namespace {

struct Kind {
  std::string name;
  bool recalibrated;  // on the new images, before freezing
  bool frozen;
  Ink ink;
};
const std::vector<Kind> kinds{{"as in training", false, false, Ink::vermillion},
                              {"frozen", false, true, Ink::blue},
                              {"recalibrated, frozen", true, true, Ink::green}};

}  // namespace

Experiment fine_tuning(const Setting& setting) {
  const Index before = setting.pick<Index>(1000, 3000, 10'000);
  const Index steps = setting.pick<Index>(1250, 2500, 2500);
  const Index every = steps / 25;
  constexpr Index images = 500;
  constexpr double rate = 0.01;

  Experiment e;
  e.name = "fine_tuning";
  e.claim = "Batch normalization should be frozen for fine-tuning with small batches.";
  e.setup = fmt::format(
      "784-100-100-100-10 with ReLU and batch normalization learns digits ({} steps of SGD with learning rate 0.1, "
      "batches of 60), then clothing: {} images of Fashion-MNIST, {} steps with learning rate {} and batches of 4. "
      "Statistics, gamma and beta change as in training, are frozen, or are recalibrated on the {} images and then "
      "frozen. Number of test images: {}.",
      with_separators(before), images, with_separators(steps), rate, images,
      with_separators(setting.clothing.test.size()));
  e.published =
      "Keras guide: keep batch normalization in inference mode when unfreezing a model, otherwise updates of its "
      "statistics destroy what the model has learned. No numbers.";
  e.minutes = setting.pick(0.08, 0.66, 0.8);

  for (const Kind& kind : kinds) {
    e.add_arm({{"batch normalization", kind.name}}, [=](Record& record) {
      Sequential model = make_network(record, {.block = "dense batch relu", .kernel_initializer = "he_normal"});
      train(record, model, setting.digits.train, {.learning_rate = 0.1, .steps = before});
      record.add("accuracy on digits", evaluate(model, setting.digits.test).accuracy);
      const Dataset data = setting.clothing.train.shuffled(record.seed).take(0, images);
      if (kind.recalibrated) recalibrate(model, data);
      if (kind.frozen) model.freeze("batch_normalization*");
      train(record, model, data, {.learning_rate = rate, .batch_size = 4, .steps = steps, .measure_every = every},
            [&](Index) {
              const Metrics test = evaluate(model, setting.clothing.test);
              record.add("accuracy", test.accuracy);
              record.add("loss", test.loss);
            });
    });
  }

  const auto last = [](const Results& results, std::size_t kind, const std::string& series) {
    return results.last({{"batch normalization", kinds[kind].name}}, series);
  };
  const auto higher_than_in_training = [](const Kind& kind) {
    return [=](const Results& results) {
      const auto accuracy = [&](const Kind& k) { return results.each({{"batch normalization", k.name}}, "accuracy"); };
      return higher(accuracy(kind), accuracy(kinds[0]), percent);
    };
  };
  e.add_criterion("the final test accuracy is higher with frozen batch normalization than as in training",
                  higher_than_in_training(kinds[1]));
  e.add_criterion(
      "the final test accuracy is higher with batch normalization recalibrated on the new images and then frozen than "
      "as in training",
      higher_than_in_training(kinds[2]));

  e.figure = [=](const Results& results) {
    Figure figure{"Test accuracy and loss on clothing over the steps of fine-tuning.", {}};
    for (const std::string series : {"accuracy", "loss"}) {
      Panel panel{"test " + series, "steps of fine-tuning", series, {}};
      panel.y_range = {0, series == "accuracy" ? 1 : 3};
      panel.percent = series == "accuracy";
      for (const Kind& kind : kinds) {
        panel.curves.push_back({kind.name, measured_steps(steps, every),
                                results.band({{"batch normalization", kind.name}}, series), kind.ink});
      }
      figure.panels.push_back(panel);
    }
    return figure;
  };

  e.table = [=](const Results& results) {
    Table table{{"batch normalization", "accuracy on digits, before", "accuracy on clothing, after", "loss"}, {}};
    for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
      table.rows.push_back({kinds[kind].name, percent(last(results, kind, "accuracy on digits")),
                            percent(last(results, kind, "accuracy")), number(last(results, kind, "loss"))});
    }
    return table;
  };
  return e;
}

}  // namespace study
