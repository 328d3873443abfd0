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
  if (std::ssize(losses_) >= every_) losses_.erase(losses_.begin());
  losses_.push_back(state.batch_loss);
  if (state.total_steps % every_ != 0 && state.step != state.steps && !state.stop) return;
  const Metrics test = evaluate(state.model, test_);
  state.validation = test;  // for the progress bar
  // Not since the previous test: at the end of an epoch that may be a few steps only.
  const double mean = std::accumulate(losses_.begin(), losses_.end(), 0.0) / static_cast<double>(losses_.size());
  measurements_.push_back({run_, seed_, state.epoch, state.total_steps, mean, test.loss, test.accuracy, seconds_});
  if (log_ != nullptr) log_->write(to_json(measurements_.back()));
}

void Recorder::visit_state(Archive& archive) {
  std::size_t tests = measurements_.size();
  archive("losses", losses_)("seconds", seconds_)("epoch_seconds", epoch_seconds_)("max_epoch_seconds",
                                                                                   max_epoch_seconds_)("tests", tests);
  if (archive.restoring()) measurements_.clear();
  for (std::size_t i = 0; i < tests; ++i) {
    if (archive.restoring()) measurements_.push_back({.run = run_, .seed = seed_});
    archive(fmt::format("test_{}", i + 1), measurements_[i]);
    if (archive.restoring() && log_ != nullptr) log_->write(to_json(measurements_[i]));
  }
}

void write_history(const std::string& path, const std::vector<Measurement>& measurements) {
  std::string text = "run,seed,epoch,step,training_loss,test_loss,test_accuracy,seconds\n";
  for (const Measurement& m : measurements) {
    text += fmt::format("{},{},{},{},{:.6g},{:.6g},{:.6g},{:.6g}\n", m.run, m.seed, m.epoch, m.step, m.training_loss,
                        m.test_loss, m.test_accuracy, m.seconds);
  }
  write_atomically(path, text);
}
