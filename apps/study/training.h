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
  /// Steps between measurements, which begin before the first step. 0: measure only after the last step.
  gradus::Index measure_every = 0;
  std::optional<gradus::Schedule> schedule{};  ///< instead of the learning rate
};

/// Trains with SGD, adds the options to the record, and calls `measure` with the number of finished steps. At that time
/// the gradients are those of the last step. Two arms with the same seed see the same batches.
/// If the loss is not finite, training ends and the remaining measurements use the weights as they are, so that all
/// series have the same length. Returns whether the loss was finite in all steps.
bool train(Record& record, gradus::Layer& model, const gradus::Dataset& data, const TrainingOptions& options,
           const std::function<void(gradus::Index step)>& measure = {});

/// The steps of the measurements: 0, every, 2 every, ..., steps.
std::vector<double> measured_steps(gradus::Index steps, gradus::Index every);

}  // namespace study
