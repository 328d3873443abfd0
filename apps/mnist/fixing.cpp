#include "fixing.h"

#include "code.h"
#include "network.h"

#include <gradus/train/doctor/doctor.h>
#include <gradus/train/evaluate.h>
#include <gradus/train/fit.h>
#include <gradus/train/progress_bar.h>

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <optional>

using namespace gradus;

namespace {

/// None where the cure is for the user to apply: the test images have to be what the training images are.
std::optional<TrainingSetup> applied_to(Layer& model, const DiagnoseOptions& options, const Finding& finding) {
  if (finding.where == "data") return std::nullopt;
  try {
    return finding.apply(model, options);
  } catch (const ValueError&) {
    return std::nullopt;
  }
}

/// "Adam", "SGD"
std::string class_of(const Optimizer& optimizer) {
  for (const char* name : {"Adam", "AdamW", "NAdam", "RMSprop", "Adagrad", "SGD"}) {
    std::string lower = name;
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
    if (lower == optimizer.name()) return name;
  }
  return optimizer.name();
}

void print_code(const Options& options, const TrainingSetup& setup) {
  const std::string momentum = options.momentum > 0 ? fmt::format(", .momentum = {}", options.momentum) : "";
  const std::string length =
      options.steps > 0 ? fmt::format(".steps = {}", options.steps) : fmt::format(".epochs = {}", options.epochs);
  fmt::print("\n{}{} optimizer{{{{.learning_rate = {:.6g}{}}}}};\n", code_of(*setup.model), class_of(*setup.optimizer),
             setup.optimizer->learning_rate(), momentum);
  fmt::print("fit(model, optimizer, train, {{{}, .batch_size = {}{}}});\n\n", length, setup.batch_size,
             setup.drop_last ? ", .drop_last = true" : "");
}

}  // namespace

void fix(const Options& options, const TrainTest& data, Index steps_before_first_test) {
  set_seed(options.seed);
  Sequential model = make_network(options, options.norm);
  const std::unique_ptr<Optimizer> optimizer = make_optimizer(options);
  std::deque<TrainingSetup> setups;  // each may hold what the next is made of
  setups.push_back({.model = &model,
                    .rebuilt = nullptr,
                    .optimizer = optimizer->clone(),
                    .data = data.train,
                    .batch_size = options.batch_size,
                    .shuffle = true,
                    .drop_last = false,
                    .callbacks = {}});
  std::vector<Finding> applied, left;
  for (bool found = true; found;) {
    found = false;
    const TrainingSetup& setup = setups.back();
    const DiagnoseOptions diagnosis{.batch_size = setup.batch_size,
                                    .dataset = &setup.data,
                                    .optimizer = setup.optimizer.get(),
                                    .steps = steps_before_first_test,
                                    .drop_last = setup.drop_last};
    left.clear();
    for (const Finding& finding : diagnose(*setup.model, diagnosis)) {
      const bool again = std::ranges::find(applied, finding) != applied.end();
      std::optional<TrainingSetup> cured;
      if (!found && !again) cured = applied_to(*setup.model, diagnosis, finding);
      (cured ? applied : left).push_back(finding);
      if (!cured) continue;
      setups.push_back(std::move(*cured));
      found = true;
    }
  }
  fmt::print("\n{}", applied.empty() ? "Nothing to apply.\n" : to_string(applied));
  if (!left.empty()) fmt::print("\nTo apply by hand:\n{}", to_string(left));

  TrainingSetup& setup = setups.back();
  print_code(options, setup);
  fit(*setup.model, *setup.optimizer, setup.data,
      {.epochs = options.epochs,
       .steps = options.steps,
       .batch_size = setup.batch_size,
       .validation = &data.test,
       .shuffle = setup.shuffle,
       .drop_last = setup.drop_last,
       .callbacks = setup.callbacks});
  const Metrics tested = evaluate(*setup.model, data.test);
  fmt::print("\ntest loss {:.4f}, accuracy {:.2f} %\n", tested.loss, 100 * tested.accuracy);
}
