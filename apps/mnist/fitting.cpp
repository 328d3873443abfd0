#include "fitting.h"

#include <gradus/data/images/augmentation.h>
#include <gradus/data/images/random_crop.h>
#include <gradus/data/loader.h>
#include <gradus/data/pipeline/prefetched.h>
#include <gradus/data/pipeline/transformed.h>
#include <gradus/optim/schedules/schedule.h>
#include <gradus/train/callbacks/learning_rate_scheduler.h>

using namespace gradus;

namespace {

/// Shifts and rotates digits, shifts and mirrors clothes, which hang straight.
Transformed::Function augmentation(bool fashion) {
  if (!fashion) return Augmentation{};
  return [crop = RandomCrop{{.padding = 2}}](Batch& batch, RandomKey key) {
    const Shape rows = batch.inputs.shape();
    batch.inputs = batch.inputs.reshape({rows[0], 28, 28, 1});
    crop(batch, key);
    batch.inputs = batch.inputs.reshape(rows);
  };
}

}  // namespace

History fit_network(const Options& options, Layer& model, Optimizer& optimizer, const Dataset& data,
                    std::vector<CallbackPointer> callbacks, Callback* checkpoint) {
  const Index per_epoch = (data.size() + options.batch_size - 1) / options.batch_size;
  if (options.schedule == "cosine") {
    const Index last_step = options.steps > 0 ? options.steps : options.epochs * per_epoch;
    callbacks.push_back(LearningRateScheduler(cosine_decay(optimizer.learning_rate(), last_step)));
  }
  FitOptions fitting{
      .epochs = options.epochs, .steps = options.steps, .show_progress = false, .callbacks = std::move(callbacks)};
  if (checkpoint != nullptr) fitting.checkpoint = checkpoint;
  if (options.augment) {
    DataLoader batches(data, {.batch_size = options.batch_size, .shuffle = true});
    return fit(model, optimizer, Prefetched(Transformed(std::move(batches), augmentation(options.fashion))), fitting);
  }
  fitting.batch_size = options.batch_size;
  return fit(model, optimizer, data, fitting);
}
