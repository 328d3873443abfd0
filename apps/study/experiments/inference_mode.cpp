// Predictions of a trained network with the statistics of the batch and with moving statistics.
#include "../experiments.h"
#include "../kept_state.h"
#include "../network.h"
#include "../training.h"

#include <gradus/autograd/tape.h>
#include <gradus/core/check.h>
#include <gradus/train/evaluate.h>
#include <gradus/train/metrics.h>

#include <numeric>

using namespace gradus;

namespace study {

namespace {

/// The accuracy of predictions in this mode and with this batch size.
double accuracy(Layer& model, const Dataset& images, Mode mode, Index batch_size) {
  const KeptState kept(model);
  const StopRecording pause;
  Index correct = 0;
  for (Index begin = 0; begin < images.size(); begin += batch_size) {
    const Index size = std::min(batch_size, images.size() - begin);
    Batch batch = images.take(begin, begin + size).batch();
    if (batch.inputs.shape()[0] == 1) batch = images.batch(std::vector<Index>{begin, begin});  // see the set-up
    correct += count_correct(model(batch.inputs, mode).value(), batch.labels) * size / batch.inputs.shape()[0];
  }
  return static_cast<double>(correct) / static_cast<double>(images.size());
}

}  // namespace

Experiment inference_mode(const Setting& setting) {
  const Index steps = setting.pick<Index>(1000, 3000, 20'000);
  constexpr Index images = 200;
  const std::vector<Index> batch_sizes{1, 2, 4, 8, 16, 32, 64, 200};

  Experiment e;
  e.name = "inference_mode";
  e.claim = "Training and inference differ: predictions in training mode are unreliable.";
  e.setup = fmt::format(
      "784-100-100-100-10 with ReLU and batch normalization, initial weights of standard deviation 0.05, SGD with "
      "learning rate 0.1 and batches of 60, {} steps. Then predictions for {} test images in batches of 1 to {}, in "
      "training mode (batch statistics) and in inference mode (moving statistics). Training mode rejects a batch of "
      "one, as one value has no variance; the batch then holds the image twice, with the same statistics.",
      with_separators(steps), images, batch_sizes.back());
  e.published =
      "Batches of one: 5 % correct with batch statistics, 97 % with moving statistics (course notebook \"Batch "
      "Normalization Lesson\", Udacity, deep-learning: 200 digits, one seed).";
  e.minutes = setting.pick(0.05, 0.1, 0.5);

  e.add_arm({}, [=](Record& record) {
    Sequential model = make_network(record, {.block = "dense batch relu"});
    train(record, model, setting.digits.train, {.learning_rate = 0.1, .steps = steps});
    const Dataset test = setting.digits.test.take(0, images);
    for (const Index batch_size : batch_sizes) {
      record.add("training mode", accuracy(model, test, Mode::training, batch_size));
      record.add("inference mode", accuracy(model, test, Mode::inference, batch_size));
    }
  });

  const auto with_batches_of_one = [](const Results& results, const std::string& mode) {
    return results.each({}, [&](const Record& record) { return record.series(mode).front(); });
  };
  e.add_criterion(
      "with batches of one, the share of correct predictions is more than 50 percentage points higher in inference "
      "mode",
      [=](const Results& results) {
        return higher(with_batches_of_one(results, "inference mode"), with_batches_of_one(results, "training mode"),
                      percent, 0.5);
      });
  e.add_criterion("in inference mode the accuracies with all batch sizes differ by less than one image",
                  [=](const Results& results) {
                    const auto differences = results.each({}, [](const Record& record) {
                      const auto [least, most] = std::ranges::minmax(record.series("inference mode"));
                      return most - least;
                    });
                    return below(differences, 1.0 / images, percent);
                  });

  e.figure = [=](const Results& results) {
    std::vector<double> x(batch_sizes.size());
    std::iota(x.begin(), x.end(), 0);
    Panel panel{fmt::format("{} test images", images), "batch size", "accuracy", {}};
    for (const Index size : batch_sizes) panel.categories.push_back(fmt::format("{}", size));
    panel.y_range = {0, 1};
    panel.percent = true;
    panel.curves = {
        {"training mode", x, results.band({}, "training mode"), Ink::vermillion, Curve::Style::line_and_points},
        {"inference mode", x, results.band({}, "inference mode"), Ink::blue, Curve::Style::line_and_points}};
    return Figure{
        "Accuracy of one trained network over the batch size of its predictions. In training mode a batch of one is "
        "normalized to beta for every image.",
        {panel}};
  };

  e.table = [=](const Results& results) {
    const Band training = results.band({}, "training mode");
    const Band inference = results.band({}, "inference mode");
    Table table{{"batch size", "training mode", "training mode, published (Udacity notebook, 200 digits)",
                 "inference mode", "inference mode, published (Udacity notebook, 200 digits)"},
                {}};
    for (std::size_t i = 0; i < batch_sizes.size(); ++i) {
      const bool one = batch_sizes[i] == 1;
      table.rows.push_back({fmt::format("{}", batch_sizes[i]),
                            percent(Quartiles{training.low[i], training.median[i], training.high[i]}), one ? "5 %" : "",
                            percent(Quartiles{inference.low[i], inference.median[i], inference.high[i]}),
                            one ? "97 %" : ""});
    }
    return table;
  };
  return e;
}

}  // namespace study
