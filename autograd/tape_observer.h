#pragma once

#include <gradus/core/scope.h>

namespace gradus::inline GRADUS_PRECISION {

enum class Pass { forward, backward };

/// While alive, is told of every operation that tapes of its thread have recorded (forward) and walked (backward). The
/// newest one is told.
class TapeObserver : public Scope<TapeObserver> {
 public:
  virtual ~TapeObserver() = default;
  virtual void on_operation(const char* operation, Pass pass) = 0;
};

}  // namespace gradus::inline GRADUS_PRECISION
