// Every criterion of every experiment on invented results: where the claim is true, where its opposite is, and where
// the arms are equal. A criterion that holds in the second case would hold whatever the runs say.
#include "study/experiments.h"
#include "study/verdict.h"

#include <gradus/core/check.h>

#include <doctest/doctest.h>

#include <map>

using namespace study;

namespace {

enum class World { claim, opposite, equal };

using Series = std::vector<double>;

/// Writes the results of an arm.
using Plant = void (*)(const Labels& arm, World world, Record& record);

/// The value of the world.
double pick(World world, double claim, double opposite, double equal) {
  return world == World::claim ? claim : world == World::opposite ? opposite : equal;
}

/// Whether this is the better one of two arms: `good` in the world of the claim, `bad` in that of the opposite.
bool wins(World world, const std::string& arm, const std::string& good, const std::string& bad) {
  return (world == World::claim && arm == good) || (world == World::opposite && arm == bad);
}

double accuracy(World world, const std::string& arm, const std::string& good, const std::string& bad) {
  return wins(world, arm, good, bad) ? 0.95 : 0.9;
}

const std::map<std::string, Plant> plants{
    {"convergence",
     [](const Labels& arm, World world, Record& record) {
       record.values["test accuracy"] = Series(51, accuracy(world, arm.at("norm"), "batch", "none"));
     }},
    {"learning_rates",
     [](const Labels& arm, World world, Record& record) {
       const bool works_everywhere = world == World::equal || wins(world, arm.at("norm"), "batch", "none");
       record.add("test accuracy", works_everywhere || std::stod(arm.at("rate")) < 0.5 ? 0.97 : 0.1);
     }},
    {"gradients",
     [](const Labels& arm, World world, Record& record) {
       const bool same_everywhere = wins(world, arm.at("norm"), "batch", "none");
       for (int layer = 1; layer <= 12; ++layer) {
         const double value = same_everywhere ? 1 : std::pow(0.5, layer);
         record.add(fmt::format("gradient {}", layer), value);
         record.add(fmt::format("activation {}", layer), value);
       }
     }},
    {"internal_covariate_shift",
     [](const Labels& arm, World world, Record& record) {
       const double range = wins(world, arm.at("norm"), "batch", "none") ? 0.5 : 3;
       for (int unit = 0; unit < 100; ++unit) {
         record.values[fmt::format("unit {} 15 %", unit)] = {-1, -1};
         record.values[fmt::format("unit {} 50 %", unit)] = {0, range};
         record.values[fmt::format("unit {} 85 %", unit)] = {1, 1};
       }
     }},
    {"inference_mode",
     [](const Labels&, World world, Record& record) {
       const Series constant(8, 0.95);
       Series rising = constant;
       rising[0] = 0.1;
       record.values["training mode"] = world == World::claim ? rising : constant;
       record.values["inference mode"] = world == World::opposite ? rising : constant;
     }},
    {"batch_sizes",
     [](const Labels& arm, World world, Record& record) {
       const bool suffers = (world == World::claim && arm.at("norm") == "batch norm") ||
                            (world == World::opposite && arm.at("norm") != "batch norm");
       record.add("equal epochs", suffers && arm.at("batch") == "2" ? 0.3 : 0.1);
     }},
    {"placement",
     [](const Labels& arm, World world, Record& record) {
       record.add("test accuracy", accuracy(world, arm.at("place"), "before", "after"));
     }},
    {"regularization",
     [](const Labels& arm, World world, Record& record) {
       const std::map<std::string, double> order{
           {"neither", 0.1}, {"batch norm", 0}, {"dropout", -0.1}, {"both", -0.1}};
       record.add("loss gap", 0.3 + pick(world, 1, -1, 0) * order.at(arm.at("with")));
     }},
    {"dropout",
     [](const Labels& arm, World world, Record& record) {
       if (arm.at("part") == "formula") {
         record.values["difference"] = {0.001, pick(world, 0.002, 0.1, 0.002)};
         return;
       }
       const bool shifted = wins(world, arm.at("order"), "dropout before", "dropout after");
       record.add("ratio", shifted ? 0.4 : 0.9);
       record.add("accuracy", shifted ? 0.8 : 0.9);
       record.add("loss", 1);
       record.add("recalibrated loss", pick(world, 0.5, 2, 1));
     }},
    {"gamma_and_beta",
     [](const Labels&, World world, Record& record) {
       record.add("difference", pick(world, 1e-7, 1e-3, 1e-5));
       record.add("distance", pick(world, 1e-4, 0.1, 0.01));
     }},
    {"moving_averages",
     [](const Labels& arm, World world, Record& record) {
       const bool low = arm.at("momentum") == "0.5";
       const bool quick = arm.at("start") == "warm-up" || low;
       const double early = world == World::equal || quick != (world == World::claim) ? 0.3 : 0.8;
       const double late = world == World::equal || low == (world == World::claim) ? 0.9 : 0.95;
       record.values["accuracy"] = {early, 0.9, late};
       record.values["recalibrated"] = {pick(world, 0.8, 0.1, 0.3), 0.9, 0.9};
     }},
    {"fine_tuning",
     [](const Labels& arm, World world, Record& record) {
       const bool frozen = arm.at("batch normalization") != "as in training";
       record.add("accuracy", accuracy(world, frozen ? "frozen" : "moving", "frozen", "moving"));
     }},
    {"schedules",
     [](const Labels& arm, World world, Record& record) {
       const bool decays = arm.at("norm") == "batch" && arm.at("schedule") == "cosine";
       record.add("accuracy", decays ? pick(world, 0.95, 0.85, 0.9) : 0.9);
     }},
    {"weight_scales",
     [](const Labels& arm, World world, Record& record) {
       record.values["test accuracy"] = {0.1, wins(world, arm.at("norm"), "batch", "none") ? 0.9 : 0.1};
     }},
    {"smoothness",
     [](const Labels& arm, World world, Record& record) {
       const std::string& norm = arm.at("norm");
       const double roughness = wins(world, norm, "batch norm", "without") ? 0.1 : 1;
       record.values["loss"] = {2, 1, 0.05};
       record.values["band"] = Series(3, roughness);
       record.values["largest change"] = Series(3, roughness);
       record.values["shift"] = {wins(world, norm, "batch norm, noise", "without") ? 1 : 0.1};
       record.add("test accuracy", accuracy(world, norm, "batch norm, noise", "without"));
     }},
    {"folding",
     [](const Labels&, World world, Record& record) {
       record.add("difference", pick(world, 1e-7, 1e-3, 1e-5));
       record.add("microseconds", 10);
       record.add("folded microseconds", pick(world, 8, 12, 10));
     }},
    {"convolutions",
     [](const Labels& arm, World world, Record& record) {
       const bool fast = wins(world, arm.at("norm"), "batch", "none");
       record.values["training loss"] = Series(16, 1);
       for (std::size_t i = 0; i < (fast ? 1 : 12); ++i) record.values["training loss"][i] = 2;
       const bool works_everywhere = world == World::equal || fast;
       record.add("test accuracy", works_everywhere || std::stod(arm.at("rate")) < 0.5 ? 0.97 : 0.1);
     }},
    {"convolution_batch_sizes",
     [](const Labels& arm, World world, Record& record) {
       const bool suffers = wins(world, arm.at("norm"), "batch norm", "group norm");
       record.add("equal epochs", suffers && arm.at("batch") == "2" ? 0.3 : 0.1);
     }},
    {"residual_blocks",
     [](const Labels& arm, World world, Record& record) {
       const std::map<std::string, double> order{
           {"none", -1}, {"after the addition", -1}, {"before the addition", 0}, {"pre-activation", 1}};
       record.add("test accuracy", 0.5 + pick(world, 0.3, -0.3, 0) * order.at(arm.at("normalization")));
     }},
};

Results invented(const Experiment& experiment, World world) {
  std::vector<Record> records;
  for (const Arm& arm : experiment.arms) {
    for (std::uint64_t seed = 1; seed <= min_pairs; ++seed) {
      Record record{.labels = arm.labels, .seed = seed, .options = {}, .values = {}, .seconds = 0};
      plants.at(experiment.name)(arm.labels, world, record);
      records.push_back(std::move(record));
    }
  }
  return Results(std::move(records));
}

}  // namespace

TEST_CASE("criteria: reproduced where the claim is true, not reproduced where its opposite is") {
  const std::vector<Experiment> experiments = all_experiments(make_setting(Scale::quick, 0, {}));
  CHECK_EQ(plants.size(), experiments.size());
  for (const Experiment& experiment : experiments) {
    const Verdict claim = judge(experiment, invented(experiment, World::claim));
    const Verdict opposite = judge(experiment, invented(experiment, World::opposite));
    const Verdict equal = judge(experiment, invented(experiment, World::equal));
    for (std::size_t i = 0; i < experiment.criteria.size(); ++i) {
      const std::string name = experiment.name + ": " + experiment.criteria[i].text;
      CHECK_MESSAGE(claim.outcomes[i].finding == Finding::reproduced, name, ": ", claim.outcomes[i].observed);
      CHECK_MESSAGE(opposite.outcomes[i].finding == Finding::not_reproduced, name, ": ", opposite.outcomes[i].observed);
    }
    CHECK_MESSAGE(claim.finding == Finding::reproduced, experiment.name);
    CHECK_MESSAGE(equal.finding != Finding::reproduced, experiment.name);
  }
}
