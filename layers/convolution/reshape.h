#pragma once

#include <gradus/layers/layer.h>

namespace gradus::inline GRADUS_PRECISION {

/// Gives each sample another shape of equal size: Reshape{{28, 28, 1}} makes images of rows of 784 pixels. No weights.
class Reshape : public Layer {
 public:
  /// Throws ShapeError for an empty shape.
  explicit Reshape(const Shape& shape);

  Config config() const override;

 protected:
  Variable forward(const Variable& x, Mode mode) override;

 private:
  Shape shape_;
};

}  // namespace gradus::inline GRADUS_PRECISION
