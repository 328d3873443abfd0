#pragma once

#include <gradus/core/scope.h>
#include <gradus/core/tensor.h>

namespace gradus::inline GRADUS_PRECISION {

enum class Pass { forward, backward };

/// While alive, is notified of every operation that tapes of its thread record (forward) and walk (backward). If a
/// thread has several observers, only the newest is notified.
///
/// Several threads: it observes the thread that made it, and is called on that thread.
class TapeObserver : public Scope<TapeObserver> {
 public:
  virtual ~TapeObserver() = default;
  virtual void on_operation(const char* operation, Pass pass) = 0;
  /// Forward the result of the operation, after on_operation; backward the gradient of an input so far, before it.
  virtual void on_values(const Tensor& /*values*/, Pass /*pass*/) {}
  /// What was done since the last operation is not part of a training step: a callback.
  virtual void on_pause() {}
};

}  // namespace gradus::inline GRADUS_PRECISION
