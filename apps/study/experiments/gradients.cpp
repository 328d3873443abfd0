// Glorot & Bengio 2010, figures 6 and 7: growing and vanishing activations and gradients from layer to layer, without
// and with batch normalization.
#include "../experiments.h"
#include "../kept_state.h"
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
  constexpr double factor = 2;
  const std::vector<Index> hidden(depth, 50);
  const std::vector<std::pair<std::string, double>> inits{{"small", 0.05}, {"large", 0.5}};

  Experiment e;
  e.name = "gradients";
  e.claim = "Batch normalization prevents vanishing gradients and keeps those of all layers similar.";
  e.setup = fmt::format(
      "784, {} hidden layers of 50 with tanh, 10; SGD with learning rate 0.01 and batches of 60, initial weights of "
      "standard deviation {} (small) and {} (large). Measured at every 25th of the first {} steps, for 256 training "
      "images in training mode: the root mean square of the outputs of each activation, and of the gradient with "
      "respect to its inputs. Numbers are medians over these steps.",
      depth, inits[0].second, inits[1].second, steps);
  e.published =
      "Activations and back-propagated gradients shrink from layer to layer in deep networks with tanh (Glorot & "
      "Bengio 2010, figures 6 and 7); batch normalization makes them independent of the scale of the weights (Ioffe & "
      "Szegedy 2015, section 3.3). Only the order can be compared.";
  e.minutes = setting.pick(0.08, 0.13, 0.15);

  for (const auto& [init, deviation] : inits) {
    for (const std::string norm : {"none", "batch"}) {
      e.add_arm({{"init", init}, {"norm", norm}}, [=, deviation = deviation](Record& record) {
        Sequential model = make_network(record, {.hidden = hidden,
                                                 .block = norm == "none" ? "dense tanh" : "dense batch tanh",
                                                 .kernel_initializer = fmt::format("random_normal({})", deviation)});
        const Batch batch = setting.digits.train.take(0, 256).batch();
        train(record, model, setting.digits.train, {.steps = steps, .measure_every = 25}, [&](Index) {
          const KeptState kept(model);
          const std::vector<Tensor> activations = outputs_of("Activation", model, batch.inputs, Mode::training);
          const std::vector<Tensor> back_propagated = gradients_of_inputs_of("Activation", model, batch);
          for (std::size_t i = 0; i < depth; ++i) {
            record.add("activation " + layer(i), root_mean_square(activations[i]));
            record.add("gradient " + layer(i), root_mean_square(back_propagated[i]));
          }
        });
      });
    }
  }

  const auto typical = [](const Results& results, const std::string& init, const std::string& norm,
                          const std::string& series) {
    return results.each({{"init", init}, {"norm", norm}},
                        [&](const Record& record) { return median(record.series(series)); });
  };
  // Orders of magnitude between the first and the last hidden layer.
  const auto spread = [=](const Results& results, const std::string& init, const std::string& norm,
                          const std::string& what) {
    std::vector<double> spreads = typical(results, init, norm, what + layer(0));
    const std::vector<double> last = typical(results, init, norm, what + layer(depth - 1));
    for (std::size_t i = 0; i < spreads.size(); ++i) spreads[i] = std::abs(std::log10(last[i] / spreads[i]));
    return spreads;
  };
  const std::vector<std::pair<std::string, std::string>> compared{
      {"small", "gradient "}, {"large", "gradient "}, {"small", "activation "}};
  for (const auto& [init, what] : compared) {
    e.add_criterion(
        fmt::format("with {} weights, the {}s of layers 1 and {} differ by a factor that is less than half of that "
                    "without batch normalization",
                    init, what.substr(0, what.size() - 1), depth),
        [=, init = init, what = what](const Results& results) {
          return lower(
              spread(results, init, "batch", what), spread(results, init, "none", what),
              [](double orders) { return number(std::pow(10, orders)); }, std::log10(factor));
        });
  }

  e.figure = [=](const Results& results) {
    Figure figure{
        "Root mean square of back-propagated gradients and of activations by layer, from the first hidden layer on the "
        "left. A horizontal line means that the signal keeps its size.",
        {}};
    for (const std::string what : {"gradient ", "activation "}) {
      Panel panel{what == "gradient " ? "gradients at the inputs of the activations" : "outputs of the activations",
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
            curve.y.push_back(quartiles(typical(results, init, norm, what + layer(i))));
          }
          panel.curves.push_back(curve);
        }
      }
      figure.panels.push_back(panel);
    }
    return figure;
  };

  e.table = [=](const Results& results) {
    Table table{{"", "gradient, layer 1", fmt::format("gradient, layer {}", depth), "activation, layer 1",
                 fmt::format("activation, layer {}", depth)},
                {}};
    for (const auto& [init, deviation] : inits) {
      for (const std::string norm : {"none", "batch"}) {
        table.rows.push_back({fmt::format("{} weights, {}", init, norm == "none" ? "without" : "batch normalization")});
        for (const std::string what : {"gradient ", "activation "}) {
          for (const std::size_t i : {std::size_t{0}, depth - 1}) {
            table.rows.back().push_back(number(median(typical(results, init, norm, what + layer(i)))));
          }
        }
      }
    }
    return table;
  };
  return e;
}

}  // namespace study
