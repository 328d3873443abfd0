#pragma once

#include <gradus/data/batches.h>
#include <gradus/train/callback.h>
#include <gradus/train/loss.h>
#include <gradus/train/terminate_on_nan.h>

#include <optional>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

struct FitOptions {
  int epochs = 1;
  Index steps = 0;  ///< updates of the weights after which training ends, instead of `epochs`; 0: as many as they have
  /// 32 if not given; more than the data has is all of it. With a Dataset only, as are validation_split, shuffle and
  /// drop_last.
  std::optional<Index> batch_size{};
  /// Micro-batches of `batch_size` whose gradients make one update: as one batch that is so many times as large, in
  /// less memory. A last group may have fewer. The loss has to be a mean over the batch (weighted, if there are
  /// weights); batch normalization still sees micro-batches.
  Index gradient_accumulation_steps = 1;
  const Dataset* validation = nullptr;       ///< evaluated after every epoch
  std::optional<double> validation_split{};  ///< instead: this share of the samples, the last ones before any shuffling
  std::optional<bool> shuffle{};             ///< true if not given
  /// Leaves out a last batch that is not full, so a last update of fewer micro-batches; false if not given.
  std::optional<bool> drop_last{};
  Loss loss{};                    ///< by name or any function; the default one for the data if not given
  std::vector<Metric> metrics{};  ///< by name or any function; `default_metrics` if not given
  bool show_progress = true;
  std::vector<CallbackPointer> callbacks{};  ///< called in this order: pointers, not owned, or objects
  /// A `Checkpoint`, a callback as the others: called last, when all others are done.
  std::optional<CallbackPointer> checkpoint{};
  History* history = nullptr;  ///< also gets what `fit` returns, epoch by epoch: an exception leaves it there
};

/// Trains the model: for every batch forward, loss, backward, optimizer step. The same seed gives the same weights, for
/// any number of threads. Sample weights of the data count in the loss: it is the sum of weight * loss over the sum of
/// the weights. A batch whose weights are all 0 is left out, a step of such batches changes nothing.
/// Throws ValueError for options out of range, for an epoch without a sample that counts and, before the first step,
/// for a last batch of one sample with batch normalization; what `TerminateOnNaN` throws passes.
History fit(Layer& model, Optimizer& optimizer, const Dataset& train, const FitOptions& options = {});

/// Trains on batches from any source, such as augmented ones:
///
///     fit(model, optimizer, Prefetched(Transformed(DataLoader(train, {.shuffle = true}), Augmentation{})),
///         {.epochs = 5});
///
/// Throws as above, and ValueError for options that are for a Dataset only.
History fit(Layer& model, Optimizer& optimizer, Batches& batches, const FitOptions& options = {});
inline History fit(Layer& model, Optimizer& optimizer, Batches&& batches, const FitOptions& options = {}) {
  return fit(model, optimizer, batches, options);
}

}  // namespace gradus::inline GRADUS_PRECISION
