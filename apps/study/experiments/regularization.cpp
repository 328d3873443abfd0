// Batch normalization in place of dropout, with few images, so that the networks overfit.
#include "../experiments.h"
#include "../kind.h"
#include "../network.h"
#include "../training.h"

#include <gradus/core/check.h>
#include <gradus/train/evaluate.h>

using namespace gradus;

namespace study {

namespace {

const std::vector<Kind> kinds{{"neither", "dense relu", Ink::vermillion},
                              {"batch norm", "dense batch relu", Ink::blue},
                              {"dropout", "dense relu dropout", Ink::green},
                              {"both", "dense batch relu dropout", Ink::purple}};

}  // namespace

Experiment regularization(const Setting& setting) {
  const Index steps = setting.pick<Index>(1500, 3000, 10'000);
  constexpr Index images = 2000;

  Experiment e;
  e.name = "regularization";
  e.claim = "Batch normalization regularizes slightly, but does not replace dropout.";
  e.setup = fmt::format(
      "784-256-256-10 with ReLU on {} training images, with batch normalization, with dropout (rate 0.5) after each "
      "activation, with both and with neither; SGD with learning rate 0.1 and batches of 60, He initialization, {} "
      "steps. The gap is the loss on the test images minus that on the training images, in inference mode.",
      with_separators(images), with_separators(steps));
  e.published =
      "Ioffe & Szegedy 2015, section 3.4: batches of random images regularize, and dropout can be reduced. The order "
      "of the gaps in the course, from large to small: neither, batch normalization, dropout.";
  e.minutes = setting.pick(0.27, 0.54, 1.8);

  for (const Kind& kind : kinds) {
    e.add_arm({{"with", kind.name}}, [=](Record& record) {
      Sequential model =
          make_network(record, {.hidden = {256, 256}, .block = kind.block, .kernel_initializer = "he_normal"});
      const Dataset data = setting.digits.train.take(0, images);
      train(record, model, data, {.learning_rate = 0.1, .steps = steps, .measure_every = steps / 25}, [&](Index) {
        const Metrics training = evaluate(model, data);
        const Metrics test = evaluate(model, setting.digits.test);
        record.add("test accuracy", test.accuracy);
        record.add("test loss", test.loss);
        record.add("gap", training.accuracy - test.accuracy);
        record.add("loss gap", test.loss - training.loss);
      });
    });
  }

  const auto last = [](const Results& results, const std::string& name, const std::string& series) {
    return results.last({{"with", name}}, series);
  };
  const auto smaller_gap = [](const std::string& one, const std::string& other) {
    return [=](const Results& results) {
      return lower(results.each({{"with", one}}, "loss gap"), results.each({{"with", other}}, "loss gap"), number);
    };
  };
  e.add_criterion("the gap is smaller with batch normalization than with neither",
                  smaller_gap("batch norm", "neither"));
  e.add_criterion("the gap is smaller with dropout than with batch normalization",
                  smaller_gap("dropout", "batch norm"));
  e.add_criterion("the gap is smaller with both than with batch normalization alone",
                  smaller_gap("both", "batch norm"));

  e.figure = [=](const Results& results) {
    Figure figure{"Test accuracy, test loss, and test loss minus training loss, over training steps.", {}};
    for (const auto& [series, label] :
         std::vector<std::pair<std::string, std::string>>{{"test accuracy", "test accuracy"},
                                                          {"test loss", "test loss"},
                                                          {"loss gap", "test minus training loss"}}) {
      Panel panel{series, "training steps", label, {}};
      if (series == "test accuracy") panel.y_range = {0.8, 1};
      if (series == "test loss") panel.y_range = {0, 1};
      panel.percent = series == "test accuracy";
      for (const Kind& kind : kinds) {
        panel.curves.push_back(
            {kind.name, measured_steps(steps, steps / 25), results.band({{"with", kind.name}}, series), kind.ink});
      }
      figure.panels.push_back(panel);
    }
    return figure;
  };

  e.table = [=](const Results& results) {
    Table table{{"", "test accuracy", "gap of accuracy", "test loss", "gap of loss"}, {}};
    for (const Kind& kind : kinds) {
      table.rows.push_back({kind.name, percent(last(results, kind.name, "test accuracy")),
                            percent(last(results, kind.name, "gap")), number(last(results, kind.name, "test loss")),
                            number(last(results, kind.name, "loss gap"))});
    }
    return table;
  };
  return e;
}

}  // namespace study
