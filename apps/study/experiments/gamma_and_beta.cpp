// Ioffe & Szegedy 2015, section 3: gamma and beta can undo the normalization.
#include "../experiments.h"
#include "../layer_values.h"
#include "../network.h"
#include "../training.h"

#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/elementwise/elementwise.h>
#include <gradus/autograd/reductions/reductions.h>
#include <gradus/autograd/tape.h>
#include <gradus/core/check.h>
#include <gradus/layers/input.h>
#include <gradus/layers/normalization/recalibrate.h>
#include <gradus/optim/adam.h>
#include <gradus/train/evaluate.h>

#include <cmath>

using namespace gradus;

namespace study {

namespace {

/// Makes a model with normalizations before its activations compute the same function as one without: copies the dense
/// layers, and sets gamma = sqrt(moving_variance + epsilon), beta = moving_mean + bias of the dense layer.
void undo_normalization(Layer& normalized, Layer& plain, const Dataset& data) {
  Parameters weights = normalized.parameters();
  for (const Parameter& given : plain.parameters()) {
    if (given.name().ends_with(".kernel") || given.name() == "dense_3.bias") {
      weights[given.name()].value().copy_from(given.value());
    }
  }
  for (int i = 0; i < 3; ++i) {  // the statistics of a layer depend on the layers before it
    recalibrate(normalized, data);
    const std::string norm = i == 0 ? "batch_normalization" : fmt::format("batch_normalization_{}", i);
    const std::string dense = i == 0 ? "dense" : fmt::format("dense_{}", i);
    const std::span<const Real> bias = plain.parameters()[dense + ".bias"].value().values();
    const std::span<const Real> mean = normalized.buffers()[norm + ".moving_mean"].value().values();
    const std::span<const Real> variance = normalized.buffers()[norm + ".moving_variance"].value().values();
    const std::span<Real> gamma = weights[norm + ".gamma"].value().values();
    const std::span<Real> beta = weights[norm + ".beta"].value().values();
    for (std::size_t unit = 0; unit < bias.size(); ++unit) {
      gamma[unit] = std::sqrt(variance[unit] + Real(BatchNormalizationOptions{}.epsilon));
      beta[unit] = mean[unit] + bias[unit];
    }
  }
}

}  // namespace

Experiment gamma_and_beta(const Setting& setting) {
  const Index training_steps = setting.pick<Index>(500, 1000, 5000);
  constexpr int fitting_steps = 400;

  Experiment e;
  e.name = "gamma_and_beta";
  e.claim = "Gamma and beta can restore any distribution and undo the normalization.";
  e.setup = fmt::format(
      "Part 1: 784-100-100-100-10 with ReLU is trained without normalization, {} steps of SGD with learning rate 0.1. "
      "A second network with batch normalization gets the same kernels, and the gamma and beta that undo the "
      "normalization for the statistics of 5,000 training images. Compared: the logits of both for the test images. "
      "Part 2: one batch normalization of the inputs of the last hidden activation learns gamma and beta that "
      "reproduce these inputs, {} steps of Adam with learning rate 0.05 from gamma = 1 and beta = 0.",
      with_separators(training_steps), fitting_steps);
  e.published =
      "Ioffe & Szegedy 2015, section 3: with the standard deviation as gamma and the mean as beta, \"we could recover "
      "the original activations\". Exact.";
  e.minutes = setting.pick(0.03, 0.08, 0.2);

  e.add_arm({}, [=](Record& record) {
    Sequential plain = make_network(record, {.block = "dense relu", .kernel_initializer = "he_normal"});
    train(record, plain, setting.digits.train, {.learning_rate = 0.1, .steps = training_steps});
    Sequential normalized = make_network(record, {.block = "dense batch relu", .kernel_initializer = "he_normal"});
    const Tensor expected = predict(plain, setting.digits.test);
    record.add("difference before", relative_difference(predict(normalized, setting.digits.test), expected));
    undo_normalization(normalized, plain, setting.digits.train.take(0, 5000));
    record.add("difference", relative_difference(predict(normalized, setting.digits.test), expected));

    const Tensor images = setting.digits.train.take(0, 1000).batch().inputs;
    const Tensor x = inputs_of("Activation", plain, images, Mode::inference).back();
    Sequential one{Input{x.shape()[1]}, BatchNormalization{}};
    Adam optimizer{{.learning_rate = 0.05}};
    for (int step = 0; step <= fitting_steps; ++step) {
      GradientTape tape;
      const Variable y = one(x, Mode::training);
      tape.backward(mean(square(y - x)));
      record.add("distance", relative_difference(y.value(), x));
      if (step == 0) record.values["normalized"] = unit_values(y.value(), 0);
      if (step == fitting_steps) record.values["restored"] = unit_values(y.value(), 0);
      optimizer.step(one.parameters());
    }
    record.values["original"] = unit_values(x, 0);
  });

  e.add_criterion("with the right gamma and beta, the logits differ by less than 1e-5 of the largest",
                  [](const Results& results) { return below(results.each({}, "difference"), 1e-5, number); });
  e.add_criterion("with learned gamma and beta, the difference is below 0.01 of the largest input",
                  [](const Results& results) { return below(results.each({}, "distance"), 0.01, number); });

  e.figure = [](const Results& results) {
    Panel shapes{"one unit's inputs, first seed", "share of the images", "value", {}};
    for (const auto& [name, ink] : std::vector<std::pair<std::string, Ink>>{
             {"normalized", Ink::blue}, {"original", Ink::vermillion}, {"restored", Ink::black}}) {
      const std::vector<double>& values = results.first({}).series(name);
      Curve curve{name, {}, {}, ink, name == "restored" ? Curve::Style::dashed : Curve::Style::line};
      for (int i = 0; i <= 100; ++i) {
        curve.x.push_back(i / 100.0);
        curve.y.median.push_back(percentile(values, i / 100.0));
      }
      shapes.curves.push_back(curve);
    }
    Panel descent{"learning gamma and beta", "steps", "max difference / max input", {}, false, true};
    descent.curves.push_back({"", measured_steps(fitting_steps, 1), results.band({}, "distance"), Ink::blue});
    return Figure{
        "First: sorted inputs of one unit, original, normalized, and restored by the learned gamma and beta; the "
        "restored ones cover the original ones. Second: difference between the restored and the original inputs.",
        {shapes, descent}};
  };

  e.table = [](const Results& results) {
    return Table{{"difference, relative to the largest", "", "published (Ioffe & Szegedy 2015)"},
                 {{"logits, initial gamma and beta", number(results.last({}, "difference before")), ""},
                  {"logits, exact gamma and beta", number(results.last({}, "difference")), "exact"},
                  {"inputs, learned gamma and beta", number(results.last({}, "distance")), "exact"}}};
  };
  return e;
}

}  // namespace study
