#include "recorder.h"

#include <gradus/files/atomic_file.h>
#include <gradus/train/evaluate.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <numeric>

using namespace gradus;

namespace {

std::string to_json(const Measurement& m) {
  const nlohmann::ordered_json line{{"run", m.run},
                                    {"seed", m.seed},
                                    {"epoch", m.epoch},
                                    {"step", m.step},
                                    {"loss", m.training_loss},
                                    {"test_loss", m.test_loss},
                                    {"test_accuracy", m.test_accuracy},
                                    {"seconds", m.seconds}};
  return line.dump();
}

}  // namespace

void Recorder::on_step_end(TrainingState& state) {
  if (state.step == 1) epoch_seconds_ = 0;
  seconds_ += state.epoch_seconds - epoch_seconds_;
  epoch_seconds_ = state.epoch_seconds;
  max_epoch_seconds_ = std::max(max_epoch_seconds_, epoch_seconds_);
  losses_.push_back(state.batch_loss);
  if (state.total_steps % every_ != 0 && state.step != state.steps && !state.stop) return;
  const Metrics test = evaluate(state.model, test_);
  state.validation = test;  // for the progress bar
  // Not since the previous test: at the end of an epoch that may be a few steps only.
  const auto count = std::min(every_, std::ssize(losses_));
  const double mean = std::accumulate(losses_.end() - count, losses_.end(), 0.0) / static_cast<double>(count);
  measurements_.push_back({run_, seed_, state.epoch, state.total_steps, mean, test.loss, test.accuracy, seconds_});
  if (log_ != nullptr) log_->write(to_json(measurements_.back()));
}

void write_history(const std::string& path, const std::vector<Measurement>& measurements) {
  std::string text = "run,seed,epoch,step,training_loss,test_loss,test_accuracy,seconds\n";
  for (const Measurement& m : measurements) {
    text += fmt::format("{},{},{},{},{:.6g},{:.6g},{:.6g},{:.6g}\n", m.run, m.seed, m.epoch, m.step, m.training_loss,
                        m.test_loss, m.test_accuracy, m.seconds);
  }
  write_atomically(path, text);
}
