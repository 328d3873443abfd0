#pragma once  // internal

#include <gradus/train/callback.h>
#include <gradus/train/doctor/doctor.h>
#include <gradus/train/loss.h>

#include <utility>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

struct Examination;

/// Puts weights, gradients, buffers and the default generator back at the end. The generator starts anew, so that every
/// trial has the same batches and masks, whatever was drawn before.
class Snapshot {
 public:
  explicit Snapshot(Layer& model, std::uint64_t seed = 0);
  ~Snapshot();
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

 private:
  KeepGenerator generator_;
  std::vector<std::pair<Tensor, Tensor>> kept_;
  struct Gradient {
    Parameter* parameter;
    Tensor before;  // empty: none
    bool unused;
  };
  std::vector<Gradient> gradients_;
};

/// What the user runs. Without an optimizer if it cannot be copied.
TrainingSetup usual_setup(Layer& model, const DiagnoseOptions& options);

struct Trial {
  std::vector<double> losses;  ///< of every step, with penalties; NaN for one that is not finite, the last
  /// The loss after the steps without penalties, in inference, with moving statistics of the samples that it is
  /// measured on; infinite if it is not finite.
  double after;

  /// The largest loss of a step; infinite if one was not finite.
  double largest() const;
};

/// The loss of up to 256 samples spread over the data: see Trial::after. Changes the moving statistics.
double measure(const Examination& examination, const TrainingSetup& setup);
/// Trains by `fit`, and leaves the model as it is then. The witness, if any, is called before the user's callbacks.
Trial take_steps(const Examination& examination, TrainingSetup& setup, Index steps, Callback* witness = nullptr);
/// Samples spread over the data, those that `measure` takes.
Dataset probe(const Dataset& data, Index max = 256);

}  // namespace gradus::inline GRADUS_PRECISION
