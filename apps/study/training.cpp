#include "training.h"

#include <gradus/optim/sgd.h>
#include <gradus/train/callbacks/learning_rate_scheduler.h>
#include <gradus/train/fit.h>

using namespace gradus;

namespace study {

namespace {

/// Calls `measure` at the steps of the measurements.
class Measurement : public Callback {
 public:
  Measurement(const TrainingOptions& options, const std::function<void(Index)>& measure)
      : options_(options), measure_(measure) {}

  void on_train_begin(TrainingState&) override {
    if (options_.measure_every > 0) this->measure(0);
  }
  void on_step_end(TrainingState&) override {
    ++steps_;
    if (is_measured(steps_)) this->measure(steps_);
  }
  /// Makes the remaining measurements after training has ended early.
  void finish() {
    while (steps_ < options_.steps) {
      ++steps_;
      if (is_measured(steps_)) this->measure(steps_);
    }
  }

 private:
  bool is_measured(Index step) const {
    return step == options_.steps || (options_.measure_every > 0 && step % options_.measure_every == 0);
  }
  void measure(Index step) const {
    if (measure_) measure_(step);
  }

  const TrainingOptions& options_;
  const std::function<void(Index)>& measure_;
  Index steps_ = 0;
};

}  // namespace

bool train(Record& record, Layer& model, const Dataset& data, const TrainingOptions& options,
           const std::function<void(Index)>& measure) {
  record.add_options("training", {{"optimizer", "SGD"},
                                  {"learning_rate", options.schedule ? to_string(*options.schedule)
                                                                     : fmt::format("{}", options.learning_rate)},
                                  {"momentum", options.momentum},
                                  {"batch_size", options.batch_size},
                                  {"steps", options.steps},
                                  {"images", data.size()}});
  SGD optimizer{{.learning_rate = options.learning_rate, .momentum = options.momentum}};
  Measurement measurement(options, measure);
  std::optional<LearningRateScheduler> scheduler;
  std::vector<CallbackPointer> callbacks;
  if (options.schedule) callbacks.push_back(&scheduler.emplace(*options.schedule));
  callbacks.push_back(&measurement);
  try {
    fit(model, optimizer, data,
        {.steps = options.steps, .batch_size = options.batch_size, .show_progress = false, .callbacks = callbacks});
  } catch (const NonFiniteError&) {
    measurement.finish();
    return false;
  }
  return true;
}

std::vector<double> measured_steps(Index steps, Index every) {
  std::vector<double> result;
  for (Index step = 0; step < steps; step += every) result.push_back(static_cast<double>(step));
  result.push_back(static_cast<double>(steps));
  return result;
}

}  // namespace study
