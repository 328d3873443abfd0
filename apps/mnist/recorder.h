#pragma once

#include <gradus/data/dataset.h>
#include <gradus/train/callback.h>
#include <gradus/train/callbacks/log_file.h>

#include <string>
#include <vector>

/// The results of one test during a run: a row of history.csv.
struct Measurement {
  std::string run;
  std::uint64_t seed;
  int epoch = 0;
  gradus::Index step = 0;
  double training_loss = 0;  // mean over the last `every` steps
  double test_loss = 0;
  double test_accuracy = 0;
  double seconds = 0;  // of training, without tests

  void visit_state(gradus::Archive& archive) {
    archive("epoch", epoch)("step", step)("training_loss", training_loss)("test_loss", test_loss)(
        "test_accuracy", test_accuracy)("seconds", seconds);
  }
};

/// Tests the model every `every` steps and at the end of every epoch, and writes a JSON line for each test to the log,
/// if there is one.
class Recorder : public gradus::Callback {
 public:
  Recorder(std::string run, std::uint64_t seed, const gradus::Dataset& test, gradus::Index every, gradus::LogFile* log)
      : run_(std::move(run)), seed_(seed), test_(test), every_(every), log_(log) {}

  void on_step_end(gradus::TrainingState& state) override;
  /// Restoring writes the lines of all tests again.
  void visit_state(gradus::Archive& archive) override;

  const std::vector<Measurement>& measurements() const { return measurements_; }
  /// The time of the training steps of the slowest epoch.
  double max_epoch_seconds() const { return max_epoch_seconds_; }

 private:
  std::string run_;
  std::uint64_t seed_;
  const gradus::Dataset& test_;
  gradus::Index every_;
  gradus::LogFile* log_;
  std::vector<Measurement> measurements_;
  std::vector<double> losses_;  // of the last `every` steps
  double seconds_ = 0;
  double epoch_seconds_ = 0;
  double max_epoch_seconds_ = 0;
};

/// Writes all measurements as CSV.
void write_history(const std::string& path, const std::vector<Measurement>& measurements);
