#pragma once

#include <gradus/data/dataset.h>

namespace gradus::inline GRADUS_PRECISION {

struct AugmentationOptions {
  Index rows = 28;
  Index columns = 28;
  double shift = 2;          ///< maximum, in pixels, vertically and horizontally
  double rotation = 10;      ///< maximum, in degrees, in both directions
  double elastic_alpha = 0;  ///< strength of the elastic deformation; 34 for MNIST in the paper, 0 for none
  double elastic_sigma = 4;  ///< smoothness of the elastic deformation, in pixels
};

/// Deformation of one image: elastic displacements, then a rotation around the center, then a shift.
struct Deformation {
  double down = 0;      ///< pixels
  double right = 0;     ///< pixels
  double rotation = 0;  ///< degrees, counter-clockwise
  /// For every pixel of the output, the offset of its source in the input, in pixels; null for none.
  const Real* elastic_down = nullptr;
  const Real* elastic_right = nullptr;
};

/// Writes the deformed image, rows x columns, to `out`. Bilinear interpolation with zeros outside of the image.
void deform(const Real* image, Index rows, Index columns, const Deformation& deformation, Real* out);

/// Deforms each image of a batch at random:
///
///     Transformed(DataLoader(train, {.shuffle = true}), Augmentation{{.shift = 2, .rotation = 10}})
///
/// Shifts and angles are uniform in [-maximum, maximum). The elastic displacements are alpha times uniform numbers in
/// [-1, 1), smoothed by a Gaussian with standard deviation sigma (Simard, Steinkraus, Platt: "Best practices for
/// convolutional neural networks applied to visual document analysis", 2003). The result for image i depends only on
/// the image, the key and i.
/// Several threads: the call is const and may run at the same time on different batches.
class Augmentation {
 public:
  /// Throws ValueError unless 1 <= rows, columns <= 4096, 0 <= shift <= min(rows, columns), 0 <= rotation <= 180,
  /// 0 <= elastic_alpha <= 10,000 and 0 < elastic_sigma <= 100.
  explicit Augmentation(const AugmentationOptions& options = {});

  /// Replaces the inputs, (n, rows * columns) or (n, rows, columns, 1). Throws ShapeError for other shapes.
  void operator()(Batch& batch, RandomKey key) const;

 private:
  void displace(RandomKey key, std::uint64_t counter, Real* field, Real* scratch) const;

  AugmentationOptions options_;
  Tensor gaussian_;  // weights at -radius ... radius; undefined without elastic deformation
};

}  // namespace gradus::inline GRADUS_PRECISION
