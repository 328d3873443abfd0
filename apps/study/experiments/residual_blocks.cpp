// Where batch normalization belongs in a residual block: He et al. 2016, "Identity Mappings in Deep Residual Networks",
// figure 4.
#include "../experiments.h"
#include "../image_network.h"
#include "../training.h"

#include <gradus/core/check.h>
#include <gradus/optim/schedules/schedule.h>
#include <gradus/train/evaluate.h>

using namespace gradus;

namespace study {

namespace {

struct Place {
  std::string name;
  std::string stem;   ///< of the two convolutions before the residual blocks
  std::string block;  ///< as in ImageNetworkOptions
  std::string head;
  Ink ink;
  std::string published;
};

const std::vector<Place> places{
    {"none", "conv relu", "conv relu conv + relu", "mean", Ink::vermillion, ""},
    {"before the addition", "conv batch relu", "conv batch relu conv batch + relu", "mean", Ink::blue, "6.61 %"},
    {"after the addition", "conv batch relu", "conv batch relu conv + batch relu", "mean", Ink::yellow, "8.17 %"},
    {"pre-activation", "conv batch relu", "batch relu conv batch relu conv +", "batch relu mean", Ink::green,
     "6.37 %"}};

}  // namespace

Experiment residual_blocks(const Setting& setting) {
  const Index steps = setting.pick<Index>(120, 400, 1000);
  const std::vector<Index> depths{2, 12};
  const Index deepest = depths.back();

  Experiment e;
  e.name = "residual_blocks";
  e.claim = "In deep residual blocks, batch normalization belongs before the addition, best as pre-activation.";
  std::string blocks;
  for (const Place& place : places) {
    blocks += fmt::format("{}{}, \"{}\"", blocks.empty() ? "" : "; ", place.name, place.block);
  }
  e.setup = fmt::format(
      "Images of 14 x 14, two convolutions of 3 x 3, the second of which halves the image, {} or {} residual blocks of "
      "two convolutions with 8 filters, ReLU, the mean of each channel, 10 outputs; He initialization, batches of 32, "
      "{} steps of SGD with momentum 0.9 and learning rate 0.1, as in the paper, that falls to 0 as a cosine. Blocks: "
      "{}. Outputs that are not finite count as wrong.",
      depths.front(), deepest, with_separators(steps), blocks);
  e.published =
      "ResNet-110 on CIFAR-10, test error: before the addition (He et al. 2016a) 6.61 %, after the addition 8.17 %, "
      "pre-activation 6.37 % (He et al. 2016b, table 2).";
  e.minutes = setting.pick(0.3, 1.0, 2.7);

  for (const Index depth : depths) {
    for (const Place& place : places) {
      e.add_arm({{"normalization", place.name}, {"blocks", fmt::format("{}", depth)}}, [=](Record& record) {
        Sequential model = make_image_network(record, {.filters = {8, 8},
                                                       .block = place.stem,
                                                       .residual_blocks = depth,
                                                       .residual_block = place.block,
                                                       .head = place.head});
        train(record, model, setting.digits.train,
              {.momentum = 0.9, .batch_size = 32, .steps = steps, .schedule = cosine_decay(0.1, steps)});
        record.add("test accuracy", evaluate(model, setting.digits.test).accuracy);
      });
    }
  }

  const auto accuracy = [](const Results& results, const std::string& place, Index depth) {
    return results.each({{"normalization", place}, {"blocks", fmt::format("{}", depth)}}, "test accuracy");
  };
  const auto compare = [&](const std::string& better, const std::string& worse) {
    e.add_criterion(fmt::format("with {} blocks, the test accuracy with normalization {} is higher than with {}",
                                deepest, better, worse == "none" ? "none" : "that " + worse),
                    [=](const Results& results) {
                      return higher(accuracy(results, better, deepest), accuracy(results, worse, deepest), percent);
                    });
  };
  compare("before the addition", "none");
  compare("before the addition", "after the addition");
  compare("pre-activation", "before the addition");

  const auto quartiles_of = [=](const Results& results, const std::string& place, Index depth) {
    return quartiles(accuracy(results, place, depth));
  };
  e.figure = [=](const Results& results) {
    Panel panel{"", "residual blocks", "test accuracy", {}};
    panel.y_range = {0, 1};
    panel.percent = true;
    for (const Index depth : depths) panel.categories.push_back(fmt::format("{}", depth));
    for (const Place& place : places) {
      Curve curve{place.name, {}, {}, place.ink, Curve::Style::line_and_points};
      for (const Index depth : depths) {
        curve.x.push_back(static_cast<double>(curve.x.size()));
        curve.y.push_back(quartiles_of(results, place.name, depth));
      }
      panel.curves.push_back(curve);
    }
    return Figure{"Test accuracy over the number of residual blocks, with batch normalization at different places.",
                  {panel}};
  };

  e.table = [=](const Results& results) {
    Table table{{"normalization"}, {}};
    for (const Index depth : depths) table.columns.push_back(fmt::format("{} blocks", depth));
    table.columns.emplace_back("error, published (ResNet-110, CIFAR-10)");
    for (const Place& place : places) {
      table.rows.push_back({place.name});
      for (const Index depth : depths) table.rows.back().push_back(percent(quartiles_of(results, place.name, depth)));
      table.rows.back().push_back(place.published);
    }
    return table;
  };
  return e;
}

}  // namespace study
