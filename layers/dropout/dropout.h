#pragma once

#include <gradus/layers/layer.h>

namespace gradus::inline GRADUS_PRECISION {

/// Inverted dropout (Srivastava et al. 2014): in training y = x mask / (1 - rate), where each element of the mask is 0
/// with probability `rate`, else 1; identity in inference. The mask depends on the key alone.
/// Throws ValueError unless 0 <= rate < 1.
Variable dropout(const Variable& x, double rate, RandomKey key, Mode mode);

/// In training sets each element to 0 with probability `rate` and divides the others by 1 - rate; identity in
/// inference. Every call draws a new mask from this thread's default generator.
class Dropout : public Layer {
 public:
  /// Throws ValueError unless 0 <= rate < 1.
  explicit Dropout(double rate);

  Config config() const override;

 protected:
  Variable forward(const Variable& x, Mode mode) override;

 private:
  double rate_;
};

}  // namespace gradus::inline GRADUS_PRECISION
