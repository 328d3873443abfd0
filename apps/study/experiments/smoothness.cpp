// Santurkar et al. 2018, figure 4 (range of losses and gradient predictiveness) and figure 2 (noise after the
// normalization).
#include "../experiments.h"
#include "../input_shift.h"
#include "../kept_state.h"
#include "../kind.h"
#include "../layer_values.h"
#include "../loss_landscape.h"
#include "../network.h"
#include "../training.h"

#include <gradus/core/check.h>
#include <gradus/train/evaluate.h>

#include <fmt/format.h>

#include <cmath>

using namespace gradus;

namespace study {

namespace {

const Kind plain{"without", "dense relu", Ink::vermillion};
const Kind normalized{"batch norm", "dense batch relu", Ink::blue};
const Kind noisy{"batch norm, noise", "dense batch noise relu", Ink::sky};
const std::vector<Kind> kinds{plain, normalized, noisy};

}  // namespace

Experiment smoothness(const Setting& setting) {
  const Index steps = setting.pick<Index>(1000, 3000, 10'000);
  constexpr Index every = 50;
  constexpr double rate = 0.1;
  const std::vector<double> levels{0.5, 0.2, 0.1};
  const std::vector<double> rates{0.05, 0.1, 0.2, 0.3, 0.4};  // half to four times the learning rate, as in the paper

  Experiment e;
  e.name = "smoothness";
  e.claim = "Batch norm works by smoothing the loss, not by stabilizing layer inputs.";
  const std::vector<Index> hidden(6, 100);
  e.setup = fmt::format(
      "784-100-100-100-100-100-100-10 with ReLU and He initialization, SGD with learning rate {} and batches of 60, {} "
      "steps. Measured at every {}th step: loss and gradient of one batch at w - r g, with g the gradient at w and r "
      "from {} to {}. Both change while the loss falls, so the networks are compared where the loss of that batch "
      "first falls to {}, by the geometric mean of the values there. A third network has noise after each batch "
      "normalization, with a random shift and scale per feature in every step.",
      rate, with_separators(steps), every, rates.front(), rates.back(), fmt::join(levels, ", "));
  e.published =
      "VGG on CIFAR-10: with batch normalization, the range of losses is narrower and the gradient changes less; noise "
      "that shifts layer inputs more than in a network without normalization does no harm (Santurkar et al. 2018, "
      "figures 4 and 2). Figures without numbers.";
  e.minutes = setting.pick(0.27, 1.3, 3.8);

  for (const Kind& kind : kinds) {
    e.add_arm({{"norm", kind.name}}, [=](Record& record) {
      Sequential model =
          make_network(record, {.hidden = hidden, .block = kind.block, .kernel_initializer = "he_normal"});
      const Batch batch = setting.digits.train.take(0, 500).batch();
      InputShift shift;
      const auto measure = [&](Index) {
        record.add("test accuracy", evaluate(model, setting.digits.test).accuracy);
        const KeptState kept(model);
        const std::optional<double> moved = shift(inputs_of("Activation", model, batch.inputs, Mode::training).back());
        if (moved) record.add("shift", *moved);
        if (kind.name == noisy.name) return;  // its loss is random
        const LossLandscape landscape = loss_landscape(model, batch, rates);
        record.add("loss", landscape.loss);
        record.add("lowest loss", landscape.min_loss);
        record.add("highest loss", landscape.max_loss);
        record.add("band", landscape.max_loss - landscape.min_loss);
        record.add("smallest change", landscape.min_change);
        record.add("largest change", landscape.max_change);
        record.add("smoothness", landscape.smoothness);
      };
      train(record, model, setting.digits.train,
            {.learning_rate = rate, .batch_size = 60, .steps = steps, .measure_every = every}, measure);
    });
  }

  const auto typical = [](const Results& results, const std::string& norm, const std::string& name) {
    return results.each({{"norm", norm}}, [&](const Record& record) { return median(record.series(name)); });
  };
  // The geometric mean over the levels of the loss.
  const auto at_equal_loss = [=](const Results& results, const std::string& norm, const std::string& name) {
    return results.each({{"norm", norm}}, [&](const Record& record) {
      double sum = 0;
      for (const double level : levels) sum += std::log(value_at(record.series("loss"), record.series(name), level));
      return std::exp(sum / static_cast<double>(levels.size()));
    });
  };
  const auto smaller_with = [=](const std::string& name) {
    return [=](const Results& results) {
      return lower(at_equal_loss(results, normalized.name, name), at_equal_loss(results, plain.name, name), number);
    };
  };
  e.add_criterion("the range of losses along the gradient is narrower with batch normalization, at equal loss",
                  smaller_with("band"));
  e.add_criterion("the maximum change of the gradient along its direction is smaller, at equal loss",
                  smaller_with("largest change"));
  e.add_criterion(
      "with noise, the inputs of the last hidden activation shift more between measurements than without normalization",
      [=](const Results& results) {
        return higher(typical(results, noisy.name, "shift"), typical(results, plain.name, "shift"), number);
      });
  e.add_criterion("with noise, the final accuracy is higher than without normalization", [=](const Results& results) {
    return higher(results.each({{"norm", noisy.name}}, "test accuracy"),
                  results.each({{"norm", plain.name}}, "test accuracy"), percent);
  });

  e.figure = [=](const Results& results) {
    const auto band = [&](const std::string& norm, const std::string& low, const std::string& high) {
      return Band{results.band({{"norm", norm}}, low).median, {}, results.band({{"norm", norm}}, high).median};
    };
    const std::vector<double> x = measured_steps(steps, every);
    Panel losses{"loss along the gradient", "training steps", "loss", {}, false, true};
    Panel changes{"change of the gradient", "training steps", "|g(w - r g) - g|", {}, false, true};
    Panel noise{"with noise", "training steps", "test accuracy", {}};
    noise.y_range = {0.8, 1};
    noise.percent = true;
    for (const auto& [name, block, ink] : kinds) {
      noise.curves.push_back({name, x, results.band({{"norm", name}}, "test accuracy"), ink});
      if (name == noisy.name) continue;
      losses.curves.push_back({name, x, band(name, "lowest loss", "highest loss"), ink, Curve::Style::fill});
      changes.curves.push_back({name, x, band(name, "smallest change", "largest change"), ink, Curve::Style::fill});
    }
    return Figure{
        "First two: minimum to maximum along the gradient at each step, medians over seeds; narrower and lower "
        "means smoother. The criteria compare them at equal loss, not at equal steps. Third: accuracy with noise after "
        "the normalization.",
        {losses, changes, noise}};
  };

  e.table = [=](const Results& results) {
    Table table{{"", "range of losses", "change of gradient", "smoothness", "shift of inputs", "final accuracy"}, {}};
    for (const Kind& kind : kinds) {
      const auto cell = [&](const std::string& name) {
        return kind.name == noisy.name ? "" : number(quartiles(at_equal_loss(results, kind.name, name)));
      };
      table.rows.push_back({kind.name, cell("band"), cell("largest change"), cell("smoothness"),
                            number(quartiles(typical(results, kind.name, "shift"))),
                            percent(results.last({{"norm", kind.name}}, "test accuracy"))});
    }
    return table;
  };
  return e;
}

}  // namespace study
