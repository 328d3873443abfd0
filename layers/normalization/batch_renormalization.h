#pragma once

#include <gradus/layers/batch_normalization.h>

namespace gradus::inline GRADUS_PRECISION {

/// The averages that batch renormalization corrects a batch towards, and how far.
struct Renormalization {
  Tensor mean;                 ///< (F), changed by a call in training
  Tensor stddev;               ///< (F), above 0
  Real momentum = Real(0.99);  ///< share of the old value
  Real rmax = 3;               ///< r is clipped to [1/rmax, rmax]
  Real dmax = 5;               ///< d is clipped to [-dmax, dmax]
};

/// Batch renormalization (Ioffe 2017), which trains with small batches: in training
///   y = gamma (xhat r + d) + beta,  xhat = (x - mu) / sigma,  sigma = sqrt(sigma2 + epsilon),
///   r = clip(sigma / renorm.stddev, 1/rmax, rmax),  d = clip((mu - renorm.mean) / renorm.stddev, -dmax, dmax),
/// with no gradient through r and d; then renorm moves by its own momentum, and `moving` as in batch_normalization, of
/// which this is the same in inference. Throws as batch_normalization.
Variable batch_renormalization(const Variable& x, const Variable& gamma, const Variable& beta, MovingStatistics& moving,
                               Renormalization& renorm, Real epsilon, Mode mode,
                               std::string_view context = "batch_renormalization");

struct BatchRenormalizationOptions {
  BatchNormalizationOptions batch{};  ///< as in BatchNormalization
  double rmax = 3;                    ///< r is clipped to [1/rmax, rmax]
  double dmax = 5;                    ///< d is clipped to [-dmax, dmax]
  double renorm_momentum = 0.99;      ///< of renorm_mean and renorm_stddev: the share of the old value
};

/// Batch normalization for small batches: training, too, is corrected towards averages over batches.
/// Weights and buffers as BatchNormalization, and the buffers renorm_mean and renorm_stddev (features).
class BatchRenormalization : public BatchNormalization {
 public:
  /// Throws ValueError as BatchNormalization, and unless 1 <= rmax, 0 <= dmax, both finite, and 0 <= renorm_momentum
  /// < 1.
  explicit BatchRenormalization(const BatchRenormalizationOptions& options = {});

  Config config() const override;

 protected:
  Variable forward(const Variable& x, Mode mode) override;
  void create_parameters(const Shape& input_shape) override;

 private:
  BatchRenormalizationOptions options_;
  Buffer* renorm_mean_ = nullptr;
  Buffer* renorm_stddev_ = nullptr;
};

/// Names every option, for configurations.
template <class Visitor>
void visit(BatchRenormalizationOptions& options, Visitor& visitor) {
  visit(options.batch, visitor);
  visitor("rmax", options.rmax);
  visitor("dmax", options.dmax);
  visitor("renorm_momentum", options.renorm_momentum);
}

}  // namespace gradus::inline GRADUS_PRECISION
