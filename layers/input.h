#pragma once

#include <gradus/layers/layer.h>

#include <concepts>

namespace gradus::inline GRADUS_PRECISION {

/// Says the shape of one sample, so that a Sequential that starts with it is built at once: `Input{784}`,
/// `Input{{28, 28}}`.
class Input : public Layer {
 public:
  /// Throws ShapeError for a size of 0.
  explicit Input(const Shape& shape);
  /// A template, so that the braces of Input{{784}} are those of a shape.
  template <std::integral T>
  explicit Input(T features) : Input(Shape{static_cast<Index>(features)}) {}

  const Shape& shape() const { return shape_; }
  Config config() const override;

 protected:
  Variable forward(const Variable& x, Mode mode) override;

 private:
  Shape shape_;
};

}  // namespace gradus::inline GRADUS_PRECISION
