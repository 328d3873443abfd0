#pragma once

#include <gradus/data/dataset.h>
#include <gradus/train/callback.h>
#include <gradus/train/history.h>
#include <gradus/train/loss.h>

#include <vector>

namespace gradus::inline GRADUS_PRECISION {

/// A loss or an output that is not finite any more.
class NonFiniteError : public Error {
 public:
  using Error::Error;
};

struct FitOptions {
  int epochs = 1;
  Index batch_size = 32;
  const Dataset* validation = nullptr;  ///< evaluated after every epoch
  bool shuffle = true;
  bool drop_last = false;  ///< leaves out a last batch that is not full
  Loss loss{};             ///< by name or any function; the usual one for the data by default
  bool show_progress = true;
  bool profile = false;                ///< prints, at the end, where the time of the steps went, operation by operation
  std::vector<Callback*> callbacks{};  ///< called in this order; not owned
};

/// Trains the model: for every batch forward, loss, backward, optimizer step. The same seed gives the same weights, for
/// any number of threads.
/// Throws ValueError for options out of range, and NonFiniteError, which names the step and the first layer whose
/// output is not finite, if the loss is not; the weights are then those before that step.
History fit(Layer& model, Optimizer& optimizer, const Dataset& train, const FitOptions& options = {});

}  // namespace gradus::inline GRADUS_PRECISION
