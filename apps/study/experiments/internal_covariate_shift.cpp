// Ioffe & Szegedy 2015, figure 1 b and c: the inputs of one sigmoid during training.
#include "../experiments.h"
#include "../kept_state.h"
#include "../layer_values.h"
#include "../network.h"
#include "../training.h"

#include <gradus/core/check.h>

#include <algorithm>
#include <cmath>
#include <span>

using namespace gradus;

namespace study {

namespace {

const std::vector<std::pair<std::string, double>> shares{{"15 %", 0.15}, {"50 %", 0.5}, {"85 %", 0.85}};

/// The range of the median input of a unit during a run.
double range(std::span<const double> medians) { return std::ranges::max(medians) - std::ranges::min(medians); }

std::string series(Index unit, const std::string& share) { return fmt::format("unit {} {}", unit, share); }

}  // namespace

Experiment internal_covariate_shift(const Setting& setting) {
  const Index steps = setting.pick<Index>(1500, 5000, 50'000);
  const Index every = steps / 50;
  constexpr Index units = 100;

  Experiment e;
  e.name = "internal_covariate_shift";
  e.claim = "Layer inputs shift during training, and less with batch normalization.";
  e.setup = fmt::format(
      "784-100-100-100-10 with sigmoid, SGD with learning rate 0.1 and batches of 60, initial weights of standard "
      "deviation 0.05, {} steps. Measured before training and 50 times during it: the 15th, 50th and 85th percentile "
      "of the sigmoid inputs of each of the {} units of the last hidden layer, over a batch of 1,000 test images in "
      "training mode.",
      with_separators(steps), units);
  e.published =
      "Ioffe & Szegedy 2015, figure 1 b and c, without numbers: without batch normalization the three lines change in "
      "mean and variance, with it they are nearly horizontal.";
  e.minutes = setting.pick(0.16, 0.6, 3.4);

  for (const std::string norm : {"none", "batch"}) {
    e.add_arm({{"norm", norm}}, [=](Record& record) {
      Sequential model = make_network(record, {.block = norm == "none" ? "dense sigmoid" : "dense batch sigmoid"});
      const Batch images = setting.digits.test.take(0, 1000).batch();
      train(record, model, setting.digits.train, {.learning_rate = 0.1, .steps = steps, .measure_every = every},
            [&](Index) {
              const KeptState kept(model);
              const Tensor x = inputs_of("Activation", model, images.inputs, Mode::training).back();
              for (Index unit = 0; unit < units; ++unit) {
                const std::vector<double> values = unit_values(x, unit);
                for (const auto& [name, share] : shares) record.add(series(unit, name), percentile(values, share));
              }
            });
    });
  }

  // Relative to the final spread (15 to 85 %) of the inputs of the unit, as a unit with large inputs may shift more.
  // The typical unit is the median one.
  const auto drift = [](const Record& record, Index unit) {
    const double spread = record.last(series(unit, "85 %")) - record.last(series(unit, "15 %"));
    return range(record.series(series(unit, "50 %"))) / spread;
  };
  const auto drifts = [=](const Record& record) {
    std::vector<double> all;
    for (Index unit = 0; unit < units; ++unit) all.push_back(drift(record, unit));
    return all;
  };
  const auto typical_drift = [=](const Results& results, const std::string& norm) {
    return results.each({{"norm", norm}}, [=](const Record& record) { return median(drifts(record)); });
  };
  const auto typical_range = [](const Results& results, const std::string& norm) {
    return results.each({{"norm", norm}}, [](const Record& record) {
      std::vector<double> all;
      for (Index unit = 0; unit < units; ++unit) all.push_back(range(record.series(series(unit, "50 %"))));
      return median(all);
    });
  };
  const auto typical_unit = [=](const Record& record) {
    const std::vector<double> all = drifts(record);
    const double middle = median(all);
    const auto nearest = std::ranges::min_element(all, {}, [=](double d) { return std::abs(d - middle); });
    return static_cast<Index>(nearest - all.begin());
  };
  const auto smaller = [](const auto& number_of) {
    return
        [=](const Results& results) { return lower(number_of(results, "batch"), number_of(results, "none"), number); };
  };
  e.add_criterion("the range of the median input of a typical unit is smaller with batch normalization",
                  smaller(typical_range));
  e.add_criterion("the range relative to the spread of the inputs of the unit (15 to 85 %) is smaller, too",
                  smaller(typical_drift));

  // The range of the median input up to each measurement, of the median unit.
  const auto range_so_far = [](const Record& record) {
    std::vector<double> ranges;
    for (std::size_t i = 1; i <= record.series(series(0, "50 %")).size(); ++i) {
      std::vector<double> all;
      for (Index unit = 0; unit < units; ++unit) {
        const std::vector<double>& medians = record.series(series(unit, "50 %"));
        all.push_back(range(std::span(medians).first(i)));
      }
      ranges.push_back(median(all));
    }
    return ranges;
  };

  e.figure = [=](const Results& results) {
    Figure figure{
        "First two: inputs of one sigmoid of the last hidden layer during training, median and 15th to 85th "
        "percentile over 1,000 test images; first seed, unit with the median drift. Third: the range of the median "
        "input up to each step, of the median unit; the last values are those of the first criterion.",
        {}};
    Panel ranges{"range of the median input", "training steps", "range up to this step", {}};
    std::vector<double> spreads;
    for (const std::string norm : {"none", "batch"}) {
      const Record& record = results.first({{"norm", norm}});
      const Index unit = typical_unit(record);
      const std::string title = norm == "none" ? "without" : "batch normalization";
      Panel panel{title, "training steps", "input of the sigmoid", {}};
      const Ink ink = norm == "none" ? Ink::vermillion : Ink::blue;
      const std::vector<double> x = measured_steps(steps, every);
      const auto values = [&](const std::string& share) { return record.series(series(unit, share)); };
      panel.curves = {{"", x, {{}, values("85 %"), {}}, ink, Curve::Style::dashed},
                      {title, x, {values("15 %"), values("50 %"), values("85 %")}, ink},
                      {"", x, {{}, values("15 %"), {}}, ink, Curve::Style::dashed}};
      figure.panels.push_back(panel);
      spreads.push_back(values("85 %").back() - values("15 %").back());
      std::vector<std::vector<double>> seeds;
      for (const Record* one : results.matching({{"norm", norm}})) seeds.push_back(range_so_far(*one));
      ranges.curves.push_back({title, x, band(seeds), ink});
    }
    figure.panels.push_back(ranges);
    if (spreads[0] < 0.1 * spreads[1]) {
      figure.caption +=
          " Without normalization, this unit does not tell the images apart after so few steps: its input is nearly "
          "the same for all of them, so that the lines coincide. That input shifts with every step nevertheless.";
    }
    return figure;
  };

  e.table = [=](const Results& results) {
    Table table{{"", "range of the median", "relative to the spread of the unit"}, {}};
    for (const std::string norm : {"none", "batch"}) {
      table.rows.push_back({norm == "none" ? "without" : "batch normalization",
                            number(quartiles(typical_range(results, norm))),
                            number(quartiles(typical_drift(results, norm)))});
    }
    return table;
  };
  return e;
}

}  // namespace study
