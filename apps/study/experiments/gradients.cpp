// Glorot & Bengio 2010, figures 6 and 7: growing and vanishing activations and gradients from layer to layer, without
// and with batch normalization.
#include "../experiments.h"
#include "../layer_values.h"
#include "../network.h"
#include "../training.h"

#include <gradus/core/check.h>

#include <cmath>

using namespace gradus;

namespace study {

namespace {

/// sqrt(mean(x^2)), independent of the size of a layer.
double root_mean_square(const Tensor& x) {
  double sum = 0;
  for (const Real value : x.values()) sum += static_cast<double>(value) * value;
  return std::sqrt(sum / static_cast<double>(x.size()));
}

std::string layer(std::size_t i) { return fmt::format("{}", i + 1); }

}  // namespace

Experiment gradients(const Setting& setting) {
  constexpr Index steps = 500;
  constexpr std::size_t depth = 12;
  const std::vector<Index> hidden(depth, 50);
  const std::vector<std::pair<std::string, double>> inits{{"small", 0.05}, {"large", 0.5}};

  Experiment e;
  e.name = "gradients";
  e.claim = "Batch normalization prevents vanishing gradients and keeps those of all layers similar.";
  e.setup = fmt::format(
      "784, {} hidden layers of 50 with tanh, 10; SGD with learning rate 0.01 and batches of 60, initial weights of "
      "standard deviation {} (small) and {} (large). Measured at every tenth of the first {} steps: the root mean "
      "square of the gradient of each hidden kernel and of the outputs of each activation. Numbers are medians over "
      "these steps.",
      depth, inits[0].second, inits[1].second, steps);
  e.published =
      "Back-propagated gradients shrink from layer to layer in deep networks with tanh (Glorot & Bengio 2010, figure "
      "7); batch normalization makes them independent of the scale of the weights (Ioffe & Szegedy 2015, section "
      "3.3). Only the order can be compared.";
  e.minutes = setting.pick(0.02, 0.06, 0.1);

  for (const auto& [init, deviation] : inits) {
    for (const std::string norm : {"none", "batch"}) {
      e.add_arm({{"init", init}, {"norm", norm}}, [=, deviation = deviation](Record& record) {
        Sequential model = make_network(record, {.hidden = hidden,
                                                 .block = norm == "none" ? "dense tanh" : "dense batch tanh",
                                                 .kernel_initializer = fmt::format("random_normal({})", deviation)});
        const Batch batch = setting.digits.train.take(0, 256).batch();
        train(record, model, setting.digits.train, {.steps = steps, .measure_every = 10}, [&](Index step) {
          if (step == 0) return;  // no gradient yet
          const std::vector<Tensor> activations = outputs_of("Activation", model, batch.inputs, Mode::inference);
          for (std::size_t i = 0; i < depth; ++i) {
            record.add("activation " + layer(i), root_mean_square(activations[i]));
            const std::string kernel = i == 0 ? "dense.kernel" : fmt::format("dense_{}.kernel", i);
            record.add("gradient " + layer(i), root_mean_square(model.parameters()[kernel].gradient()));
          }
        });
      });
    }
  }

  const auto typical = [](const Results& results, const std::string& init, const std::string& norm,
                          const std::string& series) {
    return results.over({{"init", init}, {"norm", norm}},
                        [&](const Record& record) { return median(record.series(series)); });
  };
  // Orders of magnitude between the second hidden layer, the first with 50 inputs, and the last.
  const auto spread = [=](const Results& results, const std::string& init, const std::string& norm,
                          const std::string& what) {
    const double second = typical(results, init, norm, what + layer(1)).median;
    const double last = typical(results, init, norm, what + layer(depth - 1)).median;
    return std::abs(std::log10(last / second));
  };
  for (const auto& [init, deviation] : inits) {
    for (const std::string what : {"gradient ", "activation "}) {
      e.add_criterion(
          fmt::format("with {} weights, the {}s of layers 2 and {} differ by a smaller factor with batch normalization",
                      init, what.substr(0, what.size() - 1), depth),
          [=, init = init](const Results& results) -> Criterion::Outcome {
            const double with = spread(results, init, "batch", what);
            const double without = spread(results, init, "none", what);
            return {with < without, fmt::format("a factor of {} with, {} without", number(std::pow(10, with)),
                                                number(std::pow(10, without)))};
          });
    }
  }

  e.figure = [=](const Results& results) {
    const auto second = [&](const std::string& init, const std::string& norm) {
      return typical(results, init, norm, "gradient " + layer(1)).median;
    };
    const std::string caption = fmt::format(
        "Root mean square of gradients and activations by layer, from the first hidden layer on the left. A horizontal "
        "line means that the signal keeps its size. With small weights, gradients vanish without normalization ({} in "
        "layer 2, {} with). With large weights, they do not explode, as tanh is bounded: they change by a factor of {} "
        "between layers 2 and {}.",
        number(second("small", "none")), number(second("small", "batch")),
        number(std::pow(10, spread(results, "large", "none", "gradient "))), depth);
    Figure figure{caption, {}};
    for (const std::string what : {"gradient ", "activation "}) {
      Panel panel{what == "gradient " ? "gradients of the kernels" : "outputs of the activations",
                  "hidden layer",
                  "root mean square of the " + what.substr(0, what.size() - 1) + "s",
                  {},
                  false,
                  true};
      for (std::size_t i = 0; i < depth; ++i) panel.categories.push_back(layer(i));
      for (const auto& [init, deviation] : inits) {
        for (const std::string norm : {"none", "batch"}) {
          Curve curve{fmt::format("{}, {} weights", norm == "none" ? "without" : "batch norm", init),
                      {},
                      {},
                      norm == "none" ? (init == "small" ? Ink::vermillion : Ink::yellow)
                                     : (init == "small" ? Ink::blue : Ink::sky),
                      Curve::Style::line_and_points};
          for (std::size_t i = 0; i < depth; ++i) {
            curve.x.push_back(static_cast<double>(i));
            curve.y.push_back(typical(results, init, norm, what + layer(i)));
          }
          panel.curves.push_back(curve);
        }
      }
      figure.panels.push_back(panel);
    }
    return figure;
  };

  e.table = [=](const Results& results) {
    Table table{{"", "gradient, layer 2", fmt::format("gradient, layer {}", depth), "activation, layer 2",
                 fmt::format("activation, layer {}", depth)},
                {}};
    for (const auto& [init, deviation] : inits) {
      for (const std::string norm : {"none", "batch"}) {
        table.rows.push_back({fmt::format("{} weights, {}", init, norm == "none" ? "without" : "batch normalization")});
        for (const std::string what : {"gradient ", "activation "}) {
          for (const std::size_t i : {std::size_t{1}, depth - 1}) {
            table.rows.back().push_back(number(typical(results, init, norm, what + layer(i)).median));
          }
        }
      }
    }
    return table;
  };
  return e;
}

}  // namespace study
