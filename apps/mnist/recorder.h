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
  int epoch;
  gradus::Index step;
  double training_loss;  // mean over the last `every` steps
  double test_loss;
  double test_accuracy;
  double seconds;  // of training, without tests
};

/// Tests the model every `every` steps and at the end of every epoch, and writes a JSON line for each test to the log,
/// if there is one.
class Recorder : public gradus::Callback {
 public:
  Recorder(std::string run, std::uint64_t seed, const gradus::Dataset& test, gradus::Index every, gradus::LogFile* log)
      : run_(std::move(run)), seed_(seed), test_(test), every_(every), log_(log) {}

  void on_step_end(gradus::TrainingState& state) override;

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
  std::vector<double> losses_;  // of all steps
  double seconds_ = 0;
  double epoch_seconds_ = 0;
  double max_epoch_seconds_ = 0;
};

/// Writes all measurements as CSV.
void write_history(const std::string& path, const std::vector<Measurement>& measurements);
