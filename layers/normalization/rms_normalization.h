#pragma once

#include <gradus/layers/normalization/sample_normalization.h>

namespace gradus::inline GRADUS_PRECISION {

/// RMS normalization (Zhang & Sennrich 2019): y = gamma x / sqrt(mean(x^2) + epsilon), the mean of each sample over the
/// last axis. x (..., F); gamma (F), or undefined for 1. Throws ShapeError, starting with [context], unless sizes
/// agree.
Variable rms_normalization(const Variable& x, const Variable& gamma, Real epsilon,
                           std::string_view context = "rms_normalization");

struct RMSNormalizationOptions {
  double epsilon = 1e-6;  ///< added to the mean of the squares
  bool scale = true;      ///< multiply by gamma
};

/// RMS normalization (Zhang & Sennrich 2019): every sample divided by the root of the mean of its squares over the last
/// axis. The same in training and inference, and for any batch. Weight: gamma (features).
class RMSNormalization : public SampleNormalization<RMSNormalizationOptions> {
 public:
  /// Throws ValueError unless epsilon > 0.
  explicit RMSNormalization(const RMSNormalizationOptions& options = {});

 protected:
  Variable forward(const Variable& x, Mode mode) override;
};

/// Names every option, for configurations.
template <class Visitor>
void visit(RMSNormalizationOptions& options, Visitor& visitor) {
  visitor("epsilon", options.epsilon);
  visitor("scale", options.scale);
}

}  // namespace gradus::inline GRADUS_PRECISION
