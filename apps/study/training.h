#pragma once

#include "record.h"

#include <gradus/data/dataset.h>
#include <gradus/layers/layer.h>
#include <gradus/optim/schedules/schedule.h>

#include <functional>
#include <optional>

namespace study {

struct TrainingOptions {
  double learning_rate = 0.01;
  double momentum = 0;
  gradus::Index batch_size = 60;
  gradus::Index steps = 1000;
  /// Measures before the first step and after every so many. 0: only after the last.
  gradus::Index measure_every = 0;
  std::optional<gradus::Schedule> schedule{};  ///< in place of the learning rate
};

/// Trains with plain SGD for that many steps, on whose options a note is made, and calls `measure` with the number of
/// steps done. The gradients are then those of the last step. Two arms with the same seed see the same batches.
/// A run whose loss is no longer finite stops learning there: its weights stay, and it is measured on as it is, so
/// that all series have the same length. Returns whether it came to the end.
bool train(Record& record, gradus::Layer& model, const gradus::Dataset& data, const TrainingOptions& options,
           const std::function<void(gradus::Index step)>& measure = {});

/// Where a series measured every so many of the steps stands: 0, every, 2 every, ..., steps.
std::vector<double> measured_steps(gradus::Index steps, gradus::Index every);

}  // namespace study
