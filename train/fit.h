#pragma once

#include <gradus/data/dataset.h>
#include <gradus/train/callback.h>
#include <gradus/train/loss.h>
#include <gradus/train/terminate_on_nan.h>

#include <functional>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

struct FitOptions {
  int epochs = 1;
  Index batch_size = 32;
  /// Micro-batches of `batch_size` whose gradients make one update: as one batch that is so many times as large, in
  /// less memory. A last group may have fewer. The loss has to be a mean over the batch (weighted, if there are
  /// weights); batch normalization still sees micro-batches.
  Index gradient_accumulation_steps = 1;
  const Dataset* validation = nullptr;  ///< evaluated after every epoch
  double validation_split = 0;          ///< instead: this share of the samples, the last ones before any shuffling
  bool shuffle = true;
  bool drop_last = false;  ///< leaves out a last batch that is not full; so a last update of fewer micro-batches
  /// Changes every batch of training, such as an Augmentation; and whether a second thread makes the next one
  /// meanwhile: both as in LoaderOptions.
  std::function<void(Batch& batch, RandomKey key)> transform = nullptr;
  bool prefetch = false;
  Loss loss{};  ///< by name or any function; the usual one for the data by default
  bool show_progress = true;
  bool profile = false;                ///< prints, at the end, where the time of the steps went, operation by operation
  std::vector<Callback*> callbacks{};  ///< called in this order; not owned
  std::filesystem::path interrupted_model = "interrupted.safetensors";  ///< saved after Ctrl-C; if empty, nothing is
};

/// Trains the model: for every batch forward, loss, backward, optimizer step. The same seed gives the same weights, for
/// any number of threads. Sample weights of the data count in the loss: it is the sum of weight * loss over the sum of
/// the weights.
/// The first Ctrl-C ends training after the current step, without validation; the callbacks' ends run, the model is
/// saved and a line says so; `History::interrupted` tells. A program with a SIGINT handler of its own keeps it.
/// Throws ValueError for options out of range, and what `TerminateOnNaN` throws if a loss is not finite.
History fit(Layer& model, Optimizer& optimizer, const Dataset& train, const FitOptions& options = {});

}  // namespace gradus::inline GRADUS_PRECISION
