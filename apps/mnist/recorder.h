#pragma once

#include <gradus/data/dataset.h>
#include <gradus/train/callback.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

/// One row of history.csv: where a run stood when it was tested.
struct Measurement {
  std::string run;
  std::uint64_t seed;
  int epoch;
  gradus::Index step;
  double training_loss;  // mean over the steps since the last test
  double test_loss;
  double test_accuracy;
  double seconds;  // of training, tests not counted
};

/// A file that gets a JSON line per measurement, at once.
class MeasurementLog {
 public:
  /// Throws FileError if the file cannot be written. An empty path writes nothing.
  explicit MeasurementLog(const std::string& path);
  void write(const Measurement& measurement);

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::unique_ptr<std::FILE, Close> file_;
};

/// Tests the model every so many steps and at the end of every epoch.
class Recorder : public gradus::Callback {
 public:
  Recorder(std::string run, std::uint64_t seed, const gradus::Dataset& test, gradus::Index every, MeasurementLog& log)
      : run_(std::move(run)), seed_(seed), test_(test), every_(every), log_(log) {}

  void on_step_end(gradus::TrainingState& state) override;

  const std::vector<Measurement>& measurements() const { return measurements_; }
  /// The longest time any epoch took for its training steps.
  double slowest_epoch() const { return slowest_epoch_; }

 private:
  std::string run_;
  std::uint64_t seed_;
  const gradus::Dataset& test_;
  gradus::Index every_;
  MeasurementLog& log_;
  std::vector<Measurement> measurements_;
  double loss_sum_ = 0;
  gradus::Index steps_ = 0;
  double seconds_ = 0;
  double epoch_seconds_ = 0;
  double slowest_epoch_ = 0;
};

/// Writes all measurements as CSV.
void write_history(const std::string& path, const std::vector<Measurement>& measurements);
