#pragma once

#include <gradus/layers/layer.h>
#include <gradus/optim/optimizer.h>
#include <gradus/train/metrics.h>

#include <optional>

namespace gradus::inline GRADUS_PRECISION {

/// Where `fit` stands.
struct TrainingState {
  Layer& model;
  Optimizer& optimizer;
  int epoch = 0;  ///< from 1 on
  int epochs = 0;
  Index step = 0;                       ///< within the epoch, from 1 on
  Index steps = 0;                      ///< per epoch
  Index total_steps = 0;                ///< since `fit` began
  double batch_loss = 0;                ///< of the last step
  Metrics training{};                   ///< means over the epoch so far, measured while the weights changed
  std::optional<Metrics> validation{};  ///< of the last epoch that was validated
  double seconds = 0;                   ///< since `fit` began, validation and callbacks included
  double epoch_seconds = 0;             ///< in the training steps of this epoch
  bool stop = false;                    ///< a callback sets this to end after the current step
};

/// What `fit` calls on its way. Override what is wanted.
class Callback {
 public:
  virtual ~Callback() = default;
  virtual void on_train_begin(TrainingState&) {}
  virtual void on_step_end(TrainingState&) {}
  virtual void on_epoch_end(TrainingState&) {}
  virtual void on_train_end(TrainingState&) {}
};

}  // namespace gradus::inline GRADUS_PRECISION
