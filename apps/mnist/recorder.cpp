#include "recorder.h"

#include <gradus/data/atomic_file.h>
#include <gradus/train/evaluate.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>

using namespace gradus;

MeasurementLog::MeasurementLog(const std::string& path)
    : file_(path.empty() ? nullptr : std::fopen(path.c_str(), "w")) {
  check<FileError>(path.empty() || file_ != nullptr, "{}: expected a file that can be written, got: {}", path,
                   std::strerror(errno));
}

void MeasurementLog::write(const Measurement& m) {
  if (file_ == nullptr) return;
  const nlohmann::ordered_json line{{"run", m.run},
                                    {"seed", m.seed},
                                    {"epoch", m.epoch},
                                    {"step", m.step},
                                    {"loss", m.training_loss},
                                    {"test_loss", m.test_loss},
                                    {"test_accuracy", m.test_accuracy},
                                    {"seconds", m.seconds}};
  fmt::print(file_.get(), "{}\n", line.dump());
  std::fflush(file_.get());
}

void Recorder::on_step_end(TrainingState& state) {
  if (state.step == 1) epoch_seconds_ = 0;
  seconds_ += state.epoch_seconds - epoch_seconds_;
  epoch_seconds_ = state.epoch_seconds;
  slowest_epoch_ = std::max(slowest_epoch_, epoch_seconds_);
  loss_sum_ += state.batch_loss;
  ++steps_;
  if (state.total_steps % every_ != 0 && state.step != state.steps && !state.stop) return;
  const Metrics test = evaluate(state.model, test_);
  state.validation = test;  // shown at the end of the epoch
  measurements_.push_back({run_, seed_, state.epoch, state.total_steps, loss_sum_ / static_cast<double>(steps_),
                           test.loss, test.accuracy, seconds_});
  log_.write(measurements_.back());
  loss_sum_ = 0;
  steps_ = 0;
}

void write_history(const std::string& path, const std::vector<Measurement>& measurements) {
  std::string text = "run,seed,epoch,step,training_loss,test_loss,test_accuracy,seconds\n";
  for (const Measurement& m : measurements) {
    text += fmt::format("{},{},{},{},{:.6g},{:.6g},{:.6g},{:.6g}\n", m.run, m.seed, m.epoch, m.step, m.training_loss,
                        m.test_loss, m.test_accuracy, m.seconds);
  }
  write_atomically(path, text);
}
