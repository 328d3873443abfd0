#pragma once

#include <gradus/layers/normalization.h>

namespace gradus::inline GRADUS_PRECISION {

struct RMSNormalizationOptions {
  double epsilon = 1e-6;  ///< added to the mean of the squares
  bool scale = true;      ///< multiply by gamma
};

/// RMS normalization (Zhang & Sennrich 2019): every sample divided by the root of the mean of its squares over the last
/// axis. The same in training and inference, and for any batch. Weight: gamma (features).
class RMSNormalization : public Normalization {
 public:
  /// Throws ValueError unless epsilon > 0.
  explicit RMSNormalization(const RMSNormalizationOptions& options = {});

  Config config() const override;
  Variable forward(const Variable& x, Mode mode) override;

 protected:
  void create_parameters(const Shape& input_shape) override;

 private:
  RMSNormalizationOptions options_;
};

/// Names every option, for configurations.
template <class Visitor>
void visit(RMSNormalizationOptions& options, Visitor& visitor) {
  visitor("epsilon", options.epsilon);
  visitor("scale", options.scale);
}

}  // namespace gradus::inline GRADUS_PRECISION
