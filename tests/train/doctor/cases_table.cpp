// Puts planted faults, sound set-ups and settings with many seeds before `diagnose`, and prints what it says.
//
//     doctor_cases [--quick] [faults|sound|settings] [part of a name]
//
// Fails if fewer faults are found, more sound set-ups get a finding or fewer settings are steady than they should.

#include "train/doctor/cases/set_up.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gradus::cases {
namespace {

constexpr double min_found = 0.85, max_false_alarms = 0.01, min_steady = 0.95;

struct Plan {
  bool quick = false;
  bool verbose = false;
  std::string_view part{};
  std::string_view name{};

  /// Every tenth in a quick run.
  bool takes(std::string_view which, std::string_view of, std::size_t i) const {
    const bool wanted = (part.empty() || part == which) && of.find(name) != std::string_view::npos;
    return wanted && (!quick || i % 10 == 0);
  }
};

template <class T>
std::vector<T> joined(std::vector<T> first, std::vector<T> second) {
  std::ranges::move(second, std::back_inserter(first));
  return first;
}

std::vector<std::string> rules_of(const std::vector<Finding>& findings) {
  std::vector<std::string> rules;
  for (const Finding& finding : findings) {
    if (std::ranges::find(rules, finding.rule) == rules.end()) rules.push_back(finding.rule);
  }
  return rules;
}

std::string list(const std::vector<std::string>& rules) {
  return rules.empty() ? "-" : fmt::format("{}", fmt::join(rules, ", "));
}

/// The loss of these samples in inference after 200 steps, infinite if it is not finite.
double loss_after_training(TrainingSetup& setup, const DiagnoseOptions& options, const Dataset& samples,
                           bool by_moving_statistics) {
  const Loss loss = options.loss.is_default() ? Loss(default_loss(setup.data.classes())) : options.loss;
  try {
    fit(*setup.model, *setup.optimizer, setup.data,
        {.steps = 200,
         .batch_size = setup.batch_size,
         .gradient_accumulation_steps = options.gradient_accumulation_steps,
         .shuffle = setup.shuffle,
         .drop_last = setup.drop_last,
         .loss = options.loss,
         .metrics = {},
         .show_progress = false,
         .callbacks = setup.callbacks});
    if (!by_moving_statistics) recalibrate(*setup.model, samples.take(std::min<Index>(samples.size(), 1024)));
    Batch all = samples.batch();
    const auto in_old_units = [&](const Variable& y) {
      return y * static_cast<Real>(setup.target_deviation) + static_cast<Real>(setup.target_mean);
    };
    all.labels = in_old_units(all.labels).value();
    const double result = loss(in_old_units(setup.model->predict(all.inputs)), all).value().item();
    return std::isfinite(result) ? result : HUGE_VAL;
  } catch (const NonFiniteError&) {
    return HUGE_VAL;
  }
}

/// The median of the losses after trainings with three seeds, without and with the cure.
struct Gain {
  double without, with;
};
/// None where the cure is for the user to apply.
std::optional<Gain> gain_of(const Finding& finding, const std::function<SetUp()>& make) {
  if (!finding.remedy.apply || finding.rule == "last_batch_of_one") return std::nullopt;  // fit does not start with it
  if (finding.rule == "bias_under_normalization") return std::nullopt;                    // what does nothing
  Finding nothing;
  nothing.remedy.apply = [](TrainingSetup&) { return true; };
  const bool scales =
      finding.rule.find("not_scaled") != std::string::npos || finding.cure.find("standard") != std::string::npos;
  const bool moving = finding.rule == "momentum_of_the_new_value" || finding.rule == "unmoved_statistics" ||
                      finding.rule == "dropout_before_normalization";
  std::array<double, 3> without{}, with{};
  for (std::size_t i = 0; i < 3; ++i) {
    set_seed(5 + i);
    SetUp faulty = make();
    if (faulty.options.batch_size == 1) return std::nullopt;  // nor with these
    set_seed(5 + i);
    SetUp other = make();
    // The cure holds layers of the model that was examined.
    const std::vector<Finding> findings = diagnose(*other.model, other.all_options());
    const auto same = std::ranges::find(findings, finding.rule, &Finding::rule);
    if (same == findings.end() || !same->remedy.apply) return std::nullopt;
    std::optional<TrainingSetup> applied;
    try {
      applied = same->apply(*other.model, other.all_options());
    } catch (const ValueError&) {
      return std::nullopt;  // in custom layers
    }
    TrainingSetup& cured = *applied;
    TrainingSetup unchanged = nothing.apply(*faulty.model, faulty.all_options());
    const Dataset own = cured.data, samples = scales ? unchanged.data : own;
    set_seed(50 + i);
    without[i] = loss_after_training(unchanged, faulty.all_options(), samples, moving);
    set_seed(50 + i);
    with[i] = loss_after_training(cured, other.all_options(), own, moving);
  }
  std::ranges::sort(without);
  std::ranges::sort(with);
  return Gain{without[1], with[1]};
}

struct Score {
  int cases = 0, hits = 0;
  double share() const { return cases == 0 ? 0 : static_cast<double>(hits) / cases; }
};

struct FaultScore {
  Score found, advised, cured;
};

FaultScore try_faults(const Plan& plan) {
  FaultScore score;
  const std::vector<Fault> all = joined(joined(faults(), asked_faults()), unseen_faults());
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Fault& fault = all[i];
    if (!plan.takes("faults", fault.name, i)) continue;
    set_seed(1);
    SetUp set_up = fault.make();
    const std::vector<Finding> findings = diagnose(*set_up.model, set_up.all_options());
    const std::vector<std::string> spoke = rules_of(findings);
    const bool hit = std::ranges::any_of(
        fault.rules, [&](std::string_view rule) { return std::ranges::find(spoke, rule) != spoke.end(); });
    ++score.found.cases;
    score.found.hits += hit ? 1 : 0;
    std::string gains;
    for (const Finding& finding : findings) {
      const bool right = std::ranges::find(fault.rules, finding.rule) != fault.rules.end();
      ++score.advised.cases;
      score.advised.hits += right ? 1 : 0;
      if (const auto gain = gain_of(finding, fault.make)) {
        ++score.cured.cases;
        const bool better = gain->with < gain->without;
        score.cured.hits += better ? 1 : 0;
        gains += fmt::format("; {:.3g} -> {:.3g}{}", gain->without, gain->with, better ? "" : " WORSE");
      }
    }
    fmt::print("| {} | {} | {}{} | {} |\n", fault.name, fmt::join(fault.rules, " or "), list(spoke),
               hit ? "" : " (MISSED)", gains.empty() ? "" : gains.substr(2));
    if (plan.verbose) fmt::print("{}\n", to_string(findings));
    std::fflush(stdout);
  }
  return score;
}

Score try_sound(const Plan& plan) {
  Score alarms;
  const std::vector<Sound> all = joined(sound_set_ups(), sound_kinds());
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!plan.takes("sound", all[i].name, i)) continue;
    set_seed(i);
    SetUp set_up = all[i].make();
    const std::vector<Finding> findings = diagnose(*set_up.model, set_up.all_options());
    ++alarms.cases;
    if (plan.verbose) fmt::print("{} {} {}\n", i, all[i].name, set_up.text);
    if (findings.empty()) continue;
    ++alarms.hits;
    fmt::print("| {} {} | {}: {}; {}; {} |\n", all[i].name, set_up.text, list(rules_of(findings)), findings[0].what,
               findings[0].cure, findings[0].gain);
    std::fflush(stdout);
  }
  return alarms;
}

Score try_settings(const Plan& plan) {
  constexpr std::uint64_t seeds = 20;
  Score steady;
  const std::vector<Sound> all = settings();
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!plan.takes("settings", all[i].name, i)) continue;
    std::map<std::string, int> answers;
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
      set_seed(seed);
      SetUp set_up = all[i].make();
      ++answers[list(rules_of(diagnose(*set_up.model, set_up.all_options())))];
    }
    ++steady.cases;
    steady.hits += answers.size() == 1 ? 1 : 0;
    fmt::print("| {} |", all[i].name);
    for (const auto& [rules, count] : answers) fmt::print(" {} x {}", count, rules);
    fmt::print(" |\n");
    std::fflush(stdout);
  }
  return steady;
}

bool run(const Plan& plan) {
  const FaultScore faulty = try_faults(plan);
  const Score alarms = try_sound(plan), steady = try_settings(plan);
  bool passed = true;
  const auto report = [&](const char* what, const Score& score, bool enough) {
    if (score.cases == 0) return;
    fmt::print("{}: {} of {}, {:.1f} %{}\n", what, score.hits, score.cases, 100 * score.share(),
               enough ? "" : ", FAILED");
    passed &= enough;
  };
  fmt::print("\n");
  report("faults found by the right rule", faulty.found, faulty.found.share() >= min_found);
  report("findings of the right rule", faulty.advised, true);
  report("cures better in a training of their own", faulty.cured, faulty.cured.hits == faulty.cured.cases);
  report("sound set-ups with a finding", alarms, alarms.share() <= max_false_alarms);
  report("steady settings", steady, steady.share() >= min_steady);
  fmt::print("{:.0f} s of processor time\n", static_cast<double>(std::clock()) / CLOCKS_PER_SEC);
  return passed;
}

}  // namespace
}  // namespace gradus::cases

int main(int argc, char** argv) {
  gradus::cases::Plan plan;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--quick") {
      plan.quick = true;
    } else if (argument == "--verbose") {
      plan.verbose = true;
    } else if (plan.part.empty()) {
      plan.part = argument;
    } else {
      plan.name = argument;
    }
  }
  return gradus::cases::run(plan) ? 0 : 1;
}
